# SPDX-License-Identifier: GPL-3.0-or-later
"""What a click on Generate or Preview starts: strips are laid into the edit and their takes begun."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from .. import compat
from ..edit import conditions_strip, gaps, remove_strip, take_folders
from ..engine import errors, folder_record, protocol
from ..i18n.translate import error_sentence, rpt, translate_sentences
from ..keys import render_keys
from ..settings import addon_choices
from ..settings.status import panel_status
from ..takes import requests
from . import begin_take, enqueue, operator_result, queue, timer
from .job import Job
from .operator_result import Result
from .session import session

_MOST_TOLD = 3  # sentences in Blender's report; the panel has all


def why_not(context: Any, pair: bool = False) -> str:
    """Return why the selected strips cannot be joined, '' where they can: with `pair` two of them, else two or more."""
    scene = compat.sequencer_scene(context)
    read = gaps.from_selection if pair else gaps.chain
    try:
        read(scene, compat.selected_strips(context), scene.fcvg)
    except errors.FcvgError as problem:
        return error_sentence(problem)
    return ""


def generate(operator: Any, context: Any) -> Result:
    """Make inbetweens for the selected strips.

    With a window it returns at once, and the new strips fill one after the other. Without one it returns when all
    frames are there.
    """
    scene = compat.sequencer_scene(context)
    try:
        choices = addon_choices.read(context)
        chain = gaps.chain(scene, compat.selected_strips(context), scene.fcvg)
        # First of all, so that the engine's cold start overlaps with rendering the keys.
        session.engine(choices)
        laid = enqueue.lay(scene, chain, choices)
    except errors.FcvgError as error:
        return operator_result.refuse(operator, error)
    result = go(operator, context, laid, at_once=len(chain.shots) == 1)
    left_out = session.left_out
    if left_out:
        more = rpt("And {count} more; see the queue.").format(count=len(left_out) - _MOST_TOLD)
        shown = [*left_out[:_MOST_TOLD], more] if len(left_out) > _MOST_TOLD else left_out
        operator.report({"INFO"}, rpt("Left out: {sentences}").format(sentences=translate_sentences(shown)))
    return result


def go(operator: Any, context: Any, take_ids: Sequence[str], at_once: bool, new: bool = True) -> Result:
    """Begin takes that wait; without a window, await them.

    `at_once`: begin the first one now where nothing else is being made, so that the artist, who is looking, is told
    what is wrong with it. Takes that cannot be begun leave the edit again where they are `new`.
    """
    queued = queue.entries()[0].take.id != take_ids[0] or session.busy_takes() or panel_status().paused
    if at_once and not (compat.has_window() and queued):
        choices = addon_choices.read(context)
        try:
            session.engine(choices)
            while not begin_take.begin(take_ids[0], choices):
                pass
        except errors.FcvgError as error:
            begin_take.take_back(take_ids, new, error)
            return operator_result.refuse(operator, error)
        except BaseException:
            begin_take.take_back(take_ids, new)
            raise
    timer.wake()
    return operator_result.settle_takes(operator, take_ids)


def preview(operator: Any, context: Any) -> Result:
    """Draw the conditions of the selected pair and lay them over the edit. Returns as `generate` does."""
    try:
        job = _begin_preview(context)
    except errors.FcvgError as error:
        return operator_result.refuse(operator, error)
    timer.wake()
    return operator_result.settle(operator, job)


def _begin_preview(context: Any) -> Job:
    """Lay the strip, render its keys and hand the job to the engine. Raises FcvgError; the edit is unchanged then."""
    choices = addon_choices.read(context)
    scene = compat.sequencer_scene(context)
    shot = gaps.from_selection(scene, compat.selected_strips(context), scene.fcvg)
    wanted = requests.chosen(scene.fcvg, shot, choices)
    session.engine(choices)
    strip_id = uuid.uuid4().hex[:8]
    folder = take_folders.place(scene, f"{shot.start_strip} conditions", strip_id, choices.output_folder)
    session.laid.note(strip_id, folder)
    take_folders.make_for_strip(folder, scene)
    try:
        render_keys.write_keys(scene, shot, folder, wanted.format)
        request = requests.placed(wanted, folder)
        conditions_strip.insert(scene, shot, folder, strip_id, request)
        name = rpt("Conditions {start} → {end}").format(start=shot.start_strip, end=shot.end_strip)
        job = Job(name, strip_id, folder, overlay=True)
        session.begin(job, protocol.Condition(job.id, request), choices)
    except BaseException:
        remove_strip.remove(strip_id)
        folder_record.delete(folder)
        raise
    return job
