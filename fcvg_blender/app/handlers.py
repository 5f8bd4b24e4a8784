"""What Blender tells us: undo, redo, another file, saving."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.app.handlers import persistent

from ..edit import take_folders
from ..jobs import prefetch, queue, timer
from ..jobs.session import session
from ..keys_3d import lay_into_edit, render_frames
from ..takes import promoted_key


@persistent  # type: ignore[untyped-decorator]
def before_change(*_: Any) -> None:
    """Undo, redo: a render of ours cannot go on."""
    render_frames.clean()


@persistent  # type: ignore[untyped-decorator]
def before_load(*_: Any) -> None:
    """Another file: nothing can be redone any more."""
    render_frames.clean()
    session.sweep()


@persistent  # type: ignore[untyped-decorator]
def after_change_of_history(*_: Any) -> None:
    """Undo, redo: strips are what they were, the frames on disk are newer."""
    render_frames.clean()
    take_folders.find_moved()
    lay_into_edit.find_moved()
    session.resync()
    timer.wake()


@persistent  # type: ignore[untyped-decorator]
def after_load(*_: Any) -> None:
    """Another file: its strips, whose jobs a crash may have ended; the jobs of the file before end."""
    session.clear_error()
    render_frames.clean()
    take_folders.find_moved()
    lay_into_edit.find_moved()
    queue.after_load()
    session.forget_ends()
    session.resync()
    take_folders.clean_leftovers()
    timer.wake()


@persistent  # type: ignore[untyped-decorator]
def before_save(filepath: str, *_: Any) -> None:
    """The first save of a new file gives its frames a place beside it. No file keeps what only holds for now."""
    take_folders.relocate_on_save(filepath, session.busy_takes())
    promoted_key.bring_along(filepath)
    lay_into_edit.relocate_on_save(filepath)
    prefetch.settle(set())


@persistent  # type: ignore[untyped-decorator]
def after_save(*_: Any) -> None:
    """Jobs that run go on."""
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
    "save_post_fail": after_save,
}


def register() -> None:
    """Ask Blender to tell us."""
    for name, handler in _HANDLERS.items():
        getattr(bpy.app.handlers, name).append(handler)


def unregister() -> None:
    """Ask it no longer."""
    for name, handler in _HANDLERS.items():
        getattr(bpy.app.handlers, name).remove(handler)
