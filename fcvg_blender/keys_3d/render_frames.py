"""Renders frames of a 3D scene to files: its keys. What was rendered before and has not changed is taken again.

The files lie beside those of the inbetweens, `keys/<scene>_<frame>_<fingerprint>.png`, so that what is there is known
from its name (`scene_prints`). Without a window `render` returns when all are there. With one `start` lets Blender's
own render job make one after the other, which Esc ends at once; `stop` ends after the picture being rendered. A
copy of the scene is rendered, and other add-ons are not told of it.
"""

from __future__ import annotations

import traceback
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import imbuf

from ..edit import take_files, take_folders
from ..engine import errors
from ..i18n.translate import plural, rpt, translate_sentences
from ..jobs.session import session
from ..keys import render_keys
from ..settings import keys_3d
from . import gpu_probe, scene_copy, scene_fingerprint, unkeyed_values
from .shading import Shading

FOLDER = "keys"

_PERIOD_S = 0.2  # between looks at a render job
_PRINT_DIGITS = 12


class RenderCancelled(errors.FcvgError):
    """The artist, or Blender in their stead, has ended the rendering."""

    code = "cancelled"


@dataclass(frozen=True)
class RenderRequest:
    """What is to be rendered: `frames` of a scene in a `look`, into `folder`, for inbetweens in `file_format`."""

    scene_name: str
    frames: tuple[int, ...]
    look: Shading
    folder: Path
    file_format: str


@dataclass(frozen=True)
class Still:
    """The file `path` shows the scene on `frame`; `reused`: it was there already."""

    frame: int
    path: Path
    reused: bool


def folder(scene: Any, base: str) -> Path:
    """Where the stills of a scene lie; `base` as in `folders.place`."""
    return take_folders.place(scene, FOLDER, FOLDER, base).with_name(FOLDER)


def check(scene: Any, frames: tuple[int, ...], look: Shading) -> None:
    """Raise BadRequest or MissingPart where the scene cannot be rendered at all."""
    if _run is not None or bpy.app.is_job_running("RENDER"):
        raise errors.BadRequest("Blender is rendering.", "Wait until it has finished, then try again.")
    if any(scene_copy.camera_at(scene, frame) is None for frame in frames):
        raise errors.BadRequest(
            rpt("The scene “{name}” has no camera.").format(name=scene.name),
            "Add a camera (Shift A ▸ Camera) and make it the active one (Ctrl Numpad 0).",
        )
    engine = look.engine or scene.render.engine
    if engine in gpu_probe.NEEDING and not gpu_probe.can_draw():
        raise errors.MissingPart(
            rpt("{engine} needs a graphics driver, and this Blender runs without one.").format(
                engine=_engine_label(engine)
            ),
            "Render with Cycles, or open the file in Blender's window.",
        )


def render(scene: Any, order: RenderRequest) -> list[Still]:
    """Render what is not there yet, and return when it is. Raises BadRequest, DiskError; nothing of ours stays then."""
    with ExitStack() as stack:
        run = _Run(scene, order, stack)
        while run.waiting:
            path = run.prepare()
            if path is not None:
                run.begin("EXEC_DEFAULT", path)
                run.take()
        return run.stills


def start(scene: Any, order: RenderRequest, on_end: Callable[[list[Still]], None]) -> None:
    """Render in the background of the window; `on_end` gets the stills when all are there, and is not called else."""
    global _run, _stack, _on_end
    _stack = ExitStack()
    try:
        _run = _Run(scene, order, _stack)
    except BaseException:
        close()
        raise
    _on_end = on_end
    keys_3d.status().outcome = ""
    _publish(_run)
    bpy.app.timers.register(_tick, first_interval=0.0, persistent=True)


def stop() -> None:
    """Begin no further still; the one being rendered is finished and kept."""
    if _run is not None:
        keys_3d.status().stopping = True


def running() -> bool:
    """Whether stills are being rendered in a window."""
    return _run is not None


def close() -> None:
    """End what runs and leave nothing of it but finished files, and while Blender renders the copy of the scene."""
    global _run, _stack, _on_end
    stack, _stack, _run, _on_end = _stack, None, None, None
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)
    if stack is not None:
        stack.close()
        status = keys_3d.status()
        status.total = status.number = 0
        status.fraction, status.stopping = 0.0, False
        _redraw()


def clean() -> None:
    """For handlers of undo, redo and loading, before and after: Blender ends the render job, and perhaps brings back
    a copy of a scene."""
    if _run is not None:
        status, kept = keys_3d.status(), _kept(_run)
        close()
        status.outcome = translate_sentences(("The rendering was ended.", kept))
    if not bpy.app.is_job_running("RENDER"):
        scene_copy.remove_all()


class _Run:
    """The stills of one order, one after the other; what it changes in Blender for that long, `stack` changes back."""

    def __init__(self, scene: Any, order: RenderRequest, stack: ExitStack) -> None:
        self.order, self.waiting, self.stills = order, list(order.frames), list[Still]()
        self.cancelled = False
        self._rendering: tuple[Path, Path] | None = None  # unfinished, and as it will be called
        take_folders.make(order.folder)
        had_result = "Render Result" in bpy.data.images
        self._copy = scene_copy.make(scene, order.look, order.file_format)
        stack.callback(_forget_result, had_result)
        stack.callback(self._clean_up)
        stack.enter_context(render_keys.no_render_handlers())
        stack.enter_context(scene_fingerprint.reading())
        # The handlers of others are away, and this one will be as well when they come back.
        bpy.app.handlers.render_cancel.append(self._on_cancel)

    def prepare(self) -> Path | None:
        """Set the copy to the next frame: where it is to be rendered, None when it is there already."""
        copy, frame = self._found(), self.waiting[0]
        scene_copy.set_frame(copy, frame)
        print_ = scene_fingerprint.of(copy, frame) or uuid.uuid4().hex[:_PRINT_DIGITS]
        name = f"{take_folders.safe_name(self.order.scene_name)}_{frame:04d}_{print_}"
        path = self.order.folder / (name + take_files.suffix(self.order.file_format))
        if _is_whole(path):
            self._done(path, reused=True)
            return None
        return path

    def begin(self, how: str, path: Path) -> None:
        """Render the frame that was prepared; with `how` INVOKE_DEFAULT this returns at once. Raises BadRequest."""
        copy = self._found()
        unfinished = path.with_name(take_files.TEMPORARY + path.name)
        copy.render.filepath = str(unfinished)
        self._rendering, self.cancelled = (unfinished, path), False
        context: Any = bpy.context
        # One after the other: together, the window's own scene would win.
        with ExitStack() as stack:
            stack.enter_context(context.temp_override(window=_windows()[0]))
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

    def take(self) -> None:
        """Keep what was rendered. Raises RenderCancelled, DiskError."""
        if self._rendering is None:
            return
        (unfinished, path), self._rendering = self._rendering, None
        if _is_whole(unfinished):
            try:
                unfinished.replace(path)
            except OSError as error:
                raise errors.DiskError(
                    rpt("The key “{name}” could not be written: {reason}.").format(
                        name=path.name, reason=error.strerror
                    )
                ) from error
            self._done(path, reused=False)
            return
        unfinished.unlink(missing_ok=True)
        if self.cancelled or scene_copy.find(self._copy) is None:
            raise RenderCancelled("The rendering was cancelled.")
        raise errors.DiskError(
            rpt("The key “{name}” could not be written whole.").format(name=path.name),
            rpt("See whether there is room and whether you may write in {folder}.").format(folder=path.parent),
        )

    def _done(self, path: Path, reused: bool) -> None:
        self.stills.append(Still(self.waiting.pop(0), path, reused))

    def _found(self) -> Any:
        copy = scene_copy.find(self._copy)
        if copy is None:
            raise RenderCancelled("The rendering was ended by something else.")
        return copy

    def _on_cancel(self, *_: Any) -> None:
        self.cancelled = True

    def _clean_up(self) -> None:
        if self._rendering is not None:
            self._rendering[0].unlink(missing_ok=True)
        if not bpy.app.is_job_running("RENDER"):  # before another file is loaded it may still be; `clean` comes again
            scene_copy.remove(self._copy)


_run: _Run | None = None
_stack: ExitStack | None = None
_on_end: Callable[[list[Still]], None] | None = None


def _tick() -> float | None:
    """One look of the timer at the render job, or the step to the next still."""
    run, on_end = _run, _on_end
    if run is None or on_end is None:
        return None
    if bpy.app.is_job_running("RENDER"):
        return _PERIOD_S
    try:
        run.take()
        if keys_3d.status().stopping:
            raise RenderCancelled("The rendering was cancelled.")
        path = run.prepare() if run.waiting else None
        _publish(run)
        if path is not None:
            run.begin("INVOKE_DEFAULT", path)
            return _PERIOD_S
        if run.waiting:
            return 0.0
        close()
        on_end(run.stills)
    except RenderCancelled as error:
        close()
        keys_3d.status().outcome = translate_sentences((error.message, _kept(run)))
    except errors.FcvgError as error:
        close()
        session.show_error(error.message, error.hint, code=error.code)
    except Exception as error:
        close()
        session.fail_all(rpt("The add-on stumbled: {error}").format(error=error), traceback.format_exc())
    _redraw()
    return None


def _publish(run: _Run) -> None:
    status, total = keys_3d.status(), len(run.order.frames)
    status.total, status.number = total, min(len(run.stills) + 1, total)
    status.fraction = len(run.stills) / total
    _redraw()


def _kept(run: _Run) -> str:
    """What an artist has of a run that was ended."""
    made = len(run.stills)
    if not made:
        return ""
    return plural(
        "1 of {all} keys is there and will be used next time.",
        "{count} of {all} keys are there and will be used next time.",
        made,
    ).format(count=made, all=len(run.order.frames))


def _is_whole(path: Path) -> bool:
    """Whether the file can be read to its end: Blender does not tell when the disk is full."""
    try:
        imbuf.load(str(path)).free()
    except (OSError, ValueError):
        return False
    return True


@contextmanager
def _no_render_window() -> Iterator[None]:
    """Blender opens no window for its render job; the artist's preferences stay as they are."""
    context: Any = bpy.context
    preferences = context.preferences
    shown, dirty = preferences.view.render_display_type, preferences.is_dirty
    preferences.view.render_display_type = "NONE"
    try:
        yield
    finally:
        preferences.view.render_display_type, preferences.is_dirty = shown, dirty


def _forget_result(had_result: bool) -> None:
    result = bpy.data.images.get("Render Result")
    if result is not None and not had_result and not bpy.app.is_job_running("RENDER"):
        bpy.data.images.remove(result)


def _engine_label(engine: str) -> str:
    return "Workbench" if engine == "BLENDER_WORKBENCH" else "EEVEE"


def _windows() -> Any:
    context: Any = bpy.context
    return context.window_manager.windows


def _redraw() -> None:
    for window in _windows():
        for area in window.screen.areas:
            if area.type in {"VIEW_3D", "DOPESHEET_EDITOR"}:
                for region in area.regions:
                    if region.type == "UI":
                        region.tag_redraw()
