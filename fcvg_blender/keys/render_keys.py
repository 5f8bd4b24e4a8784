# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the two keys of a shot: what each strip shows, rendered out of the edit as pictures the engine can read.

A copy of the scene is rendered and thrown away, so nothing of the artist's scene changes. In the copy all else on
the frame is muted, so what remains is the strip alone, with the inputs of an effect and the contents of a meta
strip, which Blender renders muted or not. Removing strips would not do: the copy shares its action with the scene,
and Blender removes the F-curves of a removed strip.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

import bpy

from .. import compat
from ..edit import animation, gap_refusals, gaps, take_files
from ..engine import errors, folder_record, own_files
from ..i18n.translate import rpt
from ..settings import menu_choices
from ..settings.protocols import Scene, Strip
from . import brightness, key_fingerprint, key_sources, plain_png

_BYTES_PER_PIXEL = {".png": 8, ".exr": 16}

# Views that show display-encoded pixels unchanged. The first is Blender's own, the others come with other
# colour configurations (ACES, and any).
PLAIN_VIEWS = ("Standard", "Un-tone-mapped", "Raw")

_METADATA = [
    each.identifier for each in bpy.types.RenderSettings.bl_rna.properties if each.identifier.startswith("use_stamp_")
]


def write_keys(
    scene: Scene, shot: gaps.Shot, folder: Path, file_format: str, percentage: int = 100
) -> tuple[Path, Path]:
    """Render both keys into `folder` and give back their paths; see `write_key`."""
    start, end = (
        write_key(scene, shot, which, folder, file_format, percentage) for which in (take_files.START, take_files.END)
    )
    return start, end


def write_key(scene: Scene, shot: gaps.Shot, which: str, folder: Path, file_format: str, percentage: int = 100) -> Path:
    """Render one key (`which` is `take_files.START` or `END`) into `folder` and give back its path.

    The file is a 16 bit PNG, or a 32 bit EXR where `file_format` is `exr`: RGBA, alpha straight in PNG, premultiplied
    in EXR, without a view transform. It is as large as the scene's frame, or `percentage` of that in each direction, 1
    to 100. A picture that the strip shows just as it is on disk is copied instead, with 8 bits and perhaps no alpha. An
    existing file is replaced, never half. A key that is brighter than white is written as EXR too, unless only
    `percentage` of it is wanted. Blocks; to be called from the main thread.

    Raises BadImage when a picture is missing on disk or cannot be read, DiskError when the key cannot be written,
    BadRequest while Blender renders something else.
    """
    if bpy.app.is_job_running("RENDER"):
        raise errors.BadRequest("Blender is rendering.", "Wait until it has finished, then try again.")
    strip, frame = gaps.key_of(scene, shot, which)
    name = strip.name
    file = take_files.key_file(which, file_format)
    gap_refusals.check_one_eye(scene, strip)
    gap_refusals.check_animated_mute(scene, compat.level_in(scene, shot.metas), strip, frame)
    key_sources.check(strip, frame)
    if file_format != "exr" and percentage == 100:
        picture = _untouched(scene, strip, frame, file_format)
        if picture is not None:
            return _bring(picture, folder, file)
    opacity = _opacity_below_white(scene, shot, strip, frame)
    with _copy_of(scene, shot.metas, name) as copy, tempfile.TemporaryDirectory(dir=bpy.app.tempdir) as scratch:
        _set_up(copy, file_format)
        copy.render.resolution_percentage = percentage
        rendered = Path(scratch, file)
        _see_alone(copy, name, frame)
        if opacity < 1.0:
            _mix_with_white(copy, name, opacity)
        _render(copy, name, frame, rendered)
        if file_format != "exr" and percentage == 100:
            bright = Path(scratch, take_files.key_file(which, "exr"))
            if brightness.exceeds_white(copy, bright):
                _bring(bright, folder, bright.name)
        return _bring(rendered, folder, file)


@contextmanager
def _copy_of(scene: Scene, metas: tuple[str, ...], key: str) -> Iterator[Scene]:
    """A copy of the scene with the meta strips `metas` open, gone afterwards together with all that came with it.

    Nothing animates what is changed in it to see the strip `key` alone.
    """
    had_result = "Render Result" in bpy.data.images
    with no_render_handlers():
        copy = scene.copy()
        try:
            animation.meet_itself(copy, scene)
            strips = {strip.name: strip for strip in compat.all_strips(copy)}
            with animation.let_go(copy, set(_taken_in_hand(copy, metas, key))):
                for meta in metas:
                    _unmute(copy, strips[meta])  # else Blender finds nothing to render
                    copy.sequence_editor.display_stack(strips[meta])
                yield copy
        finally:
            bpy.data.scenes.remove(copy)
            result = bpy.data.images.get("Render Result")
            if result is not None and not had_result:
                bpy.data.images.remove(result)


def no_render_handlers() -> AbstractContextManager[None]:
    """While the block runs, let no add-on react to a finished render (uploads, sounds): a key is no render of theirs.

    Frame handlers still run: they may change what a strip shows, and they get the copy.
    """
    return animation.handlers_aside("render_")


def _set_up(copy: Scene, file_format: str) -> None:
    """Set up a copied scene to be rendered in full resolution, with nothing added and pixels as the strip has them."""
    render = copy.render
    render.resolution_percentage = 100
    render.use_sequencer = True
    render.use_compositing = False
    render.use_border = False
    render.use_multiview = False
    render.use_stamp = False
    for name in _METADATA:  # Blender's preview would print it over the picture
        setattr(render, name, False)
    render.dither_intensity = 0.0

    # Not compressed: the files are read once, on this machine, and `_check_whole` relies on it.
    set_format(render.image_settings, file_format, exr_codec="NONE", png_compression=0)

    with suppress(TypeError):  # as below
        copy.display_settings.display_device = "sRGB"
    view = copy.view_settings
    for name in PLAIN_VIEWS:
        try:
            view.view_transform = name
            break
        except TypeError:  # a name that this colour configuration does not have
            continue
    view.look = "None"
    view.exposure = 0.0
    view.gamma = 1.0
    view.use_curve_mapping = False
    compat.set_known(view, "use_white_balance", False)  # since 4.3


def set_format(image_settings: Any, file_format: str, exr_codec: str, png_compression: int) -> None:
    """Let renders be written as keys are: RGBA, as 32 bit EXR where `file_format` is `exr`, else as 16 bit PNG.

    `exr_codec` is Blender's word, `png_compression` a percentage.
    """
    if file_format == "exr":
        compat.set_file_format(image_settings, "OPEN_EXR")
        image_settings.color_depth = "32"
        image_settings.exr_codec = exr_codec
    else:
        compat.set_file_format(image_settings, "PNG")
        image_settings.color_depth = "16"
        image_settings.compression = png_compression
    image_settings.color_mode = "RGBA"
    image_settings.color_management = "FOLLOW_SCENE"


def _taken_in_hand(copy: Scene, metas: tuple[str, ...], key: str) -> Iterator[str]:
    """Data paths of the properties that are set to see the strip `key` alone."""
    for depth in range(len(metas) + 1):
        level = compat.level_in(copy, metas[:depth])
        for strip in compat.contents(level):
            yield strip.path_from_id("mute")
            yield level.channels[strip.channel].path_from_id("mute")
            if strip.name == key:
                yield strip.path_from_id("blend_type")


def _unmute(copy: Scene, strip: Strip) -> None:
    strip.mute = False
    compat.channel(copy, strip.channel).mute = False


def _opacity_below_white(scene: Scene, shot: gaps.Shot, strip: Strip, frame: int) -> float:
    """How far the key shows through white: the opacity of keys that multiply, 1 for all others.

    What multiplies is not thinned by transparency but by white, which changes nothing below.
    """
    if any(gaps.key_of(scene, shot, which)[0].blend_type != "MULTIPLY" for which in (take_files.START, take_files.END)):
        return 1.0
    return 1.0 if strip.fcvg.promoted else float(animation.on_frame(scene, strip, "blend_alpha", frame))


def _mix_with_white(copy: Scene, name: str, opacity: float) -> None:
    """Mix what the strip `name` shows with white, all four channels, as blending with `opacity` does."""
    key: Any = next(strip for strip in compat.strips(copy) if strip.name == name)
    high, low = compat.LAST_CHANNEL, compat.LAST_CHANNEL - 1
    start, end = compat.left(key), compat.right(key)
    white = compat.new_effect(copy, "COLOR", low, start, end)
    white.color = 1.0, 1.0, 1.0
    mixed = compat.new_effect(copy, "CROSS", high, start, end, white, key)
    mixed.use_default_fade, mixed.effect_fader, mixed.blend_type = False, opacity, "ALPHA_OVER"
    for strip in (white, mixed):
        _unmute(copy, strip)


def _see_alone(copy: Scene, name: str, frame: int) -> None:
    """Let a copied scene show what the strip `name` shows on `frame`, without anything above or below it."""
    for strip in compat.strips(copy):
        if strip.name == name:
            _unmute(copy, strip)
            if strip.fcvg.promoted:
                _strip_look(copy, strip)
            if strip.blend_type != "REPLACE":
                strip.blend_type = "ALPHA_OVER"  # multiplied with the nothing below, it would vanish
        elif compat.left(strip) <= frame < compat.right(strip):
            strip.mute = True


def _render(copy: Scene, name: str, frame: int, path: Path) -> None:
    """Render `frame` of a copied scene, which shows the strip `name` alone."""
    copy.frame_current, copy.frame_subframe = frame, 0.0
    copy.render.filepath = compat.literal(path)
    # The operator's own `scene` argument would take the frame from the window's scene.
    with bpy.context.temp_override(scene=copy):
        try:
            bpy.ops.render.render(write_still=True)
        except RuntimeError as error:
            raise errors.DiskError(
                rpt("“{name}” could not be rendered on frame {frame}: {reason}").format(
                    name=name, frame=frame, reason=str(error).strip().removeprefix("Error: ")
                ),
                "Render that frame yourself to see what is wrong, or see whether the disk is full.",
            ) from error
    width, height = (side * copy.render.resolution_percentage // 100 for side in _frame_size(copy))
    _check_whole(path, width * height)


def _strip_look(copy: Scene, strip: Strip) -> None:
    """Leave only the picture as it is on disk: the inbetweens beside a promoted key carry the same look themselves."""
    copy.animation_data_clear()
    for modifier in list(strip.modifiers):
        strip.modifiers.remove(modifier)
    compat.reset(strip.transform, "offset_x", "offset_y", "scale_x", "scale_y", "rotation")
    compat.reset(strip.crop, "min_x", "max_x", "min_y", "max_y")
    compat.reset(strip, "use_flip_x", "use_flip_y", "color_multiply", "color_saturation", "multiply_alpha")
    strip.blend_alpha = 1.0  # 4.2 gives another default


def _frame_size(scene: Scene) -> tuple[int, int]:
    return scene.render.resolution_x, scene.render.resolution_y


def _check_whole(path: Path, pixels: int) -> None:
    """Raise DiskError for a file cut short: Blender does not tell when the disk is full."""
    if not path.is_file() or path.stat().st_size < pixels * _BYTES_PER_PIXEL[path.suffix]:
        raise errors.DiskError(
            rpt("The key “{name}” could not be written whole.").format(name=path.name),
            rpt("See whether the disk that holds {folder} is full.").format(folder=bpy.app.tempdir),
        )


def _untouched(scene: Scene, strip: Strip, frame: int, file_format: str) -> Path | None:
    """The file that the strip shows on `frame` just as it is, the size of the scene's frame; None without such a one.

    Rendering would give the same pixels again, and take Blender a hundred times as long.
    """
    plain_colours = strip.type == "IMAGE" and strip.colorspace_settings.name == compat.SRGB
    # In other spaces the edit shows 8 bits another way than more; frames of 8 bits go the way of this file.
    space = scene.sequencer_colorspace_settings.name
    goes_alike = space == compat.SRGB or (space != compat.NO_COLOUR and file_format in menu_choices.OF_8_BITS)
    if not plain_colours or not goes_alike:
        return None
    path = Path(bpy.path.abspath(strip.directory), strip.strip_elem_from_frame(frame).filename)
    if not plain_png.is_plain(path, *_frame_size(scene)) or not key_fingerprint.is_untouched(scene, strip, frame):
        return None
    return path


def _bring(file: Path, folder: Path, name: str) -> Path:
    """Copy a finished file into `folder`, whole or not at all. Raises DiskError."""
    target = folder / name
    try:
        folder_record.FolderRecord(folder).copy(file, name)
    except own_files.NotOurs as error:
        raise errors.DiskError(
            rpt("There is a file {name} in {folder} that is not ours or was changed since. It is kept.").format(
                name=name, folder=folder
            ),
            "Move it away or give it another name, or make a new take.",
        ) from error
    except OSError as error:
        raise errors.DiskError(
            rpt("The key “{name}” could not be written: {reason}.").format(
                name=target.name, reason=error.strerror or error
            ),
            rpt("See whether there is room and whether you may write in {folder}.").format(folder=folder),
        ) from error
    return target
