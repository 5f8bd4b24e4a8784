# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts takes into the queue: with a new strip, added to a strip that is there, or once more."""

from __future__ import annotations

import uuid
from typing import Any

from .. import compat
from ..edit import gaps, lay_strip, remove_strip, strip_takes, strips, take_folders
from ..engine import methods, protocol
from ..settings import strip_record
from ..settings.addon_choices import Choices
from ..takes import requests
from .queue import every_take
from .session import session


def lay(scene: Any, chain: gaps.Chain, choices: Choices) -> list[str]:
    """Lay a strip of inbetweens into each gap of `chain`, and return the ids of their takes in the order of the queue.

    The scene's settings and the add-on's `choices` decide what is made. The new takes queue behind all others; with
    *Draft First*, all new drafts come before the first new slow take. The new strips end up selected, and no others.
    `session.left_out` gets the pairs that `chain` leaves out. Raises BadRequest, LicenceRefused, ShotProblem,
    DiskError; the edit is then as it was before.
    """
    laid: list[str] = []
    names: list[str] = []
    try:
        for shot in chain.shots:
            laid.append(_new_id())
            names.append(_lay_one(scene, shot, laid[-1], choices))
    except BaseException:
        for take_id in reversed(laid):
            remove_strip.remove(take_id)
        session.laid.sweep(laid)
        raise
    if len(names) > 1:
        strips.select_only(scene, *names)
    session.left_out = list(chain.left_out)
    return _put_in_line(laid)


def add_take(strip: Any, scene: Any, request: protocol.Request, choices: Choices) -> str:
    """Add a take to a strip and queue it last; return its id."""
    take_id = _new_id()
    folder = take_folders.place(scene, strip.fcvg.key_start, take_id, choices.output_folder)
    session.laid.note(take_id, folder)
    strip_takes.add(strip, request, take_id, folder)
    _put_in_line([take_id])
    return take_id


def again(take: Any) -> None:
    """Queue a take once more, last of all; some of its frames are missing."""
    take.state, take.error, take.place = strip_record.WAITING, "", _last_place() + 1
    session.undo_guard.forget(take.id)


def _lay_one(scene: Any, planned: gaps.Shot, take_id: str, choices: Choices) -> str:
    """Lay one strip; return its name. With *Draft First* a slow method gives it two takes, the draft first."""
    strips_here, settings = compat.strips(scene), scene.fcvg
    # The gap is measured again: laying the earlier shots may have moved these strips.
    shot = gaps.between(scene, strips_here[planned.start_strip], strips_here[planned.end_strip], settings)
    wanted = requests.chosen(settings, shot, choices)
    folder = take_folders.place(scene, shot.start_strip, take_id, choices.output_folder)
    session.laid.note(take_id, folder)
    take_folders.make_for_strip(folder, scene)
    slow = settings.draft_first and methods.is_generative(wanted.method)
    first = requests.draft_of(wanted, choices) if slow else wanted
    strip = lay_strip.insert(scene, shot, folder, take_id, first)
    if slow:
        final_id = _new_id()
        final = take_folders.place(scene, shot.start_strip, final_id, choices.output_folder)
        session.laid.note(final_id, final)
        strip_takes.add(strip, wanted, final_id, final).cuts_allowed = True  # the draft has asked about a cut by then
    return str(strip.name)


def _new_id() -> str:
    """A new take's id: 8 hexadecimal digits."""
    return uuid.uuid4().hex[:8]


def _put_in_line(laid: list[str]) -> list[str]:
    """Give new takes their places after all others; return their ids in the order of the queue.

    First come the takes `laid`, then those of the same strips that have no place yet.
    """
    new = set(laid)
    first: dict[str, list[Any]] = {take_id: [] for take_id in laid}
    later: dict[str, list[Any]] = {}
    for _, strip in strips.ours():
        here = (strip.fcvg, *strip.fcvg.others)
        if any(take.id in new for take in here):
            for take in here:
                if take.id in new:
                    first[take.id].append(take)
                elif take.place == 0:
                    later.setdefault(take.id, []).append(take)
    for place, holders in enumerate((*first.values(), *later.values()), _last_place() + 1):
        for take in holders:
            take.place = place
    return [*first, *later]


def _last_place() -> int:
    """The highest place of all takes, 0 where none has one."""
    return max((strip_record.within(entry.take, "place") for entry in every_take()), default=0)
