# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys in which one line moves, for jobs that look for lines."""

from __future__ import annotations

from typing import Any

WORK = 64  # pixels of either side of the pictures that the engine draws


def one_line() -> dict[str, Any]:
    """The content of a matches.json: a line over three quarters of the width, from a quarter to three quarters down."""
    x, top, bottom = (WORK / 8, WORK * 7 / 8), WORK / 4, WORK * 3 / 4
    line = {"start": [[x[0], top], [x[1], top]], "end": [[x[0], bottom], [x[1], bottom]], "colour": [255, 255, 255]}
    return {"version": 1, "size": [WORK, WORK], "lines": [line], "people": []}
