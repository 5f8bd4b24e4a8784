"""The queue: takes that wait for the engine, in all edits of the file.

The strips are the queue: a take that waits says so itself and has its place. So undo, saving, loading and deleting
strips need nothing of the queue's own.
"""

from __future__ import annotations

import math
import shutil
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import bpy

from .. import compat
from ..edit import gap_refusals, gaps, lay_strip, remove_strip, strip_takes, strips, take_files, take_folders
from ..edit.gaps import key_of
from ..engine import errors, methods, protocol
from ..i18n.translate import rpt
from ..keys import key_fingerprint, render_keys
from ..settings import addon_choices, strip_record
from ..settings.addon_choices import Choices
from ..takes import requests
from . import prefetch
from .job import Job
from .session import session

_ORDER = (
    strip_record.RUNNING,
    strip_record.ASKING,
    strip_record.WAITING,
    strip_record.INCOMPLETE,
)  # as the panels show them

AHEAD = 2  # takes that the engine has at a time: the keys of the next are rendered while it works on one


@dataclass(frozen=True)
class Entry:
    """A take with its strip and scene; to be used at once, for Blender may replace them at any time."""

    scene: Any
    strip: Any
    take: Any


def entries() -> list[Entry]:
    """Every take that waits, in the order in which they will be made; each once, though several strips may have it."""
    found: dict[str, Entry] = {}
    for scene, strip in strips.ours():
        for take in (strip.fcvg, *strip.fcvg.others):
            if take.state == strip_record.WAITING and not strip.fcvg.overlay:
                found.setdefault(take.id, Entry(scene, strip, take))
    return sorted(found.values(), key=lambda entry: int(entry.take.place))


def lay(scene: Any, chain: gaps.Chain, choices: Choices) -> list[str]:
    """Lay a strip of inbetweens into the gaps of `chain`, to be made after what waits already; the takes' ids.

    What is to be made say the scene's settings; with *Draft First*, all drafts come before the first slow take. The
    new strips are what is selected then. Raises BadRequest, LicenceRefused, ShotProblem, DiskError; the edit is
    unchanged then.
    """
    laid: list[str] = []
    names: list[str] = []
    try:
        for shot in chain.shots:
            laid.append(uuid.uuid4().hex[:8])
            names.append(_lay_one(scene, shot, laid[-1], choices))
    except BaseException:
        for take_id in reversed(laid):
            remove_strip.remove(take_id)
        session.sweep(laid)
        raise
    if len(names) > 1:
        strips.select_only(scene, *names)
    session.left_out = list(chain.left_out)
    return _put_in_line(laid)


def add_take(strip: Any, scene: Any, request: protocol.Request, choices: Choices) -> str:
    """A new take for a strip that has one, to be made after what waits already; its id."""
    take_id = uuid.uuid4().hex[:8]
    strip_takes.add(
        strip, request, take_id, take_folders.place(scene, strip.fcvg.key_start, take_id, choices.output_folder)
    )
    _put_in_line([take_id])
    return take_id


def again(take: Any) -> None:
    """Let a take whose frames are not all there wait for its turn once more."""
    take.state, take.error, take.place = strip_record.WAITING, "", _last_place() + 1
    session.forget(take.id)


def begin(take_id: str, choices: Choices) -> bool:
    """Do the next step towards handing a take to the engine: one of its keys is rendered, or it is handed over.

    Whether it was handed over. One step takes no longer than Blender takes to render a frame of the edit. Raises
    FcvgError; `give_up` takes note of it.
    """
    prefetch.settle(session.busy_takes() | {take_id})  # whose thread would read the edit while a key is rendered
    scene, strip, take = next(strip_takes.holders(take_id))
    shot = gaps.of_strip(scene, strip)
    _fit(scene, strip, shot)
    folder = take_folders.of_take(strip, take)
    take_folders.make(folder)
    for which, field in ((take_files.START, "print_start"), (take_files.END, "print_end")):
        if not getattr(take, field) or not (folder / (which + take_files.suffix(take.format))).is_file():
            key, frame = key_of(scene, shot, which)
            render_keys.write_key(scene, shot, which, folder, take.format)
            scene, strip, take = next(strip_takes.holders(take_id))
            setattr(take, field, key_fingerprint.of(scene, key, frame))
            return False
    request = requests.placed(requests.remembered(strip.fcvg, take, folder, choices), folder)
    job = Job(
        name=f"{shot.start_strip} → {shot.end_strip}",
        take=take_id,
        folder=folder,
        drawings=take_files.made(folder) or [],
        fingerprints=(take.print_start, take.print_end),
    )
    job.resumed = bool(job.drawings)
    job.in_line = len(entries()) > 1 or bool(session.busy_takes()) or session.finished > 0
    session.begin(job, protocol.Start(job.id, request), choices)
    for _, each, found in strip_takes.holders(take_id):
        found.state = strip_record.RUNNING
        if strip_takes.is_shown(each, found):
            strip_takes.refresh(each)
    return True


def give_up(take_id: str, error: errors.FcvgError) -> None:
    """A take that could not be begun: its strip stays and says why, and the queue goes on."""
    for _, _, take in strip_takes.holders(take_id):
        take.state, take.error = strip_record.INCOMPLETE, error.message
    session.finished += 1
    session.show_error(error.message, error.hint, code=error.code)


def take_back(take_ids: Iterable[str], new: bool, error: errors.FcvgError | None = None) -> None:
    """Takes that could not be begun while the artist looks: `new` ones go, as if never asked for."""
    for take_id in take_ids:
        _, strip, take = next(strip_takes.holders(take_id))
        if not new or strip_takes.has_drawings(strip, take):
            take.state, take.error = strip_record.INCOMPLETE, error.message if error else ""
            continue
        folder = take_folders.of_take(strip, take)
        strip_takes.withdraw(take_id)
        shutil.rmtree(folder, ignore_errors=True)


def can_go_on() -> bool:
    """Whether something waits that is not held."""
    return not session.status().paused and _next() is not None


def _next() -> Entry | None:
    """What is to be begun next."""
    return next((entry for entry in entries() if not _is_led(entry.strip)), None)


def _is_led(strip: Any) -> bool:
    """Whether another take of the strip asks about a cut, or may come to: the answer is one for all that wait."""
    here = (strip.fcvg, *strip.fcvg.others)
    return any(
        take.state == strip_record.ASKING or (take.state == strip_record.RUNNING and not take.cuts_allowed)
        for take in here
    )


def wanted() -> set[str]:
    """Ids of the takes that are being made or will be next, unless the queue is held."""
    waiting = () if session.status().paused else entries()
    return session.busy_takes() | {entry.take.id for entry in waiting}


def unfinished() -> list[str]:
    """Ids of all takes that wait or ask."""
    return [
        take.id
        for _, strip in strips.ours()
        for take in (strip.fcvg, *strip.fcvg.others)
        if take.state in (strip_record.WAITING, strip_record.ASKING)
    ]


def after_load() -> None:
    """A file with takes that wait: they go on when the artist says so, with the one that was being made first."""
    waits = bool(entries())
    for _, strip in strips.ours() if waits else ():
        for take in (strip.fcvg, *strip.fcvg.others):
            if take.state == strip_record.RUNNING and not strip.fcvg.overlay:
                take.state = strip_record.WAITING
    session.status().paused = waits


def publish() -> None:
    """Write the queue where the panels read it: what is being made, what asks, what waits, what has failed."""
    status = session.status()
    shown = status.queue
    running = {job.take: job for job in session.jobs.values() if job.take}
    rows: dict[str, tuple[tuple[int, int], Any, Any]] = {}
    unfinished = 0
    for _, strip in strips.ours():
        for take in (strip.fcvg, *strip.fcvg.others):
            state = take.state
            if state == strip_record.DONE or strip.fcvg.overlay or take.id in rows:
                continue
            if state in strip_record.UNFINISHED or take.error:
                unfinished += state in strip_record.UNFINISHED
                rows[take.id] = ((_ORDER.index(state), int(take.place)), strip, take)
    ordered = sorted(rows.values(), key=lambda row: row[0])
    if not unfinished:
        session.finished = 0
    status.queue_done, status.queue_total = session.finished, session.finished + unfinished
    while len(shown) > len(ordered):
        shown.remove(len(shown) - 1)
    while len(shown) < len(ordered):
        shown.add()
    for item, (_, strip, take) in zip(shown, ordered, strict=True):
        job = running.get(take.id)
        item.take, item.state, item.question = take.id, take.state, take.error
        item.name = f"{strip.fcvg.key_start} → {strip.fcvg.key_end}"
        item.method, item.number = take.method, take.number
        item.fraction = job.fraction if job else 0.0


def tick() -> bool:
    """One step of the queue, unless it is paused or the engine has enough; whether something was done."""
    if session.status().paused or len(session.busy_takes()) >= AHEAD:
        return False
    context: Any = bpy.context
    entry = _next()
    if entry is None:
        return False
    take_id = entry.take.id
    try:
        begin(take_id, addon_choices.read(context))
    except errors.FcvgError as error:
        give_up(take_id, error)
    except Exception as error:  # the pump tells; the queue must not stumble over the same take for ever
        give_up(take_id, errors.FcvgError(rpt("The add-on stumbled: {error}").format(error=error)))
        raise
    return True


def cancel(take_id: str) -> None:
    """Take a take out of the queue and out of the edit, whether it waits, asks or is being made."""
    job = next((job for job in session.jobs.values() if job.take == take_id), None)
    if job is not None:
        session.cancel(job.id)
        return
    found = next(strip_takes.holders(take_id), None)
    if found is not None:
        _, strip, take = found
        if strip_takes.has_drawings(strip, take):
            take.state, take.error = strip_record.INCOMPLETE, ""
        else:
            session.discard(take_id, take_folders.of_take(strip, take))


def cancel_all() -> None:
    """Empty the queue: all that is not made yet leaves the edit; what was pushed last moves back first."""
    for take_id in reversed(listed()):
        cancel(take_id)
    for job_id in list(session.jobs):
        session.cancel(job_id)


def listed() -> list[str]:
    """Ids of all takes of the queue: those that are made, ask, wait or have failed; those made last come last."""
    places = {
        take.id: int(take.place)
        for _, strip in strips.ours()
        for take in (strip.fcvg, *strip.fcvg.others)
        if not strip.fcvg.overlay and (take.state in strip_record.UNFINISHED or take.error)
    }
    return sorted(places, key=lambda take_id: places[take_id])


def answer(take_id: str, make: bool) -> None:
    """A take that asks because its keys look like a cut: made after all in its turn, or taken out of the edit."""
    for _, strip, take in list(strip_takes.holders(take_id)):
        if take.state != strip_record.ASKING:
            continue
        if make:
            take.state, take.error, take.cuts_allowed = strip_record.WAITING, "", True
            session.forget(take_id)
        elif strip_takes.has_drawings(strip, take):
            take.state, take.error = strip_record.INCOMPLETE, ""
        else:
            for led in (*strip_takes.led_by(take_id), (take_id, take_folders.of_take(strip, take))):
                session.discard(*led, for_good=False)
            return


def answer_all(scene: Any, make: bool) -> None:
    """The same for all takes of the edit that ask, and for those that wait once they would; later ones are not asked
    about either."""
    scene.fcvg.cuts = "MAKE" if make else "LEAVE_OUT"
    for each, strip in list(strips.ours()):
        if each == scene:
            for take in (strip.fcvg, *strip.fcvg.others) if make else ():
                take.cuts_allowed |= take.state == strip_record.WAITING
    for take_id in asking(scene):
        answer(take_id, make)


def asking(scene: Any) -> list[str]:
    """Ids of the takes of the edit that ask, in the order of the queue."""
    found = {
        take.id: int(take.place)
        for each, strip in strips.ours()
        for take in (strip.fcvg, *strip.fcvg.others)
        if each == scene and take.state == strip_record.ASKING
    }
    return sorted(found, key=lambda take_id: found[take_id])


def move(take_id: str, by: int) -> None:
    """Let a waiting take be made as many places later as `by` says, with -1 one earlier; no farther than it goes."""
    line = entries()
    place = next((place for place, entry in enumerate(line) if entry.take.id == take_id), None)
    if place is None:
        return
    line.insert(max(0, place + by), line.pop(place))
    places = sorted(int(entry.take.place) for entry in line)
    for entry, new in zip(line, places, strict=True):
        for _, _, take in strip_takes.holders(entry.take.id):
            take.place = new


def run(take_ids: Iterable[str]) -> list[protocol.Message]:
    """Begin and await these takes one after the other; their final reports. For Blender without a window.

    Takes that cannot be begun get a Failed of ours.
    """
    finals: list[protocol.Message] = []
    context: Any = bpy.context
    choices = addon_choices.read(context)
    left = [take_id for take_id in take_ids if take_id not in session.busy_takes()]
    while left or session.busy_takes():
        left = [
            take_id for take_id in left if next(strip_takes.holders(take_id), None)
        ]  # a draft may have been left out
        busy = len(session.busy_takes())
        if left and (not busy or (busy < AHEAD and not _is_led(next(strip_takes.holders(left[0]))[1]))):
            try:
                if begin(left[0], choices):
                    left.pop(0)
            except errors.FcvgError as error:
                give_up(left[0], error)
                finals.append(protocol.Failed(left.pop(0), error.code, error.message, error.hint))
            continue
        final = session.listen()
        if final is not None:
            finals.append(final)
    session.tidy(math.inf)
    return finals


def _lay_one(scene: Any, planned: gaps.Shot, take_id: str, choices: Choices) -> str:
    strips_here, settings = compat.strips(scene), scene.fcvg
    # Anew, because laying the shots before may have moved these strips.
    shot = gaps.between(scene, strips_here[planned.start_strip], strips_here[planned.end_strip], settings)
    order = requests.chosen(settings, shot, choices)
    folder = take_folders.place(scene, shot.start_strip, take_id, choices.output_folder)
    session.laid[take_id] = folder
    take_folders.make_for_strip(folder, scene)
    slow = settings.draft_first and methods.is_generative(order.method)
    strip = lay_strip.insert(scene, shot, folder, take_id, requests.draft_of(order, choices) if slow else order)
    if slow:
        final_id = uuid.uuid4().hex[:8]
        final = take_folders.place(scene, shot.start_strip, final_id, choices.output_folder)
        strip_takes.add(strip, order, final_id, final).cuts_allowed = True  # the draft asks
    return str(strip.name)


def _put_in_line(laid: list[str]) -> list[str]:
    """Give new takes their places after all others, those that a strip does not show last; all their ids."""
    place = _last_place()
    new = set(laid)
    shown: dict[str, list[Any]] = {take_id: [] for take_id in laid}
    later: dict[str, list[Any]] = {}
    for _, strip in strips.ours():
        here = (strip.fcvg, *strip.fcvg.others)
        if any(take.id in new for take in here):
            for take in here:
                if take.id in new:
                    shown[take.id].append(take)
                elif take.place == 0:
                    later.setdefault(take.id, []).append(take)
    for each in (shown, later):
        for holders in each.values():
            place += 1
            for take in holders:
                take.place = place
    return [*shown, *later]


def _last_place() -> int:
    places = [int(take.place) for _, strip in strips.ours() for take in (strip.fcvg, *strip.fcvg.others)]
    return max(places, default=0)


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
