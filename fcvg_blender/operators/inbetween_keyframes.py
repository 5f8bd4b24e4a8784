"""The click in the 3D view: keys are rendered, laid into the edit, and the gaps between them become inbetweens."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import Any

import bpy

from .. import (
    compat,
    jobs,
    looks,
    orders,
    preferences,
    properties,
    pump,
    scene_keys,
    shots,
    still_edit,
    still_settings,
    stills,
    waiting,
)
from ..engine import errors
from ..words import rpt, said
from . import launch, outcome
from .outcome import Result


class FCVG_OT_inbetween_keyframes(bpy.types.Operator):
    """Render the keyframes of the selected objects, or the frames written down, lay them into the edit as keys and
    make what lies between. The scene itself is not changed"""

    bl_idname = "fcvg.inbetween_keyframes"
    bl_label = "Inbetween Keyframes"
    bl_options = {"REGISTER"}  # it makes its own undo step, when the keys are there

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this; the reason why not becomes the button's tooltip."""
        if stills.running():
            cls.poll_message_set("Keys are being rendered.")
            return False
        try:
            scene_keys.chosen(context, context.scene)
        except errors.FcvgError as problem:
            cls.poll_message_set(said(problem))
            return False
        return True

    def execute(self, context: Any) -> Result:
        """With a window: returns at once, the rest comes by itself. Without: returns when all is there."""
        scene, status = context.scene, still_settings.status()
        try:
            order = _order(context, scene)
            jobs.session.engine(preferences.read(context))  # first of all: its cold start overlaps with rendering
            if compat.has_window():
                stills.start(scene, order, partial(_go_on, order))
                return {"FINISHED"}
            made = stills.render(scene, order)
            laid = _deliver(context, order, made)
        except errors.FcvgError as error:
            return outcome.refuse(self, error)
        self.report({"INFO"}, status.outcome)
        result: Result = launch.go(self, context, laid, at_once=False) if laid else {"FINISHED"}
        _push_undo()
        return result


def _order(context: Any, scene: Any) -> stills.Order:
    """What the choices in the panel ask for. Raises FcvgError where that cannot be."""
    choices = preferences.read(context)
    settings = still_edit.settings(context, scene)
    frames = scene_keys.chosen(context, scene)
    look = looks.of_view(context) if scene.fcvg.stills.look == still_settings.VIEWPORT else looks.FINAL
    stills.check(scene, frames, look)
    for earlier, later in pairwise(frames):
        if later - earlier > 1:  # said now, not after minutes of rendering
            settings.engine_timing(later - earlier - 1, earlier, later)
    file_format = properties.engine_word(settings.format)
    return stills.Order(scene.name, frames, look, stills.folder(scene, choices.output_folder), file_format)


def _go_on(order: stills.Order, made: list[stills.Still]) -> None:
    """With a window, when all keys are there."""
    context: Any = bpy.context
    with context.temp_override(window=context.window_manager.windows[0]):
        _deliver(context, order, made)
        _push_undo()
    pump.wake()


def _deliver(context: Any, order: stills.Order, made: list[stills.Still]) -> list[str]:
    """Lay the keys into the edit and takes between them into the queue; the ids of these. Raises FcvgError."""
    scene = bpy.data.scenes.get((order.scene_name, None))
    if scene is None:
        raise errors.BadRequest(
            rpt("The scene “{name}” is gone.").format(name=order.scene_name), "Its keys are kept; undo its deletion."
        )
    choices = preferences.read(context)
    edit = still_edit.find(context, scene) or still_edit.make(context, scene, order.file_format)
    changing = still_edit.changing(edit, scene.name, made)
    keys = still_edit.lay(edit, scene.name, made)
    changed = {key.name for key in keys if key.fcvg.still_frame in changing}
    chain, again = still_edit.gaps(edit, keys, changed)
    wanted = [(strip, orders.chosen(edit.fcvg, shots.of_strip(edit, strip), choices)) for strip in again]
    added = [waiting.add_take(strip, edit, request, choices) for strip, request in wanted]
    laid = waiting.lay(edit, chain, choices) if chain is not None else []
    still_settings.status().outcome = still_edit.told(context, edit, order.file_format, made)
    return [*added, *laid]


def _push_undo() -> None:
    bpy.ops.ed.undo_push(message=FCVG_OT_inbetween_keyframes.bl_label)
