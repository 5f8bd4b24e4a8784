# SPDX-License-Identifier: GPL-3.0-or-later
"""The copy of a 3D scene that is rendered in its place, so that the artist's scene never changes.

The copy shares all objects with the scene; what is set up here belongs to the copy alone. It is marked as temporary,
because an undo step or a file that is saved meanwhile may hold it: `remove_all` finds it then.
"""

from __future__ import annotations

from typing import Any

import bpy

from .. import compat
from ..keys import render_keys
from .shading import Shading

_NAME = ".Inbetween Keys"  # names that begin with a dot are left out of Blender's menus
_MARK = "fcvg_temporary"  # on node groups and worlds
_FILE_OUTPUT = "CompositorNodeOutputFile"


def make(scene: Any, look: Shading, file_format: str) -> int:
    """Copy `scene`, ready to render single frames in RGBA: 16 bit PNG or, where `file_format` is `exr`, 32 bit OpenEXR.

    Returns the copy's `session_uid`, by which `find` finds it: references do not outlive an undo.
    """
    copy = scene.copy()
    copy.name = _NAME
    copy.fcvg.stills.is_temporary = True
    try:
        _set_up(scene, copy, file_format)
        look.apply(copy)
        if look.background is not None:
            copy.world = _plain_world(look.background)
    except BaseException:
        remove(copy.session_uid)
        raise
    return int(copy.session_uid)


def find(uid: int) -> Any:
    """Return the copy with this `session_uid`, None when it is gone."""
    return next((scene for scene in _temporary() if scene.session_uid == uid), None)


def remove(uid: int) -> None:
    """Remove a copy with all that was made for it; harmless when it is gone."""
    copy = find(uid)
    if copy is not None:
        bpy.data.scenes.remove(copy)
    kinds: tuple[Any, ...] = (bpy.data.node_groups, bpy.data.worlds)
    for kind in kinds:
        # What something uses is not only the copy's. A group goes before the groups that are in it.
        while left := [each for each in kind if _MARK in each and each.users == 0]:
            kind.remove(left[0])


def remove_all() -> None:
    """Remove every copy, also those that undo or an opened file has brought."""
    for uid in [scene.session_uid for scene in _temporary()]:
        remove(uid)


def set_frame(copy: Any, frame: int) -> None:
    """Set the frame to be rendered, and the camera that a marker binds to it, if there is one."""
    copy.frame_current, copy.frame_subframe = frame, 0.0
    camera = camera_at(copy, frame)
    if camera is not None:
        copy.camera = camera


def camera_at(scene: Any, frame: int) -> Any:
    """Return the scene's camera on `frame`, or None.

    Where markers bind cameras, it is that of the last such marker up to `frame`, before the first one that of the
    first; else the scene's own.
    """
    bound = sorted((marker.frame, marker.camera.name_full) for marker in scene.timeline_markers if marker.camera)
    passed = [name for at, name in bound if at <= frame]
    if not bound:
        return scene.camera
    name = passed[-1] if passed else bound[0][1]
    return next(marker.camera for marker in scene.timeline_markers if marker.camera and marker.camera.name_full == name)


def _temporary() -> list[Any]:
    """All copies that there are. A mark alone makes no scene one: files come from anywhere, and artists copy scenes."""
    scenes: list[Any] = [scene for scene in bpy.data.scenes if scene.library is None]
    return [
        scene
        for scene in scenes
        if scene.fcvg.stills.is_temporary
        and scene.name.startswith(_NAME)
        and not len(compat.all_strips(scene))
        and len(scenes) > 1
    ]


def _set_up(scene: Any, copy: Any, file_format: str) -> None:
    """Let the copy render whole frames, without an edit, stamps or stereo, in the format."""
    if copy.sequence_editor is not None:
        _forget_edit(copy)
    render = copy.render
    render.use_sequencer = False
    render.use_multiview = False
    render.use_crop_to_border = False  # a key is as large as the frame
    render.use_stamp = False
    render.use_lock_interface = False
    render.use_persistent_data = False  # it would stay in memory
    render.use_file_extension = False
    render_keys.set_format(render.image_settings, file_format, exr_codec="ZIP", png_compression=15)
    _take_compositing(scene, copy)


def _forget_edit(copy: Any) -> None:
    """Remove the copy's strips, so that nothing of the add-on takes it for an edit.

    The scene shares its action with the copy, and Blender would remove the strips' F-curves from it: so it is detached
    meanwhile.
    """
    with compat.without_action(copy):
        copy.sequence_editor_clear()


def _take_compositing(scene: Any, copy: Any) -> None:
    """Let the copy composite what it renders itself, with nodes of its own where scenes share them."""
    tree = compat.compositing_tree(copy)
    if tree is None:
        return
    if not tree.is_embedded_data:
        tree = _own(tree)
        copy.compositing_node_group = tree
    _adapt(tree, scene, copy)


def _plain_world(colour: tuple[float, ...]) -> Any:
    """A new world of one colour, scene-linear."""
    world: Any = bpy.data.worlds.new(_NAME)
    world.color = colour
    world[_MARK] = True
    return world


def _own(tree: Any) -> Any:
    """A copy of a node group, to be removed with the copy of the scene."""
    own = tree.copy()
    own[_MARK] = True
    return own


def _adapt(tree: Any, scene: Any, copy: Any) -> None:
    """Let File Output nodes write nothing and nodes that show `scene` show `copy`, inside groups as well."""
    for node in tree.nodes:
        if node.bl_idname == _FILE_OUTPUT:
            node.mute = True
        elif getattr(node, "scene", None) == scene:
            node.scene = copy
        elif _is_group(node) and _must_adapt(node.node_tree, scene):
            node.node_tree = _own(node.node_tree)
            _adapt(node.node_tree, scene, copy)


def _must_adapt(tree: Any, scene: Any) -> bool:
    """Whether `_adapt` would change something in a tree."""
    return any(
        node.bl_idname == _FILE_OUTPUT
        or getattr(node, "scene", None) == scene
        or (_is_group(node) and _must_adapt(node.node_tree, scene))
        for node in tree.nodes
    )


def _is_group(node: Any) -> bool:
    return node.bl_idname == "CompositorNodeGroup" and node.node_tree is not None
