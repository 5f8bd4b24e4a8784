# SPDX-License-Identifier: GPL-3.0-or-later
"""The timer: carries the engine's reports into the edit while something runs, and rests otherwise.

Blender calls it on the main thread, where it takes less time than an artist can feel.
"""

from __future__ import annotations

import time
import traceback
from typing import Any

import bpy

from ..i18n.translate import rpt
from ..tasks.background import background_tasks
from . import begin_take, prefetch, preview_icons, publish, queue, reports
from .refresh_engine import refresh_engine
from .session import session
from .show_frames import show_frames

INTERVAL_S = 0.1  # between ticks
REDRAW_S = 0.5  # between redraws: each costs as much as the artist's own, and the engine needs the processor
PATIENCE_S = 0.25  # between ticks while Blender must not be disturbed
BUDGET_S = 0.01  # of the main thread, for one tick
STRIPS_S = 0.5  # between changes of the strips, longer where Blender takes long for them
LARGEST_SHARE = 0.1  # of the main thread's time that these changes may take

# What shows jobs: panels, the sign in the header, badges on strips.
_REGIONS = {"SEQUENCE_EDITOR": {"UI", "HEADER", "WINDOW"}, "VIEW_3D": {"UI"}, "DOPESHEET_EDITOR": {"UI"}}

_next_check_s = 0.0
_next_change_s = 0.0
_last_redraw_s = 0.0
_stale = False  # the panels show less than is known


def wake() -> None:
    """Show what is known and have the timer running. Without a window nothing calls timers: operators wait instead."""
    publish.publish_all()
    prefetch.settle(queue.wanted())
    if not bpy.app.background and not bpy.app.timers.is_registered(tick):
        bpy.app.timers.register(tick, first_interval=INTERVAL_S, persistent=True)


def sleep() -> None:
    """Take the timer away."""
    if bpy.app.timers.is_registered(tick):
        bpy.app.timers.unregister(tick)


def tick() -> float | None:
    """Do what there is to do; return the seconds to the next tick, None when nothing runs any more."""
    global _stale
    try:
        # Even while a render runs: background tasks touch no edit, and one whose messages nobody reads stands still.
        _stale |= background_tasks.listen(time.perf_counter() + BUDGET_S)
        if _must_wait():
            return PATIENCE_S
        _stale |= _carry()
        refresh_engine(restart=True)
    except Exception as error:  # anything less would freeze the bar without a word
        reports.fail_all(rpt("The add-on stumbled: {error}").format(error=error), traceback.format_exc())
        _stale = True
    resting = not session.active and not background_tasks.active and not queue.can_go_on()
    if _stale and (resting or time.perf_counter() - _last_redraw_s > REDRAW_S):
        preview_icons.refresh(session.jobs.values())
        publish.publish_all()
        _redraw()
    if not resting:
        return INTERVAL_S
    prefetch.settle(set())
    return None


def _carry() -> bool:
    """Handle the reports that have come and let the queue take a step; return whether the panels have something new to
    show."""
    global _next_check_s, _next_change_s
    began_s = time.perf_counter()
    news = False
    while time.perf_counter() - began_s < BUDGET_S:
        message = session.poll()
        if message is None:
            break
        reports.handle(message)
        news = True
    session.discarded.tidy(began_s + BUDGET_S)
    news |= publish.is_behind()
    if time.perf_counter() - began_s < BUDGET_S:
        news |= begin_take.step()
    if began_s > _next_check_s:
        _next_check_s = began_s + STRIPS_S
        news |= session.drop_lost()
        prefetch.settle(queue.wanted())
    change_s = time.perf_counter()
    if change_s > _next_change_s and show_frames(session.jobs.values()):
        now_s = time.perf_counter()
        _next_change_s = now_s + max(STRIPS_S, (now_s - change_s) / LARGEST_SHARE)
    return news


def _must_wait() -> bool:
    """Whether the edit must not be changed now: a render reads it from another thread, or the artist drags strips,
    which must not vanish under the hand."""
    if bpy.app.is_job_running("RENDER"):
        return True
    return any(
        operator.bl_idname.startswith(("TRANSFORM_OT", "SEQUENCER_OT"))
        for window in _windows()
        for operator in window.modal_operators
    )


def _windows() -> Any:
    context: Any = bpy.context
    return context.window_manager.windows


def _redraw() -> None:
    """Have everything that shows jobs drawn again. Pictures that have changed Blender draws again by itself."""
    global _last_redraw_s, _stale
    _last_redraw_s, _stale = time.perf_counter(), False
    for window in _windows():
        for area in window.screen.areas:
            if area.type == "PREFERENCES":
                area.tag_redraw()
            else:
                for region in area.regions:
                    if region.type in _REGIONS.get(area.type, ()):
                        region.tag_redraw()
