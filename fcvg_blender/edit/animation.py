# SPDX-License-Identifier: GPL-3.0-or-later
"""What animation makes of an edit's strips on a frame, wherever the playhead stands.

Where a plain action moves them, its F-curves tell, at once. NLA tracks, blend modes of actions, drivers and time
remapping are Blender's to work out: a copy of the scene is evaluated on the frame and thrown away.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from contextlib import contextmanager
from typing import Any

import bpy

from .. import compat
from ..settings.protocols import Scene

Curves = dict[tuple[str, int], Any]  # F-curves by the data path and the index of what they animate

_TRUE = 1.0 - 1e-7  # from here on Blender takes an animated number for yes
_STRIPS = "sequence_editor"  # begins the data paths of strips and channels


def is_plain(scene: Scene) -> bool:
    """Whether at most a plain action moves strips and channels, so that `curves` tells all about them."""
    animation = scene.animation_data
    if animation is None:
        return True
    if any(not each.mute and each.data_path.startswith(_STRIPS) for each in animation.drivers):
        return False
    if animation.use_nla and any(len(track.strips) for track in animation.nla_tracks):
        return False
    is_mixed = animation.action_blend_type != "REPLACE" or animation.action_influence < 1.0
    is_remapped = scene.render.frame_map_old != scene.render.frame_map_new
    return animation.action is None or not (is_mixed or is_remapped)


def curves(scene: Scene) -> Curves:
    """The F-curves of the scene's action that count, those of strips among them."""
    found = compat.fcurves(scene)
    counting = (each for each in found if not (each.mute or each.is_empty or (each.group and each.group.mute)))
    return {(each.data_path, each.array_index): each for each in counting}


def value(known: Curves, path: str, index: int, frame: float, now: Any) -> Any:
    """What a property is on `frame`, as its F-curve in `known` says; `now` where it has none."""
    curve = known.get((path, index)) if known else None
    if curve is None:
        return now
    found = curve.evaluate(frame)
    if isinstance(now, bool):
        return found >= _TRUE
    return int(found) if isinstance(now, int) else found


def is_muted(scene: Scene, holder: Any, frame: int, copying: bool) -> bool:
    """Whether a strip or a channel of the scene is muted on `frame`.

    Where only a copy of the scene can tell, one is made with `copying`. Without, as while something is drawn, it counts
    as heard.
    """
    if not copying and not is_plain(scene) and holder.path_from_id("mute") in compat.animated_paths(scene):
        return False
    return bool(on_frame(scene, holder, "mute", frame))


def on_frame(scene: Scene, holder: Any, name: str, frame: int) -> Any:
    """The value of a property of a strip or a channel on `frame`. May copy the scene: not while something is drawn."""
    path = holder.path_from_id(name)
    if is_plain(scene):
        return value(curves(scene), path, 0, frame, getattr(holder, name))
    if path not in compat.animated_paths(scene):
        return getattr(holder, name)
    with evaluated(scene, frame) as seen:
        return seen.path_resolve(path)


@contextmanager
def evaluated(scene: Scene, frame: int) -> Iterator[Any]:
    """The scene as it is on `frame`, whatever animates it. It is a copy, gone afterwards, and nothing notices it."""
    with handlers_aside("frame_", "depsgraph_"):
        copy: Any = scene.copy()
        try:
            _lighten(copy)
            meet_itself(copy, scene)
            copy.frame_set(frame)
            yield copy.evaluated_get(copy.view_layers[0].depsgraph)
        finally:
            bpy.data.scenes.remove(copy)


def _lighten(copy: Any) -> None:
    """Take out of a copied scene what would be evaluated in vain. What drivers need comes along all the same."""
    copy.camera = copy.world = copy.background_set = None
    for view_layer in copy.view_layers:
        for child in view_layer.layer_collection.children:
            child.exclude = True


def meet_itself(copy: Scene, scene: Scene) -> None:
    """Let the drivers of a copied scene read the copy where they read the scene: that one is on another frame."""
    animation = copy.animation_data
    for curve in animation.drivers if animation else ():
        for variable in curve.driver.variables:
            for target in variable.targets:
                if target.id == scene:
                    target.id = copy


@contextmanager
def let_go(copy: Scene, paths: Container[str]) -> Iterator[None]:
    """While the block runs, let nothing animate the properties of a copied scene that have these data paths.

    The copy shares its actions with the scene. So it gets some of its own, which are gone afterwards.
    """
    animation = copy.animation_data
    if animation and animation.use_tweak_mode:
        animation.use_tweak_mode = False  # else its action cannot be chosen
    owners = list(compat.with_actions(animation)) if animation else []
    own: list[Any] = []
    try:
        for owner in owners:
            if any(curve.data_path in paths for curve in compat.curves_of(owner)):
                own.append(compat.make_own(owner))
                compat.remove_curves(owner, paths)
        for curve in [each for each in animation.drivers if each.data_path in paths] if animation else ():
            animation.drivers.remove(curve)
        yield
    finally:
        for action in own:
            bpy.data.actions.remove(action)


@contextmanager
def handlers_aside(*beginnings: str) -> Iterator[None]:
    """While the block runs, call none of the handlers, of any add-on, whose names begin so."""
    handlers = [getattr(bpy.app.handlers, name) for name in dir(bpy.app.handlers) if name.startswith(beginnings)]
    saved = [list(each) for each in handlers]
    for each in handlers:
        each.clear()
    try:
        yield
    finally:
        for each, functions in zip(handlers, saved, strict=True):
            each[:] = functions
