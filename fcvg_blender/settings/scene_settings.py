# SPDX-License-Identifier: GPL-3.0-or-later
"""The artist's choices for the next inbetweens of an edit."""
# mypy: disable-error-code="valid-type"
# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

import secrets

import bpy
from bpy.props import BoolProperty, EnumProperty, IntProperty, PointerProperty, StringProperty

from ..engine import methods, protocol
from ..i18n.catalogues import OWN
from ..timing import spacing
from . import generative, keys_3d, menu_choices
from .menu_choices import CUTS, FORMATS, HOLDS, METHODS, PLACEMENTS, TIMINGS


class FCVG_SceneSettings(bpy.types.PropertyGroup):
    """The artist's choices for the next inbetweens of this edit."""

    method: EnumProperty(name="Method", description="How the inbetweens are made", items=METHODS, default="AUTO")
    count: IntProperty(
        name="Inbetweens",
        description="Number of frames to make where the two strips touch. A gap is always filled as it is",
        default=12,
        min=1,
        max=protocol.MAX_COUNT,
        soft_max=48,
    )
    placement: EnumProperty(
        name="Place", description="Where the inbetweens go when the two strips touch", items=PLACEMENTS
    )
    push_markers: BoolProperty(
        name="Move Markers", description="Move markers after the cut together with the strips", default=True
    )
    timing: EnumProperty(
        name="Timing",
        description="How the drawings are spaced between the keys",
        items=TIMINGS,
        update=spacing.start_curve,
    )
    spacing: PointerProperty(type=spacing.FCVG_Spacing)
    times: StringProperty(
        name="Chart",
        description="A number for each drawing between 0, the earlier key, and 1, the later key, such as 0.1, 0.5, 0.9",
        default="0.25, 0.5, 0.75",
    )
    hold: EnumProperty(
        name="Hold", description="How many frames each drawing is shown", items=HOLDS, translation_context=OWN
    )
    seed: IntProperty(
        name="Seed",
        description="Start of the random numbers. The same seed gives the same frames. -1 takes a new one each time",
        min=-1,
    )
    format: EnumProperty(name="File Format", description="Format of the frames on disk", items=FORMATS)
    bright_as_exr: BoolProperty(
        name="OpenEXR for Bright Keys",
        description="Where a key is brighter than white, write OpenEXR whatever the format: in other files highlights "
        "are cut off at white, which AgX and Filmic show grey",
        default=True,
    )
    draft_first: BoolProperty(
        name="Draft First",
        description="Show a quick draft at once; the frames of the slow method take its place when they are done, "
        "as another take of the strip",
        default=True,
    )
    cuts: EnumProperty(
        name="Cuts", description="What to do with two keys of different shots", items=CUTS, translation_context=OWN
    )
    stills: PointerProperty(type=keys_3d.FCVG_Stills)
    conditions: PointerProperty(type=generative.FCVG_Conditions)
    sampling: PointerProperty(type=generative.FCVG_Sampling)
    prefetch_held: BoolProperty(
        name="Prefetch Held", description="Prefetch Frames is off until the inbetweens are made"
    )

    def inbetweens(self) -> int:
        """`count` in its range: a script may have changed it since it was mended."""
        return min(max(int(self.count), 1), protocol.MAX_COUNT)

    def hold_frames(self) -> int:
        """Frames for which each drawing is shown, 1 to 3."""
        return next((number for name, _, _, number in HOLDS if name == self.hold), HOLDS[0][-1])

    def engine_seed(self) -> int:
        """`seed`, or a new one that can be typed in again."""
        return secrets.randbelow(2**31) if self.seed < 0 else self.seed

    def is_generative(self) -> bool:
        """Whether the method draws new pictures out of noise."""
        return methods.is_generative(menu_choices.engine_word(self.method))

    def drawings(self, count: int) -> int:
        """Number of distinct drawings that `count` inbetween frames need."""
        return -(-count // self.hold_frames())

    def engine_timing(self, count: int, start_frame: float, end_frame: float) -> str | list[float]:
        """How `count` inbetweens are spaced; see `spacing.engine_timing`. Raises BadRequest."""
        return spacing.engine_timing(self, count, start_frame, end_frame)
