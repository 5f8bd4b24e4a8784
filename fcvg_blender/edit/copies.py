# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of strips of ours, told from the strips that they were made of.

Blender copies a strip's record with the strip: in a copy of a scene, a duplicate, a pasted strip, an appended file. A
take's id says whose frames are meant, so a copy gets ids of its own as soon as it is noticed. It goes on showing the
folder of the take that it is a copy of (`shares`), and gets a folder of its own before anything is made for it.

The parts of a strip that was cut in two are no copies: they show one take together, and keep one id.
"""

from __future__ import annotations

import hashlib
from typing import Any

from .. import compat, guard
from ..settings import strip_record
from ..settings.protocols import Scene, Strip, Take
from . import strips

_Holder = tuple[Scene, Strip, Take]


def tell_apart() -> list[str]:
    """Give the takes of copied strips ids of their own; return the new ids.

    Where a strip and its copies are not told apart yet, those keep the id that are in the older scene and lie where the
    strip was laid. A take that was being made waits for its turn in the copy, for the job is the original's.

    The new ids follow from the old ones and from where the copy is: after undo the same copy gets the same ids again.
    """
    found: dict[str, list[_Holder]] = {}
    for scene, strip in strips.ours():
        with guard.going_on("ids of a strip"):
            for take in (strip.fcvg, *strip.fcvg.others):
                if take.id:
                    found.setdefault(str(take.id), []).append((scene, strip, take))
    fresh: list[str] = []
    for take_id, holders in found.items():
        for copy in _clusters(holders)[1:] if len(holders) > 1 else ():
            scene, strip, _ = copy[0]
            fresh.append(_fresh_id(take_id, scene, strip))
            for _, holder, take in copy:
                _rename(holder, take, fresh[-1])
    return fresh


def parts(scene: Scene, strip: Strip) -> list[Strip]:
    """The strips that the artist has cut one strip of ours into, `strip` among them; copies of it are left out."""
    here = [(scene, each, each.fcvg) for each in compat.all_strips(scene) if each.fcvg.id == strip.fcvg.id]
    cluster = next(found for found in _clusters(here) if any(each == strip for _, each, _ in found))
    return [each for _, each, _ in cluster]


def _clusters(holders: list[_Holder]) -> list[list[_Holder]]:
    """The holders of a take, those together that are parts of one strip; first those that the others are copies of."""
    clusters: list[list[_Holder]] = []
    for holder in sorted(holders, key=_age):
        scene, strip, _ = holder
        whole = (each for each in clusters if each[0][0] == scene and _origin(each[0][1]) == _origin(strip))
        cluster = next((each for each in whole if not any(_overlap(strip, part) for _, part, _ in each)), None)
        if cluster is None:
            clusters.append([holder])
        else:
            cluster.append(holder)
    return clusters


def _age(holder: _Holder) -> tuple[int, bool, int, str]:
    """What sorts originals before copies: Blender numbers scenes as they are made."""
    scene, strip, _ = holder
    return scene.session_uid, _origin(strip) != strip.fcvg.first, strip.channel, strip.name


def _origin(strip: Strip) -> int:
    """The frame on which the whole strip begins, of which this may be a part."""
    return round(compat.content_start(strip)) - compat.hidden_at_start(strip)


def _overlap(one: Strip, other: Strip) -> bool:
    return compat.left(one) < compat.right(other) and compat.left(other) < compat.right(one)


def _fresh_id(take_id: str, scene: Scene, strip: Strip) -> str:
    text = f"{take_id} {scene.session_uid} {strip.name}"
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:8]


def _rename(strip: Strip, take: Any, fresh: str) -> None:
    """Let a copied take have the id `fresh`, and remember whose folder it shows."""
    take.shares = take.shares or take.id
    take.folder = take.folder or strips.folder(strip).name  # strips of older files do not name it
    take.id = fresh
    if take.state == strip_record.RUNNING:
        take.state = strip_record.INCOMPLETE if strip.fcvg.overlay else strip_record.WAITING
