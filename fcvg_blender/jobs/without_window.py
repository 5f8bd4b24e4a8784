# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs jobs in a Blender without a window, where no timer turns: everything here returns when the work is done."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import bpy

from ..edit import strip_takes
from ..engine import errors, protocol
from ..settings import addon_choices
from . import reports
from .begin_take import begin, give_up
from .queue import AHEAD, is_led
from .session import session

_STEP_S = 0.2  # how long to wait for a report at a time


def await_greeting() -> None:
    """Handle reports until the engine has said what it can, or has ended."""
    while session.client is not None and session.client.busy and session.client.hello is None:
        message = session.poll(_STEP_S)
        if message is not None:
            reports.handle(message)


def await_job(job_id: str) -> protocol.Message:
    """Handle reports until the final one of a job, which is returned."""
    while True:
        final = _listen()
        if final is not None and final.job == job_id:
            session.discarded.tidy(math.inf)
            return final


def run_takes(take_ids: Iterable[str]) -> list[protocol.Message]:
    """Begin and await these takes in order, and those that are being made already; return their final reports.

    The report of a take that could not be begun is a Failed of the add-on's own, with the take's id instead of a job's.
    """
    finals: list[protocol.Message] = []
    context: Any = bpy.context
    choices = addon_choices.read(context)
    left = [take_id for take_id in take_ids if take_id not in session.busy_takes()]
    while left or session.busy_takes():
        left = [take_id for take_id in left if next(strip_takes.holders(take_id), None)]  # a draft may be left out
        if left and _can_begin(left[0]):
            try:
                if begin(left[0], choices):
                    left.pop(0)
            except errors.FcvgError as error:
                give_up(left[0], error)
                finals.append(protocol.Failed(left.pop(0), error.code, error.message, error.hint))
            continue
        final = _listen()
        if final is not None:
            finals.append(final)
    session.discarded.tidy(math.inf)
    return finals


def _can_begin(take_id: str) -> bool:
    """Whether the engine is to have this take now: always when it is idle."""
    busy = len(session.busy_takes())
    _, strip, _ = next(strip_takes.holders(take_id))
    return not busy or (busy < AHEAD and not is_led(strip))


def _listen() -> protocol.Message | None:
    """Handle the next report if one comes soon; return it if it is a final one."""
    message = session.poll(_STEP_S)
    if message is None:
        return None
    job = session.jobs.get(message.job or "")
    reports.handle(message)
    if job is not None and session.on_progress is not None:
        session.on_progress(job)
    return message if isinstance(message, protocol.FINAL) else None
