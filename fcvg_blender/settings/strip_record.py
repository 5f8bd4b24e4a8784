# SPDX-License-Identifier: GPL-3.0-or-later
"""What a strip remembers: its gap, the take that it shows, and its other takes."""
# mypy: disable-error-code="valid-type"
# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

from contextlib import suppress

import bpy
from bpy.props import BoolProperty, CollectionProperty, IntProperty, StringProperty

from ..engine import errors, protocol, timing
from ..timing import exposure_sheet
from . import mending
from .protocols import StripRecord, Take

# States of a take, '' on strips that are not ours. WAITING: the engine has not got it yet. ASKING: the keys look like a
# cut, and the artist has to decide.
WAITING, RUNNING, DONE, INCOMPLETE, ASKING = "WAITING", "RUNNING", "DONE", "INCOMPLETE", "ASKING"
UNFINISHED = (WAITING, RUNNING, ASKING)

LONGEST_CHART = 100_000  # letters; one of 1000 drawings has a fifth of that
LAST_FRAME = 1_048_574  # of Blender's timeline
_FRAME = (-LAST_FRAME - 1, LAST_FRAME + 1)

# What numbers of a record can be; the properties declare more, and files rely on that.
RANGES: mending.Ranges = {
    "number": (1, 1_000_000),
    "place": (0, 1_000_000_000),
    **dict.fromkeys(("made", "yours"), (0, protocol.MAX_COUNT + 2)),
    "count": (0, protocol.MAX_COUNT + 2),  # with both keys, where conditions are shown
    "hold": (protocol.HOLDS[0], protocol.HOLDS[-1]),
    "pushed": (0, protocol.MAX_COUNT),
    **dict.fromkeys(("still_frame", "start_frame", "end_frame", "first"), _FRAME),
}


class TakeFields:
    """What there is of each take; `id` is empty on every strip that is not ours.

    Words (`method`, `format`) are those of the engine. Splitting a strip copies its record, so its parts carry one id:
    they show the same frames. Other copies get ids of their own; see `edit.copies`.
    """

    id: StringProperty(name="Id", description="Ties the take to its job and its folder")
    number: IntProperty(name="Take", description="Number of the take, counted from 1", min=1, default=1)
    state: StringProperty(name="State", description="Whether the frames wait, are being made, are done or incomplete")
    place: IntProperty(name="Place", description="Place in the queue: lower ones are made first", min=0)
    folder: StringProperty(name="Folder", description="Name of the folder with the keys and the frames")
    shares: StringProperty(
        name="Shares", description="Id of the take whose folder this one shows, being a copy, until it has its own"
    )
    method: StringProperty(name="Method", description="The method that was asked for")
    method_used: StringProperty(name="Method Used", description="The method that made the frames")
    made: IntProperty(name="Made", description="Frames that are there so far", min=0)
    yours: IntProperty(name="Yours", description="Drawings that the artist has painted over, which are kept", min=0)
    redo_yours: BoolProperty(name="Redo Yours", description="Put those aside the next time, and make them anew")
    seed: IntProperty(name="Seed", description="Start of the random numbers")
    generation: StringProperty(name="Generation", description="Conditions and sampling, as JSON; empty without")
    format: StringProperty(name="File Format", description="Format of the frames on disk")
    format_asked: StringProperty(name="Chosen Format", description="What was chosen where the keys wanted OpenEXR")
    key_notes: StringProperty(name="Key Notes", description="What there is to say about the keys of these frames")
    engine_version: StringProperty(name="Engine", description="Version of the engine that made the frames")
    notes: StringProperty(name="Notes", description="What the engine has to say about these frames")
    models: StringProperty(name="Models", description="Models that made the frames, with their licences, as JSON")
    matches: StringProperty(
        name="Edited Matches", description="The artist's edited matches, until they lie in the take's own folder"
    )
    error: StringProperty(name="Error", description="Why the frames could not be made, or what the artist is asked")
    cuts_allowed: BoolProperty(name="Cuts Allowed", description="Make the frames even if the keys look like a cut")
    print_start: StringProperty(name="Earlier Key's Print", description="Tells whether the earlier key has changed")
    print_end: StringProperty(name="Later Key's Print", description="Tells whether the later key has changed")


class FCVG_Take(TakeFields, bpy.types.PropertyGroup):
    """A take that its strip does not show at the moment."""


class FCVG_StripRecord(TakeFields, bpy.types.PropertyGroup):
    """What an inbetween strip remembers: of its gap, of the take that it shows (`TakeFields`), and its `others`.

    `timing` is the engine's word or times. `place`, `number` and `id` are the shown take's.

    With `overlay` the strip shows the conditions of a pair instead: first the earlier key's, then those of the frames
    between, last the later key's; `count` counts all of them.

    On an artist's strip only `key` is set: inbetweens find their keys by it, whatever the strips are called.
    `still_scene` and `still_frame` tell what a rendered key shows. With `promoted` the strip is an inbetween that has
    become a key: its picture is taken as it is on disk, because the strips beside it carry the same look.
    """

    others: CollectionProperty(type=FCVG_Take, name="Other Takes")
    pinned: BoolProperty(
        name="Pinned", description="Keep showing this take, whatever other takes of the strip are finished"
    )
    stale: StringProperty(name="Changed", description="What has changed in the edit since the take was made")
    count: IntProperty(name="Inbetweens", description="Frames between the two keys", min=0)
    timing: StringProperty(name="Timing", description="How the drawings are spaced between the keys")
    hold: IntProperty(name="Hold", description="Frames for which each drawing is shown", min=1, default=1)
    missing: StringProperty(name="Missing", description="Times at which another drawing stands in")
    overlay: BoolProperty(name="Conditions", description="The strip shows conditions over the edit")
    hidden: BoolProperty(name="Hidden", description="The strip is muted until there is something to show again")

    key: StringProperty(name="Key", description="Ties this strip to the inbetweens that it is a key of")
    promoted: BoolProperty(name="Promoted", description="The picture is an inbetween that has become a key")
    still_scene: StringProperty(name="3D Scene", description="Scene that the picture was rendered from")
    still_frame: IntProperty(name="3D Frame", description="Frame of the scene that the picture shows")

    key_start: StringProperty(name="Earlier Key", description="Strip from which the earlier key was taken")
    key_end: StringProperty(name="Later Key", description="Strip from which the later key was taken")
    key_start_id: StringProperty(name="Earlier Key's Id", description="The `key` of that strip")
    key_end_id: StringProperty(name="Later Key's Id", description="The `key` of that strip")
    start_frame: IntProperty(name="Earlier Key Frame", description="Frame of the timeline that shows the earlier key")
    end_frame: IntProperty(name="Later Key Frame", description="Frame of the timeline that shows the later key")
    placement: StringProperty(name="Placement", description="How the inbetweens were placed between the keys")

    # What has to be put back when the strip is taken away again.
    first: IntProperty(name="First Frame", description="Frame of the timeline on which the strip was inserted")
    pushed: IntProperty(name="Pushed", description="Frames by which later strips were moved to make room", min=0)
    pushed_markers: BoolProperty(name="Pushed Markers", description="Later markers were moved as well")
    pushed_end: BoolProperty(name="Pushed End", description="The end of the scene was moved as well")
    selected_before: StringProperty(name="Selected Before", description="Strips that were selected before this one")
    active_before: StringProperty(name="Active Before", description="Strip that was active before this one")

    def engine_timing(self) -> str | list[float]:
        """`timing` as the engine takes it; even spacing where it is nothing that this version knows."""
        try:
            found = timing.parse(self.timing[:LONGEST_CHART])
        except errors.BadRequest:
            return "linear"
        is_chart = isinstance(found, str) or (len(found) <= protocol.MAX_COUNT and all(0 < each < 1 for each in found))
        return found if is_chart else "linear"

    def timing_for(self, count: int) -> str | list[float]:
        """The same spacing for `count` frames."""
        return exposure_sheet.refitted(self.engine_timing(), count, within(self, "hold"))

    def drawings(self) -> list[timing.Drawing]:
        """The strip's chart: its drawings, each with the frames that it is shown on, counted from 1."""
        count = within(self, "count")
        return timing.chart(count, self.timing_for(count), within(self, "hold"))

    def frame_times(self) -> list[float]:
        """The time in (0, 1) of what each of the strip's `count` frames shows, held drawings repeated."""
        return [each.time for each in self.drawings() for _ in range(each.hold)]


def timing_text(spacing: str | list[float]) -> str:
    """The engine's timing as a strip remembers it, exact to the last digit."""
    return spacing if isinstance(spacing, str) else ",".join(map(repr, spacing))


def lacking(record: StripRecord) -> list[float]:
    """The times at which another drawing stands in, as the record's `missing` has them."""
    with suppress(ValueError):
        return [float(part) for part in record.missing[:LONGEST_CHART].split(",") if part][: protocol.MAX_COUNT]
    return []


def within(record: Take, name: str) -> int:
    """A number of a record or take in its range: a script may have changed it since it was mended."""
    least, most = RANGES[name]
    return min(max(int(getattr(record, name)), least), most)
