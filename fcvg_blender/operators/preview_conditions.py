"""See what will lead a generation before paying for it: lines and poses, laid over the edit."""

from __future__ import annotations

import shutil
import uuid
from typing import Any

import bpy

from .. import compat, folders, generative, jobs, keyframes, orders, overlay, preferences, properties, pump, shots
from .. import strips as edit
from ..engine import errors, protocol
from . import outcome
from .outcome import Result


class FCVG_OT_preview_conditions(bpy.types.Operator):
    """Draw the lines and poses that will lead the inbetweens and lay them over the edit; nothing is generated"""

    bl_idname = "fcvg.preview_conditions"
    bl_label = "Preview Conditions"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this; the reason why not becomes the button's tooltip."""
        scene = compat.sequencer_scene(context)
        if properties.engine_word(scene.fcvg.method) != generative.CONDITIONED:
            cls.poll_message_set("Only FCVG is led by conditions. Choose it as the method.")
            return False
        try:
            shots.from_selection(scene, compat.selected_strips(context), scene.fcvg)
        except errors.FcvgError as problem:
            cls.poll_message_set(f"{problem.message} {problem.hint}")
            return False
        return True

    def execute(self, context: Any) -> Result:
        """With a window: returns at once, the strip fills by itself. Without: returns when all is drawn."""
        try:
            job = _begin(context)
        except errors.FcvgError as error:
            return outcome.refuse(self, error)
        pump.wake()
        return outcome.settle(self, job)


def _begin(context: Any) -> jobs.Job:
    """Everything up to the engine's work. Leaves nothing behind when it raises."""
    choices = preferences.read(context)
    scene = compat.sequencer_scene(context)
    shot = shots.from_selection(scene, compat.selected_strips(context), scene.fcvg)
    order = orders.chosen(scene.fcvg, shot.count, choices.device)
    jobs.session.engine(choices)
    strip_id = uuid.uuid4().hex[:8]
    folder = folders.new_folder(scene, f"{shot.start_strip} conditions", strip_id, choices.output_folder)
    try:
        keyframes.write_keys(scene, shot, folder, order.format)
        request = orders.placed(order, folder)
        overlay.insert(scene, shot, folder, strip_id, request)
        job = jobs.Job(f"Conditions {shot.start_strip} → {shot.end_strip}", strip_id, folder, overlay=True)
        jobs.session.begin(job, protocol.Condition(job.id, request), choices)
    except BaseException:
        edit.remove(strip_id)
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return job
