# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands between the artist and a working engine, in a word and a sentence. No bpy.

It is asked for whenever something is drawn, so that an engine that another Blender has installed is seen too. It is
looked up at most every few seconds, because a user's folder may lie on a slow disk.
"""

from __future__ import annotations

import functools
import os
import time
from dataclasses import dataclass
from pathlib import Path

from ..engine import errors, find_python, installed_engines, places
from ..i18n.translate import mark, rpt, translate_sentence
from ..installer import pylock

FRESH_S = 4.0  # for how long an answer is used again

NONE, CURRENT, OUTDATED, BROKEN, EXTERNAL = "none", "current", "outdated", "broken", "external"


@dataclass(frozen=True)
class EngineState:
    """What is known of the engine. `kind`: one of the words above; EXTERNAL is one that the add-on has not installed.

    `text` says what is there, `hint` what to do. `python` runs it, None where nothing can. `chosen`: the artist or the
    environment has chosen this one, so no other would be used.
    """

    kind: str
    text: str
    hint: str = ""
    python: Path | None = None
    chosen: bool = False


_cache: dict[str, tuple[float, EngineState]] = {}


def read_state(engine_python: str) -> EngineState:
    """Return the state of the engine. `engine_python`: the one that is chosen in the preferences, '' for none."""
    now_s = time.monotonic()
    known = _cache.get(engine_python)
    if known is None or now_s - known[0] > FRESH_S:
        _cache.clear()
        known = _cache[engine_python] = now_s, _read_state(engine_python)
    return known[1]


def forget() -> None:
    """Look it up anew next time: something has been changed."""
    _cache.clear()


def _read_state(engine_python: str) -> EngineState:
    installed = installed_engines.pointed()
    chosen = bool(engine_python or os.environ.get(find_python.VARIABLE))
    try:
        found = find_python.find(engine_python)
    except errors.MissingPart as error:
        if chosen:
            return EngineState(EXTERNAL, error.message, error.hint, chosen=True)
        return EngineState(NONE if installed is None else BROKEN, error.message, error.hint)
    stamp = installed_engines.current()
    if stamp is None or places.interpreter(stamp.folder) != found.path:
        external = rpt("Engine {source}: {path}").format(
            source=translate_sentence(found.source), path=short(found.path)
        )
        return EngineState(EXTERNAL, external, python=found.path, chosen=chosen)
    if stamp.lock_sha256 != _lock_sha256(stamp.accelerator, _minor(stamp.python)):
        hint = mark("This version of the add-on comes with newer parts of the engine.")
        return EngineState(OUTDATED, stamp.sentence(), hint, found.path)
    return EngineState(CURRENT, stamp.sentence(), python=found.path)


@functools.cache
def _lock_sha256(accelerator: str, minor: str) -> str:
    """The sha256 of the lock file from which such an engine would be installed today; '' where there is none."""
    try:
        return pylock.find(pylock.platform(), accelerator, minor).sha256
    except errors.FcvgError:
        return ""


def _minor(version: str) -> str:
    """The first two numbers of a version, such as 3.11."""
    return ".".join(version.split(".")[:2])


def short(path: Path) -> str:
    """Return a path as text, with ~ for the home folder."""
    return f"~/{path.relative_to(Path.home())}" if path.is_relative_to(Path.home()) else str(path)
