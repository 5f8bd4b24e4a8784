# SPDX-License-Identifier: GPL-3.0-or-later
"""Begins takes: fits the strip to its gap, renders the two keys, and hands the job to the engine."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import bpy

from ..edit import gap_refusals, gap_warnings, gaps, lay_strip, strip_pictures, strip_takes, take_files, take_folders
from ..engine import errors, folder_record, protocol
from ..i18n.translate import rpt
from ..keys import key_fingerprint, render_keys
from ..settings import addon_choices, menu_choices, strip_record
from ..settings.addon_choices import Choices
from ..settings.status import panel_status
from ..takes import requests
from . import prefetch, queue
from .job import Job
from .session import session


def step() -> bool:
    """Do the next step of the queue, unless it is paused or the engine has enough; return whether one was done."""
    if panel_status().paused or len(session.busy_takes()) >= queue.AHEAD:
        return False
    context: Any = bpy.context
    entry = queue.next_entry()
    if entry is None:
        return False
    take_id = entry.take.id
    try:
        begin(take_id, addon_choices.read(context))
    except errors.FcvgError as error:
        give_up(take_id, error)
    except Exception as error:  # the timer reports it; the queue must not stumble over the same take for ever
        give_up(take_id, errors.FcvgError(rpt("The add-on stumbled: {error}").format(error=error)))
        raise
    return True


def begin(take_id: str, choices: Choices) -> bool:
    """Do the next step towards making a take: render one of its keys, or hand it to the engine.

    Returns whether it was handed over; until then this is to be called again. One step takes no longer than Blender
    takes to render a frame of the edit. Raises FcvgError, which `give_up` or `take_back` takes note of.
    """
    prefetch.settle(session.busy_takes() | {take_id})  # whose thread would read the edit while a key is rendered
    scene, strip, take = next(strip_takes.holders(take_id))
    shot = gaps.of_strip(scene, strip)
    _fit(scene, strip, shot)
    own = strip_takes.give_folder(take_id)
    if own is not None:
        session.laid.note(take_id, own)
    folder = take_folders.writable(strip, take)
    take_folders.make(folder)
    for which, field in ((take_files.START, "print_start"), (take_files.END, "print_end")):
        if not getattr(take, field) or not (folder / take_files.key_file(which, take.format)).is_file():
            key, frame = gaps.key_of(scene, shot, which)
            render_keys.write_key(scene, shot, which, folder, take.format)
            scene, strip, take = next(strip_takes.holders(take_id))
            setattr(take, field, key_fingerprint.of(scene, key, frame))
            return False
    is_clipped = take.format != "exr" and take_files.has_bright_key(folder)
    if is_clipped and scene.fcvg.bright_as_exr and not take_files.made(folder):
        _make_as_exr(take_id)
        return False
    notes = [*gap_warnings.of_shot(scene, shot), *([_clipped(take)] if is_clipped else ())]
    request = requests.placed(requests.remembered(strip.fcvg, take, folder, choices), folder)
    job = Job(
        name=f"{shot.start_strip} → {shot.end_strip}",
        take=take_id,
        folder=folder,
        drawings=take_files.made(folder) or [],
        fingerprints=(take.print_start, take.print_end),
    )
    job.resumed = bool(job.drawings)
    job.in_line = len(queue.entries()) > 1 or bool(session.busy_takes()) or session.finished > 0
    session.begin(job, protocol.Start(job.id, request), choices)
    for _, each, found in strip_takes.holders(take_id):
        found.state, found.redo_yours, found.key_notes = strip_record.RUNNING, False, " ".join(notes)
        if strip_takes.is_shown(each, found):
            strip_takes.refresh(each)
    return True


def _make_as_exr(take_id: str) -> None:
    """Let a take with a key brighter than white be made as EXR."""
    for _, strip, take in strip_takes.holders(take_id):
        take.format_asked, take.format = take.format, "exr"
        if strip_takes.is_shown(strip, take):
            strip_pictures.set_pixels(strip, take.format)


def _clipped(take: Any) -> str:
    return rpt(
        "A key is brighter than white, and {format} cannot hold that: highlights are cut off. Choose OpenEXR, and make "
        "a new take."
    ).format(format=menu_choices.label_of(menu_choices.FORMATS, take.format))


def give_up(take_id: str, error: errors.FcvgError) -> None:
    """Note that a take of the queue could not be begun: its strip stays and says why, and the queue goes on."""
    for _, _, take in strip_takes.holders(take_id):
        take.state, take.error = strip_record.INCOMPLETE, error.message
    session.finished += 1
    session.error_panel.show(error.message, error.hint, code=error.code)


def take_back(take_ids: Iterable[str], new: bool, error: errors.FcvgError | None = None) -> None:
    """Undo a click whose takes could not be begun.

    `new` ones without frames leave the edit, with their folders; others stay and say why.
    """
    for take_id in take_ids:
        _, strip, take = next(strip_takes.holders(take_id))
        if not new or strip_takes.has_drawings(strip, take):
            take.state, take.error = strip_record.INCOMPLETE, error.message if error else ""
            continue
        folder = take_folders.of_take(strip, take)
        strip_takes.withdraw(take_id)
        if session.laid.is_fresh(take_id, folder):
            folder_record.delete(folder)


def _fit(scene: Any, strip: Any, shot: gaps.Shot) -> None:
    """Let the strip fill its gap as it is now. Raises ShotProblem when something else is in the way."""
    record = strip.fcvg
    if (shot.first, shot.count) == (record.first, record.count):
        return
    other = lay_strip.in_the_way(scene, strip, shot.first, shot.count)
    if other is not None:
        raise gap_refusals.ShotProblem(
            rpt("“{other}” is in the way: “{name}” is to cover frames {first}–{last}.").format(
                other=other.name, name=strip.name, first=shot.first, last=shot.last
            ),
            "Move one of them to another channel.",
        )
    lay_strip.resize(strip, shot.first, shot.count)
