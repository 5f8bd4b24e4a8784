# SPDX-License-Identifier: GPL-3.0-or-later
"""What other processes say, before anything is done with it. No bpy.

An engine may be broken, of another version, or not ours. A report names files only in its own job's folder, and
frames only on its own job's chart: `check`. Texts and numbers are ones that can be shown and counted with: `cleaned`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from . import errors, manifest, plain_text, protocol, small_files

ToDo = protocol.Start | protocol.Condition | protocol.Examine | protocol.SelfTest

LONGEST_DETAIL = 64 << 10  # of the end of a log
MOST_ITEMS = 1000  # of a list
LONGEST_S = 1e9  # some thirty years
LARGEST_BYTES = 1e18

_PREVIEW = re.compile(r"preview(-[0-9]{1,4})?\.png")
_CONDITION = re.compile(r"condition_[0-9]{4}\.png")
_SUFFIXES = {"exr": ".exr", "jpg": ".jpg"}  # of frames; all others are PNG

# Numbers by the ends of their names: the least and the greatest that mean something.
_RANGES: tuple[tuple[str, float, float], ...] = (
    ("fraction", 0.0, 1.0),
    ("motion", 0.0, 1.0),
    ("bytes", 0, LARGEST_BYTES),
    ("bytes_per_s", 0, LARGEST_BYTES),
    ("seconds", 0.0, LONGEST_S),
    ("eta_s", 0.0, LONGEST_S),
)
_MOST = 1_000_000  # of anything that is counted

_T = TypeVar("_T")


def check(message: protocol.Message, asked: ToDo) -> None:
    """Raise ProtocolError, which says what is wrong in a few words, where a report cannot be one about the job `asked`.

    A file that is told of has to be a regular one in the job's folder: no link that leads out of it.
    """
    match message:
        case protocol.Frame():
            _check_frame(message, asked)
        case protocol.Preview():
            if not isinstance(asked, protocol.Start) or not _PREVIEW.fullmatch(message.file):
                raise errors.ProtocolError(f"a preview under a name that no preview has, {message.file!r:.80}")
            if not 0 <= message.step <= message.steps <= _MOST:
                raise errors.ProtocolError(f"a preview of step {message.step} of {message.steps}")
            _check_file(Path(asked.request.out), message.file)
        case protocol.Done():
            if isinstance(asked, protocol.Examine):
                raise errors.ProtocolError("the end of another kind of job")
            most = _frames_of(asked)
            if not 0 <= message.reused <= message.frames <= most:
                raise errors.ProtocolError(f"a report of {message.frames} frames where {most} were asked for")
        case protocol.Examined():
            if not isinstance(asked, protocol.Examine):
                raise errors.ProtocolError("the end of another kind of job")


def cleaned(message: _T) -> _T:
    """Return a message with texts that are plain and not endless, numbers in their ranges, and lists that end."""
    changed: dict[str, Any] = {}
    for each in fields(message) if is_dataclass(message) else ():
        value = getattr(message, each.name)
        clean = _cleaned(each.name, value)
        if clean is not value:
            changed[each.name] = clean
    return replace(message, **changed) if changed else message  # type: ignore[type-var]


def _cleaned(name: str, value: Any) -> Any:
    if isinstance(value, str):
        return value if name == "job" else _detail(value) if name == "detail" else plain_text.sentence(value)
    if isinstance(value, list):
        return [_cleaned(name, each) for each in value[:MOST_ITEMS]]
    if isinstance(value, dict):
        return {plain_text.sentence(key): _cleaned(key, each) for key, each in list(value.items())[:MOST_ITEMS]}
    if isinstance(value, bool) or not isinstance(value, int | float):
        return cleaned(value)
    least, most = next(((low, high) for end, low, high in _RANGES if name.endswith(end)), (-_MOST, _MOST))
    kind: Callable[[float], float] = int if isinstance(value, int) else float
    return value if least <= value <= most else kind(min(max(value, least), most))


def _detail(text: str) -> str:
    """The end of a text of many lines."""
    return plain_text.plain(text[-LONGEST_DETAIL:], lines=True)


def _check_frame(frame: protocol.Frame, asked: ToDo) -> None:
    if isinstance(asked, protocol.Examine):
        raise errors.ProtocolError("a frame that nobody has asked for")
    pattern, suffix = manifest.FRAME_NAME, ""
    if isinstance(asked, protocol.Condition):
        pattern = _CONDITION
    elif isinstance(asked, protocol.Start):
        suffix = _SUFFIXES.get(asked.request.format, ".png")
    if not pattern.fullmatch(frame.file) or not frame.file.endswith(suffix):
        raise errors.ProtocolError(f"a frame under a name that no frame has, {frame.file!r:.80}")
    is_between = 0 < frame.time < 1 or (isinstance(asked, protocol.Condition) and frame.time in {0.0, 1.0})
    last = _frames_of(asked) - frame.hold + 1
    if frame.hold not in protocol.HOLDS or not 1 <= frame.index <= last or not is_between:
        place = f"frame {frame.index}, held for {frame.hold}, at {frame.time:.4g}"
        raise errors.ProtocolError(f"a frame that is not on the chart of its job ({place})")
    if not isinstance(asked, protocol.SelfTest):
        _check_file(Path(asked.request.out), frame.file, is_old=frame.reused)


def _frames_of(asked: ToDo) -> int:
    """How many frames a job makes, with conditions those of both keys too."""
    match asked:
        case protocol.Start(request=request):
            return request.count
        case protocol.Condition(request=request):
            return request.count + 2
        case protocol.SelfTest():
            return 1
    return 0


def _check_file(folder: Path, name: str, is_old: bool = False) -> None:
    """Raise ProtocolError where something else than a file of the folder has the name. One that is gone again, or
    whose disk does not answer, is no mistake of the engine's; nor is an artist's own link, to which an `is_old` frame
    may have become."""
    path = folder / name
    leads_out = False
    try:
        if path.is_symlink() and not is_old:
            leads_out = path.resolve().parent != folder.resolve()
        if not leads_out:
            small_files.require_file(path)
    except small_files.NotSmallFile as error:
        raise errors.ProtocolError(f"{name}, which is no picture: {error.strerror}") from None
    except (OSError, RuntimeError):  # a link to itself
        return
    if leads_out:
        raise errors.ProtocolError(f"{name}, which is a link out of the job's folder")
