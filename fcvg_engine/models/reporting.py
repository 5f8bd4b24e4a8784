# SPDX-License-Identifier: GPL-3.0-or-later
"""How work on models says how far it is."""

from __future__ import annotations

from collections.abc import Callable

from ..transfer.rate import Rate

Report = Callable[[str, Rate], None]  # gets what is being done, and how far it has come; may raise Cancelled

NO_BYTES = Rate((), 0, 0, 0.0, None)  # for work that brings none


def to_nobody(stage: str, rate: Rate) -> None:
    """Report to nobody."""
