# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuses requests whose fields cannot be used."""

from __future__ import annotations

import os
import re

from .. import methods
from ..shared.errors import BadRequest
from ..shared.protocol import FORMATS, HOLDS, LINES, MAX_COUNT, POSES, PRESETS, Request, SamplingSettings

LARGEST_SEED = 2**63 - 1
_SIZE = re.compile(r"[0-9]{1,5}[x×][0-9]{1,5}")


def check(request: Request) -> None:
    """Raises BadRequest when a field of the request cannot be used. Opens no file."""
    for name, path in (("start key", request.start), ("end key", request.end), ("output folder", request.out)):
        if not path or not _can_be_path(path):
            raise BadRequest(f"The {name} has no usable path.", "Give the path of a file or folder.")
    if not _can_be_path(request.conditions.matches):
        raise BadRequest("The file of matches has no usable path.", "Give the path of a matches.json.")
    if not 1 <= request.count <= MAX_COUNT:
        raise BadRequest(f"{request.count!s:.40} inbetweens cannot be made.", f"Ask for 1 to {MAX_COUNT}.")
    if request.hold not in HOLDS:
        raise BadRequest(f"Drawings cannot be held for {request.hold!s:.40} frames.", "Use 1, 2 or 3.")
    if not -1 <= request.seed <= LARGEST_SEED:
        raise BadRequest(f"The seed {request.seed!s:.40} is out of range.", "Use 0 to 2^63 - 1, or -1 for a new one.")
    if request.format not in FORMATS:
        raise BadRequest(f"There is no format {request.format!r:.100}.", f"Use one of {', '.join(FORMATS)}.")
    if request.extend and request.overwrite:
        raise BadRequest(
            "A job cannot both add to the drawings that are there and replace them.", "Choose one of both."
        )
    if request.method != "auto":
        methods.find(request.method)
    for name, value, words in (
        ("way to match lines", request.conditions.lines, LINES),
        ("way to find poses", request.conditions.pose, POSES),
        ("preset", request.sampling.preset, PRESETS),
    ):
        if value not in words:
            raise BadRequest(f"There is no {name} {value!r:.100}.", f"Use {', '.join(words)}.")
    _check_sampling(request.sampling)


def _can_be_path(path: str) -> bool:
    """Whether the system can have a file of this name: no NUL, and no lone surrogate that it does not use itself."""
    try:
        return b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        return False


def _check_sampling(settings: SamplingSettings) -> None:
    """Raises BadRequest for a number that is out of range, and for a working size that is none."""
    wish = settings.work_size.strip()
    if wish and not _SIZE.fullmatch(wish):
        raise BadRequest(f"{wish!r:.50} is no working size.", "Write it as WIDTHxHEIGHT, like 1024x576.")
    for name, low, high in (
        ("steps", 0, 200),
        ("guidance_min", 0, 20),
        ("guidance_max", 0, 20),
        ("control_weight", 0, 10),
        ("motion_bucket", 0, 255),
        ("noise_augmentation", 0, 1),
        ("fps", 1, 30),
    ):
        value = getattr(settings, name)
        if not low <= value <= high:
            raise BadRequest(f"{value!s:.40} is no usable {name.replace('_', ' ')}.", f"Use {low} to {high}.")
