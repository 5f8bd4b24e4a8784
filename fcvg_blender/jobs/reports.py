# SPDX-License-Identifier: GPL-3.0-or-later
"""What each report of the engine changes in the edit and in the panel."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import bpy

from .. import guard
from ..edit import conditions_strip, strip_pictures, strip_takes, take_files
from ..engine import errors, plain_text, protocol
from ..i18n.translate import mark, plural, rpt
from ..settings import strip_record
from ..settings.status import panel_status
from ..takes import commercial_use
from . import resync
from .job import Job
from .session import session
from .show_frames import show_frames

_OFFLINE_HINT = mark(
    "Blender is set to stay offline. Allow online access in Preferences ▸ System ▸ Network, then generate again: "
    "the models are fetched once."
)


def handle(message: protocol.Message) -> None:
    """Carry one report into the edit and the panel. Where that fails, its job fails; the others go on."""
    job = session.jobs.get(message.job or "")
    with _failing(job):
        _carry(message, job)
    if isinstance(message, protocol.FINAL):
        session.discarded.release(message.job)


def show_frames_of_all() -> bool:
    """Let strips show the frames that have come; return whether there were any. A job whose frames cannot be shown
    fails."""
    news = False
    for job in list(session.jobs.values()):
        with _failing(job):
            news |= show_frames([job])
    return news


def stumbled(error: Exception, detail: str) -> None:
    """Show a mistake of the add-on's own."""
    session.error_panel.show(
        _mistake(error), mark("Copy the report and send it to the makers of the add-on."), detail, "addon"
    )


def _carry(message: protocol.Message, job: Job | None) -> None:
    if message.job is None and isinstance(message, protocol.Failed):  # the engine could not be started
        session.error_panel.show(message.message, message.hint, message.detail, message.code)
    elif job is not None and isinstance(message, protocol.FINAL):
        show_frames([job])
        _end(job, message)
    elif job is not None:
        _go_on(job, message)


def fail_all(error: Exception) -> None:
    """Stop every job: nothing can be heard of the engine any more."""
    for job in list(session.jobs.values()):
        with guard.going_on("ending a job"):
            _fail(job, error)


@contextmanager
def _failing(job: Job | None) -> Iterator[None]:
    """Let a job fail where the block does, and go on."""
    with guard.going_on("a job"):
        try:
            yield
        except Exception as error:
            stumbled(error, traceback.format_exc())
            if job is not None:
                _fail(job, error)
            raise


def _fail(job: Job, error: Exception) -> None:
    """Stop a job because of a mistake of the add-on's own; its take says so."""
    session.jobs.pop(job.id, None)
    if session.client is not None:
        session.client.cancel(job.id)
    session.leave_incomplete(job, _mistake(error))


def _mistake(error: Exception) -> str:
    return rpt("The add-on stumbled: {error}").format(error=plain_text.plain(str(error)))


def _go_on(job: Job, message: protocol.Message) -> None:
    """Note in a job how far it has come."""
    match message:
        case protocol.Queued(ahead=ahead) if ahead:
            waits = plural("Waiting for 1 other job", "Waiting for {count} other jobs", ahead)
            job.queued, job.stage = True, waits.format(count=ahead)
        case protocol.Queued():
            job.stage = mark("Preparing")
        case protocol.Progress(stage=stage, fraction=fraction, eta_s=eta_s):
            job.queued = False
            job.stage, job.fraction, job.eta_s = stage, fraction, eta_s
        case protocol.Frame(file=file) if job.take:
            if job.overlay:
                conditions_strip.clear_black(job.folder / file)
            job.add_frame(message)
        case protocol.Preview():
            job.preview = message


def _end(job: Job, message: protocol.Message) -> None:
    """Forget a job and let its take, or whoever waits for it, have the final report."""
    resync.notice_copies()  # whose takes are no longer this job's
    if job.on_final is not None:
        del session.jobs[job.id]
        job.on_final(message)
        return
    match message:
        case protocol.Done() if job.take:
            _done(job, message)
        case protocol.Done():
            _works(job, message)
        case protocol.Failed(code=errors.LooksLikeCut.code):
            _ask_about_cut(job, message)
        case protocol.Failed():
            _failed(job, message)
        case protocol.CancelledReport():
            session.leave_incomplete(job)
    if job.take:
        _note_end(job)


def _works(job: Job, done: protocol.Done) -> None:
    """The self-test has passed."""
    del session.jobs[job.id]
    session.error_panel.clear()
    works = rpt("The engine works: {method} on {device}, {seconds} s (version {version})")
    panel_status().engine_state = works.format(
        method=done.method, device=done.device, seconds=f"{done.seconds:.1f}", version=done.engine
    )


def _done(job: Job, done: protocol.Done) -> None:
    """All frames of the take are there."""
    del session.jobs[job.id]
    session.error_panel.clear()
    for _, strip, take in strip_takes.holders(job.take):
        take.method_used, take.engine_version = done.method, done.engine
        # Not what was found this once, such as painted drawings: after an undo the manifest tells the same.
        take.notes = " ".join(take_files.read_manifest(job.folder).get("notes", done.notes))
        take.models = commercial_use.recorded(done.models)
        take.error, take.yours = "", len(job.yours)
        # All that was asked for is there; the strip may have been timed anew meanwhile.
        take.state = strip_record.DONE
        if not job.overlay:
            strip_pictures.settle(strip, take, job.folder)
            if not strip.fcvg.pinned:
                strip_takes.show(strip, take.number)
    session.relocate()


def _failed(job: Job, failed: protocol.Failed) -> None:
    """Show the error. The take leaves the edit where it has no frames and the artist looks at it alone; one of many
    stays and says why it failed."""
    is_offline = failed.code == errors.DownloadFailed.code and not bpy.app.online_access
    hint = _OFFLINE_HINT if is_offline else failed.hint
    session.error_panel.show(failed.message, hint, failed.detail, failed.code)
    if not job.take:
        del session.jobs[job.id]
        panel_status().engine_state = mark("The engine does not work.")
        return
    there = next(strip_takes.holders(job.take), None) is not None
    if there and not job.in_line and not job.drawings:
        session.withdraw(job)
    else:
        session.leave_incomplete(job, failed.message)


def _ask_about_cut(job: Job, failed: protocol.Failed) -> None:
    """The keys look like a cut: ask the artist, or do what the edit's settings or an earlier answer say."""
    found = next(strip_takes.holders(job.take), None)
    answer = found[0].fcvg.cuts if found else "LEAVE_OUT"
    if answer == "LEAVE_OUT":
        if found:
            session.left_out.append(f"{job.name}: {failed.message}")
        for take_id, folder in strip_takes.led_by(job.take):
            session.discard(take_id, folder)
        session.withdraw(job)
        return
    del session.jobs[job.id]
    for _, _, take in strip_takes.holders(job.take):
        if answer == "MAKE" or take.cuts_allowed:
            take.state, take.cuts_allowed = strip_record.WAITING, True
        else:
            take.state, take.error = strip_record.ASKING, failed.message


def _note_end(job: Job) -> None:
    """Count the take, and keep how its job has ended: undo brings back the moment before."""
    found = next(strip_takes.holders(job.take), None)
    state = found[2].state if found else ""
    if not job.overlay and state not in (strip_record.WAITING, strip_record.ASKING):
        session.finished += 1
    if found and state != strip_record.WAITING:
        session.undo_guard.note_end(found[1], found[2])
