# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the spacing of a gap's drawings comes from: presets, numbers, a curve, an animation; and the numbers read."""

from __future__ import annotations

from typing import Any

import bpy
import pytest
from artist import two_strips
from drawn_panels import drawn
from edits import Edit

from fcvg_blender import compat
from fcvg_blender.engine import errors, protocol
from fcvg_blender.settings import menu_choices
from fcvg_blender.timing import object_motion, spacing
from fcvg_blender.ui import chart_icons
from fcvg_blender.ui.panels import timing

EVEN = [0.25, 0.5, 0.75]


def timed(edit: Edit, kind: str, count: int = 3, first: int = 10) -> Any:
    """What the engine is asked for: `count` inbetweens after a key on frame `first`."""
    edit.settings.timing = kind
    return edit.settings.engine_timing(count, first, first + count + 1)


def animated(name: str = "Ball", data: Any = None, **values: tuple[float, float]) -> Any:
    """An object whose properties go from one value on frame 10 to another on frame 14, at an even pace."""
    ball = bpy.data.objects.new(name, data)
    for path, (start, end) in values.items():
        for frame, value in ((10, start), (14, end)):
            setattr(ball, path, (value, 0, 0) if path in ("location", "scale") else value)
            ball.keyframe_insert(path, frame=frame)
    for curve in compat.fcurves(ball):
        for point in curve.keyframe_points:
            point.interpolation = "LINEAR"
    return ball


def bend(curve: Any, *points: tuple[float, float]) -> None:
    """Put more keyframes on an F-curve."""
    for frame, value in points:
        curve.keyframe_points.insert(frame, value).interpolation = "LINEAR"
    curve.update()


def test_presets_are_the_engine_s_words(edit: Edit) -> None:
    words = {timed(edit, name) for name, *_ in menu_choices.TIMINGS if name not in (spacing.TYPED, "CURVE", "FCURVE")}

    assert words == set(protocol.TIMINGS)


def test_typed_times_are_taken_as_they_are(edit: Edit) -> None:
    edit.settings.times = "0.1; .5, 0.9"

    assert timed(edit, "CUSTOM") == [0.1, 0.5, 0.9]


@pytest.mark.parametrize(
    ("times", "what"), [("0.1, x", "no number"), ("0, 0.5, 0.9", "between 0 and 1"), ("0.1, 0.2", "2 numbers, but 3")]
)
def test_a_typed_chart_that_does_not_fit_is_refused(edit: Edit, times: str, what: str) -> None:
    edit.settings.times = times

    with pytest.raises(errors.BadRequest, match=what):
        timed(edit, "CUSTOM")


def test_the_free_curve_is_there_once_it_is_chosen(edit: Edit) -> None:
    assert len(bpy.data.node_groups) == 0

    assert timed(edit, "CURVE") == pytest.approx(EVEN)

    kept = edit.settings.spacing.curve
    timed(edit, "LINEAR")
    timed(edit, "CURVE")
    assert edit.settings.spacing.curve == kept, "chosen again, it is as it was"
    assert len(bpy.data.node_groups) == 1


def draw_curve(edit: Edit, *points: tuple[float, float]) -> None:
    """As an artist who clicks points into the free curve and moves its ends."""
    mapping = spacing.curve_node(edit.settings.spacing.curve).mapping
    curve = mapping.curves[0]
    curve.points[0].location, curve.points[-1].location = points[0], points[-1]
    for place in points[1:-1]:
        curve.points.new(*place)
    mapping.update()


def test_the_free_curve_spaces_the_drawings(edit: Edit) -> None:
    timed(edit, "CURVE")
    draw_curve(edit, (0, 0), (0.5, 0.1), (1, 1))

    times = timed(edit, "CURVE")

    assert times[1] == pytest.approx(0.1, abs=0.01)
    assert times == sorted(times)
    assert all(0 < time < 1 for time in times)


def test_drawings_never_reach_or_pass_a_key(edit: Edit) -> None:
    timed(edit, "CURVE")
    draw_curve(edit, (0, 0), (0.25, 0), (0.75, 1), (1, 1))

    assert timed(edit, "CURVE") == pytest.approx([0.001, 0.5, 0.999])


def test_a_flat_curve_is_refused(edit: Edit) -> None:
    timed(edit, "CURVE")
    draw_curve(edit, (0, 0.5), (1, 0.5))

    with pytest.raises(errors.BadRequest, match="flat"):
        timed(edit, "CURVE")


def test_the_free_curve_survives_saving_and_goes_with_its_scene(edit: Edit) -> None:
    timed(edit, "CURVE")
    draw_curve(edit, (0, 0), (0.5, 0.1), (1, 1))
    before = timed(edit, "CURVE")
    path = str(edit.folder / "film.blend")

    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)

    scene = bpy.context.scene
    assert scene.fcvg.engine_timing(3, 10, 14) == pytest.approx(before)
    other = bpy.data.scenes.new("Other")
    bpy.data.scenes.remove(scene)
    bpy.ops.outliner.orphans_purge(do_recursive=True)
    assert other.fcvg.spacing.curve is None
    assert len(bpy.data.node_groups) == 0


def test_a_curve_that_was_deleted_is_missed_and_made_anew(edit: Edit) -> None:
    timed(edit, "CURVE")
    bpy.data.node_groups.remove(edit.settings.spacing.curve)

    with pytest.raises(errors.BadRequest, match="no free curve"):
        edit.settings.engine_timing(3, 10, 14)
    assert timed(edit, "CURVE") == pytest.approx(EVEN)


def test_choosing_the_free_curve_can_be_undone(edit: Edit) -> None:
    edit.settings.timing = "EASE_IN"
    bpy.ops.ed.undo_push(message="Before")
    edit.settings.timing = "CURVE"
    bpy.ops.ed.undo_push(message="Free Curve")

    bpy.ops.ed.undo()
    assert bpy.context.scene.fcvg.timing == "EASE_IN"
    bpy.ops.ed.redo()

    assert bpy.context.scene.fcvg.engine_timing(3, 10, 14) == pytest.approx(EVEN)


def test_an_animation_sets_the_pace(edit: Edit) -> None:
    ball = animated(location=(2.0, 6.0))
    edit.settings.spacing.object = ball
    assert timed(edit, "FCURVE") == pytest.approx(EVEN)

    bend(compat.fcurves(ball)[0], (12, 5.0))

    assert timed(edit, "FCURVE") == pytest.approx([0.375, 0.75, 0.875])


def test_on_twos_the_animation_is_read_where_drawings_begin(edit: Edit) -> None:
    edit.settings.spacing.object = animated(location=(0.0, 4.0))
    edit.settings.hold = "TWOS"

    assert timed(edit, "FCURVE") == pytest.approx([0.25, 0.75])


def test_the_edit_may_be_later_than_the_animation(edit: Edit) -> None:
    edit.settings.spacing.object = animated(location=(0.0, 4.0))
    edit.settings.spacing.offset = -100

    assert timed(edit, "FCURVE", first=110) == pytest.approx(EVEN)


def test_an_animation_that_overshoots_stops_short_of_the_key(edit: Edit) -> None:
    ball = animated(location=(0.0, 4.0))
    bend(compat.fcurves(ball)[0], (11, -2.0), (13, 6.0))
    edit.settings.spacing.object = ball

    assert timed(edit, "FCURVE") == pytest.approx([0.001, 0.5, 0.999])


def test_one_channel_of_many_can_be_chosen(edit: Edit) -> None:
    ball = animated(location=(0.0, 4.0), empty_display_size=(1.0, 9.0))
    size = next(curve for curve in compat.fcurves(ball) if curve.data_path == "empty_display_size")
    bend(size, (12, 7.0))
    edit.settings.spacing.object = ball
    assert timed(edit, "FCURVE")[1] == pytest.approx((0.5 + 0.75) / 2), "without a channel the mean of what moves"

    edit.settings.spacing.channel = "X Location"
    assert timed(edit, "FCURVE") == pytest.approx(EVEN)
    edit.settings.spacing.channel = next(label for label in object_motion.channels(ball) if label.endswith("Size"))

    assert timed(edit, "FCURVE")[1] == pytest.approx(0.75)


def test_what_cannot_be_read_is_said(edit: Edit) -> None:
    with pytest.raises(errors.BadRequest, match="No object"):
        timed(edit, "FCURVE")
    edit.settings.spacing.object = animated(location=(0.0, 4.0))
    with pytest.raises(errors.BadRequest, match="“Ball” does not change between frames 30 and 34"):
        timed(edit, "FCURVE", first=30)
    edit.settings.spacing.channel = "Y Location"
    with pytest.raises(errors.BadRequest, match="“Y Location” of “Ball” does not change"):
        timed(edit, "FCURVE")
    edit.settings.spacing.channel = "W Location"
    with pytest.raises(errors.BadRequest, match="no animated channel “W Location”"):
        timed(edit, "FCURVE")


def test_channels_are_called_as_in_blender(edit: Edit) -> None:
    camera = bpy.data.cameras.new("Lens")
    ball = animated(data=camera, location=(0.0, 1.0))
    ball["wave"] = 0.5
    ball.keyframe_insert('["wave"]', frame=10)
    ball.rotation_mode = "QUATERNION"
    ball.keyframe_insert("rotation_quaternion", index=0, frame=10)
    ball.constraints.new("LIMIT_SCALE").name = "Limit"
    ball.keyframe_insert('constraints["Limit"].influence', frame=10)
    camera.keyframe_insert("lens", frame=10)

    labels = list(object_motion.channels(ball))

    assert labels[:3] == ["X Location", "Y Location", "Z Location"]
    assert {"wave", "Limit: Influence", "Lens: Focal Length"} < set(labels)
    assert any(label.startswith("W Quaternion") for label in labels)


def test_the_pace_of_several_objects_is_their_mean(edit: Edit) -> None:
    fast, slow = animated("Fast", location=(0.0, 4.0)), animated("Slow", location=(0.0, 100.0))
    bend(compat.fcurves(slow)[0], (12, 0.0))
    still = animated("Still", location=(1.0, 1.0))

    assert object_motion.of_objects([fast, still], 10, 14, [11, 12, 13]) == pytest.approx(EVEN)
    assert object_motion.of_objects([fast, slow, still], 10, 14, [12]) == pytest.approx([0.25])
    assert object_motion.of_objects([still], 10, 14, [12]) is None
    assert object_motion.of_objects([], 10, 14, [12]) is None


def test_what_comes_back_does_not_set_the_pace(edit: Edit) -> None:
    ball = animated(location=(0.0, 0.01))
    bend(compat.fcurves(ball)[0], (12, 5.0))

    assert object_motion.of_objects([ball], 10, 14, [11, 12, 13]) is None


def test_reading_an_animation_writes_numbers_that_can_be_changed(edit: Edit) -> None:
    two_strips(edit, gap=3)
    ball = animated(location=(0.0, 4.0))
    bend(compat.fcurves(ball)[0], (12, 3.0))
    assert not bpy.ops.fcvg.read_timing.poll()
    edit.settings.spacing.object = ball

    assert bpy.ops.fcvg.read_timing() == {"FINISHED"}

    assert edit.settings.timing == "CUSTOM"
    assert edit.settings.times == "0.375, 0.75, 0.875"
    assert edit.settings.engine_timing(3, 10, 14) == [0.375, 0.75, 0.875]
    edit.select("A")
    assert not bpy.ops.fcvg.read_timing.poll(), "without a gap there is nothing to read between"


def test_what_is_written_can_be_read_again() -> None:
    assert spacing.parsed(spacing.written([0.0001, 0.5, 0.99999])) == [0.001, 0.5, 0.999]


def test_the_chart_shows_the_gap_that_is_selected(edit: Edit) -> None:
    two_strips(edit, gap=6)
    edit.settings.hold = "TWOS"

    chart = chart_icons.of_settings(edit.settings, (10, 6))

    assert (chart.first, chart.last) == (10, 17)
    assert [(each.index, each.hold, each.time) for each in chart.drawings] == [(1, 2, 0.25), (3, 2, 0.5), (5, 2, 0.75)]


def test_the_panel_offers_every_spacing_and_what_it_needs(edit: Edit) -> None:
    two_strips(edit, gap=6)
    sheet = drawn(timing.FCVG_PT_timing)
    assert {name for name, *_ in menu_choices.TIMINGS} | {"ONES", "TWOS", "THREES"} == set(sheet.choices)

    edit.settings.timing = "CUSTOM"
    assert "times" in drawn(timing.FCVG_PT_timing).choices
    edit.settings.timing = "CURVE"
    assert drawn(timing.FCVG_PT_timing).pictures == 1
    edit.settings.timing = "FCURVE"
    sheet = drawn(timing.FCVG_PT_timing)
    assert "object" in sheet.choices
    assert "fcvg.read_timing" not in sheet.buttons
    edit.settings.spacing.object = animated(location=(0.0, 4.0))
    assert "fcvg.read_timing" in drawn(timing.FCVG_PT_timing).buttons
    edit.select()
    edit.settings.spacing.object = None
    assert "No object is chosen." in drawn(timing.FCVG_PT_timing).texts
