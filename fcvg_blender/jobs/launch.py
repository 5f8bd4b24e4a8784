"""What clicking starts: strips are laid into the edit, keys are rendered, and the engine is asked to fill them."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Sequence
from typing import Any

from .. import compat
from ..edit import conditions_strip, gaps, remove_strip, take_folders
from ..engine import errors, protocol
from ..i18n.translate import error_sentence, rpt, translate_sentences
from ..keys import render_keys
from ..settings import addon_choices
from ..takes import requests
from . import outcome, queue, timer
from .job import Job
from .outcome import Result
from .session import session

_SAID = 3  # sentences in a report; the panel has all


def can(operator: Any, context: Any, pair: bool = False) -> bool:
    """Whether the selection is a shot, or without `pair` several; the reason why not becomes the button's tooltip."""
    scene = compat.sequencer_scene(context)
    look = gaps.from_selection if pair else gaps.chain
    try:
        look(scene, compat.selected_strips(context), scene.fcvg)
    except errors.FcvgError as problem:
        operator.poll_message_set(error_sentence(problem))
        return False
    return True


def generate(operator: Any, context: Any) -> Result:
    """Inbetweens for what is selected. With a window: returns at once, strips fill by themselves, one after the other.
    Without: returns when all frames are there."""
    scene = compat.sequencer_scene(context)
    try:
        choices = addon_choices.read(context)
        chain = gaps.chain(scene, compat.selected_strips(context), scene.fcvg)
        # First of all, so that the engine's cold start overlaps with rendering the keys.
        session.engine(choices)
        laid = queue.lay(scene, chain, choices)
    except errors.FcvgError as error:
        return outcome.refuse(operator, error)
    result = go(operator, context, laid, at_once=len(chain.shots) == 1)
    left_out = session.left_out
    if left_out:
        more = rpt("And {count} more; see the queue.").format(count=len(left_out) - _SAID)
        shown = [*left_out[:_SAID], more] if len(left_out) > _SAID else left_out
        operator.report({"INFO"}, rpt("Left out: {sentences}").format(sentences=translate_sentences(shown)))
    return result


def go(operator: Any, context: Any, take_ids: Sequence[str], at_once: bool, new: bool = True) -> Result:
    """Begin takes that wait; without a window, await them.

    `at_once`: where nothing else is being made, the first is begun now, so that the artist, who is looking, is told
    what is wrong with it; if it is `new`, it is taken back then.
    """
    queued = queue.entries()[0].take.id != take_ids[0] or session.busy_takes() or session.status().paused
    if at_once and not (compat.has_window() and queued):
        choices = addon_choices.read(context)
        try:
            session.engine(choices)
            while not queue.begin(take_ids[0], choices):
                pass
        except errors.FcvgError as error:
            queue.take_back(take_ids, new, error)
            return outcome.refuse(operator, error)
        except BaseException:
            queue.take_back(take_ids, new)
            raise
    timer.wake()
    return outcome.settle_takes(operator, take_ids)


def preview(operator: Any, context: Any) -> Result:
    """The conditions of the selected pair, laid over the edit."""
    try:
        job = _begin_preview(context)
    except errors.FcvgError as error:
        return outcome.refuse(operator, error)
    timer.wake()
    return outcome.settle(operator, job)


def _begin_preview(context: Any) -> Job:
    """Everything up to the engine's work. Leaves nothing behind when it raises."""
    choices = addon_choices.read(context)
    scene = compat.sequencer_scene(context)
    shot = gaps.from_selection(scene, compat.selected_strips(context), scene.fcvg)
    order = requests.chosen(scene.fcvg, shot, choices)
    session.engine(choices)
    strip_id = uuid.uuid4().hex[:8]
    folder = take_folders.place(scene, f"{shot.start_strip} conditions", strip_id, choices.output_folder)
    take_folders.make_for_strip(folder, scene)
    try:
        render_keys.write_keys(scene, shot, folder, order.format)
        request = requests.placed(order, folder)
        conditions_strip.insert(scene, shot, folder, strip_id, request)
        name = rpt("Conditions {start} → {end}").format(start=shot.start_strip, end=shot.end_strip)
        job = Job(name, strip_id, folder, overlay=True)
        session.begin(job, protocol.Condition(job.id, request), choices)
    except BaseException:
        remove_strip.remove(strip_id)
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return job
