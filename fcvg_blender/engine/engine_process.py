# SPDX-License-Identifier: GPL-3.0-or-later
"""One life of the engine's process. Knows lines, not messages. No bpy, no threads; see `child_process`."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from . import errors
from .child_process import LADDER_STEP_S, NAP_S, Ladder, Pipe, start
from .log import Log

__all__ = ["NAP_S", "Ended", "EngineProcess", "Launch", "environment"]


@dataclass(frozen=True)
class Launch:
    """How the engine is started.

    `python` runs `root/fcvg_engine/__main__.py serve`. The engine leaves by itself after `idle_s` without a job, and is
    killed when it says nothing for `hello_timeout_s` after its start. `online`: it may use the network. `checkpoints`:
    the artist's folder of model files, if one was chosen. `studio`: environment variables for what the environment does
    not set itself, such as where packages come from.
    """

    python: Path
    root: Path
    log_folder: Path
    idle_s: float = 600.0
    online: bool = False
    checkpoints: Path | None = None
    studio: tuple[tuple[str, str], ...] = ()
    hello_timeout_s: float = 30.0

    def command(self) -> list[str]:
        """Return the arguments; `-I` keeps PYTHONPATH, the user's packages and the current folder out."""
        main = self.root / "fcvg_engine" / "__main__.py"
        return [str(self.python), "-I", str(main), "serve", "--idle-s", f"{self.idle_s:g}"]

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """Return the environment for the engine out of Blender's, `base`; see the function `environment`."""
        return environment(base, self.online, self.studio, self.checkpoints)


@dataclass(frozen=True)
class Ended:
    """Why an engine is gone. `returncode`: None when it never started. `silent`: it was ended because it said nothing.
    `problem`: what was wrong with its start or with its last line, a few words or empty."""

    returncode: int | None
    silent: bool = False
    problem: str = ""


class EngineProcess:
    """A running engine. Its owner calls `lines` and `ended` from time to time."""

    def __init__(self, launch: Launch, log: Log) -> None:
        """Start it. Raises OSError."""
        with log.open() as errors_file:
            self._process = start(launch.command(), launch.environment(os.environ), errors_file)
        self._pipe = Pipe(self._process)
        self._hello_by_s: float | None = time.monotonic() + launch.hello_timeout_s
        self._ladder = Ladder(self._process, self._pipe)
        self._silent = False
        self._problem = ""

    @property
    def pid(self) -> int:
        """The engine's process id."""
        return self._process.pid

    def send(self, line: bytes) -> None:
        """Send one line; what the engine does not take now follows with the next call."""
        self._pipe.write(line)

    def lines(self, timeout_s: float = 0.0) -> list[bytes]:
        """Return whole lines that have come, without their newlines; wait up to `timeout_s` for something to come."""
        self._pipe.write(b"")
        try:
            lines = self._pipe.read_lines(timeout_s)
        except errors.ProtocolError as error:
            self.refuse(error.message)
            return []
        if lines:
            self._hello_by_s = None
        return [] if self._problem else lines

    def refuse(self, problem: str) -> None:
        """End it because of what it said; `problem` names that."""
        self._problem = self._problem or problem
        self.stop()

    def stop(self) -> None:
        """Begin to end it, by the end of its input; `ended` goes on with terminate, then kill."""
        self._ladder.begin(LADDER_STEP_S)

    def ended(self) -> Ended | None:
        """Return how it ended, None while it runs or has something to say. If it is being ended, take the step that is
        due."""
        now_s = time.monotonic()
        if self._hello_by_s is not None and now_s > self._hello_by_s:
            self._hello_by_s, self._silent = None, True
            self.stop()
        if self._pipe.at_end:
            self.stop()
        self._ladder.climb()
        if self._process.poll() is None or not (self._pipe.at_end or self._pipe.is_empty()):
            return None
        self._pipe.close()
        # After a kill half a message is no wonder: then the kill is what to report.
        cut_short = self._pipe.has_half_a_line and self._process.returncode == 0
        problem = self._problem or ("half a message" if cut_short else "")
        return Ended(self._process.returncode, self._silent, problem)

    def wait(self, timeout_s: float) -> Ended | None:
        """Wait up to `timeout_s` for the end, and return as `ended` does. What the engine still says is dropped."""
        give_up_s = time.monotonic() + timeout_s
        while True:
            self.lines()
            ended = self.ended()
            if ended is not None or time.monotonic() >= give_up_s:
                return ended
            time.sleep(NAP_S)


def environment(
    base: Mapping[str, str], online: bool, studio: tuple[tuple[str, str], ...] = (), checkpoints: Path | None = None
) -> dict[str, str]:
    """Return Blender's environment `base` without the variables that change how another Python works. The other
    arguments are those of `Launch`."""
    kept = {k: v for k, v in base.items() if not k.startswith("PYTHON") and k != "__PYVENV_LAUNCHER__"}
    found = {**dict(studio), **kept}
    if not online:
        found |= {"FCVG_OFFLINE": "1", "PIP_NO_INDEX": "1"}
    if checkpoints:
        found["FCVG_CHECKPOINTS"] = str(checkpoints)
    return found
