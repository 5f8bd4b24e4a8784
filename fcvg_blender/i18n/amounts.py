# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes and times in an artist's words. No bpy."""

from __future__ import annotations

from ..engine import protocol
from .translate import rpt

_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def size(size_bytes: float) -> str:
    """`896 MB`, `1.3 GB`: thousands, as disks and providers count."""
    return f"{_number(size_bytes, _power(size_bytes))} {_UNITS[_power(size_bytes)]}"


def share(done_bytes: float, total_bytes: float) -> str:
    """`412 of 896 MB`, both in the unit of the whole."""
    power = _power(total_bytes)
    done, total = _number(done_bytes, power), _number(total_bytes, power)
    return rpt("{done} of {total} {unit}").format(done=done, total=total, unit=_UNITS[power])


def duration(seconds: float) -> str:
    """`40 s`, `3 min`, `1.2 h`."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def time_left(seconds: float | None) -> str:
    """`40 s left`; '' while it is not known, and at the end."""
    return rpt("{time} left").format(time=duration(seconds)) if seconds else ""


def progress(report: protocol.Progress) -> str:
    """Words for a progress bar, to stand beside its stage: `412 of 896 MB, 11 MB/s, 40 s left`."""
    words = []
    if report.total_bytes:
        words.append(share(report.done_bytes, report.total_bytes))
    elif report.done_bytes:
        words.append(size(report.done_bytes))
    if report.bytes_per_s >= 1:
        words.append(f"{size(report.bytes_per_s)}/s")
    return ", ".join([*words, *filter(None, [time_left(report.eta_s)])])


def _power(size_bytes: float) -> int:
    power = 0
    while size_bytes >= 1000 and power < len(_UNITS) - 1:
        size_bytes, power = size_bytes / 1000, power + 1
    return power


def _number(size_bytes: float, power: int) -> str:
    value = size_bytes / 1000**power
    return f"{value:.1f}" if power >= 3 and value < 100 else f"{value:.0f}"
