# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody who swaps a file for another one, again and again, as fast as the disk allows. Standard library only."""

from __future__ import annotations

import itertools
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv[1]); import swapper; from pathlib import Path; "
    "swapper.swap(Path(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]), sys.argv[5] == 'in place', lambda: False)"
)


def swap(path: Path, good: Path, evil: Path, in_place: bool, is_over) -> None:  # type: ignore[no-untyped-def]
    """Let `path` be one and the other: a new file each time, or the same one with another content `in_place`, which
    shows through hard links."""
    for number in itertools.count():
        if is_over():
            return
        content = (evil, good)[number % 2].read_bytes()
        time.sleep(random.choice((0.0, 0.0, 0.001, 0.004)))
        try:
            if in_place:
                path.write_bytes(content)
            else:
                beside = path.with_name(f".swap-{path.name}")
                beside.write_bytes(content)
                beside.replace(path)
        except OSError:  # the folder is not there yet
            pass


@contextmanager
def swapping(path: Path, good: Path, evil: Path, in_place: bool = False) -> Iterator[None]:
    """While the block runs, a thread swaps."""
    over = threading.Event()
    thread = threading.Thread(target=swap, args=(path, good, evil, in_place, over.is_set))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def swapping_process(path: Path, good: Path, evil: Path, in_place: bool = False) -> Iterator[None]:
    """While the block runs, another process does."""
    how = "in place" if in_place else "anew"
    command = [sys.executable, "-c", _PROGRAM, str(Path(__file__).parent), *map(str, (path, good, evil)), how]
    with subprocess.Popen(command) as process:
        try:
            yield
        finally:
            process.kill()
