# SPDX-License-Identifier: GPL-3.0-or-later
"""What decides how the frames of a job look: its identity and its seed."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .. import __version__
from ..files import job_folder
from ..shared.errors import BadImage
from ..shared.methods import is_generative
from ..shared.protocol import Request


def identity(request: Request, start: Path, end: Path) -> dict[str, Any]:
    """Returns everything that decides how the frames look, as JSON for the manifest.

    `start`, `end`: the keys' files. Some fields of the request are left out. `commercial_only` and `refuse_cuts` do not
    change frames: they can only refuse a job, or narrow what is searched for in the keys, which shows in `conditions`.
    `extend` decides only where frames go. Raises BadImage when a key cannot be read.
    """
    try:
        hashes = job_folder.sha256_of(start), job_folder.sha256_of(end)
    except OSError as error:
        raise BadImage(f"A key cannot be read: {error}", "Check that both images are still there.") from error
    generative: dict[str, Any] = {}
    if is_generative(request.method):
        conditions = asdict(request.conditions)
        del conditions["matches"]  # what is in the file counts, not where it lies
        generative = {"sampling": asdict(request.sampling), "conditions": conditions}
        if request.conditions.matches:
            from ..conditions import matches_file

            generative["matches_sha256"] = matches_file.sha256(Path(request.conditions.matches))
    return {
        "engine": __version__,
        "count": request.count,
        "method": request.method,
        "timing": request.timing,
        "hold": request.hold,
        "seed": request.seed,
        "format": request.format,
        "start_sha256": hashes[0],
        "end_sha256": hashes[1],
        **({"layer": request.layer} if request.layer else {}),
        **generative,
    }


def seed_of(request: Request) -> int:
    """Returns the request's seed, or draws a new one."""
    return secrets.randbelow(2**53) if request.seed < 0 else request.seed
