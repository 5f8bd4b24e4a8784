# SPDX-License-Identifier: GPL-3.0-or-later
"""Imports what is heavy in a thread beside the one that needs it: a library that hangs is noticed and named, and a job
can be cancelled meanwhile.

Libraries hang while they are imported when a driver or a disk does not answer. Nothing can end such an import: its
thread stays. When it comes to an end after all, whoever asks next gets the library at once.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import ModuleType

from ..shared.errors import Cancelled, MissingPart

PATIENCE_S = 60.0
PATIENCE_VARIABLE = "FCVG_LOADING_S"  # an environment variable with another one, for very slow disks

_LOOK_EVERY_S = 0.1
_WAITING = ("acquire", "__enter__")  # functions of importlib in which one thread waits for another's import
_OWN = __package__.partition(".")[0]

_lock = threading.Lock()
_loads: dict[str, _Load] = {}  # those that are going on, or have not come to an end in time
_is_cancelled: Callable[[], bool] = bool  # of the job that runs


class _Load:
    """One import, in a thread of its own. `error`: what it has raised."""

    def __init__(self, name: str) -> None:
        self.error: BaseException | None = None
        self.began_s = time.monotonic()
        self._name = name
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name=f"load {name}")
        self._thread.start()

    def wait(self) -> bool:
        """Waits for a moment; returns whether it has come to an end."""
        return self._ended.wait(_LOOK_EVERY_S)

    def at(self) -> str:
        """The library that is being loaded just now; empty when that cannot be told, as while it waits for a module
        that another thread is importing."""
        frame = sys._current_frames().get(self._thread.ident or 0)
        if frame is not None and frame.f_code.co_name in _WAITING and "importlib" in frame.f_code.co_filename:
            return ""
        names = []  # the innermost first: one library imports another
        while frame is not None:
            names.append(str(frame.f_globals.get("__name__", "")).partition(".")[0])
            frame = frame.f_back
        names.append(self._name.partition(".")[0])
        return next((name for name in names if name not in sys.stdlib_module_names and name not in ("", _OWN)), "")

    def _run(self) -> None:
        try:
            importlib.import_module(self._name)
        except BaseException as error:
            self.error = error
        finally:
            self._ended.set()


def patience_s() -> float:
    """How long a library may take to load, in seconds."""
    with contextlib.suppress(ValueError):
        return min(max(1.0, float(os.environ.get(PATIENCE_VARIABLE, PATIENCE_S))), 3600.0)
    return PATIENCE_S


def load(name: str) -> ModuleType:
    """Imports the module `name` and returns it. Raises what the import raises; MissingPart, which names the library,
    when it takes longer than the patience; Cancelled when the job that runs is cancelled meanwhile."""
    module = sys.modules.get(name)
    if module is not None and not getattr(module.__spec__, "_initializing", False):
        return module
    try:
        with _lock:
            each = _loads.get(name) or _loads.setdefault(name, _Load(name))
    except RuntimeError:  # the system gives no more threads
        return importlib.import_module(name)
    while not each.wait():
        if _is_cancelled():
            raise Cancelled
        if time.monotonic() > each.began_s + patience_s():
            raise did_not_load(_culprit(each))
    with _lock:
        _loads.pop(name, None)
    if each.error is not None:
        raise each.error
    return sys.modules[name]


def _culprit(load: _Load) -> str:
    with _lock:
        loads = [load, *sorted(_loads.values(), key=lambda each: each.began_s)]
    return next(filter(None, (each.at() for each in loads)), "of one of its parts")


def load_own(name: str) -> ModuleType:
    """The same for a module of the engine, such as `jobs.inbetween`, and all that it imports."""
    return load(f"{_OWN}.{name}")


def did_not_load(library: str) -> MissingPart:
    """The error to raise when a library takes longer than the patience."""
    return MissingPart(
        f"The engine's library {library} has not finished loading in {patience_s():.0f} s.",
        "Try again: from a slow disk it may be there by then. If it stays so, restart the computer, then use Repair "
        "engine in the preferences.",
    )


@contextlib.contextmanager
def cancellable(is_cancelled: Callable[[], bool]) -> Iterator[None]:
    """While the block runs a job, waiting for a library ends when the job is cancelled."""
    global _is_cancelled
    before, _is_cancelled = _is_cancelled, is_cancelled
    try:
        yield
    finally:
        _is_cancelled = before
