"""Puts stills into an edit as keys, each on its own frame, and finds the gaps between them.

A key remembers the scene and frame it shows (`still_scene`, `still_frame` of its record), so that rendering anew
changes the key that is there instead of laying another one over it.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import bpy

from .. import compat
from ..edit import gap_refusals, strips, take_folders
from ..edit import gaps as shots
from ..engine import errors
from ..i18n.translate import rpt
from ..keys import render_keys
from . import render_frames

_TITLE_LETTERS = 50  # of a scene's name; Blender cuts names at 63 bytes
_OWN = {"rna_type", "name", "stills", "prefetch_held"}  # of one scene, not to be copied


def find(context: Any, scene: Any) -> Any:
    """The scene whose edit gets the keys of the 3D scene `scene`; None where it has yet to be made."""
    chosen = scene.fcvg.stills.edit
    if chosen is not None and not chosen.fcvg.stills.is_temporary:
        return chosen
    shown = compat.chosen_scene(context)
    if shown is not None and shown != scene:
        return shown
    return bpy.data.scenes.get((_title(scene), None))


def settings(context: Any, scene: Any) -> Any:
    """The choices that hold for inbetweens of the 3D scene: those of its edit, before there is one its own."""
    return (find(context, scene) or scene).fcvg


def make(context: Any, scene: Any, file_format: str) -> Any:
    """A new scene with an edit for the keys of `scene`, shown by the sequencer where that shows nothing yet.

    It has the size, range and speed of `scene`, and its choices. Pictures that hold the scene's view already are shown
    as they are; scene-linear ones (`file_format` is `exr`) get the scene's view.
    """
    edit: Any = bpy.data.scenes.new(_title(scene))
    for name in ("resolution_x", "resolution_y", "pixel_aspect_x", "pixel_aspect_y", "fps", "fps_base"):
        setattr(edit.render, name, getattr(scene.render, name))
    edit.render.resolution_percentage = 100
    edit.frame_start, edit.frame_end = scene.frame_start, scene.frame_end
    edit.display_settings.display_device = scene.display_settings.display_device
    if file_format == "exr":
        for name in ("view_transform", "look", "exposure", "gamma"):
            setattr(edit.view_settings, name, getattr(scene.view_settings, name))
    else:
        with suppress(TypeError):  # a colour configuration without it
            edit.view_settings.view_transform = "Standard"
    edit.sequence_editor_create()
    _copy_choices(scene.fcvg, edit.fcvg)
    shown = compat.chosen_scene(context)
    if shown is None or (shown == scene and not len(compat.all_strips(scene))):
        compat.choose_scene(context, edit)
    return edit


def lay(edit: Any, scene_name: str, made: list[render_frames.Still]) -> list[Any]:
    """Put the stills into the edit as strips of one frame, and select these and nothing else; the strips in order.

    All new ones are on one channel, the lowest that is free on all of their frames. Raises ShotProblem where there is
    none, DiskError where the files lie too deep; the edit is unchanged then.
    """
    if edit.sequence_editor is None:
        edit.sequence_editor_create()
    for still in made:
        strips.strip_directory(still.path.parent)
    there = {
        strip.fcvg.still_frame: strip.name for strip in compat.strips(edit) if strip.fcvg.still_scene == scene_name
    }
    missing = [still for still in made if still.frame not in there]
    channel = _free_channel(edit, [still.frame for still in missing])
    names = []
    for still in made:
        if still in missing:
            names.append(_new_key(edit, scene_name, still, channel).name)
        else:
            key = _named(edit, there[still.frame])
            _show(key, still.path)
            names.append(key.name)
    keys = [_named(edit, name) for name in names]
    for strip in compat.strips(edit):
        strip.select = strip.name in names
    edit.sequence_editor.active_strip = keys[-1]
    return keys


def gaps(edit: Any, keys: list[Any], changed: set[str]) -> tuple[shots.Chain | None, list[Any]]:
    """What is to be made between the keys: the gaps without inbetweens, and strips of inbetweens that need a new take.

    A new take is needed beside a key in `changed` (names); where nothing has changed and nothing is missing, between
    all of them: the artist has asked for it. Raises ShotProblem.
    """
    filled = {
        (strip.fcvg.key_start, strip.fcvg.key_end): strip for strip in compat.strips(edit) if shots.is_inbetweens(strip)
    }
    empty, old = [], []
    for earlier, later in pairwise(keys):
        if compat.right(earlier) >= compat.left(later):
            continue
        strip = filled.get((earlier.name, later.name))
        if strip is None:
            empty.append(shots.between(edit, earlier, later, edit.fcvg))
        else:
            old.append((strip, bool(changed & {earlier.name, later.name})))
    again = [strip for strip, is_changed in old if is_changed]
    if not empty and not again:
        again = [strip for strip, _ in old]
    return shots.Chain(tuple(empty)) if empty else None, again


def changing(edit: Any, scene_name: str, made: list[render_frames.Still]) -> set[int]:
    """Frames on which a key is there already and shows another picture than the new still."""
    new = {still.frame: still.path for still in made}
    return {
        strip.fcvg.still_frame
        for strip in (compat.strips(edit) if edit is not None else ())
        if strip.fcvg.still_scene == scene_name
        and new.get(strip.fcvg.still_frame, _shown(strip)).name != _shown(strip).name
    }


def summary(context: Any, edit: Any, file_format: str, made: list[render_frames.Still]) -> str:
    """What has become of the keys, in sentences: how many were rendered, where they are, what is to be known."""
    reused = sum(still.reused for still in made)
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
        take_folders.unsaved_root() / render_frames.FOLDER,
        Path(filepath).parent / take_folders.BASE[2:] / render_frames.FOLDER,
    )
    for strip in _keys():
        path = _shown(strip)
        if path.parent == old and path.is_file():
            with suppress(OSError, errors.DiskError):
                new.mkdir(parents=True, exist_ok=True)
                if not (new / path.name).exists():
                    shutil.copy2(path, new / path.name)
                strips.set_folder(strip, new)


def find_moved() -> None:
    """After undo and loading: the keys of a saved file are beside it."""
    if not bpy.data.filepath:
        return
    beside = Path(bpy.path.abspath(take_folders.BASE)) / render_frames.FOLDER
    for strip in _keys():
        if not _shown(strip).is_file() and (beside / _shown(strip).name).is_file():
            strips.set_folder(strip, beside)


def _keys() -> list[Any]:
    scenes: list[Any] = [scene for scene in bpy.data.scenes if scene.library is None]
    return [
        strip
        for scene in scenes
        for strip in compat.all_strips(scene)
        if strip.type == "IMAGE" and strip.fcvg.still_scene
    ]


def _new_key(edit: Any, scene_name: str, still: render_frames.Still, channel: int) -> Any:
    strip = compat.strips(edit).new_image(
        name=f"{scene_name} {still.frame}",
        filepath=str(still.path),
        channel=channel,
        frame_start=still.frame,
        fit_method="FIT",
    )
    compat.set_right(strip, still.frame + 1)
    strip.fcvg.still_scene, strip.fcvg.still_frame = scene_name, still.frame
    _show(strip, still.path)
    return strip


def _show(strip: Any, path: Path) -> None:
    strips.set_folder(strip, path.parent)
    strip.elements[0].filename = path.name
    is_exr = path.suffix == ".exr"
    with suppress(TypeError):  # other colour configurations have other names; Blender has guessed then
        strip.colorspace_settings.name = compat.LINEAR if is_exr else compat.SRGB
    strip.alpha_mode = "PREMUL" if is_exr else "STRAIGHT"


def _shown(strip: Any) -> Path:
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


def _title(scene: Any) -> str:
    return f"{scene.name[:_TITLE_LETTERS]} Edit"


def _copy_choices(source: Any, target: Any) -> None:
    for declared in source.bl_rna.properties:
        name = declared.identifier
        value = getattr(source, name)
        if name in _OWN or declared.type == "COLLECTION":
            continue
        if isinstance(value, bpy.types.PropertyGroup):
            _copy_choices(value, getattr(target, name))
        elif not declared.is_readonly:
            setattr(target, name, value)
