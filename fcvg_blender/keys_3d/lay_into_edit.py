# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts rendered keys into an edit, each on its own frame, and finds the gaps between them.

A key's strip remembers the scene and frame it shows (`still_scene`, `still_frame` of its record), so that rendering
again changes the strip that is there instead of laying another one over it.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import bpy

from .. import compat, guard
from ..edit import gap_refusals, gaps, reach, strips, take_folders
from ..engine import errors, folder_record
from ..i18n.translate import rpt
from ..keys import render_keys
from .rendered_key import FOLDER, RenderedKey


def lay(edit: Any, scene_name: str, made: list[RenderedKey]) -> list[Any]:
    """Put rendered keys into the edit as strips of one frame; return the strips in order, which are what is selected.

    All new strips are on one channel, the lowest that is free on all of their frames. Raises ShotProblem where there is
    none, DiskError where the files lie too deep; the edit is unchanged then.
    """
    if edit.sequence_editor is None:
        edit.sequence_editor_create()
    for key in made:
        strips.strip_directory(key.path.parent)
    there = {
        strip.fcvg.still_frame: strip.name for strip in compat.strips(edit) if strip.fcvg.still_scene == scene_name
    }
    missing = [key for key in made if key.frame not in there]
    channel = _free_channel(edit, [key.frame for key in missing])
    names = []
    for key in made:
        if key in missing:
            names.append(_new_strip(edit, scene_name, key, channel).name)
        else:
            _show(_named(edit, there[key.frame]), key.path)
            names.append(there[key.frame])
    found = [_named(edit, name) for name in names]
    for strip in compat.strips(edit):
        strip.select = strip.name in names
    edit.sequence_editor.active_strip = found[-1]
    return found


def to_fill(edit: Any, keys: list[Any], changed: set[str]) -> tuple[gaps.Chain | None, list[Any]]:
    """Return what is to be made between keys: the gaps without inbetweens, None without one, and the strips of
    inbetweens that need a new take.

    `keys` are strips in order, `changed` the names of those whose picture has changed. Strips beside a changed key need
    a new take. Where nothing has changed and nothing is missing all of them do, because the artist has asked for it.
    Raises ShotProblem.
    """
    filled = {
        (strip.fcvg.key_start, strip.fcvg.key_end): strip for strip in compat.strips(edit) if gaps.is_inbetweens(strip)
    }
    empty, old = [], []
    for earlier, later in pairwise(keys):
        if compat.right(earlier) >= compat.left(later):
            continue
        strip = filled.get((earlier.name, later.name))
        if strip is None:
            empty.append(gaps.between(edit, earlier, later, edit.fcvg))
        else:
            old.append((strip, bool(changed & {earlier.name, later.name})))
    again = [strip for strip, is_changed in old if is_changed]
    if not empty and not again:
        again = [strip for strip, _ in old]
    return gaps.Chain(tuple(empty)) if empty else None, again


def changing(edit: Any, scene_name: str, made: list[RenderedKey]) -> set[int]:
    """Return the frames on which the edit has a key already that shows another picture than the rendered one."""
    new = {key.frame: key.path for key in made}
    return {
        strip.fcvg.still_frame
        for strip in (compat.strips(edit) if edit is not None else ())
        if strip.fcvg.still_scene == scene_name
        and new.get(strip.fcvg.still_frame, _shown(strip)).name != _shown(strip).name
    }


def summary(context: Any, edit: Any, file_format: str, made: list[RenderedKey]) -> str:
    """Return what has become of the keys, in sentences: how many were rendered, where they are, what else matters."""
    reused = sum(key.reused for key in made)
    if reused:
        what = rpt("{count} keys: {rendered} rendered, {reused} reused. They are in the edit of “{name}”.")
    else:
        what = rpt("{count} keys: all rendered. They are in the edit of “{name}”.")
    parts = [what.format(count=len(made), rendered=len(made) - reused, reused=reused, name=edit.name)]
    if compat.sequencer_scene(context) != edit:
        in_header = rpt("Choose that scene in the sequencer's header to see it.")
        parts.append(
            in_header
            if compat.can_choose_scene(context)
            else rpt("Choose that scene at the top right of the window to see it.")
        )
    view = edit.view_settings.view_transform
    if file_format != "exr" and view not in render_keys.PLAIN_VIEWS:
        through = rpt("It shows them through {view} once more: set its View Transform to Standard.")
        parts.append(through.format(view=view))
    return " ".join(parts)


def relocate_on_save(filepath: str) -> None:
    """Before the first save: copy keys that were rendered while the file had no place beside it, and show them there.

    To be called by a `save_pre` handler with the path it gets. Copied, because undo may bring back the old place.
    """
    if not filepath:
        return
    old, new = (
        take_folders.unsaved_root() / FOLDER,
        Path(filepath).parent / take_folders.BASE[2:] / FOLDER,
    )
    for strip in _keys():
        path = _shown(strip)
        if path.parent == old and path.is_file():
            with suppress(OSError, errors.DiskError):
                new.mkdir(parents=True, exist_ok=True)
                if not (new / path.name).exists():
                    folder_record.FolderRecord(new).carry(path, path.name)
                strips.set_folder(strip, new)


def find_moved() -> None:
    """After undo and loading: let strips whose key is not where they look for it show the one beside the file."""
    if not bpy.data.filepath:
        return
    beside = Path(bpy.path.abspath(take_folders.BASE)) / FOLDER
    for strip in _keys():
        with guard.going_on("a rendered key"):
            is_lost = reach.answers(strips.folder(strip)) and not reach.is_file(_shown(strip))
            if is_lost and reach.is_file(beside / _shown(strip).name):
                strips.set_folder(strip, beside)


def _keys() -> list[Any]:
    """The strips that show rendered keys, of all edits in the file."""
    scenes: list[Any] = [scene for scene in bpy.data.scenes if scene.library is None]
    return [
        strip
        for scene in scenes
        for strip in compat.all_strips(scene)
        if strip.type == "IMAGE" and strip.fcvg.still_scene
    ]


def _new_strip(edit: Any, scene_name: str, key: RenderedKey, channel: int) -> Any:
    strip = compat.strips(edit).new_image(
        name=f"{scene_name} {key.frame}",
        filepath=str(key.path),
        channel=channel,
        frame_start=key.frame,
        fit_method="FIT",
    )
    compat.set_right(strip, key.frame + 1)
    strip.fcvg.still_scene, strip.fcvg.still_frame = scene_name, key.frame
    _show(strip, key.path)
    return strip


def _show(strip: Any, path: Path) -> None:
    """Let a strip show the picture at `path`."""
    strips.set_folder(strip, path.parent)
    strip.elements[0].filename = path.name
    is_exr = path.suffix == ".exr"
    with suppress(TypeError):  # other colour configurations have other names; Blender has guessed then
        strip.colorspace_settings.name = compat.LINEAR if is_exr else compat.SRGB
    strip.alpha_mode = "PREMUL" if is_exr else "STRAIGHT"


def _shown(strip: Any) -> Path:
    """The file of the picture that a strip shows."""
    return strips.folder(strip) / str(strip.elements[0].filename)


def _named(edit: Any, name: str) -> Any:
    return next(strip for strip in compat.strips(edit) if strip.name == name)


def _free_channel(edit: Any, frames: list[int]) -> int:
    """The lowest channel on which none of the frames is taken, neither locked nor muted. Raises ShotProblem."""
    for number in range(1, compat.LAST_CHANNEL + 1):
        channel = compat.channel(edit, number)
        if channel.lock or channel.mute:
            continue
        spans = [(compat.left(each), compat.right(each)) for each in compat.strips(edit) if each.channel == number]
        if not any(left <= frame < right for left, right in spans for frame in frames):
            return number
    raise gap_refusals.ShotProblem(
        "No channel of the edit is free on the frames of the keys.", "Unlock or empty a channel."
    )
