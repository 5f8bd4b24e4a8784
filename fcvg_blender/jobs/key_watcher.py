# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks from time to time whether inbetweens still fit their keys, and notes on the strip what has changed.

The note alone is written, and only when it changes: no undo step is made, and the file does not count as changed.
Nothing is rendered or generated; what to do about a change is the artist's decision.
"""

from __future__ import annotations

import math
import time
from typing import Any

import bpy

from .. import compat, guard
from ..edit import gap_refusals, gaps, reach, strip_pictures, strip_takes, strips, take_files, take_folders
from ..i18n.translate import mark, rpt
from ..keys import file_digests, key_fingerprint, painted_over
from ..settings import mending, strip_record
from . import resync, timer

INTERVAL_S = 2.0
BUDGET_S = 0.005  # of the main thread, for one tick

START, END, BOTH = "START", "END", "BOTH"  # the picture of a key is another one
GAP = "GAP"  # the gap has another length, or the inbetweens do not lie in it any more
LOST = "LOST"  # a key is gone

_next = 0  # index of the strip to be looked at next


def look_at(scene: Any, strip: Any, until_s: float = math.inf) -> None:
    """Note on a strip of inbetweens what has changed since its shown take was made, and how many drawings of each take
    the artist has painted over.

    A take that is not finished, or has no fingerprints of its keys, is never noted as changed. Raises
    `file_digests.OutOfTime` when a large file could not be read until `time.perf_counter()` says `until_s`.
    """
    changed = _changed(scene, strip, until_s)
    if strip.fcvg.stale != changed:
        strip.fcvg.stale = changed
    for take in strip_takes.all_of(strip.fcvg):
        if take.state not in strip_record.UNFINISHED:
            yours = painted_over.count(take_folders.of_take(strip, take), until_s)
            if take.yours != yours:
                take.yours = yours


def look_at_all() -> int:
    """Look at every strip of inbetweens in the file, however long that takes; return how many have changed.

    A strip some of whose drawings have gone from the disk, or have come back, shows what is there.
    """
    found = _watched()
    for scene, strip in found:
        with guard.going_on("keys of a strip"):
            look_at(scene, strip)
            if _has_lost_or_found(strip):
                strip_pictures.sync(strip)
    return sum(bool(strip.fcvg.stale) for _, strip in found)


def sentence(scene: Any, strip: Any) -> tuple[str, str]:
    """Return what has changed about a strip's keys, and what to do about it; ('', '') where nothing has changed."""
    record = strip.fcvg
    again = rpt("Regenerate makes these frames anew. Those that are there stay as a take.")
    if record.stale == LOST:
        return rpt("A key of these frames is gone."), rpt("Bring it back, or select two strips and generate anew.")
    if record.stale == GAP:
        try:
            shot = gaps.of_strip(scene, strip)
        except gap_refusals.ShotProblem as problem:
            return problem.message, problem.hint
        if shot.count == record.count:
            return rpt("The keys are somewhere else now."), again
        gap = rpt("The gap is {gap} frames now; these are {count}.").format(gap=shot.count, count=record.count)
        return gap, again
    words = {
        START: mark("The earlier key “{start}” has changed."),
        END: mark("The later key “{end}” has changed."),
        BOTH: mark("Both keys, “{start}” and “{end}”, have changed."),
    }
    if record.stale not in words:
        return "", ""
    return rpt(words[record.stale]).format(start=record.key_start, end=record.key_end), again


def tick() -> float:
    """Look at as many strips as there is time for, the others next time; return the seconds to the next tick."""
    with guard.going_on("looking at keys"):
        context: Any = bpy.context
        playing = any(window.screen.is_animation_playing for window in context.window_manager.windows)
        if not playing and not bpy.app.is_job_running("RENDER"):
            if resync.notice_copies():
                timer.wake()
            if _look_around():
                _redraw(context)
    return INTERVAL_S


def _look_around() -> bool:
    """Look at the next strips until the time is over; return whether there is a new note."""
    global _next
    until_s = time.perf_counter() + BUDGET_S
    found = _watched()
    news = False
    for _ in found:
        _next %= len(found)
        with guard.going_on("keys of a strip"):
            scene, strip = found[_next]
            mending.mend(strip.fcvg, strip_record.RANGES)  # it may have been pasted
            before = _noted(strip)
            try:
                look_at(scene, strip, until_s)
            except file_digests.OutOfTime:
                break
            finally:
                news |= _noted(strip) != before  # also where the time was over after the first note
        _next += 1
        if time.perf_counter() > until_s:
            break
    return news


def _noted(strip: Any) -> tuple[Any, ...]:
    return strip.fcvg.stale, *(take.yours for take in strip_takes.all_of(strip.fcvg))


def register() -> None:
    """Begin to watch, where there is a window: else nobody would see the notes."""
    if compat.has_window():
        bpy.app.timers.register(tick, first_interval=INTERVAL_S, persistent=True)


def unregister() -> None:
    """Stop watching."""
    if bpy.app.timers.is_registered(tick):
        bpy.app.timers.unregister(tick)


def _has_lost_or_found(strip: Any) -> bool:
    """Whether other drawings of the shown take are there than its record says. Where its folder is out of reach nothing
    is known of them."""
    record, folder = strip.fcvg, strips.folder(strip)
    if record.state in strip_record.UNFINISHED or not reach.answers(folder):
        return False
    drawings = take_files.made(folder)
    return drawings is not None and strip_pictures.count_made(record, drawings) != record.made


def _watched() -> list[tuple[Any, Any]]:
    """All strips of inbetweens, with their scenes."""
    return [(scene, strip) for scene, strip in strips.ours() if not strip.fcvg.overlay]


def _changed(scene: Any, strip: Any, until_s: float) -> str:
    """What has changed, one of the words above; '' for nothing."""
    record = strip.fcvg
    if record.state != strip_record.DONE or not (record.print_start and record.print_end):
        return ""
    try:
        gaps.keys_of(scene, strip)
    except gap_refusals.ShotProblem:
        return LOST
    try:
        shot = gaps.of_strip(scene, strip)
    except gap_refusals.ShotProblem:
        return GAP
    if (shot.first, shot.count) != (compat.content_start(strip), record.count):
        return GAP
    start = _is_other(scene, strip, shot, take_files.START, "print_start", until_s)
    end = _is_other(scene, strip, shot, take_files.END, "print_end", until_s)
    return {(False, False): "", (True, False): START, (False, True): END, (True, True): BOTH}[start, end]


def _is_other(scene: Any, strip: Any, shot: gaps.Shot, which: str, field: str, until_s: float) -> bool:
    """Whether the key `which` has another fingerprint than the one in `field` of the strip's record."""
    key, frame = gaps.key_of(scene, shot, which)
    now, before = key_fingerprint.of(scene, key, frame, until_s), getattr(strip.fcvg, field)
    if key_fingerprint.differ(now, before):
        return True
    if now != before and not strip.fcvg.stale:
        setattr(strip.fcvg, field, now)  # as this version of Blender writes it
    return False


def _redraw(context: Any) -> None:
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "SEQUENCE_EDITOR":
                area.tag_redraw()
