# SPDX-License-Identifier: GPL-3.0-or-later
"""The self-test: makes one small frame just as a real job does."""

from __future__ import annotations

import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..core import loading
from ..models import registry
from ..shared import file_records, own_files, scratch
from ..shared.protocol import Done, Request

if TYPE_CHECKING:
    from ..files.images import Array
    from .progress import Emit, IsCancelled

SELF_TEST_SIZE = (256, 144)  # width, height in pixels

_SCRATCH = "fcvg-self-test-"
_SCRATCH_AGE_S = 3600.0


def self_test(device: str, job: str, emit: Emit, is_cancelled: IsCancelled) -> Done:
    """Makes one small frame from two images, just as a real job does; returns the final report. Raises FcvgError.

    Downloads nothing: without RIFE's model it makes a dissolve, and a note says so.
    """
    loading.load_own("jobs.inbetween")
    from ..core import devices

    devices.require_torch()
    from ..files import images
    from ..models import draft_weights
    from . import inbetween as jobs

    has_rife = all(each.present for each in draft_weights.available() if "rife" in each.enables)
    with _scratch_folder() as folder:
        keys = []
        for name, position in (("start.png", 0.3), ("end.png", 0.6)):
            keys.append(folder / name)
            own_files.write(keys[-1], images.encode(_disc(position), "png"), file_records.Written())
        request = Request(
            str(keys[0]), str(keys[1]), str(folder / "out"), 1, "rife" if has_rife else "dissolve", device=device
        )
        began_s = time.monotonic()
        done = jobs.run(request, job, emit, is_cancelled)
        seconds = time.monotonic() - began_s
    label = registry.label(done.method)
    notes = [f"{label} made a frame of {SELF_TEST_SIZE[0]}×{SELF_TEST_SIZE[1]} on {done.device} in {seconds:.1f} s."]
    if not has_rife:
        notes.append("The models are not there yet; they are downloaded when they are first used.")
    return replace(done, notes=notes)


def _disc(position: float) -> Array:
    """Draws a bright disc on a dark ground, `position` of the way across: [3, H, W]."""
    import numpy as np

    width, height = SELF_TEST_SIZE
    rows, columns = np.mgrid[:height, :width]
    inside = (columns - position * width) ** 2 + (rows - height / 2) ** 2 < (height / 5) ** 2
    return np.repeat(np.where(inside, 0.9, 0.2).astype(np.float32)[None], 3, axis=0)


@contextmanager
def _scratch_folder() -> Iterator[Path]:
    """Makes a folder for one self-test, and deletes those that killed engines have left behind."""
    temporary = Path(tempfile.gettempdir())
    for left in temporary.glob(_SCRATCH + "*"):
        with suppress(OSError):  # somebody else's, or gone already
            if time.time() - left.lstat().st_mtime > _SCRATCH_AGE_S:
                scratch.delete(left)
    folder = scratch.make(temporary / f"{_SCRATCH}{uuid.uuid4().hex}")
    try:
        yield folder
    finally:
        scratch.delete(folder)
