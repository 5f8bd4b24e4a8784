"""What clicking starts: keys are rendered, a strip is laid into the edit, and the engine is asked to fill it."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .. import compat, folders, jobs, keyframes, orders, preferences, pump, shots, strips
from ..engine import errors, protocol
from . import outcome
from .outcome import Result

# As strips.insert: scene, shot, folder, id of the strip, request.
Insert = Callable[[Any, shots.Shot, Path, str, protocol.Request], object]


def can(operator: Any, context: Any) -> bool:
    """Whether the selection is a shot; the reason why not becomes the button's tooltip."""
    scene = compat.sequencer_scene(context)
    try:
        shots.from_selection(scene, compat.selected_strips(context), scene.fcvg)
    except errors.FcvgError as problem:
        operator.poll_message_set(f"{problem.message} {problem.hint}")
        return False
    return True


def launch(
    operator: Any,
    context: Any,
    insert: Insert,
    message: type[protocol.Start] | type[protocol.Condition],
) -> Result:
    """With a window: returns at once, the strip fills by itself. Without: returns when all pictures are there."""
    try:
        job = _begin(context, insert, message)
    except errors.FcvgError as error:
        return outcome.refuse(operator, error)
    pump.wake()
    return outcome.settle(operator, job)


def _begin(context: Any, insert: Insert, message: type[protocol.Start] | type[protocol.Condition]) -> jobs.Job:
    """Everything up to the engine's work. Leaves nothing behind when it raises."""
    choices = preferences.read(context)
    scene = compat.sequencer_scene(context)
    shot = shots.from_selection(scene, compat.selected_strips(context), scene.fcvg)
    order = orders.chosen(scene.fcvg, shot.count, choices)
    # First of all, so that the engine's cold start overlaps with rendering the keys.
    jobs.session.engine(choices)
    is_overlay = message is protocol.Condition
    strip_id = uuid.uuid4().hex[:8]
    title = f"{shot.start_strip} conditions" if is_overlay else shot.start_strip
    folder = folders.new_folder(scene, title, strip_id, choices.output_folder)
    try:
        keyframes.write_keys(scene, shot, folder, order.format)
        request = orders.placed(order, folder)
        insert(scene, shot, folder, strip_id, request)
        name = f"{'Conditions ' if is_overlay else ''}{shot.start_strip} → {shot.end_strip}"
        job = jobs.Job(name, strip_id, folder, overlay=is_overlay)
        jobs.session.begin(job, message(job.id, request), choices)
    except BaseException:
        strips.remove(strip_id)
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return job
