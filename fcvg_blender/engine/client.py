"""The one conversation with the engine: starts it when there is work, hands out its reports. Thread-safe; no bpy.

Whatever happens to the engine, each job submitted gets exactly one final report (done, failed or cancelled).
"""

from __future__ import annotations

import json
import queue
import threading
from dataclasses import dataclass
from typing import cast

from . import errors, protocol
from .log import Log
from .process import Ended, EngineProcess, Launch

CANCEL_GRACE_S = 10.0  # an engine that has not stopped a job by then is ended


@dataclass
class _Pending:
    """A job without a final report yet. `heard`: this engine has said something about it."""

    message: protocol.Start | protocol.SelfTest
    heard: bool = False
    retried: bool = False
    unwanted: bool = False


class Client:
    """Talks to one engine at a time; starts another with the next job when one has gone."""

    def __init__(self, launch: Launch, cancel_grace_s: float = CANCEL_GRACE_S) -> None:
        self.launch = launch
        self.log = Log(launch.log_folder)
        self._cancel_grace_s = cancel_grace_s
        self._events: queue.SimpleQueue[protocol.Message] = queue.SimpleQueue()
        self._lock = threading.RLock()
        self._pending: dict[str, _Pending] = {}
        self._process: EngineProcess | None = None
        self._hello: protocol.Hello | None = None
        self._refusal: tuple[str, str] | None = None

    @property
    def state(self) -> str:
        """`off`, `starting` or `ready`."""
        with self._lock:
            if self._process is None:
                return "off"
            return "ready" if self._hello else "starting"

    @property
    def hello(self) -> protocol.Hello | None:
        """What the running engine said of itself."""
        return self._hello

    @property
    def busy(self) -> bool:
        """Whether a report is still to come or to be polled."""
        with self._lock:
            return bool(self._pending) or not self._events.empty()

    def warm_up(self) -> EngineProcess:
        """Start the engine, so that its start overlaps with other work. Returns at once."""
        with self._lock:
            if self._process is None:
                self._hello, self._refusal = None, None
                # The callbacks name the process they belong to: a slow ending must not touch its successor.
                process = EngineProcess(
                    self.launch,
                    self.log,
                    on_line=lambda line: self._on_line(process, line),
                    on_end=lambda ended: self._on_end(process, ended),
                )
                self._process = process
                process.start()
            return self._process

    def submit(self, message: protocol.Start | protocol.SelfTest) -> None:
        """Queue a job; its `job` is an id not used before. Returns at once; raises ProtocolError when too long."""
        line = protocol.encode(message)
        with self._lock:
            self._pending[message.job or ""] = _Pending(message)
            self.warm_up().send(line)

    def cancel(self, job: str) -> None:
        """Ask to stop `job`; an engine that does not within the grace is ended. Finished jobs are no error."""
        with self._lock:
            pending = self._pending.get(job)
            if pending is None or pending.unwanted or self._process is None:
                return
            pending.unwanted = True
            process = self._process
            process.send(protocol.encode(protocol.Cancel(job)))
        timer = threading.Timer(self._cancel_grace_s, self._force, (job, process))
        timer.daemon = True
        timer.start()

    def poll(self, timeout_s: float = 0.0) -> protocol.Message | None:
        """The oldest report not yet handed out; waits up to `timeout_s` for one."""
        try:
            return self._events.get(timeout=timeout_s) if timeout_s > 0 else self._events.get_nowait()
        except queue.Empty:
            return None

    def close(self, timeout_s: float = 0.0) -> bool:
        """End the engine and forget its jobs, which get no report. True when it is gone within `timeout_s`."""
        with self._lock:
            self._pending.clear()
            process = self._process
        if process is not None:
            process.stop()
        gone = process is None or process.join(timeout_s)
        if gone:
            self.log.close()
        return gone

    def _force(self, job: str, process: EngineProcess) -> None:
        with self._lock:
            stuck = job in self._pending and process is self._process
        if stuck:
            process.stop()

    def _on_line(self, process: EngineProcess, line: bytes) -> None:
        with self._lock:
            if process is not self._process:
                return
            if self._hello is None:
                self._hello = self._greet(line)
                return
            message = protocol.decode(line, protocol.TO_BLENDER)
            if message.job is None:  # what we sent was no message to it, so a job of ours would wait for ever
                text = message.message if isinstance(message, protocol.Failed) else message.type
                raise errors.ProtocolError(f"a complaint about the add-on: {text}")
            pending = self._pending.get(message.job)
            if pending is None:
                return
            pending.heard = True
            if isinstance(message, protocol.FINAL):
                del self._pending[message.job]
            self._events.put(message)

    def _greet(self, line: bytes) -> protocol.Hello:
        """The engine's first line. Its version is read before the rest, which another version may shape otherwise."""
        try:
            content = json.loads(line)
        except ValueError:
            content = None
        version = content.get("version") if isinstance(content, dict) and content.get("type") == "hello" else None
        if type(version) is int and version != protocol.VERSION:
            older = "add-on" if version > protocol.VERSION else "engine"
            self._refusal = (
                f"The engine and the add-on do not fit together: the {older} is too old.",
                f"Update the {older} (the engine speaks version {version}, the add-on {protocol.VERSION}).",
            )
            raise errors.ProtocolError("another protocol version")
        return cast(protocol.Hello, protocol.decode(line, {protocol.Hello.type: protocol.Hello}))

    def _on_end(self, process: EngineProcess, ended: Ended) -> None:
        with self._lock:
            if process is not self._process:
                return
            self._process, greeted = None, self._hello is not None
            self._hello = None
            pending, self._pending = self._pending, {}
            left_by_itself = ended.returncode == 0 and greeted and not ended.problem
            stopped_for_cancel = any(each.unwanted for each in pending.values())
            message, hint = self._refusal or _explain(ended, greeted, self.launch)
            for job, each in pending.items():
                if each.unwanted:
                    self._events.put(protocol.CancelledReport(job))
                elif not each.retried and (stopped_for_cancel or (left_by_itself and not each.heard)):
                    # Its idle time ran out just then, or it was ended for another job's sake: not this job's fault.
                    self.submit(each.message)
                    self._pending[job].retried = True
                else:
                    self._events.put(protocol.Failed(job, "engine", message, hint, self.log.tail()))


def _explain(ended: Ended, greeted: bool, launch: Launch) -> tuple[str, str]:
    """Why the engine is gone, in an artist's words, and what to do."""
    if ended.returncode is None:
        return "The engine could not be started.", f"Check the engine Python in the preferences ({ended.problem})."
    if ended.silent:
        return (
            f"The engine was started but said nothing for {launch.hello_timeout_s:g} seconds, so it was stopped.",
            "Try again. If it stays so, choose another engine Python in the preferences.",
        )
    if ended.problem:
        return (
            f"The engine sent {ended.problem}, so it was stopped.",
            "Generate again. If it stays so, update the add-on and the engine to the same version.",
        )
    if not greeted:
        return (
            "The engine stopped while it started; the end of its log says why.",
            "Check that the engine Python in the preferences has all parts of the engine.",
        )
    if ended.returncode == -9:
        return (
            "The system killed the engine, most likely because memory ran out.",
            "Close other programs or lower the resolution, then generate again; finished frames are kept.",
        )
    return (
        f"The engine stopped unexpectedly (code {ended.returncode}).",
        "Generate again: the engine starts anew. Finished frames are kept.",
    )
