# SPDX-License-Identifier: GPL-3.0-or-later
"""What a case of a fuzz is not to do: hang, raise, or touch a file; and who looks whether it does."""

from __future__ import annotations

import signal
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

BOUND_S = 10.0


class Hang(BaseException):
    """A case has taken longer than it may."""


@contextmanager
def bounded(problems: list[str], bound_s: float = BOUND_S) -> Iterator[None]:
    """Note in `problems` where the block takes longer than it may, or raises; it ends then."""

    def ring(*_: Any) -> None:
        raise Hang

    before, began_s = signal.signal(signal.SIGALRM, ring), time.monotonic()
    signal.setitimer(signal.ITIMER_REAL, bound_s)
    try:
        yield
    except Hang:
        problems.append(f"hang:\n{traceback.format_exc()}")
    except Exception:
        problems.append(f"exception:\n{traceback.format_exc()}")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    taken_s = time.monotonic() - began_s
    if taken_s > bound_s and not problems:
        problems.append(f"hang: {taken_s:.1f} s")


def snapshot(*folders: Path) -> dict[str, tuple[Any, ...]]:
    """All that lies in the folders: kind, size and time of change of each thing, and where links lead."""
    found: dict[str, tuple[Any, ...]] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            status = path.lstat()
            link = str(path.readlink()) if path.is_symlink() else ""
            size = 0 if path.is_dir() else status.st_size
            found[str(path)] = status.st_mode, size, status.st_mtime_ns, status.st_ino, link
    return found


def differences(before: dict[str, tuple[Any, ...]], after: dict[str, tuple[Any, ...]]) -> list[str]:
    """What has been made, removed or changed, a line each."""
    made = [f"made: {name}" for name in after if name not in before]
    gone = [f"removed: {name}" for name in before if name not in after]
    return made + gone + [f"changed: {name}" for name in after if name in before and after[name] != before[name]]
