# SPDX-License-Identifier: GPL-3.0-or-later
"""How many threads the system still gives, and libraries told to live with that. Imports no library.

Where a user may start no more threads (`ulimit -u`, a container), OpenBLAS sends its own process the signal of Ctrl-C
when NumPy is imported, and OpenMP ends the process. With few threads both work, only slower.
"""

from __future__ import annotations

import os
import threading

_LIBRARIES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
_OWN = 6  # the most that the engine itself starts
_MOST = 64  # of a library: OpenBLAS makes no more


def fit_libraries() -> None:
    """Have libraries that are imported later start no more threads than there may be. Takes a millisecond or two."""
    wanted = min(os.cpu_count() or 1, _MOST)
    may_start = _may_start(2 * wanted + _OWN)
    if may_start < 2 * wanted + _OWN:
        number = str(max(1, (may_start - _OWN) // 2))
        os.environ.update(dict.fromkeys(_LIBRARIES, number))


def _may_start(most: int) -> int:
    """How many threads can be started now, at most `most`."""
    end = threading.Event()
    threads: list[threading.Thread] = []
    try:
        for _ in range(most):
            thread = threading.Thread(target=end.wait, daemon=True)
            thread.start()
            threads.append(thread)
    except RuntimeError:  # no more
        pass
    finally:
        end.set()
        for thread in threads:
            thread.join()
    return len(threads)
