# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever moves a strip, its key is what the edit shows on that frame, wherever the playhead stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bpy
import numpy as np
import pytest
from edits import Edit, noise, read

from fcvg_blender import compat
from fcvg_blender.edit import gap_refusals, gaps, take_files
from fcvg_blender.engine import errors
from fcvg_blender.keys import key_fingerprint, render_keys

Move = Callable[[Any, str], object]  # of a scene: animates the property with this path
KEY = 20  # the last frame of A
PLAYHEADS = (1, 11, 300)


def holder(scene: Any, path: str) -> tuple[Any, str]:
    """What has the property, and the property's name."""
    owner, _, name = path.rpartition(".")
    return scene.path_resolve(owner), name


def plain(scene: Any, path: str) -> None:
    """Keyframes: 0 on frame 1, 1 on frame 11, 0.25 from frame 20 on."""
    owner, name = holder(scene, path)
    for frame, value in ((1, 0.0), (11, 1.0), (KEY, 0.25)):
        size = 8 if "offset" in name else 1
        setattr(owner, name, type(getattr(owner, name))(round(value * size) if name == "mute" else value * size))
        owner.keyframe_insert(name, frame=frame)


def to_track(scene: Any) -> Any:
    """Push the action down, as the artist's button does; give its NLA strip."""
    animation = scene.animation_data
    action = animation.action
    strip = animation.nla_tracks.new().strips.new("Pushed down", int(action.frame_range[0]), action)
    animation.action = None
    return strip


def nla(scene: Any, path: str) -> None:
    plain(scene, path)
    to_track(scene)


def slow_nla(scene: Any, path: str) -> None:
    plain(scene, path)
    to_track(scene).scale = 1.5


def reversed_nla(scene: Any, path: str) -> None:
    plain(scene, path)
    to_track(scene).use_reverse = True


def action_above_nla(scene: Any, path: str) -> None:
    """The action adds half of itself to what a track gives."""
    nla(scene, path)
    plain(scene, path)
    scene.animation_data.action_blend_type = "ADD"
    scene.animation_data.action_influence = 0.5


def nla_behind_another_action(scene: Any, path: str) -> None:
    """The active action moves something else."""
    nla(scene, path)
    scene.keyframe_insert("audio_volume", frame=1)


def tweaked_nla(scene: Any, path: str) -> None:
    """The artist is just editing the action of an NLA strip."""
    nla(scene, path)
    animation = scene.animation_data
    animation.nla_tracks.active = animation.nla_tracks[0]
    animation.nla_tracks[0].strips[0].select = True
    animation.use_tweak_mode = True


def driver_of_frame(scene: Any, path: str) -> None:
    owner, name = holder(scene, path)
    owner.driver_add(name).driver.expression = f"(frame % 7) / {2 if 'offset' in name else 14}"


def driver_of_object(scene: Any, path: str) -> None:
    """An empty that is animated moves the strip."""
    empty = bpy.data.objects.new("Empty", None)
    for frame, x in ((1, 0.0), (KEY, 0.75)):
        empty.location.x = x
        empty.keyframe_insert("location", frame=frame)
    owner, name = holder(scene, path)
    driver = owner.driver_add(name).driver
    variable = driver.variables.new()
    variable.name, variable.type = "x", "TRANSFORMS"
    variable.targets[0].id, variable.targets[0].transform_type = empty, "LOC_X"
    driver.expression = "x * 8" if "offset" in name else "x"


def driver_of_own_property(scene: Any, path: str) -> None:
    """A custom property of the scene is animated, and drives the strip."""
    for frame, value in ((1, 0.0), (KEY, 0.75)):
        scene["slider"] = value
        scene.keyframe_insert('["slider"]', frame=frame)
    owner, name = holder(scene, path)
    driver = owner.driver_add(name).driver
    variable = driver.variables.new()
    variable.name, variable.type, target = "x", "SINGLE_PROP", variable.targets[0]
    target.id_type = "SCENE"
    target.id, target.data_path = scene, '["slider"]'
    driver.expression = "x * 8" if "offset" in name else "x"


def remapped(scene: Any, path: str) -> None:
    plain(scene, path)
    scene.render.frame_map_old, scene.render.frame_map_new = 100, 60


def muted_group(scene: Any, path: str) -> None:
    plain(scene, path)
    group = compat.fcurves(scene)[0].group
    if group is None:
        pytest.skip("Blender has put the curve into no group")
    group.mute = True


MOVES = {
    each.__name__: each
    for each in (
        *(plain, nla, slow_nla, reversed_nla, action_above_nla, nla_behind_another_action, driver_of_frame),
        *(tweaked_nla, driver_of_object, driver_of_own_property, remapped, muted_group),
    )
}
PROPERTIES = ("transform.offset_x", "blend_alpha", "color_multiply", "color_saturation")


def path_to(strip: Any, name: str) -> str:
    return f"{strip.path_from_id()}.{name}"


def key(edit: Edit, start: str = "A") -> np.ndarray[Any, Any]:
    """The earlier key as the job gets it, uint8 [H, W, 4]."""
    shot = gaps.from_selection(edit.scene, edit.select(start, "Z"), edit.settings)
    path = render_keys.write_key(edit.scene, shot, take_files.START, edit.folder, "png")
    return np.rint(read(path) * 255).astype(np.uint8)


def assert_same_seen(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> None:
    """Equal but for rounding; colours of what is transparent are not seen."""
    weighted = [each[..., :3].astype(float) * each[..., 3:] / 255 for each in (one, other)]
    assert np.abs(weighted[0] - weighted[1]).max() <= 1
    assert np.abs(one[..., 3].astype(int) - other[..., 3]).max() <= 1


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("name", PROPERTIES)
def test_the_key_is_what_the_edit_shows(edit: Edit, move: str, name: str) -> None:
    edit.image("A", noise(1), 1, 1, KEY + 1)
    edit.image("Z", noise(2), 1, 30, 40)
    MOVES[move](edit.scene, path_to(edit.named("A"), name))
    keys, prints = [], set()
    for playhead in PLAYHEADS:
        edit.scene.frame_set(playhead)
        keys.append(key(edit))
        prints.add(key_fingerprint.of(edit.scene, edit.named("A"), KEY))
    shown = edit.rendered(KEY)
    for each in keys:
        assert_same_seen(each, shown)
    assert len(prints) == 1
    if move != "muted_group":
        assert key_fingerprint.of(edit.scene, edit.named("A"), 10) not in prints


@pytest.mark.parametrize("move", [name for name in MOVES if name != "muted_group"])
@pytest.mark.parametrize("what", ["inside a meta strip", "above", "channel above"])
def test_muting_is_taken_at_the_key(edit: Edit, move: str, what: str) -> None:
    """Something else shows or not, by what moves its muting; the key follows what is inside it and nothing else."""
    a, other = edit.image("A", noise(1), 1, 1, KEY + 1), edit.image("Other", noise(3), 2, 1, KEY + 1)
    edit.image("Z", noise(2), 1, 30, 40)
    start = "Meta" if "inside" in what else "A"
    if start == "Meta":
        edit.meta("Meta", 1, a, other)
    owner = edit.scene.sequence_editor.channels[2] if "channel" in what else edit.named("Other")
    MOVES[move](edit.scene, path_to(owner, "mute"))
    keys, prints = [], set()
    for playhead in PLAYHEADS:
        edit.scene.frame_set(playhead)
        keys.append(key(edit, start))
        prints.add(key_fingerprint.of(edit.scene, edit.named(start), KEY))
    shown = edit.rendered(KEY) if start == "Meta" else noise(1)
    for each in keys:
        assert_same_seen(each, shown)
    assert len(prints) == 1


@pytest.mark.parametrize("move", ["plain", "nla", "driver_of_frame"])
@pytest.mark.parametrize("is_muted_at_key", [False, True])
def test_a_key_whose_own_muting_is_animated(edit: Edit, move: str, is_muted_at_key: bool) -> None:
    """What is muted on the frame of the key is refused, wherever the playhead stands; else the key is taken."""
    a = edit.image("A", noise(1), 1, 1, KEY + 1)
    edit.image("Z", noise(2), 1, 30, 40)
    if move == "driver_of_frame":
        a.driver_add("mute").driver.expression = f"(frame >= {KEY}) == {is_muted_at_key}"
    else:
        for frame, mute in ((1, not is_muted_at_key), (KEY - 2, is_muted_at_key)):
            a.mute = mute
            a.keyframe_insert("mute", frame=frame)
        if move == "nla":
            to_track(edit.scene)
    for playhead in (1, KEY):
        edit.scene.frame_set(playhead)
        if is_muted_at_key:
            with pytest.raises((gap_refusals.ShotProblem, errors.BadRequest), match="“A” is muted"):
                key(edit)
        else:
            assert_same_seen(key(edit), noise(1))


@pytest.mark.parametrize("move", [name for name in MOVES if name != "muted_group"])
def test_what_moves_something_else_does_not_change_the_print(edit: Edit, move: str) -> None:
    a = edit.image("A", noise(1), 1, 1, KEY + 1)
    a.blend_alpha, a.use_flip_x = 0.5, True
    plain(edit.scene, path_to(a, "transform.offset_x"))
    plain(edit.scene, path_to(a, "use_flip_y"))
    before = key_fingerprint.of(edit.scene, a, 11)
    other = edit.image("Other", noise(3), 2, 1, KEY + 1)
    if move not in ("plain", "remapped", "tweaked_nla"):
        to_track(edit.scene)  # all of it
        MOVES[move](edit.scene, path_to(other, "blend_alpha"))
    assert not key_fingerprint.differ(key_fingerprint.of(edit.scene, edit.named("A"), 11), before)


@pytest.mark.parametrize("move", MOVES)
def test_looking_leaves_no_trace(edit: Edit, move: str) -> None:
    """Neither in the file, nor in values changed by hand, nor for the handlers of other add-ons."""
    a = edit.image("A", noise(1), 1, 1, KEY + 1)
    edit.image("Z", noise(2), 1, 30, 40)
    above = edit.colour("Above", 2, 1, 28)
    MOVES[move](edit.scene, path_to(a, "blend_alpha"))
    plain(edit.scene, path_to(above, "mute"))
    edit.scene.frame_set(5)
    a.blend_alpha = 0.6
    called: list[Any] = []
    handlers = (bpy.app.handlers.frame_change_pre, bpy.app.handlers.depsgraph_update_post)
    for each in handlers:
        each.append(lambda *_: called.append(1))
    blocks = [len(getattr(bpy.data, name)) for name in ("scenes", "actions", "objects", "worlds")]
    curves = len(compat.fcurves(edit.scene))
    bpy.ops.wm.save_as_mainfile(filepath=str(edit.folder / "film.blend"))
    is_dirty, opacity = bpy.data.is_dirty, edit.named("A").blend_alpha  # the module bpy counts every file as changed
    assert opacity == pytest.approx(0.6) or "driver" in move
    called.clear()
    key_fingerprint.of(edit.scene, a, KEY)
    assert called == []
    assert bpy.data.is_dirty == is_dirty
    key(edit)
    for each in handlers:
        each.clear()
    assert [len(getattr(bpy.data, name)) for name in ("scenes", "actions", "objects", "worlds")] == blocks
    assert len(compat.fcurves(edit.scene)) == curves
    assert edit.named("A").blend_alpha == opacity
    assert edit.scene.frame_current == 5
