# SPDX-License-Identifier: GPL-3.0-or-later
"""The fingerprint of what a strip shows on a frame: it changes when the strip's picture there does.

It is made of what the picture is made of: the content of the file that is shown, the strip's own look, the inputs of
an effect, what a meta strip shows there. Where the strip lies, its name and what `render_keys` leaves out of a key
(blending, muting) do not count. Animated properties are those on the frame, so the playhead does not matter.

Not seen: changes inside the scene of a scene strip, in masks, and in the nodes of modifiers.
"""

from __future__ import annotations

import functools
import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bpy

from .. import compat
from ..edit import animation
from ..settings.protocols import Scene, Strip
from . import file_digests

_DIGEST_BYTES = 8

# Properties that do not change the picture, and those that have a function of their own below.
_LEFT_OUT = {
    *("rna_type", "name", "type", "mute", "lock", "channel", "color_tag", "blend_type", "blend_alpha", "connections"),
    *("directory", "filepath", "elements", "retiming_keys", "strips", "sequences", "channels", "fps", "duration"),
    *("use_reverse_frames", "strobe", "use_proxy", "proxy", "use_multiview", "views_format", "stereo_3d_format"),
    *("enable", "is_active", "open_mask_input_panel", "properties", "textbox_state", "volume", "modifiers"),
    *("input_1", "input_2", "input_count", "input_mask_strip"),
}
_LEFT_OUT_FAMILIES = (*("select", "show_", "frame_", "content_", "left_handle", "right_handle", "animation_offset"),)
_VALUE, _ARRAY, _PART, _PARTS, _DATA = "value", "array", "part", "parts", "data"  # kinds of properties
_OF_THE_PLACE = {"CROSS", "GAMMA_CROSS", "WIPE", "SPEED"}  # effects that change from their first frame to their last


def of(scene: Scene, strip: Strip, frame: int, until_s: float = math.inf) -> str:
    """The fingerprint of what `strip` shows on `frame` of the timeline: a short text to be kept and given to `differ`.

    A file is read only when it is new or has changed, and only until `time.perf_counter()` says `until_s`: raises
    `file_digests.OutOfTime` then. The next call goes on where this one has stopped.
    """
    if not animation.is_plain(scene):
        with animation.evaluated(scene, frame) as seen:
            there = next(each for each in compat.all_strips(seen) if each.name == strip.name)
            return _of(_View(seen, frame, until_s, {}), there)
    return _of(_View(scene, frame, until_s, animation.curves(scene)), strip)


def _of(view: _View, strip: Any) -> str:
    scene = view.scene
    render = scene.render
    view.contents += render.resolution_x, render.resolution_y, render.pixel_aspect_x, render.pixel_aspect_y
    view.looks += scene.sequencer_colorspace_settings.name, strip.blend_type == "REPLACE", _opacity(view, strip)
    if strip.blend_type == "MULTIPLY" and _opacity(view, strip) < 1.0:
        view.looks += ("thinned by white",)
    _add(view, strip, view.frame)
    major, minor, _ = bpy.app.version
    return f"{_digest(view.contents)}-{_digest(view.looks)}-{major}.{minor}"


def differ(one: str, other: str) -> bool:
    """Whether two fingerprints are of different pictures.

    Versions of Blender describe a strip's look in different words. So fingerprints from two versions differ only where
    another file or frame is shown. What is no fingerprint differs from all others.
    """
    if one.count("-") != 2 or other.count("-") != 2:
        return one != other
    (content, look, version), (other_content, other_look, other_version) = one.split("-"), other.split("-")
    return content != other_content or (version == other_version and look != other_look)


def is_untouched(scene: Scene, strip: Strip, frame: int) -> bool:
    """Whether an image strip shows the pixels of its file on `frame` and does nothing to them. False where that is not
    known without rendering."""
    if not animation.is_plain(scene):
        return False
    view = _View(scene, frame, math.inf, animation.curves(scene))
    look = dict(_look(view, strip))
    transform = dict(look.pop("transform", ()))
    transform.pop("origin", None)  # Blender does not create strips with its own default, and nothing is turned
    modified = any(compat.is_rendered(modifier) for modifier in strip.modifiers)
    return not (look or transform or modified or strip.fcvg.promoted) and _opacity(view, strip) in {1.0, "REPLACE"}


@dataclass
class _View:
    """What one fingerprint is made of, gathered: `contents` say what is shown, `looks` how.

    `frame`: where F-curves are evaluated, whatever frame of a meta strip's contents it leads to. `curves`: those of the
    strips' properties, by data path and index.
    """

    scene: Scene
    frame: int
    until_s: float
    curves: animation.Curves
    contents: list[Any] = field(default_factory=list)
    looks: list[Any] = field(default_factory=list)

    def value(self, path: str, index: int, now: Any) -> Any:
        """What a property is on the frame; `now` where nothing animates it."""
        return animation.value(self.curves, path, index, self.frame, now)

    def is_muted(self, holder: Any) -> bool:
        """Whether a strip or a channel is muted on the frame."""
        return bool(self.value(f"{_path(holder)}.mute", 0, holder.mute))


def _digest(facts: list[Any]) -> str:
    return hashlib.blake2b(repr(facts).encode(), digest_size=_DIGEST_BYTES).hexdigest()


def _add(view: _View, strip: Any, frame: float) -> None:
    """Gather all that the strip's picture is made of; `frame` is that of the level on which the strip lies."""
    view.contents += strip.type, *_shown(view, strip, frame)
    if strip.fcvg.promoted:
        view.looks += strip.alpha_mode, strip.colorspace_settings.name  # the rest is the look of the strips beside it
        return
    view.looks += _look(view, strip)
    for modifier in strip.modifiers:
        if compat.is_rendered(modifier):
            view.looks += modifier.type, *_look(view, modifier)
            if modifier.input_mask_strip:
                _add(view, modifier.input_mask_strip, frame)
    for source in compat.inputs(strip):
        _add(view, source, frame)


def _shown(view: _View, strip: Any, frame: float) -> Iterator[Any]:
    """Facts about what the strip shows of its source."""
    if strip.type == "IMAGE":
        element = strip.strip_elem_from_frame(int(frame))
        yield file_digests.sha256_of(Path(bpy.path.abspath(strip.directory), element.filename), view.until_s)
    elif strip.type == "MOVIE":
        yield file_digests.stat_of(_path_of(strip))
        yield from _source(view, strip, frame)
    elif strip.type == "SCENE":
        yield strip.scene and strip.scene.frame_start
        yield from _source(view, strip, frame)
    elif strip.type == "CLIP":
        yield strip.clip and file_digests.stat_of(_path_of(strip.clip))
        yield from _source(view, strip, frame)
    elif strip.type == "META":
        _add_stack(view, strip, compat.content_start(strip) + _index(strip, frame))
    elif strip.type in _OF_THE_PLACE:
        yield frame - compat.left(strip), compat.right(strip) - compat.left(strip)


def _add_stack(view: _View, meta: Any, frame: float) -> None:
    """Gather what shows inside a meta strip, from the lowest to the highest."""
    inner = [each for each in compat.contents(meta) if compat.left(each) <= frame < compat.right(each)]
    for strip in sorted(inner, key=lambda each: int(each.channel)):
        if strip.type != "SOUND" and not any(map(view.is_muted, (strip, meta.channels[strip.channel]))):
            view.looks += strip.blend_type, _opacity(view, strip)
            _add(view, strip, frame)


def _source(view: _View, strip: Any, frame: float) -> Iterator[Any]:
    """Facts that say which frame of a movie, clip or scene shows, the keys of a retimed strip among them."""
    yield _index(strip, frame) + compat.hidden_at_start(strip)
    yield view.scene.render.fps, view.scene.render.fps_base
    start = compat.content_start(strip)
    yield [key.timeline_frame - start for key in getattr(strip, "retiming_keys", ())]


def _index(strip: Any, frame: float) -> float:
    """Which frame of its content the strip shows, counted from 0; the first and the last are held."""
    last = compat.content_length(strip) - 1
    index = min(max(frame - compat.content_start(strip), 0.0), float(last))
    if strip.use_reverse_frames:
        index = last - index
    return index - index % strip.strobe if strip.strobe > 1.0 else index


def _opacity(view: _View, strip: Any) -> Any:
    return view.value(f"{_path(strip)}.blend_alpha", 0, strip.blend_alpha)


def _look(view: _View, holder: Any) -> Iterator[Any]:
    """Names and values, on the frame, of properties that change a picture: those of a strip, a modifier or their parts.

    Properties at their default are left out, so that a Blender with more of them gives the same fingerprint.
    """
    path = _path(holder) if view.curves else ""
    for name, kind, default in _properties(holder.bl_rna.identifier):
        value = getattr(holder, name)
        if kind == _PARTS:
            value = tuple(tuple(_look(view, each)) for each in value)
        elif kind == _PART:
            value = value and tuple(_look(view, value))
        elif kind == _DATA:
            value = value and (value.name, file_digests.stat_of(_path_of(value)))
        elif kind == _ARRAY:
            value = tuple(view.value(f"{path}.{name}", index, each) for index, each in enumerate(value))
        else:
            value = view.value(f"{path}.{name}", 0, value)
        if value != default:
            yield name, value


def _path(holder: Any) -> str:
    try:
        return str(holder.path_from_id())
    except ValueError:  # such as the points of a curve, which cannot be animated
        return ""


@functools.cache
def _properties(rna_type: str) -> tuple[tuple[str, str, Any], ...]:
    """Name, kind and default of Blender's own properties of a type that change a picture; not those of add-ons."""
    found = [
        (each.identifier, *_kind(each))
        for each in getattr(bpy.types, rna_type).bl_rna.properties
        if not each.is_runtime
        and each.identifier not in _LEFT_OUT
        and not each.identifier.startswith(_LEFT_OUT_FAMILIES)
    ]
    return tuple(sorted(found, key=lambda each: each[0]))


def _kind(declared: Any) -> tuple[str, Any]:
    if declared.type == "COLLECTION":
        return _PARTS, ()
    if declared.type == "POINTER":
        return (_PART, ()) if declared.is_readonly else (_DATA, None)  # what is not a part can be chosen
    if getattr(declared, "is_array", False):
        return _ARRAY, tuple(declared.default_array)
    return _VALUE, declared.default


def _path_of(holder: Any) -> Path | None:
    """The file of a strip or a data-block, None where it has none."""
    text = getattr(holder, "filepath", "")
    return Path(bpy.path.abspath(text)) if text else None
