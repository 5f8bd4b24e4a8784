# SPDX-License-Identifier: GPL-3.0-or-later
"""Records how long jobs take on this computer, so that estimates can be better than typical figures.

speeds.json in the user's data folder has for each method and device the last jobs, the newest last, at most `KEPT`::

    {"rife cpu": [[11, 960, 540, 5.2], …]}          drawings, width, height, seconds of the whole job

A damaged file is treated like a missing one. No torch.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock

from ..models import discovery
from ..models.writing import write_whole
from ..shared import small_files
from ..shared.errors import DiskError
from ..shared.methods import METHODS, is_generative
from ..shared.protocol import Request

FILE = "speeds.json"
KEPT = 8

_LONGEST_S = 7 * 86400.0
_LARGEST_BYTES = 1 << 20
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
    with suppress(DiskError, OSError, filelock.Timeout, KeyError, TypeError, ValueError):
        width, height = facts["size"]
        run = Run(drawings, int(width), int(height), round(float(seconds), 3))
        if run.drawings < _LEAST_DRAWINGS or run.width * run.height < _LEAST_PIXELS or not _is_sound(run):
            return
        path = _path()
        path.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(path.with_name(f".{FILE}.lock"), timeout=_LOCK_WAIT_S):
            known = _load(path)
            name = f"{method} {facts['device']}"
            known[name] = [*known.get(name, []), run][-KEPT:]
            lines = {each: [list(vars(run).values()) for run in runs] for each, runs in known.items()}
            write_whole(path, json.dumps(lines, sort_keys=True).encode())


def runs(method: str, device: str) -> list[Run]:
    """Reads the last jobs with `method` on `device` (cpu, cuda, mps), the newest last."""
    return _load(_path()).get(f"{method} {device}", [])


def _is_usual(request: Request) -> bool:
    settings = request.sampling
    return not (request.extend or request.overwrite or settings.steps or settings.work_size)


def _path() -> Path:
    return discovery.user_data() / FILE


def _load(path: Path) -> dict[str, list[Run]]:
    try:
        content = small_files.read_json(path, _LARGEST_BYTES)
    except (OSError, ValueError):
        return {}
    if not isinstance(content, dict):
        return {}
    return {name: list(filter(None, map(_run, lines)))[-KEPT:] for name, lines in content.items() if _is_list(lines)}


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


def _is_list(lines: object) -> bool:
    return isinstance(lines, list)
