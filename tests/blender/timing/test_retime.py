# SPDX-License-Identifier: GPL-3.0-or-later
"""Inbetweens that are there are timed anew: at once, from what there is; only what is missing is made."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest
from artist import DONE, INCOMPLETE, Shown, files, idle, ours, save, status, turn_until, two_strips
from drawn_panels import drawn
from edits import Edit, noise

from fcvg_blender import compat
from fcvg_blender.edit import gaps, strips
from fcvg_blender.jobs import enqueue, queue, queue_commands, timer
from fcvg_blender.ui import chart_icons
from fcvg_blender.ui.panels import timing

GAP = 7  # evenly at eighths, on twos at fifths


@pytest.fixture
def made(edit: Edit) -> Edit:
    """A strip of inbetweens, evenly spaced, done; an undo step behind it."""
    two_strips(edit, GAP)
    save(edit)
    bpy.ops.fcvg.generate_inbetweens()
    bpy.ops.ed.undo_push(message="Generate")
    return edit


def on_disk() -> dict[str, int]:
    """The frames there are, and when each was written."""
    return {path.name: path.stat().st_mtime_ns for path in sorted(strips.folder(ours()).glob("0*.png"))}


def nothing_runs() -> bool:
    return idle() and not queue.entries()


def wait() -> None:
    """Until the queue is empty, as with a window."""
    timer.wake()
    turn_until(nothing_runs)


def test_retiming_shows_the_nearest_drawings_at_once(made: Edit) -> None:
    before = on_disk()

    assert bpy.ops.fcvg.retime(timing="EASE_IN") == {"FINISHED"}

    # From eighths: 1/64 and 4/64 (the key), 9/64, 16/64, 25/64, 36/64, 49/64.
    assert files(ours()) == ["key_start.png"] * 2 + [f"{number:04d}.png" for number in (1, 2, 3, 4, 6)]
    assert on_disk() == before
    assert nothing_runs()
    assert ours().fcvg.state == INCOMPLETE
    assert stand_ins() == [1, 2, 3, 5, 6, 7]


def stand_ins() -> list[int]:
    """The drawings of which the chart says that others stand in for them."""
    return sorted(chart_icons.of_strip(ours()).missing)


def test_only_what_is_missing_is_made(made: Edit) -> None:
    before = on_disk()
    bpy.ops.fcvg.retime(timing="EASE_IN")

    assert bpy.ops.fcvg.make_missing() == {"FINISHED"}

    after = on_disk()
    assert len(after) == len(before) + 6
    assert before.items() <= after.items(), "what was there is as it was"
    assert len(set(files(ours()))) == GAP
    assert files(ours())[3] == "0002.png", "a quarter of the way was there already"
    assert ours().fcvg.state == DONE
    assert stand_ins() == []
    bpy.ops.fcvg.retime(timing="LINEAR")
    assert files(ours()) == list(before)
    assert ours().fcvg.state == DONE, "and back again nothing is missing"


def test_on_twos_each_drawing_is_shown_twice(made: Edit) -> None:
    bpy.ops.fcvg.retime(hold="TWOS")

    # From eighths: fifths are nearest to 2/8, 3/8, 5/8 and 6/8.
    assert files(ours()) == [f"{number:04d}.png" for number in (2, 2, 3, 3, 5, 5, 6)]
    assert ours().fcvg.timing == "linear"
    bpy.ops.fcvg.make_missing()
    assert len(set(files(ours()))) == 4
    assert ours().fcvg.state == DONE


def test_a_typed_chart_of_another_length_is_followed(made: Edit) -> None:
    bpy.ops.fcvg.retime(timing="CUSTOM", times="0.25, 0.75, 0.875")

    # A point every quarter of the way: 1/8 is half way to the first of them, and so on.
    assert ours().fcvg.engine_timing() == pytest.approx([0.125, 0.25, 0.5, 0.75, 0.8125, 0.875, 0.9375])
    assert files(ours())[:4] == ["0001.png", "0002.png", "0004.png", "0006.png"]


def test_retiming_is_undone_and_done_again(made: Edit) -> None:
    before, even = Shown.of(made.scene), files(ours())
    bpy.ops.fcvg.retime(timing="EASE_IN")
    bpy.ops.ed.undo_push(message="Retime")
    slow = files(ours())

    bpy.ops.ed.undo()
    assert (files(ours()), ours().fcvg.timing, ours().fcvg.state) == (even, "linear", DONE)
    assert Shown.of(bpy.context.scene) == before
    bpy.ops.ed.redo()

    assert (files(ours()), ours().fcvg.timing, ours().fcvg.state) == (slow, "ease-in", INCOMPLETE)


def test_a_new_timing_survives_saving(made: Edit) -> None:
    bpy.ops.fcvg.retime(timing="CUSTOM", times="0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7", hold="ONES")
    shown = files(ours())
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=bpy.data.filepath)

    assert files(ours()) == shown
    assert stand_ins() == [1, 2, 3, 4, 6, 7], "half of the way is there"


def test_several_strips_are_retimed_at_once(edit: Edit) -> None:
    two_strips(edit, 3)
    edit.image("C", noise(3), 1, 29, 39)
    edit.select("A", "B", "C")
    bpy.ops.fcvg.generate_inbetweens()
    both = [strip for strip in compat.strips(edit.scene) if gaps.is_inbetweens(strip)]
    edit.select(*(strip.name for strip in both), "A")

    bpy.ops.fcvg.retime(timing="EASE_OUT", hold="TWOS")

    assert [(strip.fcvg.timing, strip.fcvg.hold) for strip in both] == [("ease-out", 2)] * 2
    assert bpy.ops.fcvg.make_missing() == {"FINISHED"}
    assert [strip.fcvg.state for strip in both] == [DONE] * 2
    assert [len(set(files(strip))) for strip in both] == [2, 3]


def test_the_pace_of_an_animation_is_read_between_the_keys(made: Edit) -> None:
    ball = bpy.data.objects.new("Ball", None)
    first = compat.left(ours()) - 1
    for frame, height in ((first, 0.0), (first + GAP, 1.0), (first + GAP + 1, 8.0)):
        ball.location.z = height
        ball.keyframe_insert("location", index=2, frame=frame)
    for point in compat.fcurves(ball)[0].keyframe_points:
        point.interpolation = "LINEAR"
    made.settings.spacing.object = ball

    bpy.ops.fcvg.retime(timing="FCURVE")

    assert ours().fcvg.engine_timing() == pytest.approx([number / GAP / 8 for number in range(1, GAP + 1)], abs=1e-5)


def test_a_chart_that_fits_one_strip_only_changes_none(made: Edit) -> None:
    before = files(ours())

    for wrong in ({"timing": "FCURVE"}, {"timing": "CURVE"}, {"timing": "CUSTOM", "times": "0.5, 2"}):
        with pytest.raises(RuntimeError):
            bpy.ops.fcvg.retime(**wrong, hold="TWOS")

    assert (files(ours()), ours().fcvg.timing, ours().fcvg.hold) == (before, "linear", 1)


def test_the_buttons_say_why_not(made: Edit) -> None:
    assert not bpy.ops.fcvg.make_missing.poll(), "nothing is missing"
    with pytest.raises(RuntimeError, match="Nothing is missing"):
        bpy.ops.fcvg.make_missing()
    ours().fcvg.method = "fcvg"
    bpy.ops.fcvg.retime(timing="EASE_IN")
    with pytest.raises(RuntimeError, match="draws all frames of a chart together"):
        bpy.ops.fcvg.make_missing()
    made.select("A", "B")
    with pytest.raises(RuntimeError, match="Select strips of inbetweens"):
        bpy.ops.fcvg.retime(timing="EASE_IN")


def test_the_panel_says_what_is_missing_and_offers_it(made: Edit) -> None:
    assert "fcvg.make_missing" not in drawn(timing.FCVG_PT_strip_timing).buttons

    bpy.ops.fcvg.retime(timing="EASE_IN")

    sheet = drawn(timing.FCVG_PT_strip_timing)
    assert any("6 of 7 drawings are stand-ins" in text for text in sheet.texts)
    assert "fcvg.make_missing" in sheet.buttons
    enqueue.again(ours().fcvg)
    assert "fcvg.make_missing" not in drawn(timing.FCVG_PT_strip_timing).buttons, "asked for already"
    queue_commands.cancel(ours().fcvg.id)


@pytest.fixture
def far_from_all(made: Edit) -> dict[str, int]:
    """A timing that none of the drawings fits, its drawings waiting as with a window; the files there are."""
    before = on_disk()
    bpy.ops.fcvg.retime(timing="CUSTOM", times="0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07")
    assert ours().fcvg.made == 0
    enqueue.again(ours().fcvg)
    return before


def test_drawings_outlive_a_cancelled_retiming(made: Edit, far_from_all: dict[str, int]) -> None:
    queue_commands.cancel(ours().fcvg.id)
    wait()

    assert on_disk() == far_from_all
    assert not ours().mute
    bpy.ops.fcvg.retime(timing="LINEAR")
    assert ours().fcvg.state == DONE


def test_drawings_outlive_their_strip(made: Edit, far_from_all: dict[str, int]) -> None:
    folder: Path = strips.folder(ours())
    compat.strips(made.scene).remove(ours())
    wait()

    assert set(far_from_all) <= {path.name for path in folder.glob("0*.png")}
    assert not status().error_message


def test_a_strip_that_waits_for_drawings_goes_on_showing_those_it_has(made: Edit, far_from_all: dict[str, int]) -> None:
    assert not ours().mute

    wait()

    assert ours().fcvg.state == DONE
    assert len(set(files(ours()))) == GAP
    assert far_from_all.items() <= on_disk().items()
