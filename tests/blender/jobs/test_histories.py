# SPDX-License-Identifier: GPL-3.0-or-later
"""Short histories of take folders; `tests/fuzz/take_folders.py` plays long ones, and many."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from fuzz import take_folders
from fuzz.desk import slow_engine
from fuzz.other_blender import Other

SHORT = 24  # deeds


@pytest.fixture(scope="module", autouse=True)
def engine() -> Iterator[None]:
    with slow_engine(delay_s=0.02):
        yield


@pytest.fixture(scope="module")
def other() -> Iterator[Other]:
    """A second Blender, with an engine of its own."""
    with closing(Other()) as other:
        yield other


@pytest.mark.parametrize("seed", range(1, 25))
def test_nothing_of_the_artists_is_lost_in_any_history(tmp_path: Path, seed: int) -> None:
    history = take_folders.play(seed, tmp_path / "world", deeds=SHORT, rich=False)
    assert not history.problems, ", ".join(history.deeds)


@pytest.mark.parametrize("seed", range(101, 105))
def test_nor_where_two_blenders_share_it(tmp_path: Path, other: Other, seed: int) -> None:
    history = take_folders.play(seed, tmp_path / "world", other, deeds=SHORT, two=1.0, rich=False)
    assert not history.problems, ", ".join(history.deeds)
