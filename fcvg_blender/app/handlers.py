# SPDX-License-Identifier: GPL-3.0-or-later
"""What the add-on does when Blender undoes, redoes, opens or saves a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bpy
from bpy.app.handlers import persistent

from .. import guard
from ..edit import strips, take_folders
from ..jobs import prefetch, queue, queue_commands, reports, timer
from ..jobs.resync import notice_copies, resync
from ..jobs.session import session
from ..keys_3d import lay_into_edit, render_frames
from ..settings import status
from ..takes import promoted_key


@persistent  # type: ignore[untyped-decorator]
def before_change(*_: Any) -> None:
    """Before undo and redo: end the rendering of keys, which cannot go on."""
    _each(render_frames.clean)


@persistent  # type: ignore[untyped-decorator]
def before_load(*_: Any) -> None:
    """Before another file is opened: remove folders of takes that are gone, for nothing can be redone any more."""
    _each(render_frames.clean, session.laid.sweep)


@persistent  # type: ignore[untyped-decorator]
def after_change_of_history(*_: Any) -> None:
    """After undo and redo: strips are what they were before, and the frames on disk are newer."""
    _each(strips.mend_all, render_frames.clean, take_folders.find_moved, lay_into_edit.find_moved, resync, timer.wake)


@persistent  # type: ignore[untyped-decorator]
def after_load(*_: Any) -> None:
    """After another file was opened: put its strips right, whose jobs may have ended with a crash, and end the jobs of
    the file before. Files and folders are only looked at: opening a file changes nothing on the disk."""
    guard.forget()
    _each(
        *(status.forget, session.error_panel.clear, strips.mend_all, render_frames.clean),
        *(take_folders.find_moved, lay_into_edit.find_moved, queue_commands.hold_after_load),
        *(session.undo_guard.clear, resync, timer.wake),
    )


@persistent  # type: ignore[untyped-decorator]
def after_import(*_: Any) -> None:
    """After parts of another file were appended: its numbers may be odd, its strips copies of ours, and its jobs were
    another Blender's."""
    _each(resync, timer.wake)


@persistent  # type: ignore[untyped-decorator]
def before_save(filepath: str, *_: Any) -> None:
    """Before saving: frames of a file that is saved for the first time move beside it, and prefetching is on in the
    file even while it is held."""
    _each(
        notice_copies,
        lambda: take_folders.relocate_on_save(filepath, session.busy_takes(), session.laid.shared()),
        lambda: promoted_key.bring_along(filepath),
        lambda: lay_into_edit.relocate_on_save(filepath),
        lambda: prefetch.settle(set()),
    )


@persistent  # type: ignore[untyped-decorator]
def after_save(*_: Any) -> None:
    """After saving: the folders of the file's takes are the file's from now on; hold prefetching again for the takes
    that are being made, and remove what a crash has left."""
    _each(
        *(session.laid.note_saved, lambda: prefetch.settle(queue.wanted()), take_folders.clean_leftovers),
    )


@persistent  # type: ignore[untyped-decorator]
def after_failed_save(*_: Any) -> None:
    """After saving has failed: hold prefetching again for the takes that are being made."""
    _each(lambda: prefetch.settle(queue.wanted()))


def _each(*steps: Callable[[], object]) -> None:
    """Do one step after the other; one that fails is told of, and keeps none of the others from being done."""
    for step in steps:
        with guard.going_on("a change of the file", reports.stumbled):
            step()


_HANDLERS = {
    "undo_pre": before_change,
    "redo_pre": before_change,
    "load_pre": before_load,
    "undo_post": after_change_of_history,
    "redo_post": after_change_of_history,
    "load_post": after_load,
    "save_pre": before_save,
    "save_post": after_save,
    "save_post_fail": after_failed_save,
    "blend_import_post": after_import,  # since 4.3
}


def register() -> None:
    """Add the handlers to Blender."""
    for name, handler in _HANDLERS.items():
        getattr(bpy.app.handlers, name, []).append(handler)


def unregister() -> None:
    """Remove the handlers from Blender."""
    for name, handler in _HANDLERS.items():
        getattr(bpy.app.handlers, name, [handler]).remove(handler)
