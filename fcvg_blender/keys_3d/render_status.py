# SPDX-License-Identifier: GPL-3.0-or-later
"""What the panel shows of keys being rendered: how far they are, and how the newest run has ended."""

from __future__ import annotations

from typing import Any

import bpy

from ..i18n.translate import plural, translate_sentences
from ..settings import keys_3d
from .render_run import RenderRun


def begin(run: RenderRun) -> None:
    """A run begins: forget how the one before has ended."""
    keys_3d.status().outcome = ""
    publish(run)


def publish(run: RenderRun) -> None:
    """Show how far a run is."""
    status, total = keys_3d.status(), len(run.request.frames)
    status.total, status.number = total, min(len(run.keys) + 1, total)
    status.fraction = len(run.keys) / total
    redraw()


def stop() -> None:
    """Note that no further key is to be begun."""
    keys_3d.status().stopping = True


def is_stopping() -> bool:
    """Return whether `stop` was called for the run."""
    return bool(keys_3d.status().stopping)


def end() -> None:
    """Show no run any more."""
    status = keys_3d.status()
    status.total = status.number = 0
    status.fraction, status.stopping = 0.0, False
    redraw()


def tell_ended(run: RenderRun, why: str) -> None:
    """Show why a run has ended before all of its keys were there, and what there is of it."""
    keys_3d.status().outcome = translate_sentences((why, _kept(run)))


def redraw() -> None:
    """Have the panels drawn again that show keys."""
    context: Any = bpy.context
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in {"VIEW_3D", "DOPESHEET_EDITOR"}:
                for region in area.regions:
                    if region.type == "UI":
                        region.tag_redraw()


def _kept(run: RenderRun) -> str:
    """The sentence that says how many keys there are, '' without any."""
    made = len(run.keys)
    if not made:
        return ""
    return plural(
        "1 of {all} keys is there and will be used next time.",
        "{count} of {all} keys are there and will be used next time.",
        made,
    ).format(count=made, all=len(run.request.frames))
