# SPDX-License-Identifier: GPL-3.0-or-later
"""Some cases of the fuzz of what enters Blender; `python -m tests.fuzz.entering_blender` has any number of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fuzz import entering_blender

from fcvg_blender import guard
from fcvg_blender.jobs.session import session

CASES = {"properties": 60, "folders": 60, "messages": 40, "queue": 40}


@pytest.fixture(autouse=True)
def nothing_runs() -> Iterator[None]:
    yield
    session.jobs.clear()
    session.end_engine(60)
    session.error_panel.clear()
    guard.forget()


@pytest.mark.parametrize("kind", CASES)
def test_odd_things_neither_hang_nor_raise_nor_write(kind: str) -> None:
    found: dict[int, list[str]] = {}
    entering_blender.run(kind, 1, range(CASES[kind]), found.__setitem__)
    assert len(found) == CASES[kind]
    assert {number: problems for number, problems in found.items() if problems} == {}
