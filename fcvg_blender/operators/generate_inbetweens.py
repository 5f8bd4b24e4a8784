"""The click: from two selected strips to a strip of inbetweens that fills itself."""

from __future__ import annotations

import shutil
import uuid
from typing import Any

import bpy

from .. import compat, folders, jobs, keyframes, orders, preferences, pump, shots, strips
from ..engine import errors, protocol
from . import outcome
from .outcome import Result


class FCVG_OT_generate_inbetweens(bpy.types.Operator):
    """Make the frames between the two selected strips and lay them into the edit"""

    bl_idname = "fcvg.generate_inbetweens"
    bl_label = "Generate Inbetweens"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this; the reason why not becomes the button's tooltip."""
        scene = compat.sequencer_scene(context)
        try:
            shots.from_selection(scene, compat.selected_strips(context), scene.fcvg)
        except errors.FcvgError as problem:
            cls.poll_message_set(f"{problem.message} {problem.hint}")
            return False
        return True

    def execute(self, context: Any) -> Result:
        """With a window: returns at once, the strip fills by itself. Without: returns when all frames are there."""
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
    settings = scene.fcvg
    shot = shots.from_selection(scene, compat.selected_strips(context), settings)
    order = orders.chosen(settings, shot.count, choices.device)
    # First of all, so that the engine's cold start overlaps with rendering the keys.
    jobs.session.engine(choices)
    strip_id = uuid.uuid4().hex[:8]
    folder = folders.new_folder(scene, shot.start_strip, strip_id, choices.output_folder)
    try:
        keyframes.write_keys(scene, shot, folder, order.format)
        request = orders.placed(order, folder)
        strips.insert(scene, shot, folder, strip_id, request)
        job = jobs.Job(f"{shot.start_strip} → {shot.end_strip}", strip_id, folder)
        jobs.session.begin(job, protocol.Start(job.id, request), choices)
    except BaseException:
        strips.remove(strip_id)
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return job
