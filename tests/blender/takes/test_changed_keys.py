# SPDX-License-Identifier: GPL-3.0-or-later
"""Strips that know their keys: they see changes, are made anew in place, and let single inbetweens become keys."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from artist import two_strips
from edits import Edit, noise, read
from pictures import write_png

from fcvg_blender import compat
from fcvg_blender.edit import gaps, strip_takes, strips, take_files
from fcvg_blender.jobs import key_watcher
from fcvg_blender.keys import file_digests, key_fingerprint, painted_over, render_keys
from fcvg_blender.settings import menu_choices, strip_record
from fcvg_blender.ui import badges, draw_list

Change = Callable[[Edit, Any], object]


def paint(edit: Edit, file: str, seed: int) -> Path:
    """Another picture under the same name, as a paint program saves it."""
    path = write_png(edit.folder / file, noise(seed))
    later_ns = path.stat().st_mtime_ns + 1_000_000
    os.utime(path, ns=(later_ns, later_ns))
    return path


def shot_of(edit: Edit) -> gaps.Shot:
    return gaps.from_selection(edit.scene, edit.select("A", "B"), edit.settings)


def look(edit: Edit) -> tuple[str, np.ndarray[Any, Any]]:
    """The print of the earlier key and the key as it is rendered for the engine."""
    shot = shot_of(edit)
    key = render_keys.write_key(edit.scene, shot, take_files.START, edit.folder, "png16")
    return key_fingerprint.of(edit.scene, edit.named("A"), shot.start_frame), read(key)


def modifier(edit: Edit, a: Any) -> Any:
    return a.modifiers.new("Bright", "BRIGHT_CONTRAST")


def fade(strip: Any, *keys: tuple[int, float]) -> None:
    for frame, opacity in keys:
        strip.blend_alpha = opacity
        strip.keyframe_insert("blend_alpha", frame=frame)


def move_both(edit: Edit, _a: Any) -> None:
    for name in "BA":
        compat.shift(edit.named(name), 7)


def set_curve(a: Any) -> None:
    a.modifiers[0].curve_mapping.curves[3].points[0].location = (0.0, 0.5)


LOOKS: dict[str, Change] = {
    "another picture": lambda edit, a: paint(edit, "A.png", 7),
    "moved picture": lambda edit, a: setattr(a.transform, "offset_x", 9),
    "turned": lambda edit, a: setattr(a.transform, "rotation", 0.5),
    "cropped": lambda edit, a: setattr(a.crop, "min_x", 20),
    "mirrored": lambda edit, a: setattr(a, "use_flip_x", True),
    "darker": lambda edit, a: setattr(a, "color_multiply", 0.5),
    "greyer": lambda edit, a: setattr(a, "color_saturation", 0.2),
    "transparent": lambda edit, a: setattr(a, "blend_alpha", 0.4),
    "modifier": lambda edit, a: setattr(modifier(edit, a), "bright", 20),
    "curve": lambda edit, a: (a.modifiers.new("Curves", "CURVES"), set_curve(a)),
    "fade": lambda edit, a: fade(a, (8, 1.0), (12, 0.0)),
    "larger picture of the scene": lambda edit, a: setattr(edit.scene.render, "resolution_x", 80),
    "other frame shown": lambda edit, a: compat.set_right(a, 9),
}
NO_LOOKS: dict[str, Change] = {
    "renamed": lambda edit, a: (setattr(edit.named("B"), "name", "C"), setattr(edit.named("C"), "name", "B")),
    "another channel": lambda edit, a: setattr(a, "channel", 9),
    "moved in time": move_both,
    "starts earlier": lambda edit, a: compat.set_left(a, 0),
    "colour tag": lambda edit, a: setattr(a, "color_tag", "COLOR_07"),
    "blend mode": lambda edit, a: setattr(a, "blend_type", "MULTIPLY"),
    "locked": lambda edit, a: setattr(a, "lock", True),
    "modifier that does nothing": lambda edit, a: setattr(modifier(edit, a), "mute", True),
    "strip above": lambda edit, a: edit.colour("Above", 5, 1, 60),
    "file saved anew, the same": lambda edit, a: paint(edit, "A2.png", 3),
    "fade that is over": lambda edit, a: fade(a, (2, 0.0), (5, 1.0)),
    "another frame of the sequence": lambda edit, a: paint(edit, "A0.png", 8),
}


def sequence_and_picture(edit: Edit) -> Any:
    """A of ten pictures, of which A9 is shown last, then a gap, then B."""
    a = edit.sequence("A", [noise(number) for number in range(10)], 1, 1)
    for element in a.elements:
        element.filename = "A2.png" if element.filename == "A9.png" else element.filename
    a.elements[8].filename = "A.png"
    paint(edit, "A.png", 100)
    paint(edit, "A2.png", 3)
    edit.image("B", noise(50), 1, 17, 27)
    return a


@pytest.mark.parametrize("change", LOOKS)
def test_the_print_changes_with_the_key(edit: Edit, change: str) -> None:
    """And the key really does: both are compared with what would be rendered for the engine."""
    if change == "other frame shown":
        a = sequence_and_picture(edit)
    else:
        two_strips(edit)
        a = edit.named("A")
    print_before, picture = look(edit)
    LOOKS[change](edit, a)
    print_after, changed = look(edit)
    assert picture.shape != changed.shape or (picture != changed).any()
    assert key_fingerprint.differ(print_before, print_after)


@pytest.mark.parametrize("change", NO_LOOKS)
def test_the_print_stays_while_the_key_does(edit: Edit, change: str) -> None:
    a = sequence_and_picture(edit)
    print_before, picture = look(edit)
    NO_LOOKS[change](edit, a)
    print_after, unchanged = look(edit)
    assert (picture == unchanged).all()
    assert print_after == print_before


def test_the_print_does_not_depend_on_the_playhead_or_on_muting(edit: Edit) -> None:
    a = edit.image("A", noise(1), 1, 1, 21)
    fade(a, (1, 0.0), (21, 1.0))
    a.transform.keyframe_insert("offset_x", frame=1)
    prints = set()
    for playhead in (1, 10, 300):
        edit.scene.frame_set(playhead)
        a.mute = not a.mute
        prints.add(key_fingerprint.of(edit.scene, a, 11))
    assert len(prints) == 1
    assert key_fingerprint.of(edit.scene, a, 12) not in prints


@pytest.mark.parametrize(
    ("change", "changes"),
    [
        ("paint", True),
        ("mute", True),
        ("opacity", True),
        ("order", True),
        ("move the meta strip", False),
        ("what does not show on the frame", False),
        ("what is muted", False),
    ],
)
def test_the_print_sees_into_meta_strips(edit: Edit, change: str, changes: bool) -> None:
    low, high = edit.image("Low", noise(1), 2, 1, 11), edit.image("High", noise(2, soft=True), 3, 1, 11)
    gone, muted = edit.image("Gone", noise(3), 4, 1, 6), edit.image("Muted", noise(4), 5, 1, 11)
    muted.mute = True
    meta = edit.meta("A", 1, low, high, gone, muted)
    compat.set_right(low, 11)  # Blender looks how long a meta strip is when its contents change
    edit.image("B", noise(9), 1, 15, 20)
    print_before, picture = look(edit)
    match change:
        case "paint":
            paint(edit, "Low.png", 70)
        case "mute":
            edit.named("High").mute = True
        case "opacity":
            edit.named("High").blend_alpha = 0.5
        case "order":
            edit.named("Low").channel = 8
        case "move the meta strip":
            move_both(edit, meta)
        case "what does not show on the frame":
            paint(edit, "Gone.png", 71)
        case "what is muted":
            paint(edit, "Muted.png", 72)
    print_after, after = look(edit)
    assert (picture != after).any() == changes
    assert (print_after != print_before) == changes


def test_the_print_sees_the_inputs_of_an_effect(edit: Edit) -> None:
    first, second = edit.image("First", noise(1), 2, 1, 11), edit.image("Second", noise(2), 3, 1, 11)
    cross = edit.effect("A", "CROSS", 4, 1, 11, first, second)
    edit.image("B", noise(9), 4, 15, 20)
    prints = [look(edit)[0]]
    paint(edit, "Second.png", 7)
    prints.append(look(edit)[0])
    edit.named("First").transform.offset_y = 4
    prints.append(look(edit)[0])
    edit.named("A").use_default_fade, edit.named("A").effect_fader = False, 0.25
    prints.append(look(edit)[0])
    assert len(set(prints)) == 4
    assert cross.name == "A"


def test_the_print_of_a_movie_and_of_a_scene_follows_the_frame_shown(edit: Edit) -> None:
    edit.movie("film.avi" if bpy.app.version < (4, 5) else "film.mp4", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0)])
    film = next(path for path in edit.folder.iterdir() if path.name.startswith("film"))
    movie = compat.strips(edit.scene).new_movie(name="Movie", filepath=str(film), channel=1, frame_start=1)
    other = bpy.data.scenes.new("Other")
    scene = compat.strips(edit.scene).new_scene(name="Scene", scene=other, channel=2, frame_start=1)
    for strip in (movie, scene):
        prints = [key_fingerprint.of(edit.scene, strip, frame) for frame in (1, 2, 3)]
        compat.shift(strip, 5)
        assert [key_fingerprint.of(edit.scene, strip, frame) for frame in (6, 7, 8)] == prints
        assert len(set(prints)) == 3
    before = key_fingerprint.of(edit.scene, movie, 6)
    film.write_bytes(film.read_bytes() + b" ")
    assert key_fingerprint.of(edit.scene, movie, 6) != before


def test_a_file_that_is_gone_and_back_has_its_print_again(edit: Edit) -> None:
    two_strips(edit)
    path = edit.folder / "A.png"
    content, a = path.read_bytes(), edit.named("A")
    before = key_fingerprint.of(edit.scene, a, 10)
    path.unlink()
    assert key_fingerprint.of(edit.scene, a, 10) != before
    path.write_bytes(content)
    assert key_fingerprint.of(edit.scene, a, 10) == before


def test_a_large_file_is_read_in_pieces(edit: Edit) -> None:
    """Each call reads one, so that a look never takes long; in the end the print is the same as at once."""
    two_strips(edit)
    path = edit.folder / "A.png"
    path.write_bytes(path.read_bytes() + bytes(5 << 20))
    long_ago_s, calls, found = time.perf_counter() - 1, 0, ""
    while not found:
        calls += 1
        try:
            found = key_fingerprint.of(edit.scene, edit.named("A"), 10, until_s=long_ago_s)
        except file_digests.OutOfTime:
            assert calls < 20
    assert calls >= 3
    copy = edit.folder / "A2.png"
    copy.write_bytes(path.read_bytes())
    edit.named("A").elements[0].filename = "A2.png"
    assert key_fingerprint.of(edit.scene, edit.named("A"), 10) == found


def generate(edit: Edit, gap: int = 6, **settings: Any) -> Any:
    """Inbetweens between A and B, finished; gives their strip."""
    two_strips(edit, gap)
    for name, value in settings.items():
        setattr(edit.settings, name, value)
    bpy.ops.fcvg.generate_inbetweens()
    return only_inbetweens(edit)


def inbetweens(edit: Edit) -> list[Any]:
    """The strips of inbetweens, from left to right."""
    return sorted((strip for strip in compat.all_strips(edit.scene) if strip.fcvg.id), key=compat.left)


def only_inbetweens(edit: Edit) -> Any:
    (strip,) = inbetweens(edit)
    return strip


def stale(edit: Edit) -> str:
    bpy.ops.fcvg.check_keys()
    return str(only_inbetweens(edit).fcvg.stale)


def drawings(strip: Any) -> list[bytes]:
    """What the strip shows on each of its frames, as the bytes of the files; fails where one is missing."""
    shown = [strip.strip_elem_from_frame(frame) for frame in range(compat.left(strip), compat.right(strip))]
    return [(strips.folder(strip) / element.filename).read_bytes() for element in shown]


def activate(edit: Edit, strip: Any) -> None:
    edit.select(strip.name)


def style(strip: Any) -> None:
    """All that an artist may have done to a strip."""
    strip.channel, strip.color_tag, strip.name = 6, "COLOR_07", "My inbetweens"
    strip.transform.offset_x, strip.transform.rotation = 7, 0.2
    strip.crop.max_y = 5
    strip.modifiers.new("Bright", "BRIGHT_CONTRAST").bright = 12
    fade(strip, (compat.left(strip), 0.0), (compat.left(strip) + 2, 1.0), (compat.right(strip) - 1, 0.5))


def styled(strip: Any) -> tuple[Any, ...]:
    curves = {
        (curve.data_path.rpartition(".")[2], tuple(tuple(point.co) for point in curve.keyframe_points))
        for curve in compat.fcurves(strip.id_data)
        if strip.name in curve.data_path
    }
    modifiers = [(each.name, each.bright) for each in strip.modifiers]
    offset = strip.transform.offset_x, strip.transform.rotation, strip.crop.max_y
    return strip.channel, strip.color_tag, offset, modifiers, curves, strip.blend_type


@pytest.mark.parametrize(
    ("change", "noted"),
    [
        (lambda edit: paint(edit, "A.png", 7), "START"),
        (lambda edit: setattr(edit.named("B").transform, "offset_x", 3), "END"),
        (lambda edit: (paint(edit, "A.png", 7), paint(edit, "B.png", 8)), "BOTH"),
        (lambda edit: compat.shift(edit.named("B"), 4), "GAP"),
        (lambda edit: [compat.shift(edit.named(name), -30) for name in "AB"], "GAP"),
        (lambda edit: compat.strips(edit.scene).remove(edit.named("B")), "LOST"),
        (lambda edit: [compat.shift(strip, 30) for strip in reversed(list(compat.strips(edit.scene)))], ""),
        (lambda edit: setattr(edit.named("A"), "name", "Renamed"), ""),
    ],
    ids=["earlier", "later", "both", "longer gap", "keys moved away", "key deleted", "all moved", "renamed"],
)
def test_a_strip_knows_when_its_keys_have_changed(edit: Edit, change: Any, noted: str) -> None:
    generate(edit)
    assert stale(edit) == ""
    change(edit)
    assert stale(edit) == noted
    message, hint = key_watcher.sentence(edit.scene, only_inbetweens(edit))
    assert bool(message) == bool(hint) == bool(noted)


def test_the_timer_notes_changes_by_itself(edit: Edit) -> None:
    generate(edit)
    key_watcher.tick()
    assert only_inbetweens(edit).fcvg.stale == ""
    paint(edit, "A.png", 7)
    key_watcher.tick()
    assert only_inbetweens(edit).fcvg.stale == "START"


def test_what_is_noted_is_drawn_although_there_is_no_time_to_count_painted_drawings(
    edit: Edit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def count(folder: Path, until_s: float) -> int:
        raise file_digests.OutOfTime

    generate(edit)
    drawn: list[str] = []
    monkeypatch.setattr(painted_over, "count", count)
    monkeypatch.setattr(key_watcher, "_redraw", lambda context: drawn.append(only_inbetweens(edit).fcvg.stale))
    key_watcher.tick()
    assert drawn == []
    paint(edit, "A.png", 7)
    key_watcher.tick()
    assert drawn == ["START"]
    key_watcher.tick()
    assert drawn == ["START"], "nothing is new"


def test_what_has_been_taken_back_is_no_change(edit: Edit) -> None:
    generate(edit)
    edit.named("A").blend_alpha = 0.5
    assert stale(edit) == "START"
    edit.named("A").blend_alpha = 1.0
    assert stale(edit) == ""


def test_regenerating_follows_the_key_and_keeps_what_was_done_to_the_strip(edit: Edit) -> None:
    strip = generate(edit)
    style(strip)
    before, old, session_uid = styled(strip), drawings(strip), strip.as_pointer()
    paint(edit, "A.png", 7)
    assert stale(edit) == "START"
    activate(edit, strip)
    bpy.ops.fcvg.regenerate()
    strip = only_inbetweens(edit)
    assert (styled(strip), strip.name, strip.as_pointer()) == (before, "My inbetweens", session_uid)
    assert stale(edit) == ""
    assert [take.number for take in strip_takes.all_of(strip.fcvg)] == [1, 2]
    assert strip.fcvg.number == 2
    assert strip.fcvg.state == strip_record.DONE
    assert all(one != other for one, other in zip(drawings(strip), old, strict=True))
    strip_takes.show(strip, 1)
    assert drawings(strip) == old
    assert styled(strip) == before


def test_regenerating_fills_the_gap_as_it_is_now(edit: Edit) -> None:
    strip = generate(edit)
    compat.shift(edit.named("B"), 4)
    activate(edit, strip)
    bpy.ops.fcvg.regenerate()
    strip = only_inbetweens(edit)
    assert (compat.left(strip), compat.right(strip), strip.fcvg.count) == (11, 21, 10)
    assert len(set(drawings(strip))) == 10
    assert stale(edit) == ""


def test_regenerating_says_which_key_is_gone(edit: Edit) -> None:
    strip = generate(edit)
    compat.strips(edit.scene).remove(edit.named("B"))
    activate(edit, strip)
    with pytest.raises(RuntimeError, match="later key"):
        bpy.ops.fcvg.regenerate()
    assert len(only_inbetweens(edit).fcvg.others) == 0


def promote(edit: Edit, frame: int) -> tuple[Any, list[Any]]:
    """Promote what the only strip of inbetweens shows on `frame`; the new key and the inbetweens beside it."""
    activate(edit, only_inbetweens(edit))
    edit.scene.frame_current = frame
    bpy.ops.fcvg.promote_to_key()
    (key,) = [strip for strip in compat.all_strips(edit.scene) if strip.fcvg.promoted]
    return key, inbetweens(edit)


def test_promoting_copies_the_drawing_and_runs_only_the_two_gaps_again(edit: Edit) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(edit.folder / "film.blend"))
    strip = generate(edit)
    style(strip)
    other = edit.sequence("Other", [noise(30), noise(31)], 9, 1)
    before, shown, look_before = edit.layout(), drawings(strip), styled(strip)
    pictures = {frame: edit.rendered(frame) for frame in (12, 13, 16)}
    key, (left, right) = promote(edit, 13)

    assert drawings(key) == [shown[2]]
    assert strips.folder(key) == edit.folder / "keys"
    assert key.directory.startswith("//")
    assert (key.fcvg.id, bool(key.fcvg.key), len(key.fcvg.others)) == ("", True, 0)
    layout = edit.layout()
    assert layout == {
        **{name: place for name, place in before.items() if name != "My inbetweens"},
        left.name: (6, 11, 13),
        key.name: (6, 13, 14),
        right.name: (6, 14, 17),
    }
    assert [styled(each) for each in (left, key, right)] == [look_before] * 3
    assert len(drawings(other)) == 2
    for part, count in ((left, 2), (right, 3)):
        record = part.fcvg
        assert (record.number, record.state, record.made, record.count) == (2, "DONE", count, count)
        assert [take.number for take in record.others] == [1]
    assert len({take.id for part in (left, right) for take in strip_takes.all_of(part.fcvg)}) == 4
    assert (left.fcvg.key_end_id, right.fcvg.key_start_id) == (key.fcvg.key, key.fcvg.key)
    assert (edit.rendered(13) == pictures[13]).all()
    # The drawings of before, as a take.
    strip_takes.show(left, 1)
    strip_takes.show(right, 1)
    assert drawings(left) + drawings(key) + drawings(right) == shown
    assert (left.fcvg.made, right.fcvg.made) == (2, 3)
    assert (edit.rendered(12) == pictures[12]).all()
    assert (edit.rendered(16) == pictures[16]).all()


def test_frames_beside_a_promoted_key_lead_to_it_and_follow_its_changes(edit: Edit) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(edit.folder / "film.blend"))
    generate(edit)
    key, (left, right) = promote(edit, 13)
    bpy.ops.fcvg.check_keys()
    assert [left.fcvg.stale, right.fcvg.stale] == ["", ""]
    write_png(strips.folder(key) / key.elements[0].filename, noise(90))
    bpy.ops.fcvg.check_keys()
    assert [left.fcvg.stale, right.fcvg.stale] == ["END", "START"]
    edit.select(left.name, right.name)
    bpy.ops.fcvg.regenerate()
    assert [left.fcvg.stale, right.fcvg.stale] == ["", ""]
    painted = noise(90).astype(float)
    for part, file in ((left, "key_end.png"), (right, "key_start.png")):
        assert np.abs(read(strips.folder(part) / file) * 255 - painted).max() < 1


@pytest.mark.parametrize(
    ("gap", "hold", "frame", "layout"),
    [
        (6, "ONES", 11, [(12, 17)]),
        (6, "ONES", 16, [(11, 16)]),
        (1, "ONES", 11, []),
        (7, "TWOS", 14, [(11, 13), (15, 18)]),
        (7, "TWOS", 17, [(11, 17)]),
        (2, "TWOS", 12, []),
    ],
    ids=["first", "last", "only one", "held", "held at the end", "all held"],
)
def test_promoting_at_the_ends_and_on_twos(
    edit: Edit, gap: int, hold: str, frame: int, layout: list[tuple[int, int]]
) -> None:
    """A drawing that is held becomes a key for as long as it is held."""
    strip = generate(edit, gap, hold=hold)
    shown = drawings(strip)
    key, parts = promote(edit, frame)
    assert [(compat.left(part), compat.right(part)) for part in parts] == layout
    assert set(drawings(key)) == {shown[frame - 11]}
    assert sum(len(drawings(part)) for part in (key, *parts)) == gap
    for part in parts:
        assert (part.fcvg.state, part.fcvg.made) == ("DONE", part.fcvg.count)
        strip_takes.show(part, 1)
        assert drawings(part) == shown[compat.left(part) - 11 : compat.right(part) - 11]


def test_every_take_is_carried_over(edit: Edit) -> None:
    strip = generate(edit)
    first = drawings(strip)
    paint(edit, "A.png", 7)
    activate(edit, strip)
    bpy.ops.fcvg.regenerate()
    second = drawings(strip)
    key, (left, right) = promote(edit, 14)
    assert drawings(key) == [second[3]]
    for number, shown in ((1, first), (2, second)):
        strip_takes.show(left, number)
        strip_takes.show(right, number)
        assert drawings(left) + drawings(right) == shown[:3] + shown[4:]
    assert len(left.fcvg.others) == len(right.fcvg.others) == 2


# What is read from an animation is written into the strip as a typed chart is.
@pytest.mark.parametrize("timing", [each[0] for each in menu_choices.TIMINGS if each[0] != "FCURVE"])
def test_the_parts_keep_showing_what_they_showed_whatever_the_chart(edit: Edit, timing: str) -> None:
    strip = generate(edit, timing=timing, times="0.1, 0.5, 0.2, 0.4, 0.3, 0.9")
    shown = drawings(strip)
    _, (left, right) = promote(edit, 13)
    for part in (left, right):
        assert part.fcvg.made == part.fcvg.count
        strip_takes.show(part, 1)
    assert drawings(left) + drawings(right) == shown[:2] + shown[3:]


def test_promoting_never_overwrites_a_file(edit: Edit) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(edit.folder / "film.blend"))
    bpy.ops.ed.undo_push(message="Saved")
    strip = generate(edit)
    bpy.ops.ed.undo_push(message="Generate")
    shown = drawings(strip)
    promote(edit, 13)
    bpy.ops.ed.undo_push(message="Promote")
    (file,) = (edit.folder / "keys").iterdir()
    file.write_bytes(b"painted by the artist")
    bpy.ops.ed.undo()
    key, _ = promote(Edit(bpy.context.scene, edit.folder), 13)
    assert file.read_bytes() == b"painted by the artist"
    assert drawings(key) == [shown[2]]


def test_promoted_keys_of_an_unsaved_file_come_along_when_it_is_saved(edit: Edit) -> None:
    generate(edit)
    key, _ = promote(edit, 13)
    picture = drawings(key)
    assert not strips.folder(key).is_relative_to(edit.folder)
    bpy.ops.wm.save_as_mainfile(filepath=str(edit.folder / "film.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(edit.folder / "film.blend"))
    (key,) = [strip for strip in compat.all_strips(bpy.context.scene) if strip.fcvg.promoted]
    assert strips.folder(key) == edit.folder / "keys"
    assert drawings(key) == picture


def everything(scene: Any) -> dict[str, tuple[Any, ...]]:
    """Of each strip where it lies and what it shows; fails where a file is missing."""
    return {
        strip.name: (strip.channel, compat.left(strip), compat.right(strip), strip.fcvg.id, drawings(strip))
        for strip in compat.all_strips(scene)
    }


@pytest.mark.parametrize("operator", ["regenerate", "promote_to_key", "redo_range"])
def test_undo_redo_and_reloading_lose_nothing(edit: Edit, operator: str) -> None:
    path = str(edit.folder / "film.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    generate(edit)
    edit.scene.frame_current = 13
    bpy.ops.ed.undo_push(message="Generate")
    before = everything(bpy.context.scene)
    options = {"first": 12, "last": 14} if operator == "redo_range" else {}
    getattr(bpy.ops.fcvg, operator)(**options)
    after = everything(bpy.context.scene)
    bpy.ops.ed.undo_push(message="Operator")
    assert after != before
    bpy.ops.ed.undo()
    assert everything(bpy.context.scene) == before
    bpy.ops.ed.redo()
    assert everything(bpy.context.scene) == after
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=path)
    assert everything(bpy.context.scene) == after
    assert all(strip.fcvg.state in ("", "DONE") for strip in compat.all_strips(bpy.context.scene))


def test_a_range_is_redone_over_the_strip_and_deleting_it_goes_back(edit: Edit) -> None:
    strip = generate(edit)
    shown, before = drawings(strip), edit.layout()
    pictures = [edit.rendered(frame) for frame in range(11, 17)]
    activate(edit, strip)
    edit.settings.seed = 5
    bpy.ops.fcvg.redo_range(first=13, last=15)
    (redone,) = [each for each in inbetweens(edit) if each.name != strip.name]
    assert edit.layout() == {**before, redone.name: (strip.channel + 1, 13, 16)}
    assert (redone.fcvg.state, redone.fcvg.count, redone.fcvg.seed) == ("DONE", 3, 5)
    keys = strips.folder(redone)
    for file, frame in (("key_start.png", 12), ("key_end.png", 16)):
        assert np.abs(read(keys / file) * 255 - pictures[frame - 11]).max() < 1
    assert (edit.rendered(12) == pictures[1]).all()
    assert drawings(strip) == shown
    activate(edit, redone)
    bpy.ops.fcvg.remove_inbetweens()
    assert edit.layout() == before
    assert (edit.rendered(14) == pictures[3]).all()


@pytest.mark.parametrize(("first", "last", "keys"), [(11, 12, ("A", "")), (15, 16, ("", "B")), (11, 16, ("A", "B"))])
def test_at_the_ends_of_a_strip_its_own_keys_count(edit: Edit, first: int, last: int, keys: tuple[str, str]) -> None:
    strip = generate(edit)
    activate(edit, strip)
    bpy.ops.fcvg.redo_range(first=first, last=last)
    (redone,) = [each for each in inbetweens(edit) if each.name != strip.name]
    assert (redone.fcvg.key_start, redone.fcvg.key_end) == (keys[0] or strip.name, keys[1] or strip.name)
    assert redone.fcvg.made == last - first + 1
    paint(edit, "A.png", 7)
    bpy.ops.fcvg.check_keys()
    assert redone.fcvg.stale == ("START" if keys[0] else "")


@pytest.mark.parametrize(("first", "last"), [(9, 12), (15, 17), (15, 13)])
def test_frames_that_are_not_the_strips_are_refused(edit: Edit, first: int, last: int) -> None:
    activate(edit, generate(edit))
    before = edit.layout()
    with pytest.raises(RuntimeError, match="are not frames of"):
        bpy.ops.fcvg.redo_range(first=first, last=last)
    assert edit.layout() == before


def test_another_version_of_blender_does_not_cry_wolf(edit: Edit) -> None:
    """It describes looks in other words. What a key shows is told apart all the same."""
    record = generate(edit).fcvg
    here = record.print_start
    content, _, _ = here.split("-")
    record.print_start = f"{content}-0123456789abcdef-3.9"
    assert stale(edit) == ""
    assert record.print_start == here
    record.print_start = "0123456789abcdef-0123456789abcdef-3.9"
    assert stale(edit) == "START"


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_badges_stay_inside_their_strip(edit: Edit, scale: float) -> None:
    """However small it is; where there is room for none of them, a dot is left of the most important one."""
    strip = generate(edit)
    record = strip.fcvg
    activate(edit, strip)
    bpy.ops.fcvg.regenerate()
    record.stale, record.pinned = "START", True
    found = badges.signs(record)
    assert [sign.word for sign in found] == [badges.CHANGED, "2/2", badges.PIN]
    for width in (1, 3, 8, 14, 20, 33, 60, 400):
        for height in (1, 4, 9, 15, 18, 30, 90):
            sheet, box = draw_list.DrawList(), draw_list.Box(50, 20, 50 + width * scale, 20 + height * scale)
            badges.lay_out(sheet, box, found, 0.5, scale)
            assert sheet.points
            points = np.concatenate(sheet.points)
            assert (points[:, :2] >= (box.left, box.bottom)).all()
            assert (points[:, :2] <= (box.right, box.top)).all()
            assert all(box.left < x < box.right and box.bottom < y < box.top for _, x, y, _ in sheet.words)
            words = [word for word, *_ in sheet.words]
            assert words == (["2/2"] if words or (width >= 60 and height >= 18) else [])
            has_amber = (np.concatenate(sheet.colours) == np.float32(badges.AMBER)).all(axis=1).any()
            assert has_amber == (width > 6 and height > 6)


def test_a_strip_that_fits_its_keys_wears_nothing(edit: Edit) -> None:
    assert badges.signs(generate(edit).fcvg) == []
