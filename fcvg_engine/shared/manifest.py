# SPDX-License-Identifier: GPL-3.0-or-later
"""The manifest of a folder of drawings: what made them, and which are there. Only this module knows its format.

The engine rewrites `manifest.json` after each drawing, so that a run that was cut off can go on where it stopped. The
add-on reads it, and writes one where it divides the drawings of a folder between two. Standard library only::

    {"manifest": 1, "state": "running" | "done" | "cancelled" | "failed",
     "identity": {"engine": …, "count": …, "method": …, "timing": …, "hold": …, "seed": …, "format": …,
                  "start_sha256": …, "end_sha256": …, for generative methods "sampling": {…}, "conditions": {…}},
     "frames": [{"index": 1, "hold": 2, "file": "0001.png", "time": 0.25, "sha256": …}, …],
     "models": [{"name": …, "title": …, "licence": …, "commercial": …}, …],
     …further facts about the run: keys, size, method, reason, device, seed, breakdown, notes, versions, seconds}

Two runs with the same identity make the same frames.

The identity is that of the run which made the first drawing. Later runs may extend the folder with other charts. They
add drawings under numbers above N, each of them one file: `index` is that number, `hold` is 1. They keep the method,
the seed and the `breakdown` (a time) of the first run, so that a drawing is the same whenever it is made. A time keeps
its number even when the file is lost. `state` is the last run's. A drawing made by another version of the engine than
the identity names has an `engine` of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from .. import DRAWS_LIKE, __version__
from . import timing
from .errors import BadRequest
from .protocol import HOLDS, MAX_COUNT
from .timing import Drawing

VERSION = 1
NAME = "manifest.json"
FRAME_NAME = re.compile(r"\d{4}\.(png|exr|jpg)")

_CHART = ("count", "timing", "hold")  # what a chart decides of an identity
_DECIDED = ("method", "seed")  # what the first run may decide itself: a fact then, beside the identity
_OF_ALL_FRAMES = ("keys", "breakdown")  # facts that do not hold for a part of the frames


def read(path: Path) -> dict[str, Any]:
    """The content of the manifest `path`, also one of another version; {} where there is none or it is damaged.

    To be shown, not to be gone on with: of what is in it only the `identity` is sure to be there, a dict. Raises
    OSError where the disk refuses.
    """
    try:
        content = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) and isinstance(content.get("identity"), dict) else {}


def load(path: Path) -> dict[str, Any]:
    """As `read`, but only what this version can go on with: `frames` are a list of dicts then. Raises OSError."""
    content = read(path)
    frames = content.get("frames")
    if content.get("manifest") != VERSION or not isinstance(frames, list):
        return {}
    return content if all(isinstance(frame, dict) for frame in frames) else {}


def dumped(content: Mapping[str, Any]) -> bytes:
    """The bytes of the file that has this content."""
    return json.dumps(content, indent=1).encode()


def frame_name(number: int, suffix: str) -> str:
    """The file name of the frame `number`, counted from 1; `suffix` begins with a dot."""
    return f"{number:04d}{suffix}"


def key_hash(side: str) -> str:
    """The name that the identity has for the SHA-256 of a key; `side` is `start` or `end`."""
    return f"{side}_sha256"


def of_part(
    found: Mapping[str, Any], identity: Mapping[str, Any], frames: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The manifest of a folder that carries on with some drawings of another, which the manifest `found` describes.

    `identity` is what differs from the identity there, `frames` are the drawings, as they are called and timed here.
    Facts that only hold for all frames together are left out.
    """
    kept = {name: found[name] for name in found if name not in _OF_ALL_FRAMES}
    return {**kept, "identity": {**found.get("identity", {}), **identity}, "frames": list(frames)}


def drawings(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The drawings that a manifest lists, without entries that no run of ours writes."""
    for record in found.get("frames", ()):
        index, hold, time, file = (record.get(name) for name in ("index", "hold", "time", "file"))
        if type(index) is not int or hold not in HOLDS or type(time) is not float or not 0 < time < 1:
            continue
        if FRAME_NAME.fullmatch(str(file)) and str(file).startswith(frame_name(index, ".")):
            yield record


def is_same_work(found: object, asked: Mapping[str, Any]) -> bool:
    """Whether what was made under the identity `found` is what the identity `asked` asks for.

    Engines that draw the same pictures count as one, so that an update of the engine costs no frames.
    """
    return isinstance(found, dict) and _with_one_engine(found) == _with_one_engine(asked)


def belong_together(found: dict[str, Any], asked: dict[str, Any]) -> bool:
    """Whether drawings of the identity `asked` may stand beside those of the manifest `found`.

    Charts may differ, and so may the engine: an artist who has updated it still wants to time old takes anew. The first
    run may have decided the method (`auto`) or the seed itself; these may then be asked for by name.
    """
    known = found["identity"]
    as_decided = all(asked.get(key) in (known.get(key), found.get(key)) for key in _DECIDED)
    return as_decided and _apart(known) == _apart(asked)


def chart(found: dict[str, Any], path: Path) -> list[Drawing]:
    """The chart with which the folder `path` was begun. Raises BadRequest where `found` holds no possible one."""
    count, spacing, hold = (found["identity"].get(key) for key in _CHART)
    with suppress(TypeError):
        if count in range(1, MAX_COUNT + 1) and hold in HOLDS:
            return timing.chart(count, spacing, hold)
    raise BadRequest(
        f"The timing of the drawings in {path} is not told by their manifest: no more can be added.",
        "Make a new take, or choose another output folder.",
    )


def is_same_chart(one: Sequence[Drawing], other: Sequence[Drawing]) -> bool:
    """Whether two charts show the same times on the same frames."""
    return [(each.index, each.hold) for each in one] == [(each.index, each.hold) for each in other] and all(
        map(is_same_time, one, other)
    )


def is_same_time(one: Drawing, other: Drawing) -> bool:
    """Whether one file serves for both drawings."""
    return abs(one.time - other.time) <= timing.SAME_TIME


def _with_one_engine(identity: Mapping[str, Any]) -> dict[str, Any]:
    engine = identity.get("engine")
    return {**identity, "engine": __version__ if engine in DRAWS_LIKE else engine}


def _apart(identity: dict[str, Any]) -> dict[str, Any]:
    """The identity without the chart, without what the first run decides itself, and without the engine."""
    return {key: identity[key] for key in identity if key not in (*_CHART, *_DECIDED, "engine")}
