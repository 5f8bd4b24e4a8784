# SPDX-License-Identifier: GPL-3.0-or-later
"""An artist at work while the engine draws: generation as in a window, its timer turned by the test."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from edits import Edit, noise

from fcvg_blender import compat
from fcvg_blender.edit import placeholder, strips
from fcvg_blender.jobs import timer
from fcvg_blender.jobs.session import session
from fcvg_blender.settings import strip_record
from fcvg_blender.tasks.background import background_tasks

HANG_S = 90.0  # far above what anything here takes on a slow machine


def two_strips(edit: Edit, gap: int = 6) -> None:
    """A and B with `gap` frames between them, both selected, and the method that needs no weights."""
    edit.image("A", noise(1), 1, 1, 11)
    edit.image("B", noise(2), 1, 11 + gap, 21 + gap)
    edit.select("A", "B")
    edit.settings.method = "DISSOLVE"
    edit.settings.cuts = "MAKE"  # noise looks like another shot


def save(edit: Edit) -> Path:
    """Save as an artist does before the work begins."""
    path = edit.folder / "film.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    return path


def ours() -> Any:
    """The one strip of inbetweens in the file, None without."""
    found = [strip for _, strip in strips.ours()]
    assert len(found) <= 1
    return found[0] if found else None


def files(strip: Any) -> list[str]:
    """What the strip shows on each of its frames."""
    return [element.filename for element in strip.elements]


def shows_nothing(strip: Any) -> bool:
    """Whether each frame of the strip is a clear picture that is there."""
    return set(files(strip)) == {placeholder.FILE} and (strips.folder(strip) / placeholder.FILE).is_file()


def status() -> Any:
    """What the panel shows."""
    return bpy.context.window_manager.fcvg


def turn_until(condition: Callable[[], Any]) -> None:
    """Let Blender's timer turn until `condition`."""
    deadline_s = time.monotonic() + HANG_S
    while not condition():
        assert time.monotonic() < deadline_s, f"jobs {session.jobs}, error {status().error_message!r}"
        timer.tick()
        time.sleep(0.01)


def idle() -> bool:
    """Nothing runs and nothing is still to come."""
    return not session.active and not background_tasks.active


@dataclass(frozen=True)
class Shown:
    """The edit as an artist sees it, to compare before and after."""

    layout: dict[str, tuple[int, int, int]]
    selected: frozenset[str]
    markers: tuple[int, ...]
    end: int

    @classmethod
    def of(cls, scene: Any) -> Shown:
        edit = {each.name: (each.channel, compat.left(each), compat.right(each)) for each in compat.all_strips(scene)}
        selected = frozenset(each.name for each in compat.strips(scene) if each.select)
        return cls(edit, selected, tuple(marker.frame for marker in scene.timeline_markers), scene.frame_end)


def is_dissolve(folder: Path, read: Callable[[Path], np.ndarray[Any, Any]]) -> bool:
    """Whether the frames in `folder` lie between its keys, nearer to the later one each time."""
    end = read(folder / "key_end.png")
    distances = [float(np.abs(read(path) - end).mean()) for path in sorted(folder.glob("0*.png"))]
    return distances == sorted(distances, reverse=True) and distances[0] > distances[-1] > 0


DONE, INCOMPLETE, RUNNING = strip_record.DONE, strip_record.INCOMPLETE, strip_record.RUNNING
