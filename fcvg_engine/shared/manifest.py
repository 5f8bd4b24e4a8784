# SPDX-License-Identifier: GPL-3.0-or-later
"""The manifest of a folder of drawings: what made them, and which are there. Only this module knows its format.

The engine rewrites `manifest.json` after each drawing, so an interrupted run can go on where it stopped. The add-on
reads it, and writes one when it splits a folder's drawings into two folders. Standard library only::

    {"manifest": 1, "state": "running" | "done" | "cancelled" | "failed",
     "identity": {"engine": …, "count": …, "method": …, "timing": …, "hold": …, "seed": …, "format": …,
                  "start_sha256": …, "end_sha256": …, "layer": … (if one was asked for),
                  "sampling": {…}, "conditions": {…} (both for generative methods only)},
     "frames": [{"index": 1, "hold": 2, "file": "0001.png", "time": 0.25, "sha256": …}, …],
     "models": [{"name": …, "title": …, "licence": …, "commercial": …}, …],
     …further facts about the run: keys, size, method, reason, device, seed, breakdown, notes, versions, seconds}

Runs that begin a folder with the same identity make the same frames.

The identity describes the run that made the folder's first drawing. Later runs may extend the folder with other charts.
Their drawings are numbered from `count` + 1, one file each: `index` is the number, `hold` is 1. They keep the method,
the seed and the `breakdown` (a time) of the first run, so a time always gives the same drawing. A time keeps its number
even if its file is lost. `state` is the state of the last run. A frame names its own `engine` where that is not the one
in the identity.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from .. import DRAWS_LIKE, __version__
from . import manifest_facts, small_files, timing
from .errors import BadRequest
from .protocol import HOLDS, MAX_COUNT
from .timing import Drawing

VERSION = 1
NAME = "manifest.json"
LARGEST_BYTES = 4 << 20  # the longest possible, with 9999 drawings, has half of that
LARGEST_NUMBER = manifest_facts.LARGEST_NUMBER
FRAME_NAME = manifest_facts.FRAME_NAME

_CHART = ("count", "timing", "hold")  # entries of an identity that come from the chart
_DECIDED = ("method", "seed")  # the first run may choose these; its choice then stands beside the identity
_OF_ALL_FRAMES = ("keys", "breakdown")  # facts about all frames together, wrong for some of them


def read(path: Path) -> dict[str, Any]:
    """The content of the manifest `path`, of any version; {} where the file is missing or damaged.

    It is good for showing, not for continuing a run: only `identity` is sure to be there, as a dict. Any other entry is
    what it should be, or is missing. Raises OSError where the file cannot be read, is none, or is too large for a
    manifest.
    """
    return manifest_facts.understood(_read(path))


def load(path: Path) -> dict[str, Any]:
    """As `read`, but {} unless this version can continue from it: `frames` is then there. Raises OSError."""
    found = _read(path)
    return manifest_facts.understood(found) if _is_continuable(found) else {}


def dumped(content: Mapping[str, Any]) -> bytes:
    """The bytes of the file that has this content."""
    return json.dumps(content, indent=1).encode()


def is_ours(content: bytes) -> bool:
    """Whether these are the bytes of a manifest that this version can continue from, so that it may be rewritten."""
    return _is_continuable(_parsed(content))


def is_somebody_elses(path: Path) -> bool:
    """Whether the file is whole, but no manifest of this version: many programs have a file of that name. Raises
    OSError."""
    content = small_files.read(path, LARGEST_BYTES)
    with suppress(ValueError):
        small_files.parse_json(content)
        return not is_ours(content)
    return False


def is_spoilt(path: Path) -> bool:
    """Whether the file is a manifest of ours that was damaged, or edited by hand. Raises OSError."""
    if not path.is_file() or path.is_symlink():
        return False
    return not is_untouched(small_files.read(path, LARGEST_BYTES)) and not is_somebody_elses(path)


def is_untouched(content: bytes) -> bool:
    """Whether these are the bytes of a manifest as this program writes them."""
    found = _parsed(content)
    return bool(found) and dumped(found) == content


def contents(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and SHA-256 of every file that shows a drawing of a loaded manifest. The latter is empty for a drawing that
    was never ours."""
    for record in drawings(found):
        for number in range(record["index"], record["index"] + record["hold"]):
            yield frame_name(number, Path(record["file"]).suffix), str(record.get("sha256") or "")


def frame_name(number: int, suffix: str) -> str:
    """The file name of the frame `number`, counted from 1; `suffix` begins with a dot."""
    return f"{number:04d}{suffix}"


def key_hash(side: str) -> str:
    """The name that the identity has for the SHA-256 of a key; `side` is `start` or `end`."""
    return f"{side}_sha256"


def of_part(
    found: Mapping[str, Any], identity: Mapping[str, Any], frames: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The manifest of a folder that takes over some drawings of another folder, whose manifest is `found`.

    `identity`: the entries that change. `frames`: the drawings, with the new folder's names and times. Facts about all
    frames together are left out.
    """
    kept = {name: found[name] for name in found if name not in _OF_ALL_FRAMES}
    return {**kept, "identity": {**found.get("identity", {}), **identity}, "frames": list(frames)}


def drawings(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The drawings that a loaded manifest lists; entries that the engine cannot have written are skipped."""
    for record in found.get("frames", ()):
        index, hold, time, file = (record.get(name) for name in ("index", "hold", "time", "file"))
        if type(index) is not int or type(hold) is not int or hold not in HOLDS:
            continue
        if type(time) is not float or not 0 < time < 1 or not 1 <= index <= LARGEST_NUMBER - hold + 1:
            continue
        if FRAME_NAME.fullmatch(str(file)) and str(file).startswith(frame_name(index, ".")):
            yield record


def is_same_work(found: object, asked: Mapping[str, Any]) -> bool:
    """Whether frames with the identity `found` are the frames that the identity `asked` describes.

    Versions of the engine that draw the same pictures count as one, so an update costs no frames.
    """
    return isinstance(found, dict) and _with_one_engine(found) == _with_one_engine(asked)


def belong_together(found: dict[str, Any], asked: dict[str, Any]) -> bool:
    """Whether drawings with the identity `asked` may be added to the folder of the loaded manifest `found`.

    Chart and engine may differ: after an update an artist still wants to time old takes anew. If the first run chose
    the method (`auto`) or the seed itself, `asked` may name what it chose.
    """
    known = found["identity"]
    as_decided = all(asked.get(key) in (known.get(key), found.get(key)) for key in _DECIDED)
    return as_decided and _apart(known) == _apart(asked)


def chart(found: dict[str, Any], path: Path) -> list[Drawing]:
    """The chart with which the folder `path` was begun. Raises BadRequest where `found` holds no valid one."""
    count, spacing, hold = (found["identity"].get(key) for key in _CHART)
    with suppress(TypeError):
        if type(count) is type(hold) is int and 1 <= count <= MAX_COUNT and hold in HOLDS:
            return timing.chart(count, spacing, hold)
    raise BadRequest(
        f"The timing of the drawings in {path} is not told by their manifest: no more can be added.",
        "Make a new take, or choose another output folder.",
    )


def is_same_chart(one: Sequence[Drawing], other: Sequence[Drawing]) -> bool:
    """Whether two charts have the same drawings: the same frames, holds and times."""
    return [(each.index, each.hold) for each in one] == [(each.index, each.hold) for each in other] and all(
        map(is_same_time, one, other)
    )


def is_same_time(one: Drawing, other: Drawing) -> bool:
    """Whether both drawings have the same time, within a tolerance; one file then serves for both."""
    return abs(one.time - other.time) <= timing.SAME_TIME


def _read(path: Path) -> dict[str, Any]:
    try:
        return _parsed(small_files.read(path, LARGEST_BYTES))
    except FileNotFoundError:
        return {}


def _parsed(content: bytes) -> dict[str, Any]:
    try:
        found = small_files.parse_json(content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) and isinstance(found.get("identity"), dict) else {}


def _is_continuable(found: Mapping[str, Any]) -> bool:
    frames = found.get("frames")
    is_known = found.get("manifest") == VERSION and isinstance(frames, list)
    return is_known and all(isinstance(frame, dict) for frame in frames or ())


def _with_one_engine(identity: Mapping[str, Any]) -> dict[str, Any]:
    engine = identity.get("engine")
    return {**identity, "engine": __version__ if engine in DRAWS_LIKE else engine}


def _apart(identity: dict[str, Any]) -> dict[str, Any]:
    """The identity without the chart, without what the first run decides itself, and without the engine."""
    return {key: identity[key] for key in identity if key not in (*_CHART, *_DECIDED, "engine")}
