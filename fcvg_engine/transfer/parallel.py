# SPDX-License-Identifier: GPL-3.0-or-later
"""Work done in several threads, while the caller's thread is called a few times a second."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")

TICK_S = 0.2
_END_S = 2.0  # for threads to end; one that waits for a connection is left to die with the process


class Stopped(Exception):
    """The work has to end, because another thread has failed or the user has cancelled."""


class Waiting(Protocol):
    """Something that a thread waits for. `cut` ends the wait."""

    def cut(self) -> None: ...


class Halt:
    """Tells all threads of one `side_by_side` to end, also those that wait."""

    def __init__(self) -> None:
        self._set = threading.Event()
        self._lock = threading.Lock()
        self._waiting: set[Waiting] = set()

    def check(self) -> None:
        """Raise Stopped when all threads are to end."""
        if self._set.is_set():
            raise Stopped

    def sleep(self, seconds: float) -> None:
        """Wait. Raises Stopped, at once, when all threads are to end."""
        if self._set.wait(seconds):
            raise Stopped

    @contextlib.contextmanager
    def watching(self, waiting: Waiting) -> Iterator[None]:
        """Cut `waiting` if all threads are to end while the block runs. Raises Stopped if they are already."""
        with self._lock:
            self._waiting.add(waiting)
        try:
            self.check()
            yield
        finally:
            with self._lock:
                self._waiting.discard(waiting)

    def end_all(self) -> None:
        """Tell them."""
        self._set.set()
        with self._lock:
            for each in self._waiting:
                each.cut()


def side_by_side(
    work: Callable[[T, Halt], R], on: Sequence[T], on_tick: Callable[[], None], parallel: int = 3
) -> list[R]:
    """Do `work` on each of `on`, `parallel` at a time, in threads. Return the results in the order of `on`.

    `on_tick` is called on the caller's thread every `TICK_S` and once more at the end. The first error of `work` or of
    `on_tick` ends all threads and is raised.
    """
    todo: queue.SimpleQueue[int] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[int, R | BaseException]] = queue.SimpleQueue()
    halt = Halt()
    for index in range(len(on)):
        todo.put(index)

    def labour() -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                index = todo.get_nowait()
                try:
                    halt.check()
                    done.put((index, work(on[index], halt)))
                except BaseException as error:  # whatever it is: the caller's thread has to hear of it
                    done.put((index, error))

    # Daemons: a thread that hangs in the system's name service must not keep a cancelled command alive.
    threads = [threading.Thread(target=labour, daemon=True) for _ in range(min(parallel, len(on)))]
    results: dict[int, R] = {}
    try:
        for each in threads:
            each.start()
        _collect(results, len(on), done, on_tick)
    finally:
        halt.end_all()
        end = time.monotonic() + _END_S
        for each in threads:
            each.join(max(0.0, end - time.monotonic()))
    return [results[index] for index in range(len(on))]


def _collect(
    results: dict[int, R],
    count: int,
    done: queue.SimpleQueue[tuple[int, R | BaseException]],
    on_tick: Callable[[], None],
) -> None:
    due = time.monotonic()
    while len(results) < count:
        now = time.monotonic()
        if now >= due:
            on_tick()
            due = now + TICK_S
        with contextlib.suppress(queue.Empty):
            index, result = done.get(timeout=max(0.01, due - now))
            if isinstance(result, BaseException):
                raise result
            results[index] = result
    on_tick()
