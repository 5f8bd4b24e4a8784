# SPDX-License-Identifier: GPL-3.0-or-later
"""Timing charts: which drawings are made, at which times, and for how many frames each is held.

Standard library only: the add-on imports this module too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .errors import BadRequest
from .protocol import TIMINGS

SAME_TIME = 1e-6  # times no farther apart are one drawing's

_WIND_UP = 1 / 3  # the share of the gap that an anticipation takes
_OUT = 0.07  # how far it moves out, about
_REST = 0.02  # where it comes back to, short of the key


def _ease(u: float) -> float:
    return u * u * (3 - 2 * u)


def _bias(u: float, middle: float) -> float:
    """Schlick's bias ("Fast Alternatives to Perlin's Bias and Gain Functions", Graphics Gems IV, 1994): 0.5 goes to
    `middle`, and unlike a slow in or out neither end comes to a stop."""
    return u / ((1 / middle - 2) * (1 - u) + 1)


def _anticipation(u: float) -> float:
    """A small move out and back, then fast into the later key, where it settles.

    What tells of an action is a move against it. Inbetweens cannot go beyond the earlier key for that, but the way back
    from a small move out is one. With x the share of the wind-up that is over, and v that of the action:
    rest · ease(x) + 16 · out · x² (1 - x)², then rest + (1 - rest) · ease(bias(v, 2/3)). Both halves stand still where
    they meet.
    """
    if u < _WIND_UP:
        x = u / _WIND_UP
        return _REST * _ease(x) + 16 * _OUT * (x * (1 - x)) ** 2
    v = (u - _WIND_UP) / (1 - _WIND_UP)
    return _REST + (1 - _REST) * _ease(_bias(v, 2 / 3))


_CURVES: dict[str, Callable[[float], float]] = {
    "linear": lambda u: u,
    "ease-in": lambda u: u * u,  # starts slowly, as in Blender
    "ease-out": lambda u: 1 - (1 - u) ** 2,
    "ease-in-out": _ease,
    "favour-first": lambda u: _bias(u, 1 / 3),  # the middle drawing lies a third of the way
    "favour-last": lambda u: _bias(u, 2 / 3),
    "anticipation": _anticipation,
}


@dataclass(frozen=True)
class Drawing:
    """One distinct picture: shown on inbetween frames `index` … `index + hold - 1` (from 1), at `time` in (0, 1)."""

    index: int
    hold: int
    time: float


def chart(count: int, timing: str | list[float], hold: int) -> list[Drawing]:
    """The drawings of `count` inbetweens on `hold`s (ones, twos, threes).

    There are ⌈count/hold⌉ drawings; the last is held shorter where the count does not divide. They stand evenly
    between the keys before the curve `timing` (one of protocol.TIMINGS) bends them, or at the given times, one a
    drawing. Raises BadRequest.
    """
    drawings = math.ceil(count / hold)
    if isinstance(timing, str):
        if timing not in TIMINGS:
            raise BadRequest(
                f"There is no timing {timing!r:.100}.", f"Use {', '.join(TIMINGS)}, or times like 0.2,0.5."
            )
        times = [_CURVES[timing]((drawing + 1) / (drawings + 1)) for drawing in range(drawings)]
    else:
        times = _checked(timing, drawings, count, hold)
    return [
        Drawing(index=number * hold + 1, hold=min(hold, count - number * hold), time=time)
        for number, time in enumerate(times)
    ]


def frame_times(count: int, timing: str | list[float], hold: int) -> list[float]:
    """The time of what each of the `count` frames shows, held drawings repeated; see `chart`. Raises BadRequest."""
    return [drawing.time for drawing in chart(count, timing, hold) for _ in range(drawing.hold)]


def breakdown(drawings: Sequence[Drawing]) -> Drawing:
    """The drawing nearest the middle between the keys, which animators call the breakdown and make first.

    The earlier of two that are as near.
    """
    return min(drawings, key=lambda each: round(abs(each.time - 0.5), 9))


def parse(text: str) -> str | list[float]:
    """The timing out of a command line: a curve's name, or times divided by commas. Raises BadRequest."""
    if text in TIMINGS:
        return text
    try:
        return [float(each) for each in text.split(",")]
    except ValueError:
        raise BadRequest(
            f"The timing {text!r:.100} is neither a curve nor a list of times.",
            f"Use {', '.join(TIMINGS)}, or times like 0.2,0.5,0.8.",
        ) from None


def _checked(times: list[float], drawings: int, count: int, hold: int) -> list[float]:
    if len(times) != drawings:
        raise BadRequest(
            f"{len(times)} times are given, but {count} inbetweens held for {hold} need {drawings}.",
            "Give one time for each drawing.",
        )
    for time in times:
        if not 0 < time < 1:  # NaN fails too
            raise BadRequest(f"The time {time:g} is not between the keys.", "Times lie above 0 and below 1.")
    return times
