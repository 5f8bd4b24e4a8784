# SPDX-License-Identifier: GPL-3.0-or-later
"""The real engine as a process: one run of the command line, or a worker on its pipes. Standard library only."""

from __future__ import annotations

import ctypes
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from fcvg_engine.shared import protocol
from fcvg_engine.shared.protocol import Message

ROOT = Path(__file__).resolve().parents[1]
HANG_S = 120.0  # far above what anything here takes on a slow machine

AS_FILE = (sys.executable, "-I", str(ROOT / "fcvg_engine" / "__main__.py"))  # how the add-on starts it
AS_MODULE = (sys.executable, "-m", "fcvg_engine")


def environment(**changes: str) -> dict[str, str]:
    """The environment of an engine that may use the dummy method."""
    return {**os.environ, "FCVG_DUMMY": "1", **changes}


def run_engine(
    *arguments: str,
    start: Sequence[str] = AS_FILE,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    preexec: Callable[[], None] | None = None,
) -> subprocess.CompletedProcess[str]:
    """One command, to its end."""
    return subprocess.run(
        [*start, *arguments],
        env=environment(**(env or {})),
        cwd=cwd or ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=HANG_S,
        preexec_fn=preexec,
        check=False,
    )


def start_engine(
    *arguments: str, start: Sequence[str] = AS_FILE, env: Mapping[str, str] | None = None, **options: Any
) -> subprocess.Popen[bytes]:
    """One command, left running."""
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([*start, *arguments], env=environment(**(env or {})), cwd=ROOT, **{**pipes, **options})


def obey_permissions() -> None:
    """For a root that runs tests: without its privileges over permissions it sees read-only folders as users do."""
    if os.geteuid() == 0:
        drop_bounding_capability = 24
        for overrides_permissions in (1, 2):
            ctypes.CDLL(None).prctl(drop_bounding_capability, overrides_permissions, 0, 0, 0)


class Worker:
    """`serve`, spoken to over its pipes; killed at the end of the block.

    With `reading` false nothing takes its output until `start_reading`. Its standard error goes to `log`, or, without
    one, into a pipe that nobody reads.
    """

    def __init__(
        self,
        *arguments: str,
        start: Sequence[str] = AS_FILE,
        env: Mapping[str, str] | None = None,
        log: Path | None = None,
        reading: bool = True,
    ) -> None:
        stderr: Any = log.open("wb") if log else subprocess.PIPE
        self.process = start_engine("serve", *arguments, start=start, env=env, stderr=stderr)
        if log:
            stderr.close()
        self._messages: queue.Queue[Message | None] = queue.Queue()
        if reading:
            self.start_reading()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait(HANG_S)

    def start_reading(self) -> None:
        threading.Thread(target=self._read, daemon=True).start()

    def send(self, message: Message) -> None:
        self.send_raw(protocol.encode(message))

    def send_raw(self, data: bytes) -> None:
        assert self.process.stdin
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def receive(self) -> Message:
        """The next message; an error when the engine ends instead."""
        message = self._messages.get(timeout=HANG_S)
        assert message is not None, "the engine ended"
        return message

    def until_final(self, job: str | None) -> list[Message]:
        """All messages up to the final report of `job` (None: up to a complaint about a line)."""
        heard = [self.receive()]
        while not (heard[-1].job == job and isinstance(heard[-1], protocol.FINAL)):
            heard.append(self.receive())
        return heard

    def until(self, kind: type[Message]) -> Message:
        """The next message of one kind."""
        while not isinstance(message := self.receive(), kind):
            pass
        return message

    def quiet_for(self, seconds: float) -> list[Message]:
        """What still comes until nothing does for so long."""
        heard: list[Message] = []
        while True:
            try:
                message = self._messages.get(timeout=seconds)
            except queue.Empty:
                return heard
            if message is None:
                return heard
            heard.append(message)

    def end(self) -> int:
        """Closes the worker's input; its exit code."""
        assert self.process.stdin
        self.process.stdin.close()
        return self.process.wait(HANG_S)

    def terminate(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(HANG_S)

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._messages.put(protocol.decode(line, protocol.TO_BLENDER))
        self._messages.put(None)
