# SPDX-License-Identifier: GPL-3.0-or-later
"""What the panel says about a selection, before anything is done."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest
from edits import Edit, noise

from fcvg_blender import compat
from fcvg_blender.edit import gap_refusals, gaps, lay_strip, make_room
from fcvg_blender.engine import errors, protocol


def shot_of(edit: Edit, *names: str) -> gaps.Shot:
    return gaps.from_selection(edit.scene, edit.select(*names), edit.settings)


def problem_of(edit: Edit, *names: str) -> str:
    """The sentence shown; there is always one that says what to do, too."""
    with pytest.raises(gap_refusals.ShotProblem) as caught:
        shot_of(edit, *names)
    assert caught.value.hint.endswith(".")
    return caught.value.message


def touching(edit: Edit, placement: str, count: int, length: int = 24) -> None:
    edit.colour("A", 1, 1, 25)
    edit.colour("B", 1, 25, 25 + length)
    edit.settings.placement, edit.settings.count = placement, count


def test_a_gap_is_filled(edit: Edit) -> None:
    """Whatever count and placement say; the strips are on different channels and selected in any order."""
    edit.colour("B", 2, 37, 60)
    edit.colour("A", 1, 1, 25)
    edit.settings.count, edit.settings.placement = 99, "PUSH"
    shot = shot_of(edit, "B", "A")
    assert (shot.start_strip, shot.start_frame, shot.end_strip, shot.end_frame) == ("A", 24, "B", 37)
    assert (shot.first, shot.last, shot.count, shot.channel) == (25, 36, 12, 2)
    assert gaps.sentence(gaps.Chain((shot,)), "RIFE") == "12 inbetweens, frames 25–36, channel 2, RIFE"


def test_one_inbetween_is_singular(edit: Edit) -> None:
    edit.colour("A", 1, 1, 25)
    edit.colour("B", 1, 26, 60)
    assert (
        gaps.sentence(gaps.Chain((shot_of(edit, "A", "B"),)), "Dissolve")
        == "1 inbetween, frame 25, channel 1, Dissolve"
    )


@pytest.mark.parametrize(
    ("placement", "count", "first", "last", "keys"),
    [
        ("OVER_END", 12, 13, 24, (12, 25)),
        ("OVER_START", 12, 25, 36, (24, 37)),
        ("CENTRED", 12, 19, 30, (18, 31)),
        ("CENTRED", 5, 23, 27, (22, 28)),
        ("PUSH", 12, 25, 36, (24, 25)),
        ("OVER_END", 23, 2, 24, (1, 25)),
    ],
)
def test_where_inbetweens_go_when_strips_touch(
    edit: Edit, placement: str, count: int, first: int, last: int, keys: tuple[int, int]
) -> None:
    touching(edit, placement, count)
    shot = shot_of(edit, "A", "B")
    assert (shot.first, shot.last, shot.count, shot.channel) == (first, last, count, 1 if placement == "PUSH" else 2)
    assert (shot.start_frame, shot.end_frame) == keys
    assert shot.placement == placement


def test_the_sentence_tells_of_pushing(edit: Edit) -> None:
    touching(edit, "PUSH", 12)
    expected = "12 inbetweens, frames 25–36, channel 1, RIFE; later strips move right by 12"
    assert gaps.sentence(gaps.Chain((shot_of(edit, "A", "B"),)), "RIFE") == expected


@pytest.mark.parametrize(
    ("placement", "count", "length", "says"),
    [
        ("OVER_END", 24, 24, "“A” shows 24 frames, too short for 24 inbetweens over its end."),
        ("OVER_START", 8, 8, "“B” shows 8 frames, too short for 8 inbetweens over its start."),
        ("OVER_START", 1, 1, "“B” shows 1 frame, too short for 1 inbetween over its start."),
        ("CENTRED", 20, 8, "“B” shows 8 frames, too short for 10 inbetweens over its start."),
    ],
)
def test_more_inbetweens_than_a_strip_has_room_for(
    edit: Edit, placement: str, count: int, length: int, says: str
) -> None:
    touching(edit, placement, count, length)
    assert problem_of(edit, "A", "B") == says


def test_how_many_are_selected(edit: Edit) -> None:
    for number, name in enumerate("ABC"):
        edit.colour(name, 1, number * 30 + 1, number * 30 + 20)
    assert problem_of(edit) == "Nothing is selected."
    assert problem_of(edit, "A") == "Only one strip is selected."


def chain_of(edit: Edit, *names: str) -> gaps.Chain:
    return gaps.chain(edit.scene, edit.select(*names), edit.settings)


def test_any_number_of_strips_is_a_chain_of_gaps(edit: Edit) -> None:
    """In the order of time, whatever their names, channels and the order of the clicks."""
    edit.colour("C", 1, 61, 80)
    edit.colour("A", 3, 1, 25)
    edit.colour("B", 1, 37, 50)
    edit.colour("D", 2, 80, 90)
    edit.settings.placement, edit.settings.count = "PUSH", 4
    chain = chain_of(edit, "D", "B", "A", "C")
    assert [(shot.start_strip, shot.end_strip, shot.count) for shot in chain.shots] == [
        ("A", "B", 12),
        ("B", "C", 11),
        ("C", "D", 4),
    ]
    assert (chain.count, chain.left_out) == (27, ())
    assert gaps.sentence(chain, "RIFE") == "3 gaps, 27 inbetweens, RIFE; later strips move right by up to 4"
    edit.settings.placement = "OVER_END"
    assert gaps.sentence(chain_of(edit, *"ABCD"), "RIFE") == "3 gaps, 27 inbetweens, RIFE"


def test_two_strips_are_a_chain_of_one(edit: Edit) -> None:
    edit.colour("A", 1, 1, 25)
    edit.colour("B", 1, 30, 60)
    assert chain_of(edit, "A", "B") == gaps.Chain((shot_of(edit, "A", "B"),))


def test_pairs_that_cannot_be_inbetweened_are_left_out_and_named(edit: Edit) -> None:
    for number, name in enumerate("ABCD"):
        edit.colour(name, 1, number * 30 + 1, number * 30 + 20)
    edit.named("D").mute = True
    chain = chain_of(edit, *"ABCD")
    assert [(shot.start_strip, shot.end_strip) for shot in chain.shots] == [("A", "B"), ("B", "C")]
    assert chain.left_out == ("“D” is muted.",)
    edit.named("B").mute = True
    with pytest.raises(gap_refusals.ShotProblem, match="“B” is muted") as caught:
        chain_of(edit, "A", "B", "D")
    assert caught.value.hint
    compat.set_right(edit.named("A"), 41)
    edit.named("A").channel, edit.named("B").mute = 2, False
    assert chain_of(edit, "A", "B", "C").left_out == ("“A” and “B” overlap by 10 frames.",)


@pytest.mark.parametrize("renamed", [False, True])
def test_gaps_that_have_inbetweens_already_are_left_out(edit: Edit, renamed: bool) -> None:
    """Whatever their keys are called by now; the inbetweens may be among the selected strips, sounds too."""
    for number, name in enumerate("ABC"):
        edit.colour(name, 1, number * 30 + 1, number * 30 + 20)
    shot = shot_of(edit, "A", "B")
    request = protocol.Request("", "", "", shot.count)
    made = lay_strip.insert(edit.scene, shot, edit.folder / "frames", "id1", request).name
    if renamed:
        edit.named("A").name, edit.named("C").name = "Renamed", "A"
    first, last = ("Renamed", "A") if renamed else ("A", "C")
    chain = chain_of(edit, first, "B", last, made)
    assert [(each.start_strip, each.end_strip) for each in chain.shots] == [("B", last)]
    assert chain.left_out == (f"“{first}” and “B” have inbetweens already.",)


def test_two_strips_between_which_there_are_inbetweens_can_have_others(edit: Edit) -> None:
    """That is asked for in so many words, unlike a whole board."""
    edit.colour("A", 1, 1, 25)
    edit.colour("B", 1, 30, 60)
    shot = shot_of(edit, "A", "B")
    made = lay_strip.insert(edit.scene, shot, edit.folder, "id1", protocol.Request("", "", "", 5)).name
    assert chain_of(edit, "A", "B").shots[0].channel == 2
    assert problem_of(edit, "A", "B", made) == "3 strips are selected, inbetweens among them."


def test_sounds(tmp_path: Path) -> None:
    """A movie and its sound are moved about together, so both are selected; sound alone is not enough."""
    bpy.ops.wm.open_mainfile(filepath=str(Path(__file__).parents[1] / "files" / "sounds.blend"))
    edit = Edit(bpy.context.scene, tmp_path)
    edit.settings.placement, edit.settings.count = "OVER_END", 5
    assert shot_of(edit, "A", "B", "S1", "S2").count == 5
    assert problem_of(edit, "S1", "S2") == "Only sound is selected."
    assert problem_of(edit, "A", "S2") == "Only one strip is selected."
    assert problem_of(edit, "S1") == "Only sound is selected."


def test_sounds_are_pushed_too(tmp_path: Path) -> None:
    bpy.ops.wm.open_mainfile(filepath=str(Path(__file__).parents[1] / "files" / "sounds.blend"))
    edit = Edit(bpy.context.scene, tmp_path)
    assert [strip.name for strip in make_room.to_push(edit.scene, 25)] == ["B", "S2"]


def test_every_kind_of_strip_that_shows_a_picture(edit: Edit) -> None:
    a = edit.image("Image", noise(0), 1, 1, 5)
    edit.colour("Colour", 1, 10, 15)
    edit.effect("Text", "TEXT", 1, 20, 25)
    edit.effect("Blur", "GAUSSIAN_BLUR", 2, 1, 2, a)
    other = bpy.data.scenes.new("Other")
    compat.strips(edit.scene).new_scene(name="Scene", scene=other, channel=1, frame_start=30)
    edit.meta("Meta", 3, edit.colour("Inner", 3, 400, 410))
    for name in ("Image", "Text", "Blur", "Scene", "Meta"):
        assert shot_of(edit, name, "Colour").count > 0


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("ADJUSTMENT", "“X” is an adjustment layer and shows no picture of its own."),
        ("MULTICAM", "“X” only shows what is on another channel."),
    ],
)
def test_strips_without_a_picture_of_their_own(edit: Edit, kind: str, says: str) -> None:
    edit.colour("A", 1, 1, 25)
    edit.effect("X", kind, 3, 30, 60)
    assert problem_of(edit, "A", "X") == says


def test_masks_are_refused(edit: Edit) -> None:
    edit.colour("A", 1, 1, 25)
    mask = bpy.data.masks.new("M")
    compat.strips(edit.scene).new_mask(name="X", mask=mask, channel=1, frame_start=30)
    assert problem_of(edit, "A", "X") == "“X” is a mask."


def test_overlap_in_time(edit: Edit) -> None:
    edit.colour("A", 1, 1, 25)
    edit.colour("B", 2, 22, 60)
    edit.colour("C", 3, 24, 30)
    assert problem_of(edit, "A", "B") == "“A” and “B” overlap by 3 frames."
    assert problem_of(edit, "A", "C") == "“A” and “C” overlap by 1 frame."


def test_an_effect_and_its_input(edit: Edit) -> None:
    a = edit.colour("A", 1, 1, 25)
    edit.effect("Blur", "GAUSSIAN_BLUR", 2, 1, 2, a)
    assert problem_of(edit, "A", "Blur").startswith("The effect “Blur” is made of “A”")


def test_hidden_strips(edit: Edit) -> None:
    edit.colour("A", 1, 1, 25)
    edit.colour("B", 2, 30, 60).mute = True
    assert problem_of(edit, "A", "B") == "“B” is muted."
    edit.named("B").mute = False
    edit.scene.sequence_editor.channels[2].mute = True
    assert problem_of(edit, "A", "B") == "“B” lies on the muted channel “Channel 2”."


def test_too_long_a_gap(edit: Edit) -> None:
    edit.colour("A", 1, 1, 25)
    edit.colour("B", 1, 25 + protocol.MAX_COUNT + 1, 3000)
    assert problem_of(edit, "A", "B").startswith("The gap is 1001 frames long")


def test_blender_shows_nothing_before_frame_0(edit: Edit) -> None:
    """Unless the artist has allowed negative frames."""
    edit.colour("A", 1, -20, -3)
    edit.colour("B", 1, 30, 60)
    assert problem_of(edit, "A", "B").startswith("The earlier key is on frame -4")
    bpy.context.preferences.edit.use_negative_frames = True
    try:
        assert shot_of(edit, "A", "B").first == -3
    finally:
        bpy.context.preferences.edit.use_negative_frames = False


def test_the_lowest_free_channel_above_both_where_their_own_are_taken(edit: Edit) -> None:
    """Over these frames: what lies beside them is not in the way. Locked and muted channels are not used."""
    edit.colour("A", 1, 1, 25)
    edit.colour("B", 2, 30, 60)
    edit.colour("On B's channel", 2, 27, 28)
    edit.colour("In the way", 3, 29, 40)
    edit.colour("Beside", 4, 1, 25)
    edit.colour("Beside too", 4, 30, 60)
    assert shot_of(edit, "A", "B").channel == 4
    channels = edit.scene.sequence_editor.channels
    channels[4].lock = True
    channels[5].mute = True
    assert shot_of(edit, "A", "B").channel == 6


def test_the_channel_must_be_free_after_pushing_only(edit: Edit) -> None:
    """What starts at the cut moves away; what goes across it stays in the way."""
    touching(edit, "PUSH", 12)
    edit.colour("Moves", 2, 25, 60)
    edit.colour("Stays", 3, 20, 60)
    assert shot_of(edit, "A", "B").channel == 1
    edit.colour("Stays too", 2, 10, 25)
    compat.set_right(edit.named("Stays too"), 25)
    assert shot_of(edit, "A", "B").channel == 1
    edit.settings.placement = "OVER_START"
    assert shot_of(edit, "A", "B").channel == 4


def test_no_free_channel(edit: Edit) -> None:
    edit.colour("A", 127, 1, 25)
    edit.colour("B", 128, 30, 60)
    edit.colour("Taken", 128, 26, 28)
    assert problem_of(edit, "A", "B") == "There is no free channel above 128 on frames 25–29."
    edit.named("B").channel = 126
    edit.named("Taken").channel = 127
    edit.colour("Top", 128, 1, 60)
    assert problem_of(edit, "A", "B") == "There is no free channel above 127 on frames 25–29."


def test_locked_strips_cannot_be_pushed(edit: Edit) -> None:
    touching(edit, "PUSH", 12)
    edit.colour("Later", 4, 100, 120).lock = True
    assert problem_of(edit, "A", "B").startswith("“Later” comes after the cut and is locked")
    edit.named("Later").lock = False
    edit.scene.sequence_editor.channels[4].lock = True
    assert problem_of(edit, "A", "B").startswith("“Later” comes after the cut and is locked")
    edit.settings.placement = "OVER_END"
    assert shot_of(edit, "A", "B").count == 12


def test_pushing_does_not_tear_a_transition(edit: Edit) -> None:
    """One input of the cross starts before the cut and stays, the other would move."""
    touching(edit, "PUSH", 12)
    edit.effect("Cross", "CROSS", 5, 1, 2, edit.colour("X", 3, 10, 40), edit.colour("Y", 4, 30, 60))
    assert problem_of(edit, "A", "B").startswith("The effect “Cross” joins")


def test_inside_a_meta_strip_its_own_channels_count(edit: Edit) -> None:
    meta = edit.meta("Meta", 1, edit.colour("A", 1, 1, 25), edit.colour("B", 1, 30, 40))
    edit.colour("Outside", 2, 1, 60)
    edit.scene.sequence_editor.display_stack(meta)
    shot = shot_of(edit, "A", "B")
    assert (shot.first, shot.count, shot.channel) == (25, 5, 1)


def test_an_edit_without_strips(edit: Edit) -> None:
    """A scene whose sequencer was never used."""
    scene = bpy.data.scenes.new("Empty")
    with pytest.raises(gap_refusals.ShotProblem, match="Nothing is selected"):
        gaps.from_selection(scene, compat.strips(scene), scene.fcvg)


@pytest.mark.parametrize(
    ("chart", "says"),
    [
        ("0.2, 0.5", "The timing chart has 2 numbers, but 3 drawings are to be made."),
        ("0.2, half, 0.8", "The timing chart holds something that is no number."),
        ("0, 0.5, 1", "The timing chart holds a number that is not between 0 and 1."),
        ("nan, 0.5, 0.6", "The timing chart holds a number that is not between 0 and 1."),
    ],
)
def test_unfit_timing_charts(edit: Edit, chart: str, says: str) -> None:
    edit.settings.timing, edit.settings.times = "CUSTOM", chart
    with pytest.raises(errors.BadRequest) as caught:
        edit.settings.engine_timing(3, 10, 14)
    assert caught.value.message == says


def test_timing_as_the_engine_takes_it(edit: Edit) -> None:
    edit.settings.timing = "EASE_IN_OUT"
    assert edit.settings.engine_timing(12, 10, 23) == "ease-in-out"
    edit.settings.timing, edit.settings.times, edit.settings.hold = "CUSTOM", "0.1; 0.9,", "TWOS"
    assert edit.settings.engine_timing(3, 10, 14) == [0.1, 0.9]


def test_enum_items_in_saved_files_keep_their_meaning(edit: Edit, tmp_path: Path) -> None:
    """Numbers are what a .blend stores; a change here changes old files."""
    items = {
        name: {item.identifier: item.value for item in edit.settings.bl_rna.properties[name].enum_items}
        for name in ("method", "placement", "timing", "hold", "format", "cuts")
    }
    items |= {
        name: {item.identifier: item.value for item in group.bl_rna.properties[name].enum_items}
        for group, name in (
            (edit.settings.conditions, "lines"),
            (edit.settings.conditions, "pose"),
            (edit.settings.sampling, "preset"),
        )
    }
    assert items == {
        "method": {
            "AUTO": 0,
            "RIFE": 1,
            "GMFSS": 2,
            "DISSOLVE": 3,
            "FCVG": 4,
            "TRF": 5,
            "VIBID": 6,
            "GI": 7,
            "FILM": 8,
        },
        "placement": {"OVER_END": 0, "OVER_START": 1, "CENTRED": 2, "PUSH": 3},
        "timing": {
            "LINEAR": 0,
            "EASE_IN": 1,
            "EASE_OUT": 2,
            "EASE_IN_OUT": 3,
            "CUSTOM": 4,
            "FAVOUR_FIRST": 5,
            "FAVOUR_LAST": 6,
            "ANTICIPATION": 7,
            "CURVE": 8,
            "FCURVE": 9,
        },
        "hold": {"ONES": 1, "TWOS": 2, "THREES": 3},
        "format": {"PNG": 0, "PNG16": 1, "EXR": 2, "JPG": 3},
        "cuts": {"ASK": 0, "MAKE": 1, "LEAVE_OUT": 2},
        "lines": {"AUTO": 0, "FLOW": 1, "GLUESTICK": 2, "NONE": 3},
        "pose": {"AUTO": 0, "DWPOSE": 1, "NONE": 2},
        "preset": {"AUTO": 0, "LOW": 1, "BALANCED": 2, "FAST": 3, "TURBO": 4},
    }
