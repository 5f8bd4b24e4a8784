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

from . import (
    compat,
    exposure,
    folders,
    jobs,
    key_prints,
    keyframes,
    orders,
    preferences,
    properties,
    shots,
    strips,
    takes,
)
from .engine import errors, protocol
from .jobs import session
from .preferences import Choices

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
            if take.state == properties.WAITING and not strip.fcvg.overlay:
                found.setdefault(take.id, Entry(scene, strip, take))
    return sorted(found.values(), key=lambda entry: int(entry.take.place))


def lay(scene: Any, chain: shots.Chain, choices: Choices) -> list[str]:
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
            strips.remove(take_id)
        raise
    if len(names) > 1:
        _select(scene, names)
    return _put_in_line(laid)


def add_take(strip: Any, scene: Any, request: protocol.Request, choices: Choices) -> str:
    """A new take for a strip that has one, to be made after what waits already; its id."""
    take_id = uuid.uuid4().hex[:8]
    takes.add(strip, request, take_id, folders.place(scene, strip.fcvg.key_start, take_id, choices.output_folder))
    _put_in_line([take_id])
    return take_id


def again(take: Any) -> None:
    """Let a take whose frames are not all there wait for its turn once more."""
    take.state, take.error, take.place = properties.WAITING, "", _last_place() + 1
    session.forget(take.id)


def begin(take_id: str, choices: Choices) -> bool:
    """Do the next step towards handing a take to the engine: one of its keys is rendered, or it is handed over.

    Whether it was handed over. One step takes no longer than Blender takes to render a frame of the edit. Raises
    FcvgError; `give_up` takes note of it.
    """
    scene, strip, take = next(takes.holders(take_id))
    shot = shots.of_strip(scene, strip)
    _fit(scene, strip, shot)
    folder = folders.of_take(strip, take)
    folders.make(folder)
    for which, field in ((exposure.START, "print_start"), (exposure.END, "print_end")):
        if not getattr(take, field) or not (folder / (which + keyframes.suffix(take.format))).is_file():
            key, frame = key_of(scene, shot, which)
            keyframes.write_key(scene, shot, which, folder, take.format)
            scene, strip, take = next(takes.holders(take_id))
            setattr(take, field, key_prints.of(scene, key, frame))
            return False
    request = orders.placed(orders.remembered(strip.fcvg, take, folder, choices), folder)
    job = jobs.Job(
        name=f"{shot.start_strip} → {shot.end_strip}",
        take=take_id,
        folder=folder,
        drawings=exposure.made(folder) or [],
    )
    job.resumed = bool(job.drawings)
    job.in_line = len(entries()) > 1
    session.begin(job, protocol.Start(job.id, request), choices)
    for _, each, found in takes.holders(take_id):
        was_empty = takes.is_empty(found)
        found.state = properties.RUNNING
        if takes.is_shown(each, found):
            takes.refresh(each)
            if was_empty:
                each.mute = False
    return True


def key_of(scene: Any, shot: shots.Shot, which: str) -> tuple[Any, int]:
    """The strip that shows a key of the shot, and the frame on which it does."""
    name, frame = (shot.start_strip, shot.start_frame) if which == exposure.START else (shot.end_strip, shot.end_frame)
    beside = compat.contents(compat.level_in(scene, shot.metas))
    return next(strip for strip in beside if strip.name == name), frame


def give_up(take_id: str, error: errors.FcvgError) -> None:
    """A take that could not be begun: its strip stays and says why, and the queue goes on."""
    for _, strip, take in takes.holders(take_id):
        empty = takes.is_empty(take)
        take.state, take.error = properties.INCOMPLETE, error.message
        if empty and takes.is_shown(strip, take):
            strip.mute = False
    session.show_error(error.message, error.hint, code=error.code)


def take_back(take_ids: Iterable[str], error: errors.FcvgError | None = None) -> None:
    """Takes that could not be begun while the artist looks: those that have nothing go, as if never asked for."""
    for take_id in take_ids:
        _, strip, take = next(takes.holders(take_id))
        if take.made:
            take.state, take.error = properties.INCOMPLETE, error.message if error else ""
            continue
        folder = folders.of_take(strip, take)
        takes.withdraw(take_id)
        shutil.rmtree(folder, ignore_errors=True)


def can_go_on() -> bool:
    """Whether something waits that is not held."""
    return not session.status().paused and bool(entries())


def unfinished() -> list[str]:
    """Ids of all takes that wait or ask."""
    return [
        take.id
        for _, strip in strips.ours()
        for take in (strip.fcvg, *strip.fcvg.others)
        if take.state in (properties.WAITING, properties.ASKING)
    ]


def after_load() -> None:
    """A file with takes that wait: they go on when the artist says so, with the one that was being made first."""
    waits = bool(entries())
    for _, strip in strips.ours() if waits else ():
        for take in (strip.fcvg, *strip.fcvg.others):
            if take.state == properties.RUNNING and not strip.fcvg.overlay:
                take.state = properties.WAITING
    session.status().paused = waits


def publish() -> None:
    """Write the queue where the panels read it: what is being made, what waits, what asks."""
    shown = session.status().queue
    running = {job.take: job for job in session.jobs.values() if job.take}
    rows: dict[str, tuple[int, Any, Any]] = {}
    for _, strip in strips.ours():
        for take in (strip.fcvg, *strip.fcvg.others):
            if take.state in properties.UNFINISHED and not strip.fcvg.overlay:
                rows.setdefault(take.id, (int(take.place), strip, take))
    ordered = sorted(rows.values(), key=lambda row: (row[2].id not in running, row[0]))
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


def turn() -> bool:
    """One step of the queue, unless it is paused or the engine has enough; whether something was done."""
    if session.status().paused or len(session.busy_takes()) >= AHEAD:
        return False
    context: Any = bpy.context
    entry = next(iter(entries()), None)
    if entry is None:
        return False
    take_id = entry.take.id
    try:
        begin(take_id, preferences.read(context))
    except errors.FcvgError as error:
        give_up(take_id, error)
    return True


def cancel(take_id: str) -> None:
    """Take a take out of the queue and out of the edit, whether it waits, asks or is being made."""
    job = next((job for job in session.jobs.values() if job.take == take_id), None)
    if job is not None:
        session.cancel(job.id)
        return
    found = next(takes.holders(take_id), None)
    if found is not None:
        _, strip, take = found
        if take.made:
            take.state = properties.INCOMPLETE
        else:
            session.discard(take_id, folders.of_take(strip, take))


def move(take_id: str, by: int) -> None:
    """Let a waiting take be made one place earlier (`by` = -1) or later (1)."""
    line = entries()
    place = next((place for place, entry in enumerate(line) if entry.take.id == take_id), None)
    if place is None or not 0 <= place + by < len(line):
        return
    line.insert(place + by, line.pop(place))
    places = sorted(int(entry.take.place) for entry in line)
    for entry, new in zip(line, places, strict=True):
        for _, _, take in takes.holders(entry.take.id):
            take.place = new


def run(take_ids: Iterable[str]) -> list[protocol.Message]:
    """Begin and await these takes one after the other; their final reports. For Blender without a window.

    Takes that cannot be begun get a Failed of ours.
    """
    finals: list[protocol.Message] = []
    context: Any = bpy.context
    choices = preferences.read(context)
    left = [take_id for take_id in take_ids if take_id not in session.busy_takes()]
    while left or session.busy_takes():
        if left and len(session.busy_takes()) < AHEAD:
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


def _lay_one(scene: Any, planned: shots.Shot, take_id: str, choices: Choices) -> str:
    by_name = {strip.name: strip for strip in compat.strips(scene)}
    settings = scene.fcvg
    # Anew, because laying the shots before may have moved these strips.
    shot = shots.between(scene, by_name[planned.start_strip], by_name[planned.end_strip], settings)
    order = orders.chosen(settings, shot, choices)
    folder = folders.place(scene, shot.start_strip, take_id, choices.output_folder)
    slow = settings.draft_first and order.method in protocol.GENERATIVE
    strip = strips.insert(scene, shot, folder, take_id, orders.draft_of(order, choices) if slow else order)
    if slow:
        final_id = uuid.uuid4().hex[:8]
        final = folders.place(scene, shot.start_strip, final_id, choices.output_folder)
        takes.add(strip, order, final_id, final).cuts_allowed = True  # the draft asks
    return str(strip.name)


def _put_in_line(laid: list[str]) -> list[str]:
    """Give new takes their places after all others, those that a strip does not show last; all their ids."""
    place = _last_place()
    found = [(strip, take) for take_id in laid for _, strip, take in takes.holders(take_id)]
    shown = [take for strip, take in found]
    later = [take for strip, _ in found for take in strip.fcvg.others if take.place == 0 and take.id not in laid]
    for take in (*shown, *later):
        place += 1
        take.place = place
    return [take.id for take in (*shown, *later)]


def _last_place() -> int:
    places = [int(take.place) for _, strip in strips.ours() for take in (strip.fcvg, *strip.fcvg.others)]
    return max(places, default=0)


def _fit(scene: Any, strip: Any, shot: shots.Shot) -> None:
    """Let the strip fill its gap as it is now. Raises ShotProblem when something else is in the way."""
    record = strip.fcvg
    if (shot.first, shot.count) == (record.first, record.count):
        return
    for other in compat.contents(compat.home(scene, strip)):
        beside = other == strip or other.channel != strip.channel
        if not beside and compat.left(other) <= shot.last and compat.right(other) > shot.first:
            raise shots.ShotProblem(
                f"“{other.name}” is in the way: “{strip.name}” is to cover frames {shot.first}–{shot.last}.",
                "Move one of them to another channel.",
            )
    strips.resize(strip, shot.first, shot.count)


def _select(scene: Any, names: list[str]) -> None:
    for strip in compat.strips(scene):
        strip.select = strip.name in names
        if strip.name == names[0]:
            scene.sequence_editor.active_strip = strip
