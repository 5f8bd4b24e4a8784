# SPDX-License-Identifier: GPL-3.0-or-later
"""Where one of many fails, the others go on: strips of a file, steps of the timer, languages, handlers. No bpy.

An odd file, or a mistake of ours, then costs what it is about and nothing else. Nothing is hidden: what went wrong
stands in the console, and in the reports that artists send.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .engine import plain_text

Tell = Callable[[Exception, str], None]

MOST_KEPT = 20  # different failures; a file may have thousands of strips that all fail alike

_seen: dict[tuple[str, ...], str] = {}  # where it failed → the traceback


@contextmanager
def going_on(what: str, tell: Tell | None = None) -> Iterator[None]:
    """Let the caller go on where the block raises an Exception; the rest of the block is left out.

    `what` names for the console what was tried. `tell` gets the exception and its traceback. Failures at the same place
    in the code are told once, until `forget`.
    """
    try:
        yield
    except Exception as error:
        text = traceback.format_exc()
        if _is_new(what, error, text):
            sys.stderr.write(plain_text.plain(f"FCVG Inbetween, {what}: {text}\n", lines=True))
            if tell is not None:
                with going_on(f"{what}, telling of it"):
                    tell(error, text)


def failures() -> str:
    """Return the tracebacks of all failures since `forget`, for a report; '' without any."""
    return "\n".join(_seen.values())


def forget() -> None:
    """Let failures be told again: another file was opened."""
    _seen.clear()


def _is_new(what: str, error: Exception, text: str) -> bool:
    """Note a failure; return whether none was noted at the same place, and there is room for one more."""
    frames = traceback.extract_tb(error.__traceback__)
    place = what, type(error).__name__, *(f"{frame.filename}:{frame.lineno}" for frame in frames[-3:])
    if place in _seen or len(_seen) >= MOST_KEPT:
        return False
    _seen[place] = text
    return True
