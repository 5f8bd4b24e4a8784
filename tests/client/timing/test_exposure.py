# SPDX-License-Identifier: GPL-3.0-or-later
"""Which drawing each frame shows, without Blender."""

from __future__ import annotations

import pytest

from fcvg_blender.engine import errors
from fcvg_blender.timing import exposure_sheet
from fcvg_blender.timing.exposure_sheet import Drawing

KEYS = ("key_start.png", "key_end.png")


def drawings(*times: float) -> list[Drawing]:
    """A file for each time, named by it."""
    return [Drawing(time, f"{time}.png") for time in times]


def shown(times: list[float], *made: float) -> list[str]:
    """What each frame shows, without `.png`."""
    return [file.removesuffix(".png") for file in exposure_sheet.sheet(times, drawings(*made), KEYS)]


def test_before_anything_is_made_each_half_shows_its_key() -> None:
    assert shown([0.2, 0.4, 0.6, 0.8]) == ["key_start"] * 2 + ["key_end"] * 2


def test_half_way_between_two_drawings_the_earlier_shows() -> None:
    assert shown([0.25, 0.5, 0.75]) == ["key_start", "key_start", "key_end"]
    assert shown([0.3, 0.5, 0.7], 0.4, 0.6) == ["0.4", "0.4", "0.6"]


def test_each_frame_shows_the_nearest_drawing_whatever_the_order_in_which_they_were_made() -> None:
    assert shown([0.1, 0.3, 0.5, 0.7, 0.9], 0.7, 0.1, 0.5) == ["0.1", "0.1", "0.5", "0.7", "key_end"]


def test_keys_stand_in_as_drawings_do() -> None:
    assert shown([0.05, 0.95, 0.3], 0.3) == ["key_start", "key_end", "0.3"]


def test_frames_with_a_drawing_of_their_own_are_counted_and_the_others_missing() -> None:
    times = [0.25, 0.25, 0.5, 0.75]
    assert exposure_sheet.exact(times, drawings(0.25, 0.6)) == 2
    assert exposure_sheet.missing(times, drawings(0.25, 0.6)) == [0.5, 0.75]
    assert exposure_sheet.missing([0.5, 0.5, 0.2], []) == [0.2, 0.5], "each once, rising"


def test_times_that_differ_by_rounding_alone_are_one() -> None:
    third = 1 - 2 / 3
    assert exposure_sheet.exact([third], drawings(1 / 3)) == 1
    assert exposure_sheet.missing([third, 1 / 3], []) == pytest.approx([1 / 3])


def test_held_frames_have_the_same_time() -> None:
    assert exposure_sheet.frame_times(5, "linear", 2) == [0.25, 0.25, 0.5, 0.5, 0.75]
    assert exposure_sheet.frame_times(3, [0.1, 0.2, 0.9], 1) == [0.1, 0.2, 0.9]
    with pytest.raises(errors.BadRequest):
        exposure_sheet.frame_times(3, [0.1, 0.9], 1)


def test_a_typed_chart_keeps_its_spacing_for_another_number_of_frames() -> None:
    assert exposure_sheet.refitted("ease-in", 9, 1) == "ease-in"
    assert exposure_sheet.refitted([0.1, 0.5], 2, 1) == [0.1, 0.5]
    assert exposure_sheet.refitted([0.1, 0.5], 5, 1) == pytest.approx([0.05, 0.1, 0.3, 0.5, 0.75])
    even = exposure_sheet.refitted([0.25, 0.5, 0.75], 14, 2)
    assert even == pytest.approx([number / 8 for number in range(1, 8)])
    assert exposure_sheet.refitted([0.2, 0.4, 0.9], 1, 1) == pytest.approx([0.4])
