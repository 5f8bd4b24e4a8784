# SPDX-License-Identifier: GPL-3.0-or-later
"""Render keyframes of a 3D scene, lay them into the edit as keys and make the inbetweens of the gaps."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import Any

import bpy

from ... import compat
from ...edit import gaps
from ...engine import errors, plain_text
from ...i18n.translate import error_sentence, mark, rpt
from ...jobs import enqueue, launch, operator_result, timer
from ...jobs.operator_result import Result
from ...jobs.session import session
from ...keys_3d import edit_scene, key_frames, lay_into_edit, render_frames, rendered_key, shading
from ...keys_3d.rendered_key import RenderedKey, RenderRequest
from ...settings import addon_choices, keys_3d, menu_choices
from ...takes import requests
from .._base import EditOperator


class FCVG_OT_inbetween_keyframes(EditOperator):
    """Render the keyframes of the selected objects, or the frames written down, lay them into the edit as keys and
    make what lies between. The scene itself is not changed"""

    bl_idname = "fcvg.inbetween_keyframes"
    bl_label = "Inbetween Keyframes"
    bl_options = {"REGISTER"}  # it makes its own undo step, when the keys are there

    @classmethod
    def scene(cls, context: Any) -> Any:
        """Return the 3D scene."""
        return context.scene

    @classmethod
    def why_not(cls, context: Any) -> str:
        """Return why it cannot run now, '' where it can."""
        if render_frames.running():
            return mark("Keys are being rendered.")
        try:
            key_frames.chosen(context, context.scene)
        except errors.FcvgError as problem:
            return error_sentence(problem)
        return ""

    def act(self, context: Any) -> Result:
        """With a window, it returns at once; without one, when all frames are there."""
        scene, status = context.scene, keys_3d.status()
        try:
            request = _request(context, scene)
            session.engine(addon_choices.read(context))  # starts it now, so that its cold start overlaps with rendering
            if compat.has_window():
                render_frames.start(scene, request, partial(_go_on, request))
                return {"FINISHED"}
            made = render_frames.render(scene, request)
            laid = _deliver(context, request, made)
        except errors.FcvgError as error:
            return operator_result.refuse(self, error)
        self.report({"INFO"}, plain_text.plain(status.outcome))
        result: Result = launch.go(self, context, laid, at_once=False) if laid else {"FINISHED"}
        _push_undo()
        return result


def _request(context: Any, scene: Any) -> RenderRequest:
    """Return what the choices in the panel ask for. Raises FcvgError where that cannot be."""
    choices = addon_choices.read(context)
    settings = edit_scene.settings(context, scene)
    frames = key_frames.chosen(context, scene)
    shaded = shading.of_view(context) if scene.fcvg.stills.look == keys_3d.VIEWPORT else shading.FINAL
    render_frames.check(scene, frames, shaded)
    for earlier, later in pairwise(frames):
        if later - earlier > 1:  # said now, not after minutes of rendering
            settings.engine_timing(later - earlier - 1, earlier, later)
    file_format = menu_choices.engine_word(settings.format)
    return RenderRequest(scene.name, frames, shaded, rendered_key.folder(scene, choices.output_folder), file_format)


def _go_on(request: RenderRequest, made: list[RenderedKey]) -> None:
    """Deliver the keys, in a window: called when all of them are rendered."""
    context: Any = bpy.context
    with context.temp_override(window=context.window_manager.windows[0]):
        _deliver(context, request, made)
        _push_undo()
    timer.wake()


def _deliver(context: Any, request: RenderRequest, made: list[RenderedKey]) -> list[str]:
    """Lay the keys into the edit and the takes between them into the queue. Return the takes' ids. Raises FcvgError,
    for example where the scene is gone."""
    scene = bpy.data.scenes.get((request.scene_name, None))
    if scene is None:
        raise errors.BadRequest(
            rpt("The scene “{name}” is gone.").format(name=request.scene_name), "Its keys are kept; undo its deletion."
        )
    choices = addon_choices.read(context)
    edit = edit_scene.find(context, scene) or edit_scene.make(context, scene, request.file_format)
    changing = lay_into_edit.changing(edit, scene.name, made)
    keys = lay_into_edit.lay(edit, scene.name, made)
    changed = {key.name for key in keys if key.fcvg.still_frame in changing}
    chain, again = lay_into_edit.to_fill(edit, keys, changed)
    # All requests are made before the first is queued, because making one may raise.
    wanted = [(strip, requests.chosen(edit.fcvg, gaps.of_strip(edit, strip), choices)) for strip in again]
    added = [enqueue.add_take(strip, edit, take_request, choices) for strip, take_request in wanted]
    laid = enqueue.lay(edit, chain, choices) if chain is not None else []
    keys_3d.status().outcome = lay_into_edit.summary(context, edit, request.file_format, made)
    return [*added, *laid]


def _push_undo() -> None:
    bpy.ops.ed.undo_push(message=FCVG_OT_inbetween_keyframes.bl_label)
