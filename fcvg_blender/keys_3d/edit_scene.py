# SPDX-License-Identifier: GPL-3.0-or-later
"""The scene whose edit gets the keys of a 3D scene: found, or made where there is none."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import bpy

from .. import compat

_TITLE_LETTERS = 50  # of a scene's name; Blender cuts names at 63 bytes
_OWN = {"rna_type", "name", "stills", "prefetch_held"}  # of one scene, not to be copied


def find(context: Any, scene: Any) -> Any:
    """Return the scene whose edit gets the keys of the 3D scene `scene`; None where it has yet to be made."""
    chosen = scene.fcvg.stills.edit
    if chosen is not None and chosen.is_editable and not chosen.fcvg.stills.is_temporary:
        return chosen
    shown = compat.chosen_scene(context)
    if shown is not None and shown.is_editable and shown != scene:
        return shown
    return bpy.data.scenes.get((_title(scene), None))


def settings(context: Any, scene: Any) -> Any:
    """Return the settings for inbetweens of a 3D scene: those of its edit, or its own while there is no edit."""
    return (find(context, scene) or scene).fcvg


def make(context: Any, scene: Any, file_format: str) -> Any:
    """Make a scene with an edit for the keys of `scene`; the sequencer shows it where it shows nothing yet.

    The new scene has the size, range, speed and settings of `scene`. Where `file_format` is `exr`, pictures are
    scene-linear and the edit shows them through the scene's view; others hold that view already and are shown as they
    are.
    """
    edit: Any = bpy.data.scenes.new(_title(scene))
    for name in ("resolution_x", "resolution_y", "pixel_aspect_x", "pixel_aspect_y", "fps", "fps_base"):
        setattr(edit.render, name, getattr(scene.render, name))
    edit.render.resolution_percentage = 100
    edit.frame_start, edit.frame_end = scene.frame_start, scene.frame_end
    edit.display_settings.display_device = scene.display_settings.display_device
    if file_format == "exr":
        for name in ("view_transform", "look", "exposure", "gamma"):
            setattr(edit.view_settings, name, getattr(scene.view_settings, name))
    else:
        with suppress(TypeError):  # a colour configuration without it
            edit.view_settings.view_transform = "Standard"
    edit.sequence_editor_create()
    _copy_choices(scene.fcvg, edit.fcvg)
    shown = compat.workspace_scene(context)
    if shown is None or (shown == scene and not len(compat.all_strips(scene))):
        compat.choose_scene(context, edit)
    return edit


def _title(scene: Any) -> str:
    return f"{scene.name[:_TITLE_LETTERS]} Edit"


def _copy_choices(source: Any, target: Any) -> None:
    """Copy the values of a property group and of the groups inside it."""
    for declared in source.bl_rna.properties:
        name = declared.identifier
        value = getattr(source, name)
        if name in _OWN or declared.type == "COLLECTION":
            continue
        if isinstance(value, bpy.types.PropertyGroup):
            _copy_choices(value, getattr(target, name))
        elif not declared.is_readonly:
            setattr(target, name, value)
