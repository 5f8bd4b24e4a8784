# SPDX-License-Identifier: GPL-3.0-or-later
"""Timing charts: which frames show which drawing, and when."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fcvg_engine.shared import timing
from fcvg_engine.shared.errors import BadRequest
from fcvg_engine.shared.protocol import HOLDS, MAX_COUNT, TIMINGS


@given(st.integers(1, MAX_COUNT), st.sampled_from(TIMINGS), st.sampled_from(HOLDS))
def test_every_frame_shows_exactly_one_drawing_between_the_keys(count: int, curve: str, hold: int):
    drawings = timing.chart(count, curve, hold)
    shown = [index for drawing in drawings for index in range(drawing.index, drawing.index + drawing.hold)]
    assert shown == list(range(1, count + 1))
    assert all(0 < drawing.time < 1 for drawing in drawings)
    assert timing.frame_times(count, curve, hold) == [each.time for each in drawings for _ in range(each.hold)]


@given(st.integers(1, MAX_COUNT), st.sampled_from([curve for curve in TIMINGS if curve != "anticipation"]))
def test_times_rise_from_key_to_key(count: int, curve: str):
    times = [0.0, *timing.frame_times(count, curve, 1), 1.0]
    assert all(earlier < later for earlier, later in itertools.pairwise(times))


def test_linear_times_divide_the_gap_evenly():
    assert [drawing.time for drawing in timing.chart(3, "linear", 1)] == [0.25, 0.5, 0.75]


def test_on_twos_the_last_drawing_is_held_for_what_is_left():
    drawings = timing.chart(5, "linear", 2)
    assert [(drawing.index, drawing.hold) for drawing in drawings] == [(1, 2), (3, 2), (5, 1)]
    assert [drawing.time for drawing in drawings] == [0.25, 0.5, 0.75]


@pytest.mark.parametrize(
    ("count", "curve", "hold", "index"),
    [(1, "linear", 1, 1), (12, "linear", 1, 6), (7, "ease-in", 1, 6), (12, "linear", 2, 5)],
)
def test_the_breakdown_is_the_drawing_nearest_the_middle(count: int, curve: str, hold: int, index: int):
    assert timing.breakdown(timing.chart(count, curve, hold)).index == index


@pytest.mark.parametrize(
    ("curve", "middle", "first"), [("ease-in", 0.25, 1 / 16), ("ease-out", 0.75, 7 / 16), ("ease-in-out", 0.5, 5 / 32)]
)
def test_ease_in_starts_slowly_and_ease_out_ends_slowly(curve: str, middle: float, first: float):
    times = [drawing.time for drawing in timing.chart(3, curve, 1)]
    assert times[1] == middle
    assert times[0] == first


def test_a_favoured_key_draws_the_middle_to_itself_and_neither_end_comes_to_a_stop():
    first, last = (timing.frame_times(99, f"favour-{end}", 1) for end in ("first", "last"))
    assert first[49] == pytest.approx(1 / 3)
    assert last[49] == pytest.approx(2 / 3)
    assert last == pytest.approx([1 - time for time in reversed(first)])
    steps = [later - earlier for earlier, later in itertools.pairwise([0.0, *first, 1.0])]
    assert steps == sorted(steps)  # smooth: it only gains speed
    assert steps[0] > 0.4 / 100  # where an ease-in begins with a twentieth of that


@pytest.mark.parametrize("hold", [1, 2])
@pytest.mark.parametrize("count", [5, 11, 23])
def test_an_anticipation_moves_out_and_back_then_goes_fast_and_settles(count: int, hold: int):
    times = [0.0, *(drawing.time for drawing in timing.chart(count, "anticipation", hold)), 1.0]
    steps = [later - earlier for earlier, later in itertools.pairwise(times)]
    back = [number for number, step in enumerate(steps) if step < 0]
    thirds = len(steps) / 3
    if count > 5 or hold == 1:  # three drawings show the action only
        assert back == list(range(back[0], back[-1] + 1))  # once
        assert back[-1] <= thirds
    assert max(time for time in times[: round(thirds) + 1]) < 0.1  # a small move
    action = steps[back[-1] + 1 :] if back else steps
    fastest = action.index(max(action))
    assert max(action) > 1.5 / len(steps)
    assert action[:fastest] == sorted(action[:fastest])
    assert action[fastest:] == sorted(action[fastest:], reverse=True)
    assert steps[-1] < max(action) / 2


def test_held_drawings_repeat_their_times():
    assert timing.frame_times(5, "linear", 2) == [0.25, 0.25, 0.5, 0.5, 0.75]


def test_explicit_times_are_taken_as_they_are_even_backwards():
    drawings = timing.chart(4, [0.9, 0.1], 2)
    assert [(drawing.index, drawing.time) for drawing in drawings] == [(1, 0.9), (3, 0.1)]


@pytest.mark.parametrize("times", [[0.5], [0.1, 0.2, 0.3], [0.0, 0.5], [0.5, 1.0], [0.5, math.nan], [-0.1, 0.5]])
def test_times_that_are_no_chart_are_refused(times: list[float]):
    with pytest.raises(BadRequest) as caught:
        timing.chart(2, times, 1)
    assert caught.value.hint


def test_the_command_line_takes_curves_and_lists():
    assert timing.parse("ease-in") == "ease-in"
    assert timing.parse("0.2, 0.5,.9") == [0.2, 0.5, 0.9]
    for wrong in ("ease", "0.2;0.5", ""):
        with pytest.raises(BadRequest):
            timing.parse(wrong)
