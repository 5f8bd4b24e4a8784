# SPDX-License-Identifier: GPL-3.0-or-later
"""`serve`: the worker behind Blender. Reads messages on stdin, runs one job at a time, reports on the guarded stdout.

The main thread runs the jobs. A reader thread receives messages and the end of input at any time. A writer thread sends
messages, so that a slow client never holds up a job. A fourth thread imports torch early, and ends.
"""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import os
import threading
import time

from .. import __version__
from ..core import loading
from ..models import discovery
from ..shared import protocol
from ..shared.errors import ProtocolError
from ..shared.protocol import Cancel, Failed, Hello
from .job_queue import Job, JobQueue
from .outbox import Outbox
from .reports import MAX_TEXT, failure, run
from .streams import make_stderr_lossy, read_lines

__all__ = ["IDLE_S", "LONGEST_IDLE_S", "failure", "make_stderr_lossy", "serve"]

IDLE_S = 900.0
LONGEST_IDLE_S = 30 * 86400.0
_DRAIN_S = 5.0
_HANGS = 1.5  # times the patience with a library: longer than whoever can still say so

_log = logging.getLogger(__name__)


def serve(input_fd: int, output_fd: int, idle_s: float) -> None:
    """Serves until nothing has happened for `idle_s`. When the input ends, the whole process ends at once."""
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
    for target, args in ((outbox.write_forever, ()), (_read_forever, (input_fd, queue, outbox))):
        threading.Thread(target=target, args=args, daemon=True, name=target.__name__).start()
    faulthandler.cancel_dump_traceback_later()  # Blender is greeted: see `__main__`
    with contextlib.suppress(RuntimeError):  # the system gives no more threads: then the first job takes longer
        threading.Thread(target=_warm_up, daemon=True, name=_warm_up.__name__).start()
    while (message := queue.next(idle_s)) is not None:
        outbox.put(run(message, queue, outbox))
        queue.finish()
    _log.info("idle for %g s, leaving", idle_s)
    outbox.drain(_DRAIN_S)


def _read_forever(input_fd: int, queue: JobQueue, outbox: Outbox) -> None:
    """Reads messages, as the reader thread. Ends the process at the end of input, since Blender is gone then."""
    try:
        for line in read_lines(input_fd):
            try:
                _handle(line, queue)
            except ProtocolError as error:
                _log.warning("bad message: %s", error.message)
                outbox.put(Failed(None, error.code, error.message[:MAX_TEXT], error.hint))
    finally:  # after any error too: an engine that hears nothing is of no use
        os._exit(0)


def _handle(line: bytes | None, queue: JobQueue) -> None:
    if line is None:
        raise ProtocolError(f"A message is longer than {protocol.MAX_LINE_BYTES} bytes.")
    message = protocol.decode(line, protocol.TO_ENGINE)
    if isinstance(message, Cancel):
        queue.cancel(message.job)
    elif isinstance(message, Job):
        queue.add(message)


def _warm_up() -> None:
    """Imports what every job needs while the artist is still choosing.

    A library that hangs with the interpreter's lock in its hands stops all threads. Then only the system's own timer
    helps: it writes where that was into the log, and ends the process.
    """
    began_s = time.monotonic()
    with contextlib.suppress(RuntimeError):  # the system gives no more threads
        faulthandler.dump_traceback_later(_HANGS * loading.patience_s(), exit=True, file=2)
    try:
        loading.load("torch")
        loading.load_own("jobs.inbetween")
    except Exception:  # a job will fail for the same reason and report it
        _log.warning("warm-up failed", exc_info=True)
    finally:
        faulthandler.cancel_dump_traceback_later()
    _log.info("ready after %.1f s", time.monotonic() - began_s)
