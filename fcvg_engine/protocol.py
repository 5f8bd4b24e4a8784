"""The pipe between Blender and the engine: messages, framing and version. Standard library only.

One JSON object a line, UTF-8, at most `MAX_LINE_BYTES` long. Each has a `type` and a `job` (an id that the
client chose; null where no job is meant). Pixels never cross: they are files in the job's folder.

===========  ==================  ==================================================================
type         direction           meaning
===========  ==================  ==================================================================
`hello`      engine → Blender    first line of all: protocol version, engine version, capabilities
`start`      Blender → engine    queue a job
`self_test`  Blender → engine    generate one small frame and say how long it took
`condition`  Blender → engine    draw the conditions of a job and stop there
`examine`    Blender → engine    say of two keys what is to be known before a job
`cancel`     Blender → engine    stop a job, queued or running
`queued`     engine → Blender    the job waits behind `ahead` others
`progress`   engine → Blender    coalesced: the newest replaces older ones not yet read
`frame`      engine → Blender    one drawing is on disk under its final name
`preview`    engine → Blender    coalesced: a small contact sheet of what is being denoised is on disk
`done`       engine → Blender    final report: all frames are there
`examined`   engine → Blender    final report: what is to be known of two keys
`failed`     engine → Blender    final report; with `job` null: a line that was no message
`cancelled`  engine → Blender    final report: stopped on request
===========  ==================  ==================================================================

Every `start`, `condition`, `examine` and `self_test` gets exactly one final report, whatever happens in between.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import types
import typing
from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import Any, ClassVar, Union

from .errors import ProtocolError

VERSION = 4
MAX_LINE_BYTES = 1 << 20
MAX_COUNT = 1000  # inbetweens of one job

METHODS = ("auto", "rife", "gmfss", "dissolve", "film", "fcvg", "trf", "vibid", "gi")
GENERATIVE = ("fcvg", "trf", "vibid", "gi")  # those that denoise; they alone heed `Request.sampling`
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
    were made for: times that are there are not made again, the others get further numbers. `refuse_cuts` lets a job
    fail, with the code `cut`, when its keys do not look like the same shot.
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
    refuse_cuts: bool = False
    commercial_only: bool = False  # refuse every model that is not free for commercial work
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
    `index` … `index + hold - 1`, counted from 1; `time` in (0, 1)."""

    type: ClassVar[str] = "frame"
    index: int
    hold: int
    file: str
    time: float
    reused: bool = False


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


@dataclass(frozen=True)
class ModelInfo:
    """A model as the registry and this computer know it.

    `enables`: labels of methods, matchers and the like. `state`: present, missing, incomplete or damaged. `commercial`:
    one of `COMMERCIAL`, `commercial_why` the sentence why. `consent`: not needed, needed, or the date it was given.
    `source`: wheel, hub, github or manual, and in words where from. `path`: where its files lie, or would. `note`: what
    else the artist has to know, such as that no sha256 is published.
    """

    name: str
    title: str
    enables: list[str]
    state: str
    licence: str
    licence_url: str
    commercial: str
    commercial_why: str
    consent: str
    training_data: str
    source: str
    origin: str
    size_bytes: int
    path: str
    note: str = ""


@dataclass(frozen=True)
class ModelList(Message):
    """Final line of the command `models … --json`: all models, after what the command did; `notes` say more of that."""

    type: ClassVar[str] = "models"
    models: list[ModelInfo]
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Finding:
    """A line of the doctor's. `state`: ok, info, warning or error; `hint` says what to do."""

    subject: str
    text: str
    state: str = "ok"
    hint: str = ""


@dataclass(frozen=True)
class Findings(Message):
    """Final line of the command `doctor --json`. `mistakes`: the likeliest, as sentences with their cure."""

    type: ClassVar[str] = "findings"
    findings: list[Finding]
    mistakes: list[Finding] = field(default_factory=list)


@dataclass(frozen=True)
class InstallPlan(Message):
    """Final line of the installer's `check --json`: what an installation would do, and what stands in its way.

    `accelerator`: the one that would be taken; `accelerators`: those that can be had here; `detected`: what was found
    on this computer, a sentence. Bytes: still to be downloaded, needed on the disk, free there. `problems`: sentences,
    empty when all is well. `state`: none, current, outdated, broken or foreign (an engine that the installer has not
    made). `engine`: what is installed, a sentence, or empty.
    """

    type: ClassVar[str] = "plan"
    accelerator: str
    accelerators: list[str]
    detected: str
    packages: int
    download_bytes: int
    needed_bytes: int
    free_bytes: int
    folder: str
    state: str
    engine: str = ""
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Installed(Message):
    """Final line of the installer's other commands: what is there now. `notes` are sentences for the artist."""

    type: ClassVar[str] = "installed"
    state: str
    engine: str
    folder: str
    notes: list[str] = field(default_factory=list)


TO_ENGINE: dict[str, type[Message]] = {m.type: m for m in (Start, Condition, Examine, SelfTest, Cancel)}
TO_BLENDER: dict[str, type[Message]] = {
    m.type: m for m in (Hello, Queued, Progress, Frame, Preview, Done, Examined, Failed, CancelledReport)
}
# What commands with `--json` print, a line each; `FINAL` or one of these results is the last line.
RESULTS = (ModelList, Findings, InstallPlan, Installed)
FROM_COMMANDS: dict[str, type[Message]] = {m.type: m for m in (Progress, Done, Failed, CancelledReport, *RESULTS)}
FINAL = (Done, Examined, Failed, CancelledReport)


def encode(message: Message) -> bytes:
    """One line, newline included. Raises ProtocolError when it would be longer than `MAX_LINE_BYTES`."""
    line = json.dumps({"type": message.type, **asdict(message)}, allow_nan=False, ensure_ascii=True)
    if len(line) >= MAX_LINE_BYTES:
        raise ProtocolError(f"A {message.type} message of {len(line)} bytes is longer than {MAX_LINE_BYTES}.")
    return line.encode("ascii") + b"\n"


def decode(line: bytes, known: dict[str, type[Message]]) -> Message:
    """The message in one line (with or without its newline), one of the types `known`.

    Raises ProtocolError on anything else: too long, not UTF-8, not JSON, NaN, nested too deep, unknown type,
    unknown, missing or wrongly typed field.
    """
    if len(line) > MAX_LINE_BYTES:
        raise ProtocolError(f"A message of {len(line)} bytes is longer than {MAX_LINE_BYTES}.")
    content = _parse_object(line)
    kind = content.pop("type", None)
    if not isinstance(kind, str) or kind not in known:
        raise ProtocolError(f"Unknown message type {kind!r:.100}.")
    message: Message = _build(known[kind], content, kind)
    return message


def parse_request(content: object) -> Request:
    """A Request from parsed JSON, types checked. Raises ProtocolError naming the field."""
    request: Request = _build(Request, content, "job")
    return request


def _parse_object(line: bytes) -> dict[str, Any]:
    def refuse(constant: str) -> float:
        raise ProtocolError(f"{constant} is no number of this protocol.")

    try:
        content = json.loads(line.decode("utf-8"), parse_constant=refuse)
    except UnicodeDecodeError:
        raise ProtocolError("A message is not UTF-8.") from None
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"A message is not JSON: {error!s:.200}") from None
    if not isinstance(content, dict):
        raise ProtocolError("A message is not a JSON object.")
    return content


def _build(cls: Any, content: object, where: str) -> Any:
    if not isinstance(content, dict):
        raise ProtocolError(f"{where} is not an object.")
    hints = _hints(cls)
    declared = {f.name: f for f in fields(cls)}
    for name in content:
        if name not in declared:
            raise ProtocolError(f"{where} has no field {name!r:.100}.")
    values = {}
    for name, declaration in declared.items():
        if name in content:
            values[name] = _convert(hints[name], content[name], f"{where}.{name}")
        elif declaration.default is MISSING and declaration.default_factory is MISSING:
            raise ProtocolError(f"{where} lacks its field {name!r}.")
    return cls(**values)


@functools.cache
def _hints(cls: Any) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def _convert(hint: Any, value: Any, where: str) -> Any:
    """`value` checked against the annotation `hint`; ints are taken for floats, bools never for ints."""
    origin = typing.get_origin(hint)
    if origin in (Union, types.UnionType):
        for option in typing.get_args(hint):
            try:
                return _convert(option, value, where)
            except ProtocolError:
                continue
    elif origin is list:
        (item,) = typing.get_args(hint)
        if isinstance(value, list):
            return [_convert(item, each, f"{where}[{i}]") for i, each in enumerate(value)]
    elif dataclasses.is_dataclass(hint):
        return _build(hint, value, where)
    elif origin is dict:
        _, item = typing.get_args(hint)
        if isinstance(value, dict):
            return {name: _convert(item, each, f"{where}.{name}") for name, each in value.items()}
    elif hint is float:
        if (type(value) is float and math.isfinite(value)) or (type(value) is int and abs(value) < 2**53):
            return float(value)
    elif hint is type(None):
        if value is None:
            return None
    elif type(value) is hint:
        return value
    raise ProtocolError(f"{where} is of the wrong type ({type(value).__name__}).")
