# SPDX-License-Identifier: GPL-3.0-or-later
"""Renders frames of a 3D scene as keys: now, where there is no window, else in the background of the window.

There, Blender's own render job makes one key after the other; Esc ends it at once, and `stop` after the key that is
being rendered.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import bpy

from ..engine import errors
from ..i18n.translate import mark, rpt
from ..jobs import reports
from ..jobs.session import session
from . import gpu_probe, render_status, scene_copy
from .render_run import RenderCancelled, RenderRun
from .rendered_key import RenderedKey, RenderRequest
from .shading import Shading

_PERIOD_S = 0.2  # between looks at a render job


@dataclass(frozen=True)
class _InWindow:
    """A run in the background of the window. `stack` cleans up after it, `on_end` gets its keys."""

    run: RenderRun
    stack: ExitStack
    on_end: Callable[[list[RenderedKey]], None]


_current: _InWindow | None = None


def check(scene: Any, frames: tuple[int, ...], look: Shading) -> None:
    """Raise BadRequest or MissingPart where the scene cannot be rendered at all."""
    if _current is not None or bpy.app.is_job_running("RENDER"):
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
                engine="Workbench" if engine == "BLENDER_WORKBENCH" else "EEVEE"
            ),
            "Render with Cycles, or open the file in Blender's window.",
        )


def render(scene: Any, request: RenderRequest) -> list[RenderedKey]:
    """Render what is not there yet, and return all keys when it is. Raises BadRequest, DiskError, RenderCancelled;
    the scene is as before then, and finished files stay."""
    with ExitStack() as stack:
        run = RenderRun(scene, request, stack)
        while run.waiting:
            path = run.prepare()
            if path is not None:
                run.begin("EXEC_DEFAULT", path)
                run.keep()
        return run.keys


def start(scene: Any, request: RenderRequest, on_end: Callable[[list[RenderedKey]], None]) -> None:
    """Render in the background of the window. `on_end` gets the keys when all are there, and is not called else.

    Raises as `render` does for what is wrong at once.
    """
    global _current
    with ExitStack() as stack:
        run = RenderRun(scene, request, stack)
        _current = _InWindow(run, stack.pop_all(), on_end)
    render_status.begin(run)
    bpy.app.timers.register(_tick, first_interval=0.0, persistent=True)


def stop() -> None:
    """Begin no further key; the one being rendered is finished and kept."""
    if _current is not None:
        render_status.stop()


def running() -> bool:
    """Return whether keys are being rendered in a window."""
    return _current is not None


def close() -> None:
    """End what runs. Only finished files stay of it; the copy of the scene too, while Blender still renders it."""
    global _current
    ended, _current = _current, None
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)
    if ended is not None:
        ended.stack.close()
        render_status.end()


def clean() -> None:
    """For handlers of undo, redo and loading, before and after: Blender ends the render job, and perhaps brings back
    a copy of a scene."""
    if _current is not None:
        run = _current.run
        close()
        render_status.tell_ended(run, mark("The rendering was ended."))
    if not bpy.app.is_job_running("RENDER"):
        scene_copy.remove_all()


def _tick() -> float | None:
    """Look at the render job, or begin the next key; return the seconds to the next tick, None at the end."""
    if _current is None:
        return None
    if bpy.app.is_job_running("RENDER"):
        return _PERIOD_S
    run, on_end = _current.run, _current.on_end
    try:
        wait_s = _step(run)
        if wait_s is not None:
            return wait_s
        close()
        on_end(run.keys)
    except RenderCancelled as error:
        close()
        render_status.tell_ended(run, error.message)
    except errors.FcvgError as error:
        close()
        session.error_panel.show(error.message, error.hint, code=error.code)
    except Exception as error:
        close()
        reports.stumbled(error, traceback.format_exc())
    render_status.redraw()
    return None


def _step(run: RenderRun) -> float | None:
    """Keep the key that was rendered and begin the next one; return the seconds to wait, None when all are there."""
    run.keep()
    if render_status.is_stopping():
        raise RenderCancelled("The rendering was cancelled.")
    path = run.prepare() if run.waiting else None
    render_status.publish(run)
    if path is not None:
        run.begin("INVOKE_DEFAULT", path)
        return _PERIOD_S
    return 0.0 if run.waiting else None
