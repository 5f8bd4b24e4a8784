# SPDX-License-Identifier: GPL-3.0-or-later
"""For how long Blender's main thread is held up: by a function of the add-on, and by anything at all."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import bpy

BEAT_S = 0.005

held_ms: dict[str, float] = {}  # label → the longest time that the function took
_last_beat_s = 0.0
_longest_gap_s = 0.0


def timed(owner: Any, name: str, label: str) -> None:
    """Note under `label` the longest time that a function of the add-on takes."""
    function: Callable[..., Any] = getattr(owner, name)

    def wrapper(*arguments: Any, **options: Any) -> Any:
        began_s = time.perf_counter()
        try:
            return function(*arguments, **options)
        finally:
            took_ms = round((time.perf_counter() - began_s) * 1000, 1)
            held_ms[label] = max(held_ms.get(label, 0.0), took_ms)

    setattr(owner, name, wrapper)


def start_beating() -> None:
    """Begin to note the longest gap between two beats of a timer that beats every `BEAT_S`."""
    bpy.app.timers.register(_beat)


def longest_gap_ms() -> float:
    """The longest gap between two beats since it was asked last."""
    global _longest_gap_s
    gap_ms, _longest_gap_s = round(_longest_gap_s * 1000, 1), 0.0
    return gap_ms


def _beat() -> float:
    global _last_beat_s, _longest_gap_s
    now_s = time.perf_counter()
    if _last_beat_s:
        _longest_gap_s = max(_longest_gap_s, now_s - _last_beat_s)
    _last_beat_s = now_s
    return BEAT_S
