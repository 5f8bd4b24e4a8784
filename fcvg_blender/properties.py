"""What the panels show and what a strip remembers.

Identifiers and numbers of enum items are saved in .blend files: add new ones, never change those that are here.
"""
# mypy: disable-error-code="valid-type"
# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

import secrets
from typing import Any

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from . import compat, generative, spacing, still_settings
from .engine import protocol, registry
from .translations import OWN
from .words import rpt

METHODS = [
    ("AUTO", "Automatic", "Looks at the two keys and takes what suits them best", 0),
    ("RIFE", "RIFE", "Fast. Best on rendered and filmed pictures", 1),
    ("GMFSS", "GMFSS", "Slower. Best on drawn animation with large motion", 2),
    ("DISSOLVE", "Dissolve", "Fades one key into the other without moving anything", 3),
    ("FCVG", "FCVG", "Draws what lies between, led by matched lines and poses. Large motion; slow, needs models", 4),
    ("TRF", "TRF", "A video model draws from both keys towards the middle. Large motion; slow, needs models", 5),
    ("VIBID", "ViBiDSampler", "As TRF, with both directions kept together step by step. Slow, needs models", 6),
    ("GI", "Generative Inbetweening", "As TRF, with a model of its own for the way back. Slow, needs models", 7),
    ("FILM", "FILM", "Slower than RIFE. Soft and steady on photographs and renders of one scene. Needs its model", 8),
]
PLACEMENTS = [
    ("OVER_END", "Over the End", "Lay the inbetweens over the last frames of the earlier strip", 0),
    ("OVER_START", "Over the Start", "Lay the inbetweens over the first frames of the later strip", 1),
    ("CENTRED", "Centred on the Cut", "Lay half of the inbetweens over each of the two strips", 2),
    ("PUSH", "Push Later Strips", "Make room: move everything after the cut to the right", 3),
]
TIMINGS = [
    ("LINEAR", "Even", "The same distance from each drawing to the next", 0),
    ("EASE_IN", "Slow Out of First", "Starts slowly: drawings gather at the earlier key", 1),
    ("EASE_OUT", "Slow In to Last", "Ends slowly: drawings gather at the later key", 2),
    ("EASE_IN_OUT", "Slow Both Ends", "Starts and ends slowly: drawings gather at both keys", 3),
    ("CUSTOM", "Typed Chart", "Say for each drawing how far it is on the way from the earlier to the later key", 4),
    ("FAVOUR_FIRST", "Favour First", "All drawings are nearer to the earlier key", 5),
    ("FAVOUR_LAST", "Favour Last", "All drawings are nearer to the later key", 6),
    ("ANTICIPATION", "Anticipation", "Winds up at the earlier key, then goes fast and settles into the later one", 7),
    ("CURVE", "Free Curve", "Draw how the drawings are spaced", 8),
    ("FCURVE", "From Animation", "Spaced as an object moves between the two keys", 9),
]
HOLDS = [
    ("ONES", "On Ones", "A new drawing on every frame", 1),
    ("TWOS", "On Twos", "Each drawing is held for two frames", 2),
    ("THREES", "On Threes", "Each drawing is held for three frames", 3),
]
CUTS = [
    ("ASK", "Ask", "Ask before making inbetweens of two keys that do not look like the same shot", 0),
    ("MAKE", "Make Anyway", "Make inbetweens of any two keys", 1),
    ("LEAVE_OUT", "Leave Out", "Make no inbetweens of two keys that do not look like the same shot", 2),
]
FORMATS = [
    ("PNG", "PNG", "8 bits a channel, with transparency. Right for most edits", 0),
    ("PNG16", "PNG 16 bit", "16 bits a channel, with transparency. For later colour grading", 1),
    ("EXR", "OpenEXR", "Scene-linear with transparency. Keeps values brighter than white", 2),
    ("JPG", "JPEG", "Small files without transparency", 3),
]

# States of a take; '' is no strip of ours. WAITING: the engine has not got it yet; ASKING: it looks like a cut, and the
# artist has to decide.
WAITING, RUNNING, DONE, INCOMPLETE, ASKING = "WAITING", "RUNNING", "DONE", "INCOMPLETE", "ASKING"
UNFINISHED = (WAITING, RUNNING, ASKING)


class TakeFields:
    """What there is of each take; `id` is empty on every strip that is not ours.

    Words (`method`, `format`) are those of the engine. Splitting and duplicating a strip copies its record, so
    several strips may carry one id: they show the same frames.
    """

    id: StringProperty(name="Id", description="Ties the take to its job and its folder")
    number: IntProperty(name="Take", description="Number of the take, counted from 1", min=1, default=1)
    state: StringProperty(name="State", description="Whether the frames wait, are being made, are done or incomplete")
    place: IntProperty(name="Place", description="Place in the queue: lower ones are made first", min=0)
    folder: StringProperty(name="Folder", description="Name of the folder with the keys and the frames")
    method: StringProperty(name="Method", description="The method that was asked for")
    method_used: StringProperty(name="Method Used", description="The method that made the frames")
    made: IntProperty(name="Made", description="Frames that are there so far", min=0)
    seed: IntProperty(name="Seed", description="Start of the random numbers")
    generation: StringProperty(name="Generation", description="Conditions and sampling, as JSON; empty without")
    format: StringProperty(name="File Format", description="Format of the frames on disk")
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
        """`timing` as the engine takes it."""
        return self.timing if self.timing in protocol.TIMINGS else [float(part) for part in self.timing.split(",")]


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
    draft_first: BoolProperty(
        name="Draft First",
        description="Show a quick draft at once; the frames of the slow method take its place when they are done, "
        "as another take of the strip",
        default=True,
    )
    cuts: EnumProperty(
        name="Cuts", description="What to do with two keys of different shots", items=CUTS, translation_context=OWN
    )
    stills: PointerProperty(type=still_settings.FCVG_Stills)
    conditions: PointerProperty(type=generative.FCVG_Conditions)
    sampling: PointerProperty(type=generative.FCVG_Sampling)
    prefetch_held: BoolProperty(
        name="Prefetch Held", description="Prefetch Frames is off until the inbetweens are made"
    )

    def hold_frames(self) -> int:
        """Frames for which each drawing is shown, 1 to 3."""
        return next(number for name, _, _, number in HOLDS if name == self.hold)

    def engine_seed(self) -> int:
        """`seed`, or a new one that can be typed in again."""
        return secrets.randbelow(2**31) if self.seed < 0 else self.seed

    def is_generative(self) -> bool:
        """Whether the method draws new pictures out of noise."""
        return engine_word(self.method) in protocol.GENERATIVE

    def drawings(self, count: int) -> int:
        """Number of distinct drawings that `count` inbetween frames need."""
        return -(-count // self.hold_frames())

    def engine_timing(self, count: int, start_frame: float, end_frame: float) -> str | list[float]:
        """As the engine takes it."""
        return spacing.engine_timing(self, count, start_frame, end_frame)


class FCVG_Job(bpy.types.PropertyGroup):
    """One job as the panel shows it. `name` (Blender's own) is the title."""

    id: StringProperty(name="Id")
    stage: StringProperty(name="Stage", description="What the engine is doing")
    queued: BoolProperty(name="Queued", description="Other jobs are done first")
    fraction: FloatProperty(name="Progress", description="How much is done", min=0.0, max=1.0, subtype="FACTOR")
    eta: StringProperty(name="Time Left", description="How long it will take")
    sheet: IntProperty(name="Contact Sheet", description="Icon that shows the frames as they are so far, 0 without")
    sheet_step: StringProperty(name="Step", description="How far the frames on the contact sheet have come")


class FCVG_QueueItem(bpy.types.PropertyGroup):
    """A take that is being made, waits or asks, as the panel shows it. `name` (Blender's own) is the title."""

    take: StringProperty(name="Id")
    number: IntProperty(name="Take", description="Number of the take")
    state: StringProperty(name="State", description="Whether it waits, is being made or asks")
    method: StringProperty(name="Method", description="What it will be made with")
    question: StringProperty(name="Question", description="What the artist has to decide, or why it failed")
    fraction: FloatProperty(name="Progress", description="How much is done", min=0.0, max=1.0, subtype="FACTOR")


class FCVG_Need(bpy.types.PropertyGroup):
    """What a method still needs, by the engine's own account. `name` (Blender's own) is the method, its word."""

    text: StringProperty(name="Need", description="What has to be installed before the method can be used")


class FCVG_Chore(bpy.types.PropertyGroup):
    """An installation or a download as it is shown. `name` (Blender's own) is its key."""

    title: StringProperty(name="Title", description="What is being done")
    stage: StringProperty(name="Stage", description="What it is at")
    fraction: FloatProperty(name="Progress", description="How much is done", min=0.0, max=1.0, subtype="FACTOR")
    words: StringProperty(name="Amount", description="Bytes, rate and time left")


class FCVG_Trouble(bpy.types.PropertyGroup):
    """Why an installation or a download has failed. `name` (Blender's own) is its key."""

    message: StringProperty(name="Error", description="What went wrong")
    hint: StringProperty(name="Hint", description="What to do about it")
    detail: StringProperty(name="Detail", description="For a report")


class FCVG_ModelState(bpy.types.PropertyGroup):
    """What the engine knows of a model on this computer. `name` (Blender's own) is the registry's."""

    state: StringProperty(name="State", description="Whether its files are here")
    consent: StringProperty(name="Consent", description="Whether its licence has been accepted, or when")
    note: StringProperty(name="Note", description="What else is to be known")
    path: StringProperty(name="Folder", description="Where its files are")
    size: StringProperty(name="Size", description="Of its files together")


class FCVG_Finding(bpy.types.PropertyGroup):
    """A line of the doctor's."""

    is_mistake: BoolProperty(name="Mistake", description="A likely mistake, with its cure")
    subject: StringProperty(name="Subject", description="What it is about")
    text: StringProperty(name="Text", description="What was found")
    state: StringProperty(name="State", description="Whether it is all right")
    hint: StringProperty(name="Hint", description="What to do about it")


class FCVG_Estimate(bpy.types.PropertyGroup):
    """What a method would take. `name` (Blender's own) is the engine's word for it."""

    label: StringProperty(name="Method")
    seconds: StringProperty(name="Time", description="How long all of the inbetweens would take")
    memory: StringProperty(name="Memory", description="How much memory it would take at its peak")
    usable: BoolProperty(name="Usable", description="Whether it can be used here, and fits the memory that is free")
    hint: StringProperty(name="Hint", description="What it lacks")


class FCVG_Preflight(bpy.types.PropertyGroup):
    """What is known of the pair that was looked at last; `about` tells which that was."""

    about: StringProperty(name="About", options={"SKIP_SAVE"})
    running: BoolProperty(name="Running", options={"SKIP_SAVE"})
    state: StringProperty(name="State", options={"SKIP_SAVE"})
    sentence: StringProperty(name="Sentence", options={"SKIP_SAVE"})
    suggested: StringProperty(name="Suggested Method", options={"SKIP_SAVE"})
    reason: StringProperty(name="Reason", options={"SKIP_SAVE"})
    estimates: CollectionProperty(type=FCVG_Estimate, name="Methods", options={"SKIP_SAVE"})


class FCVG_Status(bpy.types.PropertyGroup):
    """What runs and what went wrong. Lives in the window manager and is not saved."""

    jobs: CollectionProperty(type=FCVG_Job, name="Jobs", options={"SKIP_SAVE"})
    queue: CollectionProperty(type=FCVG_QueueItem, name="Queue", options={"SKIP_SAVE"})
    queue_row: IntProperty(name="Row", description="Row of the queue that is chosen", options={"SKIP_SAVE"})
    paused: BoolProperty(
        name="Pause",
        description="What is being made is finished; nothing else is begun until the queue goes on",
        options={"SKIP_SAVE"},
    )
    queue_done: IntProperty(
        name="Done", description="Takes made since the queue was empty last", min=0, options={"SKIP_SAVE"}
    )
    queue_total: IntProperty(
        name="All", description="These, and those that are still to be made", min=0, options={"SKIP_SAVE"}
    )
    left_out: StringProperty(
        name="Left Out", description="Why pairs of strips got no inbetweens, a line each", options={"SKIP_SAVE"}
    )
    preflight: PointerProperty(type=FCVG_Preflight, name="Preflight", options={"SKIP_SAVE"})
    stills: PointerProperty(type=still_settings.FCVG_StillsStatus, name="3D Keys", options={"SKIP_SAVE"})
    error_message: StringProperty(name="Error", description="What went wrong", options={"SKIP_SAVE"})
    error_hint: StringProperty(name="Hint", description="What to do about it", options={"SKIP_SAVE"})
    error_detail: StringProperty(name="Detail", description="For a report", options={"SKIP_SAVE"})
    greeted: BoolProperty(name="Known", description="The engine has said what it lacks", options={"SKIP_SAVE"})
    lacking: CollectionProperty(type=FCVG_Need, name="Lacking", options={"SKIP_SAVE"})
    engine_state: StringProperty(name="Engine", description="What the engine is doing", options={"SKIP_SAVE"})
    chores: CollectionProperty(type=FCVG_Chore, name="Chores", options={"SKIP_SAVE"})
    troubles: CollectionProperty(type=FCVG_Trouble, name="Troubles", options={"SKIP_SAVE"})
    models: CollectionProperty(type=FCVG_ModelState, name="Models", options={"SKIP_SAVE"})
    findings: CollectionProperty(type=FCVG_Finding, name="Findings", options={"SKIP_SAVE"})
    install_notes: StringProperty(name="Notes", description="Of the newest installation", options={"SKIP_SAVE"})
    model_notes: StringProperty(name="Notes", description="Of the newest download or import", options={"SKIP_SAVE"})


CLASSES = (
    *generative.CLASSES,
    *still_settings.CLASSES,
    *spacing.CLASSES,
    FCVG_Take,
    FCVG_StripRecord,
    FCVG_SceneSettings,
    FCVG_Job,
    FCVG_QueueItem,
    FCVG_Estimate,
    FCVG_Preflight,
    FCVG_Need,
    FCVG_Chore,
    FCVG_Trouble,
    FCVG_ModelState,
    FCVG_Finding,
    FCVG_Status,
)


def engine_word(identifier: str) -> str:
    """The engine's word for an enum identifier: `EASE_IN` is `ease-in`."""
    return identifier.lower().replace("_", "-")


def method_label(word: str) -> str:
    """What the artist calls the method that the engine calls `word`; the word itself where another version knows it."""
    return rpt(next((label for name, label, *_ in METHODS if engine_word(name) == word), word))


def needs_download(method: str) -> bool:
    """Whether the method (the engine's word) needs models that are not installed with the engine."""
    names = registry.needs().get(method, ())
    return any(registry.models()[name].source.kind != "wheel" for name in names)


def timing_text(timing: str | list[float]) -> str:
    """The engine's `timing` as a strip remembers it, exact to the last digit."""
    return timing if isinstance(timing, str) else ",".join(map(repr, timing))


def register() -> None:
    """Attach the groups to strips, scenes and the window manager; CLASSES are registered before."""
    compat.StripType.fcvg = PointerProperty(type=FCVG_StripRecord)
    types: Any = bpy.types
    types.Scene.fcvg = PointerProperty(type=FCVG_SceneSettings)
    types.WindowManager.fcvg = PointerProperty(type=FCVG_Status, options={"SKIP_SAVE"})


def unregister() -> None:
    """Detach the groups again, before CLASSES are unregistered."""
    types: Any = bpy.types
    del types.WindowManager.fcvg
    del types.Scene.fcvg
    del compat.StripType.fcvg
