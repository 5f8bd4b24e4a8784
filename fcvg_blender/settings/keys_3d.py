# SPDX-License-Identifier: GPL-3.0-or-later
"""The artist's choices for inbetweens from a 3D scene, and how far their keys are rendered.

Identifiers and numbers of enum items are saved in .blend files: add new ones, never change those that are here.
"""
# mypy: disable-error-code="valid-type"
# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

from typing import Any

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, PointerProperty, StringProperty

from ..i18n.catalogues import OWN

KEYFRAMES, TYPED = "KEYFRAMES", "TYPED"
FINAL, VIEWPORT = "FINAL", "VIEWPORT"

SOURCES = [
    (KEYFRAMES, "Keyframes", "Keyframes of the selected objects; only the selected ones where several are selected", 0),
    (TYPED, "Frames", "The frames that you write down", 1),
]
LOOKS = [
    (FINAL, "Final Render", "As the scene renders: its engine and all of its settings", 0),
    (
        VIEWPORT,
        "Viewport",
        "The shading of the 3D view that you click in, seen through the camera; Material Preview "
        "with the lights of the scene. Fast",
        1,
    ),
]


def _is_edit(_self: Any, scene: Any) -> bool:
    return not scene.fcvg.stills.is_temporary


class FCVG_Stills(bpy.types.PropertyGroup):
    """What is rendered as keys, how, and into which edit it goes."""

    source: EnumProperty(
        name="Keys", description="Which frames are rendered as keys", items=SOURCES, translation_context=OWN
    )
    frames: StringProperty(
        name="Frames",
        description="Two or more frames with commas between them, such as 1, 25, 49",
        default="1, 25",
    )
    look: EnumProperty(name="Look", description="What the keys look like", items=LOOKS)
    edit: PointerProperty(
        name="Edit",
        description="Scene whose edit gets the keys and inbetweens. Empty: the one the sequencer shows, or a new one",
        type=bpy.types.Scene,
        poll=_is_edit,
        translation_context=OWN,
    )
    is_temporary: BoolProperty(
        name="Temporary", description="A copy that is only rendered and then thrown away", options={"HIDDEN"}
    )


class FCVG_StillsStatus(bpy.types.PropertyGroup):
    """Keys that are being rendered, as the panel shows it. Lives in the window manager and is not saved."""

    total: IntProperty(name="Keys", description="Keys of this run, 0 while none is rendered", options={"SKIP_SAVE"})
    number: IntProperty(name="Key", description="The key that is being rendered, from 1", options={"SKIP_SAVE"})
    fraction: FloatProperty(
        name="Progress", description="How much is done", min=0.0, max=1.0, subtype="FACTOR", options={"SKIP_SAVE"}
    )
    stopping: BoolProperty(
        name="Stopping", description="No further key is begun once this one is done", options={"SKIP_SAVE"}
    )
    outcome: StringProperty(name="Result", description="How the newest run has ended", options={"SKIP_SAVE"})


CLASSES = (FCVG_Stills, FCVG_StillsStatus)


def status() -> Any:
    """What the panels show of keys being rendered."""
    context: Any = bpy.context
    return context.window_manager.fcvg.stills
