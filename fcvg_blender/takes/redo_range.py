# SPDX-License-Identifier: GPL-3.0-or-later
"""Some frames of a strip of inbetweens made once more: a new strip lies over it, between two frames of it as keys."""

from __future__ import annotations

import uuid

from .. import compat
from ..edit import gap_refusals, gaps, lay_strip, take_folders
from ..edit.obstacles import Obstacles
from ..i18n.translate import rpt
from ..settings.addon_choices import Choices
from ..settings.protocols import Scene, Strip
from . import requests

AROUND = 2  # frames on each side of the playhead that are suggested where nothing is marked

# Not in a gap of their own, so they stay where they are laid, whatever becomes of the strip below.
_PLACEMENT = "CENTRED"


def suggested(scene: Scene, strip: Strip) -> tuple[int, int]:
    """The first and the last frame to be redone, both within what the strip shows.

    They are the ends of the preview range, else the outermost selected markers, else AROUND frames from the playhead.
    """
    covered = range(compat.left(strip), compat.right(strip))
    marked = sorted(marker.frame for marker in scene.timeline_markers if marker.select and marker.frame in covered)
    if scene.use_preview_range and scene.frame_preview_start in covered and scene.frame_preview_end in covered:
        return scene.frame_preview_start, scene.frame_preview_end
    if len(marked) > 1:
        return marked[0], marked[-1]
    middle = min(max(scene.frame_current, covered.start), covered.stop - 1)
    return max(middle - AROUND, covered.start), min(middle + AROUND, covered.stop - 1)


def lay(scene: Scene, strip: Strip, first: int, last: int, choices: Choices) -> Strip:
    """Lay a new strip over frames `first` … `last` of `strip`, to be made as the scene's settings say; return it.

    Raises ShotProblem where the frames are not the strip's or a key is gone, and what `requests.chosen` raises; the
    edit is unchanged then.
    """
    shot = _shot(scene, strip, first, last)
    request = requests.chosen(scene.fcvg, shot, choices)
    take_id = uuid.uuid4().hex[:8]
    folder = take_folders.place(scene, strip.name, take_id, choices.output_folder)
    return lay_strip.insert(scene, shot, folder, take_id, request)


def _shot(scene: Scene, strip: Strip, first: int, last: int) -> gaps.Shot:
    """The frames as a shot. The keys are the frames of the strip beside them; at an end of the strip, its own key."""
    left, right = compat.left(strip), compat.right(strip)
    if not left <= first <= last < right:
        raise gap_refusals.ShotProblem(
            rpt("Frames {first}–{last} are not frames of “{name}”, which shows {left}–{right}.").format(
                first=first, last=last, name=strip.name, left=left, right=right - 1
            ),
            "Choose frames of the strip, the first one first.",
        )
    earlier, later = strip.name, strip.name
    start_frame, end_frame = first - 1, last + 1
    if first == left or last == right - 1:
        gap = gaps.of_strip(scene, strip)
        if first == left:
            earlier, start_frame = gap.start_strip, gap.start_frame
        if last == right - 1:
            later, end_frame = gap.end_strip, gap.end_frame
    count = last - first + 1
    below = [each for each in compat.strips(scene) if each.name in (strip.name, earlier, later)]
    return gaps.Shot(
        scene_name=scene.name,
        start_strip=earlier,
        end_strip=later,
        start_frame=start_frame,
        end_frame=end_frame,
        placement=_PLACEMENT,
        first=first,
        last=last,
        count=count,
        channel=Obstacles.of(scene).place(first, count, below).channel,
        metas=tuple(meta.name for meta in compat.metas_around(strip)),
    )
