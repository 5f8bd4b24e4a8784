# SPDX-License-Identifier: GPL-3.0-or-later
"""What the add-on does when Blender undoes, redoes, opens or saves a file."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.app.handlers import persistent

from ..edit import take_folders
from ..jobs import prefetch, queue, queue_commands, timer
from ..jobs.resync import resync
from ..jobs.session import session
from ..keys_3d import lay_into_edit, render_frames
from ..takes import promoted_key


@persistent  # type: ignore[untyped-decorator]
def before_change(*_: Any) -> None:
    """Before undo and redo: end the rendering of keys, which cannot go on."""
    render_frames.clean()


@persistent  # type: ignore[untyped-decorator]
def before_load(*_: Any) -> None:
    """Before another file is opened: remove folders of takes that are gone, for nothing can be redone any more."""
    render_frames.clean()
    session.laid.sweep()


@persistent  # type: ignore[untyped-decorator]
def after_change_of_history(*_: Any) -> None:
    """After undo and redo: strips are what they were before, and the frames on disk are newer."""
    render_frames.clean()
    take_folders.find_moved()
    lay_into_edit.find_moved()
    resync()
    timer.wake()


@persistent  # type: ignore[untyped-decorator]
def after_load(*_: Any) -> None:
    """After another file was opened: put its strips right, whose jobs may have ended with a crash, and end the jobs of
    the file before."""
    session.error_panel.clear()
    render_frames.clean()
    take_folders.find_moved()
    lay_into_edit.find_moved()
    queue_commands.hold_after_load()
    session.undo_guard.clear()
    resync()
    take_folders.clean_leftovers()
    timer.wake()


@persistent  # type: ignore[untyped-decorator]
def before_save(filepath: str, *_: Any) -> None:
    """Before saving: frames of a file that is saved for the first time move beside it, and prefetching is on in the
    file even while it is held."""
    take_folders.relocate_on_save(filepath, session.busy_takes(), session.laid.shared())
    promoted_key.bring_along(filepath)
    lay_into_edit.relocate_on_save(filepath)
    prefetch.settle(set())


@persistent  # type: ignore[untyped-decorator]
def after_save(*_: Any) -> None:
    """After saving: the folders of the file's takes are the file's from now on; hold prefetching again for the takes
    that are being made."""
    session.laid.note_saved()
    prefetch.settle(queue.wanted())


@persistent  # type: ignore[untyped-decorator]
def after_failed_save(*_: Any) -> None:
    """After saving has failed: hold prefetching again for the takes that are being made."""
    prefetch.settle(queue.wanted())


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
}


def register() -> None:
    """Add the handlers to Blender."""
    for name, handler in _HANDLERS.items():
        getattr(bpy.app.handlers, name).append(handler)


def unregister() -> None:
    """Remove the handlers from Blender."""
    for name, handler in _HANDLERS.items():
        getattr(bpy.app.handlers, name).remove(handler)
