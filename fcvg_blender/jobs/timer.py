# SPDX-License-Identifier: GPL-3.0-or-later
"""The timer: carries the engine's reports into the edit while something runs, and rests otherwise.

Blender calls it on the main thread, where it takes less time than an artist can feel.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

import bpy

from .. import guard
from ..tasks.background import background_tasks
from . import begin_take, prefetch, preview_icons, publish, queue, reports, resync
from .refresh_engine import refresh_engine
from .session import session

INTERVAL_S = 0.1  # between ticks
REDRAW_S = 0.5  # between redraws: each costs as much as the artist's own, and the engine needs the processor
PATIENCE_S = 0.25  # between ticks while Blender must not be disturbed
BUDGET_S = 0.01  # of the main thread, for one tick
STRIPS_S = 0.5  # between changes of the strips, longer where Blender takes long for them
LARGEST_SHARE = 0.1  # of the main thread's time that these changes may take

# What shows jobs: panels, the sign in the header, badges on strips.
_REGIONS = {"SEQUENCE_EDITOR": {"UI", "HEADER", "WINDOW"}, "VIEW_3D": {"UI"}, "DOPESHEET_EDITOR": {"UI"}}

_T = TypeVar("_T")

_next_check_s = 0.0
_next_change_s = 0.0
_last_redraw_s = 0.0
_stale = False  # the panels show less than is known


def wake() -> None:
    """Show what is known and have the timer running. Without a window nothing calls timers: operators wait instead."""
    _step(publish.publish_all)
    _step(_settle_prefetching)
    if not bpy.app.background and not bpy.app.timers.is_registered(tick):
        bpy.app.timers.register(tick, first_interval=INTERVAL_S, persistent=True)


def sleep() -> None:
    """Take the timer away."""
    if bpy.app.timers.is_registered(tick):
        bpy.app.timers.unregister(tick)


def tick() -> float | None:
    """Do what there is to do; return the seconds to the next tick, None when nothing runs any more.

    Blender would never call a timer again that has raised an exception, and bars would stand still without a word. So
    a step that fails is told of, and the others are done.
    """
    global _stale
    # Even while a render runs: background tasks touch no edit, and one whose messages nobody reads stands still.
    _step(_listen_to_tasks)
    if _step(_must_wait):
        return PATIENCE_S
    _carry()
    _step(refresh_engine, True)
    resting = not _step(_is_busy)
    if _stale and (resting or time.perf_counter() - _last_redraw_s > REDRAW_S):
        _stale = False
        _step(preview_icons.refresh, session.jobs.values())
        _step(publish.publish_all)
        _step(_redraw)
    if not resting:
        return INTERVAL_S
    _step(prefetch.settle, set[str]())
    return None


def _step(work: Callable[..., _T], *arguments: Any) -> _T | None:
    """Do a step of the timer; return what it does, None where it fails."""
    with guard.going_on(f"timer, {work.__name__}", reports.stumbled):
        return work(*arguments)
    return None


def _carry() -> None:
    """Handle the reports that have come and let the queue take a step; note whether the panels have something new to
    show."""
    global _next_check_s, _next_change_s, _stale
    began_s = time.perf_counter()
    until_s = began_s + BUDGET_S
    _step(_handle_reports, until_s)
    _step(session.discarded.tidy, until_s)
    _stale |= bool(_step(publish.is_behind))
    if time.perf_counter() < until_s:
        _stale |= bool(_step(begin_take.step))
    if began_s > _next_check_s:
        _next_check_s = began_s + STRIPS_S
        _stale |= bool(_step(resync.notice_copies)) | bool(_step(session.drop_lost))
        _step(_settle_prefetching)
    change_s = time.perf_counter()
    if change_s > _next_change_s and _step(reports.show_frames_of_all):
        now_s = time.perf_counter()
        _next_change_s = now_s + max(STRIPS_S, (now_s - change_s) / LARGEST_SHARE)


def _listen_to_tasks() -> None:
    global _stale
    _stale |= background_tasks.listen(time.perf_counter() + BUDGET_S)


def _handle_reports(until_s: float) -> None:
    global _stale
    while time.perf_counter() < until_s:
        try:
            message = session.poll()
        except Exception as error:
            reports.fail_all(error)
            raise
        if message is None:
            return
        _stale = True
        reports.handle(message)


def _settle_prefetching() -> None:
    prefetch.settle(queue.wanted())


def _is_busy() -> bool:
    """Whether there is anything for the timer to do, now or soon."""
    return session.active or background_tasks.active or queue.can_go_on()


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
    global _last_redraw_s
    _last_redraw_s = time.perf_counter()
    for window in _windows():
        for area in window.screen.areas:
            if area.type == "PREFERENCES":
                area.tag_redraw()
            else:
                for region in area.regions:
                    if region.type in _REGIONS.get(area.type, ()):
                        region.tag_redraw()
