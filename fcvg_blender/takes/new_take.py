# SPDX-License-Identifier: GPL-3.0-or-later
"""Another take of a strip: what it is to be made of, and whether the strip has it already."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ..edit import gaps, strip_takes, take_files, take_folders
from ..engine import errors, methods, protocol, small_files
from ..i18n.translate import mark, rpt
from ..keys import key_fingerprint
from ..settings import generative, strip_record
from ..settings.addon_choices import Choices
from ..settings.protocols import Scene, Strip, Take
from . import requests


class SameTake(errors.BadRequest):
    """The strip has a take that would come out the same."""

    code = "same_take"


def wanted(scene: Scene, strip: Strip, choices: Choices) -> protocol.Request:
    """Another take of the strip: with the scene's method, seed and settings, timed as the strip is.

    `requests.placed` gives the request its paths. Raises ShotProblem where a key is gone, LicenceRefused and BadRequest
    as `requests.chosen` does, and SameTake.
    """
    record = strip.fcvg
    shot = gaps.of_strip(scene, strip)
    request = requests.chosen(scene.fcvg, shot, choices, timed_as=record)
    for take in strip_takes.all_of(record):
        if _asks_the_same(take, request) and _comes_out_the_same(scene, strip, shot, take, request):
            raise _refusal(take, request)
    # A pair of which there are frames has been looked at, and the artist has decided.
    looked_at = any(take.made for take in strip_takes.all_of(record))
    return replace(request, refuse_cuts=request.refuse_cuts and not looked_at)


def _asks_the_same(take: Take, request: protocol.Request) -> bool:
    """Whether method, format, seed and settings are the same. The last two count where a method draws noise."""
    draws_noise = methods.is_generative(request.method)
    return (
        request.method in (take.method, take.method_used)
        and request.format in (take.format, take.format_asked)
        and (not draws_noise or (request.seed, generative.remembered(request)) == (take.seed, take.generation))
    )


def _comes_out_the_same(scene: Scene, strip: Strip, shot: gaps.Shot, take: Take, request: protocol.Request) -> bool:
    """Whether the keys are the same, and where they decide how frames look, the chart and the edited matches too."""
    for which, known in ((take_files.START, take.print_start), (take_files.END, take.print_end)):
        # A take without fingerprints is still to be made, of the keys as they are by then.
        if known and key_fingerprint.differ(known, key_fingerprint.of(scene, *gaps.key_of(scene, shot, which))):
            return False
    if not methods.is_generative(request.method):
        return True
    folder = take_folders.of_take(strip, take)
    begun = take_files.read_manifest(folder).get("identity", {})
    chart = request.count, request.timing, request.hold
    is_timed_alike = not begun or tuple(begun.get(name) for name in ("count", "timing", "hold")) == chart
    matches = request.conditions.matches
    return is_timed_alike and _content(folder / take_files.KEY_MATCHES) == (_content(Path(matches)) if matches else b"")


def _content(path: Path) -> bytes:
    with suppress(OSError):
        return small_files.read(path, generative.MATCHES_LIMIT_BYTES)
    return b""


def _refusal(take: Take, request: protocol.Request) -> SameTake:
    if take.state == strip_record.INCOMPLETE:
        same = rpt("Take {number} is the same, and its frames are not all there.")
        return SameTake(same.format(number=take.number), "Show it and resume it.")
    same = rpt("Take {number} is the same: the keys, the method and the settings have not changed since.")
    if methods.is_generative(request.method):
        hint = mark("Choose another method, seed or settings, then make a new take.")
    else:
        hint = mark("Choose another method, then make a new take.")
    return SameTake(same.format(number=take.number), hint)
