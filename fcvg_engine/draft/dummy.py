# SPDX-License-Identifier: GPL-3.0-or-later
"""A dissolve that is slow or misbehaves on request: so tests inject faults into the real engine.

It is there only with `FCVG_DUMMY=1`. It waits `FCVG_DUMMY_DELAY_S` seconds before each drawing. `FCVG_DUMMY_FAULT`
names what goes wrong, at the drawing `FCVG_DUMMY_AT` (from 0, default 1):

=================  =========================================================================================
`print`            writes to stdout, from Python and from C
`stderr`           writes a megabyte to stderr
`ignore-cancel`    never reports, so that nothing can stop it between drawings
`deaf`             ignores SIGTERM and holds the interpreter's lock: only a kill helps
`nan`              yields a picture of NaN
`oom`              runs out of memory
`card`             loses its graphics card, as torch tells it
`error`            raises an error nobody foresaw
`crash`            ends the process
=================  =========================================================================================
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence

import torch

from ..core.method_contract import Options, ReportProgress, draft_method

_SLICE_S = 0.02


@draft_method
def inbetween(
    start: torch.Tensor, end: torch.Tensor, times: Sequence[float], options: Options, report: ReportProgress
) -> Iterator[torch.Tensor]:
    """See `core.method_contract.Method`, and the faults above."""
    fault = os.environ.get("FCVG_DUMMY_FAULT", "")
    fault_at = int(os.environ.get("FCVG_DUMMY_AT", "1"))
    delay_s = float(os.environ.get("FCVG_DUMMY_DELAY_S", "0"))
    for number, at in enumerate(times):
        _sleep(delay_s, None if fault == "ignore-cancel" else report)
        picture = torch.lerp(start, end, at)
        if fault and number == fault_at:
            picture = _misbehave(fault, picture)
        yield picture


def _sleep(delay_s: float, report: ReportProgress | None) -> None:
    end_s = time.monotonic() + delay_s
    while True:
        left_s = end_s - time.monotonic()
        if report:
            report("Drawing inbetweens", 1 - max(left_s, 0) / delay_s if delay_s else 1)
        if left_s <= 0:
            return
        time.sleep(min(left_s, _SLICE_S))


def _misbehave(fault: str, picture: torch.Tensor) -> torch.Tensor:
    if fault == "print":
        sys.stdout.write("a library's chatter\n")
        sys.stdout.flush()
        ctypes.CDLL(None).puts(b"a C library's chatter")
        ctypes.CDLL(None).fflush(None)
    elif fault == "stderr":
        for _ in range(1024):
            sys.stderr.write("x" * 1023 + "\n")
    elif fault == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        ctypes.PyDLL(None).sleep(600)
    elif fault == "nan":
        return torch.full_like(picture, float("nan"))
    elif fault == "oom":
        raise torch.OutOfMemoryError("no memory left for this test")
    elif fault == "card":
        raise RuntimeError("CUDA error: unspecified launch failure")
    elif fault == "error":
        raise RuntimeError("an error nobody foresaw")
    elif fault == "crash":
        os._exit(1)
    return picture
