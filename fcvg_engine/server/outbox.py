# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes messages to the client without ever waiting for it."""

from __future__ import annotations

import os
import threading
from collections import deque

from ..shared import protocol
from ..shared.protocol import FINAL, Failed, Message, Preview, Progress
from ..transfer.addresses import cleaned_all

MAX_PENDING_COMPLAINTS = 100  # reports about lines that are no messages


class Outbox:
    """Messages on their way to the client.

    All frames and final reports are kept. Of progress and of previews only the newest message is kept.
    """

    def __init__(self, output_fd: int) -> None:
        self._fd = output_fd
        self._kept: deque[Message] = deque()
        self._newest: dict[type[Message], Message] = {}  # of progress and previews
        self._complaints = 0
        self._idle = False  # the writer waits for a message
        self._changed = threading.Condition()

    def put(self, message: Message) -> None:
        """Adds `message` to those to be written; never waits for the client."""
        with self._changed:
            if isinstance(message, Progress | Preview):
                self._newest[type(message)] = message
            elif message.job is None and isinstance(message, Failed):
                if self._complaints < MAX_PENDING_COMPLAINTS:  # for clients that never read
                    self._complaints += 1
                    self._kept.append(message)
            else:
                if isinstance(message, FINAL):
                    self._newest = {kind: each for kind, each in self._newest.items() if each.job != message.job}
                self._kept.append(message)
            self._changed.notify_all()

    def write_forever(self) -> None:
        """Writes messages, without secrets, as the writer thread. Ends the process when the client is gone."""
        try:
            while True:
                line = memoryview(protocol.encode(cleaned_all(self._next())))
                while line:
                    line = line[os.write(self._fd, line) :]
        finally:
            os._exit(0)

    def drain(self, timeout_s: float) -> None:
        """Waits until everything is written, for at most `timeout_s`."""
        with self._changed:
            self._changed.wait_for(lambda: self._idle and not (self._kept or self._newest), timeout_s)

    def _next(self) -> Message:
        """Waits for the next message to write."""
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
