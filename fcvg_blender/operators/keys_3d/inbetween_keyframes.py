"""The click in the 3D view: keys are rendered, laid into the edit, and the gaps between them become inbetweens."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import Any

import bpy

from ... import compat
from ...edit import gaps
from ...engine import errors
from ...i18n.translate import error_sentence, rpt
from ...jobs import enqueue, launch, operator_result, timer
from ...jobs.operator_result import Result
from ...jobs.session import session
from ...keys_3d import edit_scene, key_frames, lay_into_edit, render_frames, rendered_key, shading
from ...keys_3d.rendered_key import RenderedKey, RenderRequest
from ...settings import addon_choices, enum_items, keys_3d
from ...takes import requests


class FCVG_OT_inbetween_keyframes(bpy.types.Operator):
    """Render the keyframes of the selected objects, or the frames written down, lay them into the edit as keys and
    make what lies between. The scene itself is not changed"""

    bl_idname = "fcvg.inbetween_keyframes"
    bl_label = "Inbetween Keyframes"
    bl_options = {"REGISTER"}  # it makes its own undo step, when the keys are there

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this; the reason why not becomes the button's tooltip."""
        if render_frames.running():
            cls.poll_message_set("Keys are being rendered.")
            return False
        try:
            key_frames.chosen(context, context.scene)
        except errors.FcvgError as problem:
            cls.poll_message_set(error_sentence(problem))
            return False
        return True

    def execute(self, context: Any) -> Result:
        """With a window: returns at once, the rest comes by itself. Without: returns when all is there."""
        scene, status = context.scene, keys_3d.status()
        try:
            request = _request(context, scene)
            session.engine(addon_choices.read(context))  # first of all: its cold start overlaps with rendering
            if compat.has_window():
                render_frames.start(scene, request, partial(_go_on, request))
                return {"FINISHED"}
            made = render_frames.render(scene, request)
            laid = _deliver(context, request, made)
        except errors.FcvgError as error:
            return operator_result.refuse(self, error)
        self.report({"INFO"}, status.outcome)
        result: Result = launch.go(self, context, laid, at_once=False) if laid else {"FINISHED"}
        _push_undo()
        return result


def _request(context: Any, scene: Any) -> RenderRequest:
    """What the choices in the panel ask for. Raises FcvgError where that cannot be."""
    choices = addon_choices.read(context)
    settings = edit_scene.settings(context, scene)
    frames = key_frames.chosen(context, scene)
    look = shading.of_view(context) if scene.fcvg.stills.look == keys_3d.VIEWPORT else shading.FINAL
    render_frames.check(scene, frames, look)
    for earlier, later in pairwise(frames):
        if later - earlier > 1:  # said now, not after minutes of rendering
            settings.engine_timing(later - earlier - 1, earlier, later)
    file_format = enum_items.engine_word(settings.format)
    return RenderRequest(scene.name, frames, look, rendered_key.folder(scene, choices.output_folder), file_format)


def _go_on(request: RenderRequest, made: list[RenderedKey]) -> None:
    """With a window, when all keys are there."""
    context: Any = bpy.context
    with context.temp_override(window=context.window_manager.windows[0]):
        _deliver(context, request, made)
        _push_undo()
    timer.wake()


def _deliver(context: Any, request: RenderRequest, made: list[RenderedKey]) -> list[str]:
    """Lay the keys into the edit and takes between them into the queue; the ids of these. Raises FcvgError."""
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
    wanted = [(strip, requests.chosen(edit.fcvg, gaps.of_strip(edit, strip), choices)) for strip in again]
    added = [enqueue.add_take(strip, edit, wish, choices) for strip, wish in wanted]
    laid = enqueue.lay(edit, chain, choices) if chain is not None else []
    keys_3d.status().outcome = lay_into_edit.summary(context, edit, request.file_format, made)
    return [*added, *laid]


def _push_undo() -> None:
    bpy.ops.ed.undo_push(message=FCVG_OT_inbetween_keyframes.bl_label)
