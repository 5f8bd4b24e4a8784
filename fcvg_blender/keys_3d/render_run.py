# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of rendering keys, key after key, and what it changes in Blender for that long.

A copy of the scene is rendered, and other add-ons are not told of it. A key that was rendered before and has not
changed is used again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import bpy

from .. import compat
from ..edit import take_folders
from ..engine import errors, file_records, folder_record, own_files
from ..i18n.translate import rpt
from ..keys import render_keys
from . import scene_copy, scene_fingerprint, unkeyed_values
from .rendered_key import RenderedKey, RenderRequest, is_whole, place


class RenderCancelled(errors.FcvgError):
    """The artist, or Blender in their stead, has ended the rendering."""

    code = "cancelled"


class RenderRun:
    """The keys of one request: `waiting` are the frames still to be done, `keys` those that are there.

    For each frame call `prepare`, and where that returns a path, `begin` and when Blender has rendered, `keep`.
    `stack` undoes what the run changes in Blender, when it is closed.
    """

    def __init__(self, scene: Any, request: RenderRequest, stack: ExitStack) -> None:
        self.request, self.waiting, self.keys = request, list(request.frames), list[RenderedKey]()
        self._is_cancelled = False
        self._rendering: tuple[Path, Path] | None = None  # the unfinished file, and the one that it becomes
        take_folders.make(request.folder)
        had_result = "Render Result" in bpy.data.images
        self._copy = scene_copy.make(scene, request.look, request.file_format)
        stack.callback(_forget_result, had_result)
        stack.callback(self._clean_up)
        stack.enter_context(render_keys.no_render_handlers())
        stack.enter_context(scene_fingerprint.reading())
        # The handlers of others are away, and this one will be as well when they come back.
        bpy.app.handlers.render_cancel.append(self._on_cancel)

    def prepare(self) -> Path | None:
        """Set the copy to the next frame; return where it is to be rendered, None where it is there already.

        Raises RenderCancelled where the copy is gone.
        """
        copy, frame = self._found(), self.waiting[0]
        scene_copy.set_frame(copy, frame)
        path = place(self.request, frame, scene_fingerprint.of(copy, frame))
        if is_whole(path):
            self._done(path, reused=True)
            return None
        return path

    def begin(self, how: str, path: Path) -> None:
        """Render the frame that was prepared. With `how` INVOKE_DEFAULT this returns at once, with EXEC_DEFAULT when
        it is rendered. Raises BadRequest, RenderCancelled."""
        copy = self._found()
        unfinished = path.with_name(folder_record.unfinished_name(path.name))
        self._make_way(unfinished, path)
        copy.render.filepath = compat.literal(unfinished)
        self._rendering, self._is_cancelled = (unfinished, path), False
        context: Any = bpy.context
        # One after the other: together, the window's own scene would win.
        with ExitStack() as stack:
            stack.enter_context(context.temp_override(window=context.window_manager.windows[0]))
            stack.enter_context(unkeyed_values.kept())
            stack.enter_context(context.temp_override(scene=copy))
            stack.enter_context(_no_render_window())
            try:
                bpy.ops.render.render(how, write_still=True)
            except RuntimeError as error:
                raise errors.BadRequest(
                    rpt("Frame {frame} could not be rendered: {reason}").format(
                        frame=self.waiting[0], reason=str(error).strip().removeprefix("Error: ")
                    ),
                    "Render that frame yourself (F12) to see what is wrong.",
                ) from error

    def keep(self) -> None:
        """Give the file that was rendered its name; nothing where none is being rendered.

        Raises RenderCancelled, DiskError; the unfinished file is gone then.
        """
        if self._rendering is None:
            return
        (unfinished, path), self._rendering = self._rendering, None
        if is_whole(unfinished):
            try:
                made = file_records.Found(unfinished).sha256
                record = folder_record.FolderRecord(path.parent)
                own_files.take_place(unfinished, path, record, sha256=made)
            except OSError as error:
                raise errors.DiskError(
                    rpt("The key “{name}” could not be written: {reason}.").format(
                        name=path.name, reason=error.strerror
                    )
                ) from error
            self._done(path, reused=False)
            return
        with suppress(OSError):
            own_files.delete_unfinished(unfinished)
        if self._is_cancelled or scene_copy.find(self._copy) is None:
            raise RenderCancelled("The rendering was cancelled.")
        raise errors.DiskError(
            rpt("The key “{name}” could not be written whole.").format(name=path.name),
            rpt("See whether there is room and whether you may write in {folder}.").format(folder=path.parent),
        )

    def _make_way(self, unfinished: Path, path: Path) -> None:
        """See that Blender writes over nothing, and through no link. Raises DiskError."""
        try:
            if own_files.delete_unfinished(unfinished):
                if not own_files.may_write(path, folder_record.FolderRecord(path.parent)):
                    own_files.put_aside(path)  # cut short, or changed: it is no picture any more
                return
            reason = rpt("something that is not ours lies there")
        except OSError as error:
            reason = error.strerror or str(error)
        raise errors.DiskError(
            rpt("The key “{name}” could not be written: {reason}.").format(name=path.name, reason=reason),
            rpt("Move it away, or choose another folder. It is kept: {path}").format(path=unfinished),
        )

    def _done(self, path: Path, reused: bool) -> None:
        self.keys.append(RenderedKey(self.waiting.pop(0), path, reused))

    def _found(self) -> Any:
        """The copy of the scene. Raises RenderCancelled where it is gone, as after an undo."""
        copy = scene_copy.find(self._copy)
        if copy is None:
            raise RenderCancelled("The rendering was ended by something else.")
        return copy

    def _on_cancel(self, *_: Any) -> None:
        self._is_cancelled = True

    def _clean_up(self) -> None:
        if self._rendering is not None:
            with suppress(OSError):
                own_files.delete_unfinished(self._rendering[0])
        if not bpy.app.is_job_running("RENDER"):  # else `render_frames.clean` removes it later
            scene_copy.remove(self._copy)


@contextmanager
def _no_render_window() -> Iterator[None]:
    """Let Blender open no window for its render job; the artist's preferences stay as they are."""
    context: Any = bpy.context
    preferences = context.preferences
    shown, dirty = preferences.view.render_display_type, preferences.is_dirty
    preferences.view.render_display_type = "NONE"
    try:
        yield
    finally:
        preferences.view.render_display_type, preferences.is_dirty = shown, dirty


def _forget_result(had_result: bool) -> None:
    """Remove Blender's picture of the newest render, unless there was one before the run."""
    result = bpy.data.images.get("Render Result")
    if result is not None and not had_result and not bpy.app.is_job_running("RENDER"):
        bpy.data.images.remove(result)
