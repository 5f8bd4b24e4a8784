"""One life of the engine's process: started, written to, read from, ended. Knows lines, not messages. No bpy.

No threads. Blender up to 5.0 (Python 3.11) takes a Python thread that runs for its own and then works on Python's
memory unguarded, which crashes when an operator such as a render runs meanwhile. So the pipes do not block, and
whoever owns the process looks after it from time to time.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from . import errors, installed_engines, protocol
from .log import Log

LADDER_STEP_S = 1.0  # given to the end of input, then to terminate, then to kill
NAP_S = 0.01
READ_BYTES = 1 << 12
ENOUGH_LINES = 10  # for one time: each costs Blender's main thread


@dataclass(frozen=True)
class Launch:
    """How the engine is started.

    `python` runs `root/fcvg_engine/__main__.py serve`; the engine leaves by itself after `idle_s` without a job
    and is killed when it says nothing for `hello_timeout_s`. `online` tells whether it may use the network;
    `checkpoints` is the artist's folder of model files, where one was chosen; `studio` are variables of the
    environment for what it does not say itself, such as where packages come from.
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
        """The list of arguments; `-I` keeps PYTHONPATH, user site and the current folder out."""
        main = self.root / "fcvg_engine" / "__main__.py"
        return [str(self.python), "-I", str(main), "serve", "--idle-s", f"{self.idle_s:g}"]

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """Blender's environment without what would bend another Python."""
        return environment(base, self.online, self.studio, self.checkpoints)


@dataclass(frozen=True)
class Ended:
    """Why a process is gone. `returncode` is None when it never started; `silent` when it was ended for saying
    nothing; `problem` names what was wrong with its start or its last line."""

    returncode: int | None
    silent: bool = False
    problem: str = ""


class EngineProcess:
    """A running engine. `lines` and `ended` have to be called from time to time; neither waits longer than told."""

    def __init__(self, launch: Launch, log: Log) -> None:
        """Raises OSError when it cannot be started."""
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
        """Hand over one line; what the engine does not take now follows with the next call."""
        self._pipe.write(line)

    def lines(self, timeout_s: float = 0.0) -> list[bytes]:
        """Whole lines that have come, without their newlines; waits up to `timeout_s` for something to come."""
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
        """End it because of what it said."""
        self._problem = self._problem or problem
        self.stop()

    def stop(self) -> None:
        """Begin to end it: end of input now; `ended` goes on with terminate, then kill."""
        self._ladder.begin(LADDER_STEP_S)

    def ended(self) -> Ended | None:
        """How it ended, None as long as it runs or has something to say. Takes the next step where one is due."""
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
        # One that was killed may well have been cut short: then the kill is the news.
        cut_short = self._pipe.has_half_a_line and self._process.returncode == 0
        problem = self._problem or ("half a message" if cut_short else "")
        return Ended(self._process.returncode, self._silent, problem)

    def wait(self, timeout_s: float) -> Ended | None:
        """As `ended`, but waits for it; what is still said is dropped."""
        give_up_s = time.monotonic() + timeout_s
        while True:
            self.lines()
            ended = self.ended()
            if ended is not None or time.monotonic() >= give_up_s:
                return ended
            time.sleep(NAP_S)


class Ladder:
    """Ends a process, gently first: end of its input, terminate, kill."""

    def __init__(self, process: subprocess.Popen[bytes], pipe: Pipe) -> None:
        self._process, self._pipe = process, pipe
        self._signals = iter(("SIGTERM", "SIGKILL"))
        self._next_step_s: float | None = None  # set once it is being ended

    def begin(self, patience_s: float) -> None:
        """End its input now, and terminate it after `patience_s`; called again it can only become more impatient."""
        self._pipe.close_input()
        next_step_s = time.monotonic() + patience_s
        self._next_step_s = next_step_s if self._next_step_s is None else min(self._next_step_s, next_step_s)

    def climb(self) -> None:
        """Take the next step where one is due."""
        now_s = time.monotonic()
        if self._next_step_s is not None and now_s > self._next_step_s:
            self._next_step_s = now_s + LADDER_STEP_S
            _signal(self._process, next(self._signals, "SIGKILL"))


class Pipe:
    """Both directions, without blocking. (On Windows writing blocks, but lines are short and the engine reads.)"""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        if process.stdin is None or process.stdout is None:
            raise ValueError("the process has no pipes")
        self._input, self._output = process.stdin, process.stdout
        self._unsent = self._unsplit = b""
        self.at_end = False
        if os.name == "posix":
            os.set_blocking(self._input.fileno(), False)
            os.set_blocking(self._output.fileno(), False)

    @property
    def has_half_a_line(self) -> bool:
        return bool(self._unsplit)

    def write(self, line: bytes) -> None:
        self._unsent += line
        if self._input.closed:
            return
        try:
            while self._unsent:
                self._unsent = self._unsent[os.write(self._input.fileno(), self._unsent) :]
        except BlockingIOError:
            return
        except OSError:  # it is gone: the end of its output tells
            self._unsent = b""

    def read_lines(self, timeout_s: float) -> list[bytes]:
        lines: list[bytes] = []
        while not self.at_end and _is_readable(self._output.fileno(), 0.0 if lines else timeout_s):
            try:
                chunk = os.read(self._output.fileno(), READ_BYTES)
            except OSError:
                chunk = b""
            self.at_end = not chunk
            *whole, self._unsplit = (self._unsplit + chunk).split(b"\n")
            lines += whole
            if len(self._unsplit) > protocol.MAX_LINE_BYTES:
                self._unsplit = b""
                raise errors.ProtocolError("a message that was too long")
            if len(lines) > ENOUGH_LINES:
                break
        return lines

    def is_empty(self) -> bool:
        return not _is_readable(self._output.fileno(), 0.0)

    def close_input(self) -> None:
        with suppress(OSError):
            self._input.close()

    def close(self) -> None:
        self.close_input()
        self._output.close()


def start(arguments: list[str], environment: Mapping[str, str], log: BinaryIO) -> subprocess.Popen[bytes]:
    """A child in a process group of its own, its standard error in `log`, both other streams pipes. Raises OSError."""
    own_group: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        own_group = {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
    lease = installed_engines.lease(Path(arguments[0]))  # the child's copy lasts as long as the child
    try:
        return subprocess.Popen(
            arguments,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            # No other child may inherit our end of its input: it leaves when that closes.
            close_fds=True,
            pass_fds=() if lease is None else (lease,),
            cwd=tempfile.gettempdir(),
            env=dict(environment),
            **own_group,
        )
    finally:
        if lease is not None:
            os.close(lease)


def environment(
    base: Mapping[str, str], online: bool, studio: tuple[tuple[str, str], ...] = (), checkpoints: Path | None = None
) -> dict[str, str]:
    """Blender's environment `base` without what would bend another Python; the rest as `Launch` has it."""
    kept = {k: v for k, v in base.items() if not k.startswith("PYTHON") and k != "__PYVENV_LAUNCHER__"}
    found = {**dict(studio), **kept}
    if not online:
        found |= {"FCVG_OFFLINE": "1", "PIP_NO_INDEX": "1"}
    if checkpoints:
        found["FCVG_CHECKPOINTS"] = str(checkpoints)
    return found


def _is_readable(descriptor: int, timeout_s: float) -> bool:
    """Whether reading would not block: there is something, or the end."""
    if sys.platform != "win32":
        poll = select.poll()  # select() knows no descriptors above 1023, and Blender may have many files open
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(timeout_s * 1000))
    import _winapi
    import msvcrt

    give_up_s = time.monotonic() + timeout_s
    while True:
        try:
            if _winapi.PeekNamedPipe(msvcrt.get_osfhandle(descriptor), 0)[0]:
                return True
        except OSError:  # the other end is closed
            return True
        if time.monotonic() >= give_up_s:
            return False
        time.sleep(NAP_S)


def _signal(process: subprocess.Popen[bytes], name: str) -> None:
    """To the engine and what it started (a download), which shares its process group."""
    if process.poll() is not None:
        return
    if sys.platform == "win32":
        process.terminate()
    else:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, getattr(signal, name))
