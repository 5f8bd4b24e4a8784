# SPDX-License-Identifier: GPL-3.0-or-later
"""What the add-on reads and writes of Blender's strips and scenes, and of what it keeps in them. For type checkers.

Blender's own types differ between versions, and stubs know nothing of the properties that an add-on registers; so most
of what Blender hands out is `Any`. These protocols name what is meant by a parameter.
"""

from __future__ import annotations

from typing import Any, Protocol

from ..engine import timing as charts


class Take(Protocol):
    """A take of a strip: a strip's record, for the take that it shows, or one of its `others`. See TakeFields."""

    id: str
    number: int
    state: str
    place: int
    folder: str
    shares: str
    method: str
    method_used: str
    made: int
    yours: int
    redo_yours: bool
    seed: int
    generation: str
    format: str
    format_asked: str
    key_notes: str
    engine_version: str
    notes: str
    models: str
    matches: str
    error: str
    cuts_allowed: bool
    print_start: str
    print_end: str


class StripRecord(Take, Protocol):
    """What a strip remembers, `strip.fcvg`. See FCVG_StripRecord."""

    others: Any  # collection of Take
    pinned: bool
    stale: str
    count: int
    timing: str
    hold: int
    missing: str
    overlay: bool
    hidden: bool
    key: str
    promoted: bool
    still_scene: str
    still_frame: int
    key_start: str
    key_end: str
    key_start_id: str
    key_end_id: str
    start_frame: int
    end_frame: int
    placement: str
    first: int
    pushed: int
    pushed_markers: bool
    pushed_end: bool
    selected_before: str
    active_before: str

    def engine_timing(self) -> str | list[float]:
        """See FCVG_StripRecord."""

    def timing_for(self, count: int) -> str | list[float]:
        """See FCVG_StripRecord."""

    def drawings(self) -> list[charts.Drawing]:
        """See FCVG_StripRecord."""

    def frame_times(self) -> list[float]:
        """See FCVG_StripRecord."""


class Strip(Protocol):
    """A strip of Blender's sequencer, of whatever type; `compat` knows where it lies. Image strips have `directory`
    and `elements`."""

    name: str
    type: str
    fcvg: StripRecord
    id_data: Any  # the scene
    channel: int
    lock: bool
    mute: bool
    select: bool
    color_tag: str
    blend_type: str
    blend_alpha: float
    alpha_mode: str
    directory: str
    elements: Any
    transform: Any
    crop: Any
    colorspace_settings: Any
    modifiers: Any
    strobe: float
    use_reverse_frames: bool
    bl_rna: Any

    def strip_elem_from_frame(self, frame: int) -> Any:
        """The element that an image strip shows on a frame of the timeline."""

    def path_from_id(self, name: str = ..., /) -> str:
        """The data path of the strip, or of one of its properties."""

    def property_unset(self, name: str, /) -> None:
        """Give a property its default again."""

    def invalidate_cache(self, kind: str, /) -> None:
        """Drop what Blender has cached of the strip."""


class Scene(Protocol):
    """A scene of Blender's, with the edit in it."""

    name: str
    fcvg: Any  # FCVG_SceneSettings
    library: Any
    is_editable: bool
    session_uid: int
    sequence_editor: Any  # None without an edit
    sequencer_colorspace_settings: Any
    render: Any
    display_settings: Any
    view_settings: Any
    animation_data: Any
    timeline_markers: Any
    frame_current: int
    frame_subframe: float
    frame_start: int
    frame_end: int
    use_preview_range: bool
    frame_preview_start: int
    frame_preview_end: int

    def copy(self) -> Any:
        """Another scene with all that there is in this one."""

    def animation_data_clear(self) -> None:
        """Remove all animation of the scene and its strips."""
