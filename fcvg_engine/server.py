"""`serve`: the worker behind Blender. Reads messages on stdin, runs one job at a time, reports on the guarded stdout.

Three threads: this one runs the jobs, a reader sees messages and the end of input at any time, a writer never lets a
slow client hold up a job. A fourth imports torch early and ends.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import logging
import os
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Iterator

from . import __version__
from .models import discovery
from .shared import protocol
from .shared.errors import Cancelled, ProtocolError, explain
from .shared.protocol import (
    FINAL,
    Cancel,
    CancelledReport,
    Condition,
    Examine,
    Failed,
    Hello,
    Message,
    Preview,
    Progress,
    Queued,
    SelfTest,
    Start,
)

IDLE_S = 900.0
MAX_QUEUED = 100
MAX_JOB_ID = 200  # characters
MAX_PENDING_COMPLAINTS = 100
_READ_BYTES = 1 << 16
_DRAIN_S = 5.0
_MAX_TEXT = 2_000
_MAX_DETAIL = 20_000

Job = Start | Condition | Examine | SelfTest

_log = logging.getLogger(__name__)


def serve(input_fd: int, output_fd: int, idle_s: float) -> None:
    """Serves until the input ends (then the process ends at once) or nothing happened for `idle_s`."""
    outbox = Outbox(output_fd)
    outbox.put(
        Hello(
            None,
            protocol.VERSION,
            __version__,
            os.getpid(),
            list(protocol.METHODS),
            discovery.lacking(discovery.find()),
        )
    )
    queue = JobQueue(outbox)
    for target, args in ((outbox.write_forever, ()), (_read_forever, (input_fd, queue, outbox)), (_warm_up, ())):
        threading.Thread(target=target, args=args, daemon=True, name=target.__name__).start()
    while (message := queue.next(idle_s)) is not None:
        outbox.put(_run(message, queue, outbox))
        queue.finish()
    _log.info("idle for %g s, leaving", idle_s)
    outbox.drain(_DRAIN_S)


class Outbox:
    """Messages on their way to the client. Frames and final reports are all kept; of progress and previews only the
    newest."""

    def __init__(self, output_fd: int) -> None:
        self._fd = output_fd
        self._kept: deque[Message] = deque()
        self._newest: dict[type[Message], Message] = {}  # of progress and previews
        self._complaints = 0
        self._idle = False  # the writer waits for a message
        self._changed = threading.Condition()

    def put(self, message: Message) -> None:
        """Queues `message`; never waits for the client."""
        with self._changed:
            if isinstance(message, Progress | Preview):
                self._newest[type(message)] = message
            elif message.job is None and isinstance(message, Failed):
                if self._complaints < MAX_PENDING_COMPLAINTS:  # a client that sends rubbish and never reads
                    self._complaints += 1
                    self._kept.append(message)
            else:
                if isinstance(message, FINAL):
                    self._newest = {kind: each for kind, each in self._newest.items() if each.job != message.job}
                self._kept.append(message)
            self._changed.notify_all()

    def write_forever(self) -> None:
        """The writer thread. Leaves the process when the client is gone."""
        try:
            while True:
                line = memoryview(protocol.encode(self._take()))
                while line:
                    line = line[os.write(self._fd, line) :]
        finally:
            os._exit(0)

    def drain(self, timeout_s: float) -> None:
        """Waits until all is written, at most `timeout_s`."""
        with self._changed:
            self._changed.wait_for(lambda: self._idle and not (self._kept or self._newest), timeout_s)

    def _take(self) -> Message:
        """The next message to write; waits for one."""
        with self._changed:
            while True:
                if self._kept:
                    message = self._kept.popleft()
                    self._complaints -= message.job is None and isinstance(message, Failed)
                    return message
                if self._newest:
                    return self._newest.pop(next(iter(self._newest)))
                self._idle = True
                self._changed.notify_all()
                self._changed.wait()
                self._idle = False


class JobQueue:
    """Jobs waiting and the one running. Every job accepted ends in exactly one final report."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._waiting: deque[Job] = deque()
        self._running: str | None = None
        self._cancel = False
        self._changed = threading.Condition()

    def add(self, message: Job) -> None:
        """Queues a job. Raises ProtocolError for an id that is missing, too long or in use."""
        job = message.job
        if not job or len(job) > MAX_JOB_ID:
            raise ProtocolError(f"A job needs an id of 1 to {MAX_JOB_ID} characters.")
        with self._changed:
            if job == self._running or any(each.job == job for each in self._waiting):
                raise ProtocolError(f"The job id {job!r} is in use.")
            ahead = len(self._waiting) + (self._running is not None)
            if ahead >= MAX_QUEUED:
                self._outbox.put(Failed(job, "bad_request", "Too many jobs are waiting.", "Wait for some to finish."))
                return
            self._waiting.append(message)
            self._outbox.put(Queued(job, ahead))
            self._changed.notify_all()

    def cancel(self, job: str | None) -> None:
        """Stops a job, waiting or running; others are no error."""
        with self._changed:
            if job is not None and job == self._running:
                self._cancel = True
            for each in self._waiting:
                if each.job == job:
                    self._waiting.remove(each)
                    self._outbox.put(CancelledReport(job))
                    return

    def next(self, timeout_s: float) -> Job | None:
        """The next job, now running; None when none came for `timeout_s`."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._waiting, timeout_s):
                return None
            message = self._waiting.popleft()
            self._running, self._cancel = message.job, False
            return message

    def finish(self) -> None:
        """The running job's final report is on its way."""
        with self._changed:
            self._running = None

    def is_cancelled(self) -> bool:
        return self._cancel


def _run(message: Job, queue: JobQueue, outbox: Outbox) -> Message:
    """The final report of one job."""
    job = message.job or ""
    try:
        if isinstance(message, SelfTest):
            from .doctor import self_test

            return self_test(message.device, job, outbox.put, queue.is_cancelled)
        if isinstance(message, Condition):
            from .jobs.draw_conditions import run as draw

            return draw(message.request, job, outbox.put, queue.is_cancelled)
        if isinstance(message, Examine):
            from .jobs.examine_keys import run as examine

            return examine(message, outbox.put, queue.is_cancelled)
        from .jobs.inbetween import run

        return run(message.request, job, outbox.put, queue.is_cancelled)
    except Cancelled:
        return CancelledReport(job)
    except Exception as error:  # the engine outlives any job; the artist gets the report
        _log.warning("job %s failed", job, exc_info=True)
        return failure(job, error)


def failure(job: str, error: Exception) -> Failed:
    """The report about `error`, short enough for the pipe."""
    told = explain(error)
    detail = "".join(traceback.format_exception(error))[-_MAX_DETAIL:]
    return Failed(job, told.code, told.message[:_MAX_TEXT], told.hint[:_MAX_TEXT], detail)


def _read_forever(input_fd: int, queue: JobQueue, outbox: Outbox) -> None:
    """The reader thread. The end of input means that Blender is gone: nothing is worth finishing then."""
    try:
        for line in read_lines(input_fd):
            try:
                _handle(line, queue)
            except ProtocolError as error:
                _log.warning("bad message: %s", error.message)
                outbox.put(Failed(None, error.code, error.message[:_MAX_TEXT], error.hint))
    finally:  # an engine that hears nothing any more is of no use either
        os._exit(0)


def _handle(line: bytes | None, queue: JobQueue) -> None:
    if line is None:
        raise ProtocolError(f"A message is longer than {protocol.MAX_LINE_BYTES} bytes.")
    message = protocol.decode(line, protocol.TO_ENGINE)
    if isinstance(message, Cancel):
        queue.cancel(message.job)
    elif isinstance(message, Job):
        queue.add(message)


def read_lines(fd: int) -> Iterator[bytes | None]:
    """Whole lines from `fd`, at most protocol.MAX_LINE_BYTES each; None for one longer, after which it goes on.

    Ends at the end of input; half a line before it is dropped.
    """
    rest, too_long = b"", False
    while True:
        try:
            chunk = os.read(fd, _READ_BYTES)
        except OSError:
            return
        if not chunk:
            return
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield None if too_long or len(line) > protocol.MAX_LINE_BYTES else line
            too_long = False
        if len(rest) > protocol.MAX_LINE_BYTES:
            rest, too_long = b"", True


def _warm_up() -> None:
    """Imports what every job needs while the artist is still choosing."""
    began_s = time.monotonic()
    try:
        importlib.import_module("torch")
        importlib.import_module(f"{__package__}.jobs.inbetween")
    except Exception:  # the job will say it to the artist; here it is only early
        _log.warning("warm-up failed", exc_info=True)
    _log.info("ready after %.1f s", time.monotonic() - began_s)


def make_stderr_lossy() -> None:
    """Lets messages on a stderr that nobody reads be lost, instead of halting the job once the pipe is full."""
    if os.name != "nt":  # pipes cannot be set so there; the client's reader thread has to keep up
        os.set_blocking(2, False)
        sys.stdout = sys.stderr = _LossyStderr()


class _LossyStderr(io.TextIOBase):
    def write(self, text: str, /) -> int:
        rest = memoryview(text.encode(errors="backslashreplace"))
        with contextlib.suppress(BlockingIOError):
            while rest:
                rest = rest[os.write(2, rest) :]
        return len(text)
