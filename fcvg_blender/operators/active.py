"""Which strip an operator or panel means."""

from __future__ import annotations

from typing import Any

from .. import compat, shots
from .. import overlay as overlays
from ..engine import errors


def inbetweens(context: Any) -> Any:
    """The active strip when it is one of ours that shows inbetweens, else None."""
    strip = _active(context)
    return strip if strip is not None and not strip.fcvg.overlay else None


def overlay(context: Any) -> Any:
    """The active strip when it is one of ours that shows conditions, else None."""
    strip = _active(context)
    return strip if strip is not None and strip.fcvg.overlay else None


def conditions(context: Any) -> Any:
    """The strip of conditions that is active, or the one of the two strips that are selected; else None."""
    strip = overlay(context)
    if strip is not None:
        return strip
    scene = compat.sequencer_scene(context)
    try:
        shot = shots.from_selection(scene, compat.selected_strips(context), scene.fcvg)
    except errors.FcvgError:
        return None
    return next(overlays.of_pair(scene, shot), None)


def _active(context: Any) -> Any:
    scene = compat.sequencer_scene(context)
    editor = scene.sequence_editor if scene else None
    strip = editor.active_strip if editor else None
    return strip if strip is not None and strip.fcvg.id else None
