# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes what runs, waits and has failed where the panels read it: the status in the window manager."""

from __future__ import annotations

from typing import Any

from .. import guard
from ..engine import plain_text, protocol
from ..i18n.translate import rpt
from ..settings import strip_record
from ..settings.status import panel_status
from ..tasks.background import background_tasks
from . import preview_icons, queue
from .session import session

# States in the order in which the panels show their takes.
_ORDER = (strip_record.RUNNING, strip_record.ASKING, strip_record.WAITING, strip_record.INCOMPLETE)


def publish_all() -> None:
    """Write everything: jobs, the queue and the background tasks."""
    publish_jobs()
    publish_queue()
    background_tasks.publish()


def is_behind() -> bool:
    """Return whether the engine has said of itself what the panels do not show yet."""
    return session.client is not None and (session.client.hello is not None) != panel_status().greeted


def publish_jobs() -> None:
    """Write the running jobs, and what methods lack by the engine's own account."""
    status = panel_status()
    _resize(status.jobs, len(session.jobs))
    for item, job in zip(status.jobs, session.jobs.values(), strict=True):
        item.id, item.name, item.stage = job.id, plain_text.sentence(job.name), job.stage
        item.queued = job.queued
        item.fraction, item.eta = job.fraction, job.eta()
        item.sheet = preview_icons.icon(job.id)
        item.sheet_step = ""
        if job.preview:
            step = rpt("Step {step} of {steps}")
            item.sheet_step = step.format(step=job.preview.step, steps=job.preview.steps)
    status.left_out = "\n".join(map(plain_text.sentence, session.left_out))
    hello = session.client.hello if session.client else None
    status.greeted = hello is not None
    status.lacking.clear()
    for method, text in hello.lacking.items() if hello else ():
        if method not in protocol.METHODS:
            continue
        need = status.lacking.add()
        need.name, need.text = method, text


def publish_queue() -> None:
    """Write the queue: what is being made, what asks, what waits, what has failed. Each take has one row.

    Where nothing is unfinished any more, the count of finished takes begins anew.
    """
    status = panel_status()
    running = {job.take: job for job in session.jobs.values() if job.take}
    found: dict[str, queue.Entry] = {}
    for entry in queue.every_take():
        with guard.going_on("a take of the queue"):
            if queue.is_listed(entry):
                found.setdefault(entry.take.id, entry)
    rows = sorted(found.values(), key=lambda row: (_ORDER.index(row.take.state), int(row.take.place)))
    unfinished = sum(row.take.state in strip_record.UNFINISHED for row in rows)
    if not unfinished:
        session.finished = 0
    status.queue_done, status.queue_total = session.finished, session.finished + unfinished
    _resize(status.queue, len(rows))
    for item, row in zip(status.queue, rows, strict=True):
        job, take = running.get(row.take.id), row.take
        item.take, item.state, item.question = take.id, take.state, take.error
        item.name = plain_text.sentence(f"{row.strip.fcvg.key_start} → {row.strip.fcvg.key_end}")
        item.method, item.number = plain_text.sentence(take.method), take.number
        item.fraction = job.fraction if job else 0.0


def _resize(collection: Any, count: int) -> None:
    """Let a collection of Blender's have `count` items; those that stay keep what they show."""
    while len(collection) > count:
        collection.remove(len(collection) - 1)
    while len(collection) < count:
        collection.add()
