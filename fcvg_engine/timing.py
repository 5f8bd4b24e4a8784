"""Timing charts: which drawings are made, at which times, and for how many frames each is held."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from .errors import BadRequest
from .protocol import TIMINGS

_CURVES = {
    "linear": lambda u: u,
    "ease-in": lambda u: u * u,  # starts slowly, as in Blender
    "ease-out": lambda u: 1 - (1 - u) ** 2,
    "ease-in-out": lambda u: u * u * (3 - 2 * u),
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
