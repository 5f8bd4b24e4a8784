# SPDX-License-Identifier: GPL-3.0-or-later
"""Amounts of bytes as people read them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fcvg_engine.shared import amounts

sizes = st.integers(0, 10**16)


@pytest.mark.parametrize(
    ("amount_bytes", "said"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (380_000, "380 kB"),
        (999_499, "999 kB"),
        (999_999, "1 MB"),
        (7_400_000, "7 MB"),
        (896_000_000, "896 MB"),
        (999_999_999, "1.0 GB"),
        (6_100_000_000, "6.1 GB"),
        (512_000_000_000, "512 GB"),
        (4_000_000_000_000, "4.0 TB"),
        (10**17, "100000 TB"),
    ],
)
def test_an_amount_is_said_in_the_unit_that_suits(amount_bytes: int, said: str):
    assert amounts.in_words(amount_bytes) == said


@given(st.integers(1, 10**16))
def test_what_is_there_is_never_called_nothing(amount_bytes: int):
    number, unit = amounts.in_words(amount_bytes).split()
    assert 0.9 <= float(number) < 1000 or unit == "TB"
    assert float(number) * 1000 ** amounts.UNITS.index(unit) == pytest.approx(amount_bytes, rel=0.5)


@given(sizes, sizes | st.integers(-5, 5))
def test_what_is_needed_and_what_is_free_never_read_the_same(needed_bytes: int, free_bytes: int):
    free_bytes = free_bytes if free_bytes > 5 else max(0, needed_bytes + free_bytes)
    needed, free = amounts.compared(needed_bytes, free_bytes)
    assert (needed == free) == (needed_bytes == free_bytes)


def test_only_as_many_decimals_are_said_as_it_takes():
    assert amounts.compared(7_400_000, 7_100_000) == ("7.4 MB", "7.1 MB")
    assert amounts.compared(7_000_000, 380_000) == ("7 MB", "380 kB")
    assert amounts.compared(5, 3) == ("5 bytes", "3 bytes")
    assert amounts.compared(4_000_000_001, 4_000_000_000) == ("4000000001 bytes", "4000000000 bytes")


@given(sizes, st.integers(1, 10**16))
def test_a_share_has_one_unit(done_bytes: int, total_bytes: int):
    done, total, unit = amounts.share(min(done_bytes, total_bytes), total_bytes)
    assert unit in amounts.UNITS
    assert re.fullmatch(r"\d+(\.\d)?", done)
    assert float(done) <= float(total)
