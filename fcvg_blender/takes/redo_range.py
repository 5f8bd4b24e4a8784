"""Some frames of a strip of inbetweens made once more, over it: a shot whose keys the strip itself shows."""

from __future__ import annotations

import uuid
from typing import Any

from .. import compat
from ..edit import gap_refusals, gaps, strips, take_folders
from ..i18n.translate import rpt
from ..settings.addon_choices import Choices
from . import requests

AROUND = 2  # frames on each side of the playhead that are suggested where nothing is marked

# Not in a gap of their own, so they stay where they are laid, whatever becomes of the strip below.
_PLACEMENT = "CENTRED"


def suggested(scene: Any, strip: Any) -> tuple[int, int]:
    """First and last frame to be redone: the preview range, else the selected markers, where these lie in the strip,
    else the frames around the playhead."""
    covered = range(compat.left(strip), compat.right(strip))
    marked = sorted(marker.frame for marker in scene.timeline_markers if marker.select and marker.frame in covered)
    if scene.use_preview_range and scene.frame_preview_start in covered and scene.frame_preview_end in covered:
        return scene.frame_preview_start, scene.frame_preview_end
    if len(marked) > 1:
        return marked[0], marked[-1]
    middle = min(max(scene.frame_current, covered.start), covered.stop - 1)
    return max(middle - AROUND, covered.start), min(middle + AROUND, covered.stop - 1)


def lay(scene: Any, strip: Any, first: int, last: int, choices: Choices) -> Any:
    """Lay a new strip over frames `first` … `last` of `strip`, to be made as the scene's settings say; its record.

    Raises ShotProblem where the frames are not the strip's or a key is gone, and what `requests.chosen` raises; the
    edit is unchanged then.
    """
    shot = _shot(scene, strip, first, last)
    order = requests.chosen(scene.fcvg, shot, choices)
    take_id = uuid.uuid4().hex[:8]
    folder = take_folders.place(scene, strip.name, take_id, choices.output_folder)
    return strips.insert(scene, shot, folder, take_id, order).fcvg


def _shot(scene: Any, strip: Any, first: int, last: int) -> gaps.Shot:
    """The frames as a shot: what the strip shows beside them are the keys; beyond its ends, its own keys are."""
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
    above = max(each.channel for each in compat.strips(scene) if each.name in (strip.name, earlier, later))
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
        channel=gaps.free_channel(scene, first, count, above),
        metas=tuple(meta.name for meta in compat.metas_around(strip)),
    )
