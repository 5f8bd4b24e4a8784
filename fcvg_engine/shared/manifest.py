"""What a folder of drawings tells of itself.

`manifest.json` tells what made the frames, and is rewritten after each of them, so that a run that was cut off can
go on where it stopped::

    {"manifest": 1, "state": "running" | "done" | "cancelled" | "failed",
     "identity": {"engine": …, "count": …, "method": …, "timing": …, "hold": …, "seed": …, "format": …,
                  "start_sha256": …, "end_sha256": …, for generative methods "sampling": {…}, "conditions": {…}},
     "frames": [{"index": 1, "hold": 2, "file": "0001.png", "time": 0.25, "sha256": …}, …],
     "models": [{"name": …, "title": …, "licence": …, "commercial": …}, …],
     …further facts about the run: keys, size, method, reason, device, seed, breakdown, notes, versions, seconds}

Two runs with the same identity make the same frames.

The identity is that of the run which made the first drawing. Runs that extend it, with other charts, add drawings under
numbers above N, each of them one file: `index` is that number, `hold` 1. They keep to the method, the seed and the
`breakdown` (a time) of the first run, so that a drawing is the same whenever it is made. A number once given to a time
stays with it, also when the file is lost. `state` is the last run's. Where another version of the engine made a drawing
than the identity names, the drawing has an `engine` of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from . import timing
from .errors import BadRequest
from .protocol import HOLDS, MAX_COUNT
from .timing import Drawing

VERSION = 1
FRAME_NAME = re.compile(r"\d{4}\.(png|exr|jpg)")

_CHART = ("count", "timing", "hold")  # what a chart decides of an identity
_DECIDED = ("method", "seed")  # what the first run may decide itself: a fact then, beside the identity


def load(path: Path) -> dict[str, Any]:
    """The manifest's content, {} where there is none that could be understood."""
    try:
        content = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError, RecursionError):
        return {}
    if not isinstance(content, dict) or content.get("manifest") != VERSION:
        return {}
    frames = content.get("frames")
    if not isinstance(frames, list) or not all(isinstance(frame, dict) for frame in frames):
        return {}
    return content if isinstance(content.get("identity"), dict) else {}


def drawings(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The drawings that a manifest lists, without entries that no run of ours writes."""
    for record in found.get("frames", ()):
        index, hold, time, file = (record.get(name) for name in ("index", "hold", "time", "file"))
        if type(index) is not int or hold not in HOLDS or type(time) is not float or not 0 < time < 1:
            continue
        if FRAME_NAME.fullmatch(str(file)) and str(file).startswith(f"{index:04d}."):
            yield record


def belong_together(found: dict[str, Any], asked: dict[str, Any]) -> bool:
    """Whether drawings of the identity `asked` may stand beside those of the manifest `found`.

    Charts may differ, and so may the engine: an artist who has updated it still wants to time old takes anew. What the
    first run decided itself, by `auto` or for a new seed, may be asked for by name.
    """
    known = found["identity"]
    as_decided = all(asked.get(key) in (known.get(key), found.get(key)) for key in _DECIDED)
    return as_decided and _apart(known) == _apart(asked)


def chart(found: dict[str, Any], path: Path) -> list[Drawing]:
    """The chart that the folder `path` was begun with. Raises BadRequest for one that nobody can have asked for."""
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


def _apart(identity: dict[str, Any]) -> dict[str, Any]:
    """What is left of an identity apart from the chart, what is decided by the first run, and the engine."""
    return {key: identity[key] for key in identity if key not in (*_CHART, *_DECIDED, "engine")}
