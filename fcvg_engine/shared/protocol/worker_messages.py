# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages between Blender and the engine's worker, and what a job is. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from .. import methods

VERSION = 4
MAX_COUNT = 1000  # inbetweens of one job

METHODS = ("auto", *methods.METHODS)
TIMINGS = ("linear", "ease-in", "ease-out", "ease-in-out", "favour-first", "favour-last", "anticipation")
FORMATS = ("png", "png16", "exr", "jpg")
DEVICES = ("auto", "cpu", "cuda", "mps")
HOLDS = (1, 2, 3)
LINES = ("auto", "flow", "gluestick", "none")
POSES = ("auto", "dwpose", "none")
PRESETS = ("auto", "low", "balanced", "fast", "turbo")
COMMERCIAL = ("yes", "conditional", "no", "unclear")


@dataclass(frozen=True)
class ConditionSettings:
    """What is looked for in the keys: how lines are matched (one of `LINES`) and poses found (one of `POSES`).

    `matches` is the path of an edited matches.json to be used instead; with it nothing is looked for.
    """

    lines: str = "auto"
    pose: str = "auto"
    matches: str = ""


@dataclass(frozen=True)
class SamplingSettings:
    """How a generative method denoises.

    `steps` and guidance 0 mean the method's published number. `guidance_min` and `guidance_max` are the scale at the
    first and last frame of each direction. `control_weight` is the strength of the conditions (published 1),
    `motion_bucket` 0 … 255, `noise_augmentation` the noise on the keys, `fps` 1 … 30. `work_size` is "", for the size
    chosen by the keys' shape, or WIDTHxHEIGHT in multiples of 64. `preset` is one of `PRESETS`.
    """

    steps: int = 0
    guidance_min: float = 0.0
    guidance_max: float = 0.0
    control_weight: float = 1.0
    motion_bucket: int = 127
    noise_augmentation: float = 0.02
    fps: int = 7
    work_size: str = ""
    preset: str = "auto"


@dataclass(frozen=True)
class Request:
    """What one job makes; also the content of the command line's JOB.json.

    `start`, `end` and `out` are paths; `count` is the number of inbetween frames (the keys are not counted);
    `timing` is one of `TIMINGS` or times in (0, 1), one a drawing; `hold` shows each drawing for that many frames.

    With `extend` the drawings join those that `out` already has of the same keys and settings, whatever chart these
    were made for: times that are there are not made again, the others get further numbers. Drawings that the artist
    has painted over are kept; with `redo_yours` they are put aside and made anew. `refuse_cuts` lets a job fail, with
    the code `cut`, when its keys do not look like the same shot. `layer` names the layer of EXR keys that is
    the picture, by its whole name or the end of it; empty for the one that looks like it.
    """

    start: str
    end: str
    out: str
    count: int
    method: str = "auto"
    timing: str | list[float] = "linear"
    hold: int = 1
    seed: int = 0
    format: str = "png"
    device: str = "auto"
    overwrite: bool = False
    extend: bool = False
    redo_yours: bool = False
    refuse_cuts: bool = False
    commercial_only: bool = False  # refuse every model that is not free for commercial work
    layer: str = ""
    conditions: ConditionSettings = field(default_factory=ConditionSettings)
    sampling: SamplingSettings = field(default_factory=SamplingSettings)


@dataclass(frozen=True)
class Message:
    """Base of all messages. `job` is None where no job is meant."""

    type: ClassVar[str]
    job: str | None


@dataclass(frozen=True)
class Hello(Message):
    """Engine → Blender, once, before heavy imports."""

    type: ClassVar[str] = "hello"
    version: int
    engine: str
    pid: int
    methods: list[str]
    lacking: dict[str, str] = field(default_factory=dict)  # method → what it still needs, a sentence


@dataclass(frozen=True)
class Start(Message):
    """Blender → engine: queue a job."""

    type: ClassVar[str] = "start"
    request: Request


@dataclass(frozen=True)
class Condition(Message):
    """Blender → engine: draw the conditions of a job, one `Frame` each, without generating."""

    type: ClassVar[str] = "condition"
    request: Request


@dataclass(frozen=True)
class Examine(Message):
    """Blender → engine: say of the keys of `request` what an artist wants to know before the job; nothing is made.

    The keys may be small pictures; frames would be `width` × `height` pixels.
    """

    type: ClassVar[str] = "examine"
    request: Request
    width: int
    height: int


@dataclass(frozen=True)
class SelfTest(Message):
    """Blender → engine: generate one small frame on `device`."""

    type: ClassVar[str] = "self_test"
    device: str = "auto"


@dataclass(frozen=True)
class Cancel(Message):
    """Blender → engine: stop `job`. Unknown or finished jobs are no error."""

    type: ClassVar[str] = "cancel"


@dataclass(frozen=True)
class Queued(Message):
    """Engine → Blender: accepted; `ahead` jobs run first."""

    type: ClassVar[str] = "queued"
    ahead: int


@dataclass(frozen=True)
class Progress(Message):
    """Engine → Blender: `fraction` in [0, 1] of the whole job; `eta_s` is None until it can be told.

    While something is downloaded, `done_bytes` of `total_bytes` are there and `bytes_per_s` come in; else all are 0.
    """

    type: ClassVar[str] = "progress"
    stage: str
    fraction: float
    eta_s: float | None = None
    done_bytes: int = 0
    total_bytes: int = 0
    bytes_per_s: float = 0.0


@dataclass(frozen=True)
class Frame(Message):
    """Engine → Blender: the drawing `file` (a name inside the job's folder) shows on inbetween frames
    `index` … `index + hold - 1`, counted from 1; `time` in (0, 1). `yours`: the artist has painted over it."""

    type: ClassVar[str] = "frame"
    index: int
    hold: int
    file: str
    time: float
    reused: bool = False
    yours: bool = False


@dataclass(frozen=True)
class Preview(Message):
    """Engine → Blender: the image `file` (a name inside the job's folder) shows the frames after `step` of `steps`."""

    type: ClassVar[str] = "preview"
    file: str
    step: int
    steps: int


@dataclass(frozen=True)
class UsedModel:
    """A model that took part in making frames. `commercial` is one of `COMMERCIAL`."""

    name: str
    title: str
    licence: str
    commercial: str


@dataclass(frozen=True)
class Done(Message):
    """Engine → Blender: final. `method` and `device` are those really used; `notes` are sentences for the artist."""

    type: ClassVar[str] = "done"
    method: str
    device: str
    frames: int
    reused: int
    seconds: float
    engine: str
    notes: list[str] = field(default_factory=list)
    models: list[UsedModel] = field(default_factory=list)


@dataclass(frozen=True)
class Estimate:
    """What a job would take with `method` on this computer: seconds, and bytes of memory at its peak.

    `measured`: by earlier jobs here, else typical figures. `fits`: in the memory that is free. `lacking`: what the
    method still needs, a sentence, empty when it can be used.
    """

    method: str
    seconds: float
    memory_bytes: int
    measured: bool
    fits: bool
    lacking: str = ""


@dataclass(frozen=True)
class Examined(Message):
    """Engine → Blender: final report of `Examine`.

    `state` (ok, warning, error) and `sentence` are the one line for the artist. `is_cut`: the keys do not look like
    the same shot. `motion` is how far things move, as a share of the picture's diagonal, 0 where that is not known.
    `suggested` is the method that suits, `reason` why. Bytes: what the frames take on the disk, and what is free there.
    """

    type: ClassVar[str] = "examined"
    state: str
    sentence: str
    is_cut: bool
    motion: float
    suggested: str
    reason: str
    estimates: list[Estimate]
    disk_bytes: int
    free_bytes: int


@dataclass(frozen=True)
class Failed(Message):
    """Engine → Blender: final. `code` is stable; `message` and `hint` are for the artist; `detail` for a report."""

    type: ClassVar[str] = "failed"
    code: str
    message: str
    hint: str = ""
    detail: str = ""


@dataclass(frozen=True)
class CancelledReport(Message):
    """Engine → Blender: final. Frames already written stay."""

    type: ClassVar[str] = "cancelled"


TO_ENGINE: dict[str, type[Message]] = {m.type: m for m in (Start, Condition, Examine, SelfTest, Cancel)}
TO_BLENDER: dict[str, type[Message]] = {
    m.type: m for m in (Hello, Queued, Progress, Frame, Preview, Done, Examined, Failed, CancelledReport)
}
FINAL = (Done, Examined, Failed, CancelledReport)
