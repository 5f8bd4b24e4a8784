# SPDX-License-Identifier: GPL-3.0-or-later
"""The one conversation with the engine: starts it when there is work, and hands out its reports. No bpy, no threads.

Whatever happens to the engine, each submitted job gets exactly one final report (done, failed or cancelled). The client
works only while it is called: as long as it is `busy`, `poll` has to be called from time to time.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import cast

from . import arrivals, errors, protocol, small_files
from .arrivals import ToDo
from .engine_end import explain_end
from .engine_process import Ended, EngineProcess, Launch
from .log import Log

_EXPLAINING_LINES = 200  # of the log: where each of the engine's threads was may take so many
CANCEL_GRACE_S = 10.0  # an engine that has not stopped a job by then is ended


@dataclass
class _Pending:
    """A job without a final report yet. `heard`: this engine has said something about it. `retried`: it was begun
    anew once. `end_by_s`: when the engine is ended if it has not stopped the job; None while the job is wanted."""

    message: ToDo
    heard: bool = False
    retried: bool = False
    end_by_s: float | None = None


class Client:
    """Talks to one engine at a time. When that has gone, the next job starts another."""

    def __init__(self, launch: Launch, cancel_grace_s: float = CANCEL_GRACE_S) -> None:
        self.launch = launch
        self.log = Log(launch.log_folder)
        self.hello: protocol.Hello | None = None  # what the running engine said of itself
        self._cancel_grace_s = cancel_grace_s
        self._events: deque[protocol.Message] = deque()
        self._pending: dict[str, _Pending] = {}
        self._process: EngineProcess | None = None
        self._leaving: list[EngineProcess] = []
        self._refusal: tuple[str, str] | None = None

    @property
    def state(self) -> str:
        """`off`, `starting` or `ready`."""
        if self._process is None:
            return "off"
        return "ready" if self.hello else "starting"

    @property
    def busy(self) -> bool:
        """Whether `poll` is still needed: a report or the engine's greeting is to come, or an engine is being ended."""
        return bool(self._pending or self._events or self._leaving) or self.state == "starting"

    def use(self, launch: Launch) -> None:
        """Start engines as `launch` says from now on. One that was started otherwise leaves. While jobs wait, nothing
        changes."""
        if launch != self.launch and not self._pending:
            self._dismiss()
            self.launch = launch

    def warm_up(self) -> None:
        """Start the engine if none runs, so that it is ready earlier. Returns at once."""
        self._listen(0.0)
        if self._process is None:
            self.hello, self._refusal = None, None
            try:
                self._process = EngineProcess(self.launch, self.log)
            except (OSError, ValueError) as error:
                self._report_end(Ended(None, problem=str(error)), greeted=False)

    def renew(self) -> None:
        """Start the engine anew, so that it looks again at what is installed; not while jobs wait. Returns at once."""
        if not self._pending:
            self._dismiss()
            self.warm_up()

    def submit(self, message: ToDo) -> None:
        """Queue a job, whose id was not used before. Returns at once. Raises ProtocolError when the message is too
        long."""
        line = protocol.encode(message)
        self._listen(0.0)
        self._pending[message.job or ""] = _Pending(message)
        self.warm_up()
        if self._process is not None:
            self._process.send(line)

    def cancel(self, job: str) -> None:
        """Ask to stop `job`. An engine that has not stopped it after the grace is ended. A finished job is no error."""
        pending = self._pending.get(job)
        if pending is not None and pending.end_by_s is None and self._process is not None:
            pending.end_by_s = time.monotonic() + self._cancel_grace_s
            self._process.send(protocol.encode(protocol.Cancel(job)))

    def poll(self, timeout_s: float = 0.0) -> protocol.Message | None:
        """Return the oldest report not yet handed out; wait up to `timeout_s` for one. It is as `arrivals` lets it
        in."""
        if not self._events:
            self._listen(timeout_s)
        return arrivals.cleaned(self._events.popleft()) if self._events else None

    def close(self, timeout_s: float = 0.0) -> bool:
        """End the engine and forget its jobs, which get no report. Return whether it is gone within `timeout_s`."""
        self._pending.clear()
        self._events.clear()
        self._dismiss()
        give_up_s = time.monotonic() + timeout_s
        self._leaving = [each for each in self._leaving if each.wait(give_up_s - time.monotonic()) is None]
        self.log.trim()
        return not self._leaving

    def _dismiss(self) -> None:
        """End the engine; what it still says is dropped."""
        if self._process is not None:
            self._process.stop()
            self._leaving.append(self._process)
        self._process = self.hello = None

    def _listen(self, timeout_s: float) -> None:
        """Handle what the engine has said, and what has become of it."""
        self._leaving = [each for each in self._leaving if each.wait(0.0) is None]
        process = self._process
        if process is None:
            if self._leaving:
                time.sleep(timeout_s)
            return
        self.log.trim()
        for line in process.lines(timeout_s):
            try:
                self._handle(line)
            except errors.ProtocolError as error:
                process.refuse(error.message)
                break
            if process is not self._process:  # a fresh one has taken its place; what it still says is dropped
                return
        now_s = time.monotonic()
        if any(each.end_by_s is not None and now_s > each.end_by_s for each in self._pending.values()):
            process.stop()
        ended = process.ended()
        if ended is not None:
            greeted = self.hello is not None
            self._process = self.hello = None
            self._report_end(ended, greeted)

    def _handle(self, line: bytes) -> None:
        if self.hello is None:
            self.hello = arrivals.cleaned(self._greet(line))
            return
        message = arrivals.cleaned(protocol.decode(line, protocol.TO_BLENDER))
        if message.job is None:  # it did not understand what we sent, so that job would wait for ever
            text = message.message if isinstance(message, protocol.Failed) else message.type
            raise errors.ProtocolError(f"a complaint about the add-on: {text}")
        pending = self._pending.get(message.job)
        if pending is None:
            return
        arrivals.check(message, pending.message)
        pending.heard = True
        if isinstance(message, protocol.FINAL):
            del self._pending[message.job]
        told = _second_try(message)
        if told and not pending.retried and pending.end_by_s is None:
            self._begin_afresh(pending, told)
            return
        self._events.append(message)
        if isinstance(message, protocol.Failed) and message.code == errors.DeviceLost.code:
            self._begin_afresh()  # the driver would refuse this engine everything else

    def _begin_afresh(self, failed: _Pending | None = None, told: protocol.Progress | None = None) -> None:
        """Go on with a fresh engine: with the job that failed, if it is to be done once more, which is told, and then
        with those that wait."""
        waiting, self._pending = list(self._pending.values()), {}
        self._dismiss()
        for each in (failed, *waiting) if failed else waiting:
            job = each.message.job or ""
            if each.end_by_s is not None:  # its engine cannot say so any more
                self._events.append(protocol.CancelledReport(job))
                continue
            self.submit(each.message)
            if job in self._pending:
                self._pending[job].retried = each.retried or each is failed
        if told and told.job in self._pending:
            self._events.append(told)

    def _greet(self, line: bytes) -> protocol.Hello:
        """Decode the engine's first line. Its version is read first, since another version may write the rest
        otherwise. Raises ProtocolError."""
        try:
            content = small_files.parse_json(line)
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

    def _report_end(self, ended: Ended, greeted: bool) -> None:
        """Report the jobs that the engine has left behind, or submit them anew.

        An engine that ends before its greeting is reported even when it had no job, with `job` null.
        """
        pending, self._pending = self._pending, {}
        left_by_itself = ended.returncode == 0 and greeted and not ended.problem
        stopped_for_cancel = any(each.end_by_s is not None for each in pending.values())
        detail = self.log.tail()
        message, hint = self._refusal or explain_end(ended, greeted, self.launch, self.log.tail(_EXPLAINING_LINES))
        if not pending and not greeted:
            self._events.append(protocol.Failed(None, "engine", message, hint, detail))
        for job, each in pending.items():
            if each.end_by_s is not None:
                self._events.append(protocol.CancelledReport(job))
            elif not each.retried and (stopped_for_cancel or (left_by_itself and not each.heard)):
                # Its idle time ran out just then, or it was ended because of another job: this one is not to blame.
                self.submit(each.message)
                if job in self._pending:
                    self._pending[job].retried = True
            else:
                self._events.append(protocol.Failed(job, "engine", message, hint, detail))


def _second_try(message: protocol.Message) -> protocol.Progress | None:
    """What to tell when a fresh engine is to do the job once more; None where that would not help.

    Its memory is not scattered, and the driver of the graphics card listens to it again.
    """
    if isinstance(message, protocol.Failed) and message.code == errors.OutOfMemory.code:
        return protocol.Progress(message.job, "Memory ran out, trying with a fresh engine", 0.0)
    if isinstance(message, protocol.Failed) and message.code == errors.DeviceLost.code:
        return protocol.Progress(message.job, "The graphics card failed, trying with a fresh engine", 0.0)
    return None
