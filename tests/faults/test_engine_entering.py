# SPDX-License-Identifier: GPL-3.0-or-later
"""Some cases of the fuzz of what enters the engine; `python -m tests.fuzz.entering_engine` has any number of them."""

from __future__ import annotations

import os

import pytest
from fuzz import entering_engine

CASES = {"manifests": 150, "matches": 300, "jobs": 150, "protocol": 300, "models": 120, "images": 1500}


@pytest.mark.skipif(os.name != "posix", reason="the cases need POSIX")
@pytest.mark.parametrize("kind", entering_engine.NAMES)
def test_odd_things_neither_hang_nor_crash_nor_are_unexpected_nor_write(kind: str):
    outcome = entering_engine.run(kind, CASES[kind])
    assert outcome.cases == CASES[kind]
    assert outcome.problems == {}
