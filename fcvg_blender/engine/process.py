"""One life of the engine's process: started, written to, read from, ended. Knows lines, not messages. No bpy.

No call here waits for the engine, `join` excepted: Blender's main thread must never stand still because of it.
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from . import errors, protocol
from .log import Log

LADDER_STEP_S = 1.0  # given to the end of input, then to terminate, then to kill


@dataclass(frozen=True)
class Launch:
    """How the engine is started.

    `python` runs `root/fcvg_engine/__main__.py serve`; the engine leaves by itself after `idle_s` without a job
    and is killed when it says nothing for `hello_timeout_s`. `online` tells whether it may use the network.
    """

    python: Path
    root: Path
    log_folder: Path
    idle_s: float = 600.0
    online: bool = False
    hello_timeout_s: float = 30.0

    def command(self) -> list[str]:
        """The list of arguments; `-I` keeps PYTHONPATH, user site and the current folder out."""
        main = self.root / "fcvg_engine" / "__main__.py"
        return [str(self.python), "-I", str(main), "serve", "--idle-s", f"{self.idle_s:g}"]

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """Blender's environment without what would bend another Python."""
        kept = {k: v for k, v in base.items() if not k.startswith("PYTHON") and k != "__PYVENV_LAUNCHER__"}
        if not self.online:
            kept |= {"FCVG_OFFLINE": "1", "PIP_NO_INDEX": "1"}
        return kept


@dataclass(frozen=True)
class Ended:
    """Why a process is gone. `returncode` is None when it never started; `silent` when it was killed for saying
    nothing; `problem` names what was wrong with its start or its last line."""

    returncode: int | None
    silent: bool = False
    problem: str = ""


class EngineProcess:
    """Threads: one starts the process and writes, one reads lines, one drains standard error into `log`.

    `on_line` gets each line with its newline and may raise ProtocolError, which ends the process; `on_end` is
    called exactly once, last. Both are called from threads of this object.
    """

    def __init__(
        self, launch: Launch, log: Log, on_line: Callable[[bytes], None], on_end: Callable[[Ended], None]
    ) -> None:
        self._launch = launch
        self._log = log
        self._on_line = on_line
        self._on_end = on_end
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._process: subprocess.Popen[bytes] | None = None
        self._silent = False
        self._stopping = threading.Event()
        self._started = threading.Event()
        self._ended = threading.Event()

    @property
    def pid(self) -> int | None:
        """The engine's process id once it runs."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Begin to start the process; called once. Returns at once."""
        self._thread("write", self._start_and_write)

    def send(self, line: bytes) -> None:
        """Queue one line; returns at once."""
        self._outbox.put(line)

    def stop(self) -> None:
        """Begin to end it: end of input, then terminate, then kill. Returns at once."""
        if not self._stopping.is_set():
            self._stopping.set()
            self._thread("stop", self._end_process)

    def join(self, timeout_s: float) -> bool:
        """Wait until it is gone; True when it is."""
        return self._ended.wait(timeout_s)

    def _thread(self, name: str, target: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=target, name=f"fcvg-engine-{name}", daemon=True)
        thread.start()
        return thread

    def _start_and_write(self) -> None:
        own_group: dict[str, Any] = {"start_new_session": True}
        if sys.platform == "win32":
            own_group = {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
        try:
            process = subprocess.Popen(
                self._launch.command(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                # No other child may inherit our end of its input: the engine leaves when that closes.
                close_fds=True,
                cwd=tempfile.gettempdir(),
                env=self._launch.environment(os.environ),
                **own_group,
            )
        except (OSError, ValueError) as error:
            self._started.set()
            self._finish(Ended(None, problem=str(error)))
            return
        self._process = process
        self._started.set()
        stdin, stdout, stderr = (cast(BinaryIO, pipe) for pipe in (process.stdin, process.stdout, process.stderr))
        drain = self._thread("log", lambda: self._drain(stderr))
        self._thread("read", lambda: self._read(process, stdout, drain))
        with suppress(OSError):  # a broken pipe: the reader sees the end and reports it
            while (line := self._outbox.get()) is not None:
                stdin.write(line)
                stdin.flush()
        with suppress(OSError):
            stdin.close()

    def _read(self, process: subprocess.Popen[bytes], stdout: BinaryIO, drain: threading.Thread) -> None:
        watch = threading.Timer(self._launch.hello_timeout_s, self._give_up)
        watch.daemon = True
        watch.start()
        problem = ""
        try:
            while line := stdout.readline(protocol.MAX_LINE_BYTES + 1):
                watch.cancel()
                if not line.endswith(b"\n"):
                    too_long = len(line) > protocol.MAX_LINE_BYTES
                    raise errors.ProtocolError("a message that was too long" if too_long else "half a message")
                self._on_line(line)
        except errors.ProtocolError as error:
            problem = error.message
        finally:
            watch.cancel()
        self._end_process()
        drain.join(LADDER_STEP_S)
        stdout.close()
        self._finish(Ended(process.returncode, self._silent, problem))

    def _drain(self, stderr: BinaryIO) -> None:
        with stderr:
            while chunk := os.read(stderr.fileno(), 1 << 16):
                self._log.write(chunk)

    def _give_up(self) -> None:
        self._silent = True
        self.stop()

    def _end_process(self) -> None:
        self._outbox.put(None)
        self._started.wait()
        process = self._process
        if process is None:
            return
        for signal_name in ("", "SIGTERM", "SIGKILL"):
            if signal_name:
                _signal(process, signal_name)
            with suppress(subprocess.TimeoutExpired):
                process.wait(LADDER_STEP_S)
                return

    def _finish(self, ended: Ended) -> None:
        self._on_end(ended)
        self._ended.set()


def _signal(process: subprocess.Popen[bytes], name: str) -> None:
    """To the engine and what it started (a download), which shares its process group."""
    if process.poll() is not None:
        return
    if sys.platform == "win32":
        process.terminate()
    else:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, getattr(signal, name))
