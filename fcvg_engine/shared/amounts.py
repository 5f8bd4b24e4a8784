# SPDX-License-Identifier: GPL-3.0-or-later
"""Amounts of bytes in words: thousands, as disks and providers count. Standard library only.

What is there is never called nothing: below a megabyte come kilobytes, not `0 MB`.
"""

from __future__ import annotations

UNITS = ("bytes", "kB", "MB", "GB", "TB")

_MOST_DECIMALS = 3


def in_words(amount_bytes: float) -> str:
    """`0 bytes`, `380 kB`, `896 MB`, `1.3 GB`."""
    power = _power(amount_bytes)
    return _said(amount_bytes, power, _decimals(amount_bytes, power))


def compared(needed_bytes: float, free_bytes: float) -> tuple[str, str]:
    """Both amounts in words that tell them apart, with decimals where it takes them: `7.4 MB`, `7.1 MB`."""
    both = (needed_bytes, free_bytes)
    said = [in_words(each) for each in both]
    for decimals in range(1, _MOST_DECIMALS + 1):
        if said[0] != said[1]:
            break
        said = [_said(each, _power(each), min(decimals, 3 * _power(each))) for each in both]
    if said[0] == said[1] and needed_bytes != free_bytes:
        said = [_said(each, 0, 0) for each in both]
    return said[0], said[1]


def share(done_bytes: float, total_bytes: float) -> tuple[str, str, str]:
    """What is done, the whole, and the unit of the whole: (`412`, `896`, `MB`)."""
    power = _power(total_bytes)
    decimals = 1 if power == 2 and total_bytes < 10_000_000 else _decimals(total_bytes, power)
    done, total = (f"{each / 1000**power:.{decimals}f}" for each in (done_bytes, total_bytes))
    return done, total, UNITS[power]


def _said(amount_bytes: float, power: int, decimals: int) -> str:
    return f"{amount_bytes / 1000**power:.{decimals}f} {UNITS[power]}"


def _power(amount_bytes: float) -> int:
    """The unit in which the amount, as it is said, is below a thousand."""
    power = 0
    while round(amount_bytes / 1000**power) >= 1000 and power < len(UNITS) - 1:
        power += 1
    return power


def _decimals(amount_bytes: float, power: int) -> int:
    return 1 if power >= 3 and amount_bytes < 100 * 1000**power else 0
