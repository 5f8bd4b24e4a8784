"""Which strip an operator or panel means."""

from __future__ import annotations

from typing import Any

from .. import compat


def inbetweens(context: Any) -> Any:
    """The active strip when it is one of ours, else None."""
    scene = compat.sequencer_scene(context)
    editor = scene.sequence_editor if scene else None
    strip = editor.active_strip if editor else None
    return strip if strip is not None and strip.fcvg.id else None
