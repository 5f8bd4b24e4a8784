# SPDX-License-Identifier: GPL-3.0-or-later
"""Records how long jobs take on this computer, so that estimates can be better than typical figures.

speeds.json in the user's data folder has for each method and device the last jobs, the newest last, at most `KEPT`::

    {"rife cpu": [[11, 960, 540, 5.2], …]}          drawings, width, height, seconds of the whole job

A damaged file is put aside and begun anew. No torch.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ..models import discovery
from ..models.writing import Table
from ..shared.errors import DiskError
from ..shared.methods import METHODS, is_generative
from ..shared.protocol import Request

FILE = "speeds.json"
KEPT = 8

_LONGEST_S = 7 * 86400.0
_LOCK_WAIT_S = 2.0
# Smaller jobs, such as the self-test, are not recorded: most of their time is the start.
_LEAST_DRAWINGS = 2
_LEAST_PIXELS = 100_000


@dataclass(frozen=True)
class Run:
    """A finished job: how many drawings it made, their size in pixels, and its seconds."""

    drawings: int
    width: int
    height: int
    seconds: float


def record(request: Request, facts: Mapping[str, Any], drawings: int, seconds: float) -> None:
    """Records a finished job, which has made so many `drawings`; `facts` are its manifest's.

    Jobs that say nothing about speed are left out: small ones, and generative ones that have unusual settings or that
    may have found native frames in their folder. Raises nothing: no job fails because of this.
    """
    method = str(facts.get("method"))
    if method not in METHODS or (is_generative(method) and not _is_usual(request)):
        return
    with suppress(DiskError, OSError, KeyError, TypeError, ValueError):
        width, height = facts["size"]
        run = Run(drawings, int(width), int(height), round(float(seconds), 3))
        if run.drawings < _LEAST_DRAWINGS or run.width * run.height < _LEAST_PIXELS or not _is_sound(run):
            return
        name = f"{method} {facts['device']}"
        with _TABLE.changed(_path(), _LOCK_WAIT_S) as lines:
            lines[name] = [*lines.get(name, []), list(vars(run).values())][-KEPT:]


def runs(method: str, device: str) -> list[Run]:
    """Reads the last jobs with `method` on `device` (cpu, cuda, mps), the newest last."""
    lines = _TABLE.load(_path()).get(f"{method} {device}", [])
    return list(filter(None, map(_run, lines)))[-KEPT:]


def _is_usual(request: Request) -> bool:
    settings = request.sampling
    return not (request.extend or request.overwrite or settings.steps or settings.work_size)


def _path() -> Path:
    return discovery.user_data() / FILE


def _run(line: object) -> Run | None:
    with suppress(TypeError, ValueError):
        run = Run(*line)  # type: ignore[misc]
        return run if _is_sound(run) else None
    return None


def _is_sound(run: Run) -> bool:
    sides = (run.drawings, run.width, run.height)
    return all(type(each) is int and each > 0 for each in sides) and (
        math.isfinite(run.seconds) and 0 < run.seconds < _LONGEST_S
    )


def _is_entry(name: str, lines: object) -> bool:
    """Whether that is a method with its device, and jobs of four facts each."""
    is_list = isinstance(lines, list) and len(name.split()) == 2
    return is_list and all(isinstance(line, list) and len(line) == 4 for line in cast(list[object], lines))


_TABLE = Table(_is_entry)
