# SPDX-License-Identifier: GPL-3.0-or-later
"""What an artist can say to the methods that draw new pictures, and how a strip remembers it.

Identifiers and numbers of enum items are saved in .blend files: add new ones, never change those that are here.
"""
# mypy: disable-error-code="valid-type"
# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import bpy
from bpy.props import EnumProperty, FloatProperty, IntProperty, StringProperty

from .. import compat
from ..engine import errors, manifest_facts, methods, protocol, small_files
from ..i18n.catalogues import OWN
from ..i18n.translate import mark, rpt

LINES = [
    ("AUTO", "Automatic", "What suits best of that which is installed", 0),
    ("FLOW", "Optical Flow", "Lines are found again where the picture's motion has carried them", 1),
    ("GLUESTICK", "GlueStick", "Lines are found again by their looks. Needs its model files", 2),
    ("NONE", "None", "No lines", 3),
]
POSES = [
    ("AUTO", "Automatic", "People are looked for where the model files for it are there", 0),
    ("DWPOSE", "DWPose", "Bodies, hands and faces of people. Needs its model files", 1),
    ("NONE", "None", "No people", 2),
]
PRESETS = [
    ("AUTO", "Automatic", "By the memory that is free", 0),
    ("LOW", "Little Memory", "For 8 GB of graphics memory. The same pictures, slower", 1),
    ("BALANCED", "Balanced", "For 16 GB of graphics memory. The same pictures", 2),
    ("FAST", "Fast", "Everything at once, for large graphics memory. The same pictures", 3),
    ("TURBO", "Turbo", "Leaves out what shows little. The pictures differ slightly", 4),
]

MATCHES_LIMIT_BYTES = 64 << 20  # thousands of lines and people take less

_DIGITS = 6  # Blender keeps single precision: 0.02 comes back as 0.019999999552965164
_WORK_STEP_PX = 64


class FCVG_Conditions(bpy.types.PropertyGroup):
    """What leads the drawing from one key to the other."""

    lines: EnumProperty(
        name="Lines",
        description="How lines of one key are found again in the other",
        items=LINES,
        translation_context=OWN,
    )
    pose: EnumProperty(name="Poses", description="How people are found in both keys", items=POSES)
    control_weight: FloatProperty(
        name="Weight",
        description="How strictly lines and poses lead. 1 is the published strength, 0 lets go of them",
        default=protocol.SamplingSettings.control_weight,
        min=0.0,
        max=10.0,
        soft_max=2.0,
    )
    matches: StringProperty(
        name="Edited Matches",
        description="A matches.json that you have edited. With it nothing is looked for in the keys",
        subtype="FILE_PATH",
        options=compat.RELATIVE,
    )

    def engine(self) -> protocol.ConditionSettings:
        """The same in the engine's words, `matches` an absolute path. Raises BadRequest where that cannot be read."""
        path = bpy.path.abspath(self.matches) if self.matches else ""
        hint = mark("Choose another one under Conditions, or clear it.")
        try:
            if path and small_files.require_file(Path(path)).st_size > MATCHES_LIMIT_BYTES:
                too_large = rpt("The file of edited matches is too large to be one: {path}")
                raise errors.BadRequest(too_large.format(path=path), hint)
        except FileNotFoundError as error:
            missing = rpt("The file of edited matches is missing: {path}")
            raise errors.BadRequest(missing.format(path=path), hint) from error
        except OSError as error:
            unread = rpt("The file of edited matches cannot be read: {path} ({reason})")
            raise errors.BadRequest(unread.format(path=path, reason=error.strerror or error), hint) from error
        return protocol.ConditionSettings(self.lines.lower(), self.pose.lower(), path)


def _to_whole_steps(name: str) -> Any:
    def update(self: Any, _context: Any) -> None:
        whole = round(getattr(self, name) / _WORK_STEP_PX) * _WORK_STEP_PX
        if getattr(self, name) != whole:
            setattr(self, name, whole)

    return update


class FCVG_Sampling(bpy.types.PropertyGroup):
    """How pictures are drawn out of noise. 0 is the method's published number where the description says so."""

    preset: EnumProperty(
        name="Preset", description="What to spend: memory or time", items=PRESETS, translation_context=OWN
    )
    steps: IntProperty(
        name="Steps",
        description="Steps out of the noise. More take longer and are seldom better. 0: as published",
        min=0,
        max=200,
        soft_max=50,
    )
    guidance_min: FloatProperty(
        name="Guidance Near",
        description="How closely frames beside their key keep to it. 0: as published",
        min=0.0,
        max=20.0,
        soft_max=5.0,
    )
    guidance_max: FloatProperty(
        name="Far",
        description="How closely frames far from their key keep to it. 0: as published",
        min=0.0,
        max=20.0,
        soft_max=5.0,
    )
    motion_bucket: IntProperty(
        name="Motion",
        description="How much motion the video model is told to expect. 127 is published",
        default=protocol.SamplingSettings.motion_bucket,
        min=0,
        max=255,
    )
    noise_augmentation: FloatProperty(
        name="Noise on Keys",
        description="Noise laid on the keys before they are looked at. More frees the drawing. 0.02 is published",
        default=protocol.SamplingSettings.noise_augmentation,
        min=0.0,
        max=1.0,
        precision=3,
        step=1,
    )
    fps: IntProperty(
        name="Frame Rate",
        description="Frames a second that the video model is told. 7 is published; the edit's rate changes nothing",
        default=protocol.SamplingSettings.fps,
        min=1,
        max=30,
    )
    work_width: IntProperty(
        name="Work Width",
        description="Width at which is drawn, in steps of 64 pixels. 0 in either: chosen by the keys' shape",
        min=0,
        max=4096,
        step=_WORK_STEP_PX,
        subtype="PIXEL",
        update=_to_whole_steps("work_width"),
    )
    work_height: IntProperty(
        name="Height",
        description="Height at which is drawn, in steps of 64 pixels. 0 in either: chosen by the keys' shape",
        min=0,
        max=4096,
        step=_WORK_STEP_PX,
        subtype="PIXEL",
        update=_to_whole_steps("work_height"),
    )

    def engine(self, control_weight: float) -> protocol.SamplingSettings:
        """The same in the engine's words."""
        whole = self.work_width and self.work_height
        return protocol.SamplingSettings(
            steps=self.steps,
            guidance_min=round(self.guidance_min, _DIGITS),
            guidance_max=round(self.guidance_max, _DIGITS),
            control_weight=round(control_weight, _DIGITS),
            motion_bucket=self.motion_bucket,
            noise_augmentation=round(self.noise_augmentation, _DIGITS),
            fps=self.fps,
            work_size=f"{self.work_width}x{self.work_height}" if whole else "",
            preset=self.preset.lower(),
        )


CLASSES = (FCVG_Conditions, FCVG_Sampling)


def remembered(request: protocol.Request) -> str:
    """The generative part of a request as a strip keeps it; '' for other methods.

    Edited matches are not named: they lie in the strip's own folder, which may be moved.
    """
    if not methods.is_generative(request.method):
        return ""
    conditions = replace(request.conditions, matches="")
    return json.dumps({"conditions": asdict(conditions), "sampling": asdict(request.sampling)})


def recalled(text: str) -> tuple[protocol.ConditionSettings, protocol.SamplingSettings]:
    """What `remembered` kept. Settings that another version of the add-on did not know are the published ones, and so
    are those that cannot be understood."""
    try:
        content = small_files.parse_json(text) if text else {}
    except ValueError:
        content = {}
    found = content if isinstance(content, dict) else {}
    return (
        protocol.ConditionSettings(**manifest_facts.settings(protocol.ConditionSettings, found.get("conditions"))),
        protocol.SamplingSettings(**manifest_facts.settings(protocol.SamplingSettings, found.get("sampling"))),
    )
