# SPDX-License-Identifier: GPL-3.0-or-later
"""Which strip an operator or panel means."""

from __future__ import annotations

from typing import Any

from .. import compat
from ..engine import errors
from ..settings import strip_record
from . import conditions_strip as overlays
from . import gaps, strip_takes


def inbetweens(context: Any) -> Any:
    """The active strip when it is one of ours that shows inbetweens, else None."""
    strip = _active(context)
    return strip if strip is not None and not strip.fcvg.overlay else None


def selected(context: Any) -> list[Any]:
    """The strips of inbetweens that are selected, else the active one; [] without either."""
    strip = inbetweens(context)
    found = [each for each in compat.selected_strips(context) if gaps.is_inbetweens(each)]
    return found or ([strip] if strip is not None else [])


def numbered_take(context: Any, number: int) -> Any:
    """The take with this number of the active strip of inbetweens, or for 0 the one that it shows; None without."""
    strip = inbetweens(context)
    if strip is None:
        return None
    return next((each for each in strip_takes.all_of(strip.fcvg) if each.number == (number or strip.fcvg.number)), None)


def gap(context: Any) -> tuple[int, int] | None:
    """Frame of the earlier key and number of inbetweens of the gap that is meant; None without any.

    It is the first gap that is selected, else that of the active strip of inbetweens. A gap that is to be pushed open
    counts as open.
    """
    scene = compat.sequencer_scene(context)
    try:
        shot = gaps.chain(scene, compat.selected_strips(context), scene.fcvg).shots[0]
    except errors.FcvgError:
        strip = inbetweens(context)
        if strip is None:
            return None
        return round(compat.content_start(strip)) - 1, strip_record.within(strip.fcvg, "count")
    return shot.first - 1, shot.count


def overlay(context: Any) -> Any:
    """The active strip when it is one of ours that shows conditions, else None."""
    strip = _active(context)
    return strip if strip is not None and strip.fcvg.overlay else None


def conditions(context: Any) -> Any:
    """The active strip when it shows conditions, else the strip with those of the two selected strips, else None."""
    strip = overlay(context)
    if strip is not None:
        return strip
    scene = compat.sequencer_scene(context)
    try:
        shot = gaps.from_selection(scene, compat.selected_strips(context), scene.fcvg)
    except errors.FcvgError:
        return None
    return next(overlays.of_pair(scene, shot), None)


def _active(context: Any) -> Any:
    scene = compat.sequencer_scene(context)
    editor = scene.sequence_editor if scene else None
    strip = editor.active_strip if editor else None
    return strip if strip is not None and strip.fcvg.id else None
