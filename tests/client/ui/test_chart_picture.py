# SPDX-License-Identifier: GPL-3.0-or-later
"""The tick chart as an animator reads it off the screen. No Blender, no engine process."""

from __future__ import annotations

import numpy as np
import pytest

from fcvg_blender.engine import timing
from fcvg_blender.ui import chart_picture, ink_layer
from fcvg_blender.ui.chart_picture import Chart, ChartStyle

WHITE, BLACK, ORANGE = (1.0, 1.0, 1.0, 1.0), (0.0, 0.0, 0.0, 1.0), (1.0, 0.5, 0.0, 1.0)
SIZE = 400  # large enough that no two ticks touch
TICK, BREAKDOWN = 7, 12  # pixels beside the line: every tick reaches the first, the breakdown's alone the second


def chart(count: int, spacing: str | list[float] = "linear", hold: int = 1, **options: object) -> Chart:
    return Chart(tuple(timing.chart(count, spacing, hold)), **{"first": 24, **options})  # type: ignore[arg-type]


def painted(shown: Chart, size: int = SIZE, scale: float = 1.0, ink: tuple[float, ...] = WHITE) -> np.ndarray:
    return chart_picture.paint(shown, ChartStyle(size, size, scale, ink, ORANGE))  # type: ignore[arg-type]


def line(pixels: np.ndarray) -> int:
    """The column of the line from key to key: the one with most ink."""
    return int(pixels[..., 3].sum(axis=0).argmax())


def ticks(pixels: np.ndarray, beside: int = TICK) -> list[float]:
    """Where ticks cross the column `beside` the line, as shares of the way from the first key to the last."""
    ink = pixels[:, line(pixels) - beside, 3]
    rows = np.flatnonzero(ink > 0.05)
    runs = np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)
    middles = np.array([np.average(run, weights=ink[run]) for run in runs])
    return list((middles - middles[0]) / (middles[-1] - middles[0]))


def row_of_first(pixels: np.ndarray) -> int:
    """The row of the first drawing's tick."""
    rows = np.flatnonzero(pixels[:, line(pixels) - TICK, 3] > 0.3)
    return int(rows[np.flatnonzero(np.diff(rows) > 1)[0] + 1])


@pytest.mark.parametrize("spacing", ["linear", "ease-in", "ease-out", "ease-in-out", "favour-first", "favour-last"])
def test_each_drawing_is_a_tick_at_its_time(spacing: str) -> None:
    shown = chart(9, spacing)

    assert ticks(painted(shown)) == pytest.approx([0.0, *(each.time for each in shown.drawings), 1.0], abs=0.002)


def test_the_breakdown_stands_out() -> None:
    shown = chart(5, "ease-in")

    longer = ticks(painted(shown), BREAKDOWN)

    assert longer == pytest.approx([0.0, timing.breakdown(shown.drawings).time, 1.0], abs=0.002)


def test_a_missing_drawing_has_another_colour_and_is_dashed() -> None:
    whole, lacking = chart(5), chart(5, missing=frozenset({2}))

    pixels = painted(lacking)

    orange = (pixels[..., 3] > 0.5) & (pixels[..., 2] < 0.5)
    rows = np.flatnonzero(orange[:, : line(pixels)].any(axis=1))
    assert 1 <= len(rows) <= 3, "one tick, no other"
    dashes = pixels[rows[0], line(pixels) - 8 : line(pixels) - 1, 3]
    assert dashes.min() < 0.1 < 0.5 < dashes.max()
    assert not (painted(whole)[..., 2][painted(whole)[..., 3] > 0.5] < 0.5).any()


def test_drawings_on_twos_and_threes_carry_a_dot_a_frame() -> None:
    dots = []
    for hold in (1, 2, 3):
        pixels = painted(chart(12, hold=hold))
        middle = line(pixels)
        row = row_of_first(pixels)
        ink = pixels[row - 2 : row + 3, : middle - 9, 3].max(axis=0) > 0.3
        dots.append(int((np.diff(ink.astype(int)) == 1).sum()))

    assert dots == [0, 2, 3]


def test_the_numbers_are_those_of_the_frames() -> None:
    def numbers(first: int) -> np.ndarray:
        pixels = painted(chart(3, first=first))
        return pixels[:, line(pixels) + 20 :, 3]

    assert not np.array_equal(numbers(10), numbers(20))
    assert np.array_equal(numbers(10), numbers(10))
    digits = [ink_layer.glyph(str(digit), 1.0) for digit in range(10)]
    for one in range(10):
        for other in range(one):
            assert np.abs(digits[one] - digits[other]).max() > 0.5, f"{one} and {other} look alike"


def test_no_number_lies_on_another() -> None:
    pixels = painted(chart(60), size=160)
    middle = line(pixels)
    rows = pixels[:, middle + 18 : middle + 30, 3].max(axis=1) > 0.3

    runs = np.split(np.flatnonzero(rows), np.flatnonzero(np.diff(np.flatnonzero(rows)) > 1) + 1)

    assert len(runs) >= 6, "some numbers have room"
    assert all(len(run) <= 17 for run in runs), "a ring is 15 pixels high, a number with its line below 11"


def test_the_theme_gives_the_colour_and_nothing_else() -> None:
    light, dark = painted(chart(7)), painted(chart(7), ink=BLACK)

    assert np.array_equal(light[..., 3], dark[..., 3])
    assert (light[..., :3][light[..., 3] > 0] == 1).all()
    assert (dark[..., :3] == 0).all()
    assert light[0, 0, 3] == 0


def test_at_twice_the_scale_it_is_the_same_chart_twice_as_fine() -> None:
    single, double = painted(chart(4), size=160), painted(chart(4), size=320, scale=2.0)

    assert ticks(double, 2 * TICK) == pytest.approx(ticks(single), abs=0.01)
    assert line(double) == pytest.approx(2 * line(single), abs=3)
    assert crisp(double) > crisp(single), "drawn anew, not enlarged"


def crisp(pixels: np.ndarray) -> float:
    """The share of the ink that is no edge."""
    return float((pixels[..., 3] > 0.95).sum() / (pixels[..., 3] > 0.05).sum())


@pytest.mark.parametrize("size", [1, 8, 40])
@pytest.mark.parametrize("count", [1, 1000])
def test_any_chart_fits_any_room(count: int, size: int) -> None:
    pixels = painted(chart(count, first=1_000_000), size=size)

    assert pixels.shape == (size, size, 4)
    assert np.isfinite(pixels).all()
    assert 0 <= pixels.min() <= pixels.max() <= 1
