# SPDX-License-Identifier: GPL-3.0-or-later
"""What the artist reads and can press, in every Blender version; the real look is tested in a real window."""

from __future__ import annotations

import re
from pathlib import Path

import bpy
import pytest
from artist import DONE, ours, two_strips
from drawn_panels import ICONS, drawn
from edits import Edit

import fcvg_blender
from fcvg_blender import compat, registration
from fcvg_blender.jobs import queue_commands
from fcvg_blender.jobs.publish import publish_jobs
from fcvg_blender.jobs.session import session
from fcvg_blender.settings import strip_record
from fcvg_blender.ui.panels import keys_3d, queue, record, strip, timing
from fcvg_blender.ui.panels import tab as panels
from fcvg_blender.ui.panels import takes as panels_takes

SOURCES = Path(fcvg_blender.__file__).parent


def test_all_icons_exist_in_this_blender() -> None:
    named = {name for path in SOURCES.rglob("*.py") for name in re.findall(r'icon="(\w+)"', path.read_text("utf-8"))}
    assert len(named) > 5
    assert named <= ICONS


def test_it_says_what_will_happen_before_it_does(edit: Edit) -> None:
    two_strips(edit, gap=12)
    sheet = drawn(panels.FCVG_PT_inbetween)
    assert "12 inbetweens, frames 11–22, channel 1, Dissolve" in sheet.texts
    assert "count" not in sheet.choices, "a gap decides the number"
    assert sheet.buttons[0] == "fcvg.generate_inbetweens"
    assert not sheet.pictures, "nothing runs"


def test_it_offers_number_and_place_only_when_the_strips_touch(edit: Edit) -> None:
    two_strips(edit, gap=0)
    edit.settings.count = 4
    assert {"placement", "count"} <= set(drawn(panels.FCVG_PT_inbetween).choices)
    edit.settings.placement = "PUSH"
    assert "push_markers" in drawn(panels.FCVG_PT_inbetween).choices


@pytest.mark.parametrize(("names", "words"), [([], "Nothing is selected."), (["A"], "Only one strip is selected.")])
def test_it_says_why_not(edit: Edit, names: list[str], words: str) -> None:
    two_strips(edit)
    edit.select(*names)
    assert words in drawn(panels.FCVG_PT_inbetween).texts


def test_it_says_that_a_chart_does_not_fit(edit: Edit) -> None:
    two_strips(edit, gap=3)
    edit.settings.timing, edit.settings.times = "CUSTOM", "0.5"
    assert any("3 drawings" in text for text in drawn(panels.FCVG_PT_inbetween).texts)
    assert "times" in drawn(timing.FCVG_PT_timing).choices


def test_an_error_comes_with_what_can_be_done_and_goes(edit: Edit) -> None:
    session.error_panel.show("It broke.", "Mend it.")
    sheet = drawn(panels.FCVG_PT_inbetween)
    assert {"It broke.", "Mend it."} <= set(sheet.texts)
    assert {"fcvg.copy_report", "fcvg.open_log", "fcvg.dismiss_error"} <= set(sheet.buttons)
    bpy.ops.fcvg.dismiss_error()
    assert "It broke." not in drawn(panels.FCVG_PT_inbetween).texts


def test_a_strip_tells_what_made_it(edit: Edit) -> None:
    two_strips(edit, gap=5)
    edit.settings.hold, edit.settings.seed = "TWOS", 42
    bpy.ops.fcvg.generate_inbetweens()
    assert ours().fcvg.state == DONE
    sheet = drawn(strip.FCVG_PT_strip)
    assert "A → B, 5 frames" in sheet.texts
    details = drawn(record.FCVG_PT_record)
    for words in ("Dissolve", "Even, on twos", "42", "PNG", ours().fcvg.engine_version):
        assert words in details.texts
    assert "fcvg.resume" not in sheet.buttons
    ours().fcvg.state = strip_record.INCOMPLETE
    assert drawn(strip.FCVG_PT_strip).buttons.count("fcvg.resume") == 1
    ours().fcvg.state = DONE


def test_the_queue_heads_the_tab_then_comes_the_strip_then_the_next_gap() -> None:
    """Blender shows panels in the order in which they are registered."""
    tab = [cls for cls in registration._CLASSES if getattr(cls, "bl_category", "") == "Inbetween"]
    heads = [cls for cls in tab if cls.bl_space_type == "SEQUENCE_EDITOR" and not getattr(cls, "bl_parent_id", "")]
    assert heads[:3] == [queue.FCVG_PT_queue, strip.FCVG_PT_strip, panels.FCVG_PT_inbetween]


def test_after_the_click_the_tab_is_about_what_was_made(edit: Edit) -> None:
    """The strip is selected then: another take of it, of any method, is a click away; what another gap needs is not
    in the way."""
    two_strips(edit, gap=5)
    bpy.ops.fcvg.generate_inbetweens()
    assert strip.FCVG_PT_strip.poll(bpy.context)
    assert drawn(panels.FCVG_PT_inbetween).buttons == []
    takes = drawn(panels_takes.FCVG_PT_takes)
    assert takes.choices == ["method"]
    assert "fcvg.new_take" in takes.buttons

    session.error_panel.show("It broke.")
    assert "It broke." in drawn(strip.FCVG_PT_strip).texts, "where the artist looks"
    session.error_panel.clear()
    edit.select("A", "B")
    assert not strip.FCVG_PT_strip.poll(bpy.context)
    assert "fcvg.generate_inbetweens" in drawn(panels.FCVG_PT_inbetween).buttons


def test_a_strip_that_asks_is_answered_at_the_strip(edit: Edit) -> None:
    two_strips(edit, gap=5)
    bpy.ops.fcvg.generate_inbetweens()
    ours().fcvg.state, ours().fcvg.error = strip_record.ASKING, "These look like two different shots."
    publish_jobs()
    sheet = drawn(strip.FCVG_PT_strip)
    assert sheet.buttons.count("fcvg.answer_cut") == 2
    assert "fcvg.answer_cut" not in drawn(queue.FCVG_PT_queue).buttons, "asked once"
    assert "fcvg.regenerate" not in sheet.buttons
    ours().fcvg.state, ours().fcvg.error = DONE, ""
    publish_jobs()


def test_the_3d_view_tells_why_nothing_happens(edit: Edit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compat, "has_window", lambda: True)
    two_strips(edit, gap=5)
    status = bpy.context.window_manager.fcvg
    status.paused = True
    bpy.ops.fcvg.generate_inbetweens()
    publish_jobs()
    sheet = drawn(keys_3d.FCVG_PT_keyframes_3d)
    assert "The queue is paused." in sheet.texts
    assert {"fcvg.pause_queue", "fcvg.cancel_all"} <= set(sheet.buttons)
    queue_commands.cancel_all()
    status.paused = False
    publish_jobs()
    assert "fcvg.pause_queue" not in drawn(keys_3d.FCVG_PT_keyframes_3d).buttons


def test_a_board_is_told_in_one_line(edit: Edit) -> None:
    """Three strips: a gap of 6 frames, one of 4."""
    two_strips(edit, gap=6)
    edit.colour("C", 1, 31, 40)
    edit.select(*"ABC")
    assert "2 gaps, 10 inbetweens, Dissolve" in drawn(panels.FCVG_PT_inbetween).texts
    edit.named("C").mute = True
    sheet = drawn(panels.FCVG_PT_inbetween)
    assert {"6 inbetweens, frames 11–16, channel 1, Dissolve", "“C” is muted."} <= set(sheet.texts)
    edit.named("C").mute = False
    bpy.ops.fcvg.generate_inbetweens()
    assert "and 1 more selected" in drawn(strip.FCVG_PT_strip).texts, "buttons mean it too"


def test_output_panel_offers_format_and_what_to_do_with_cuts(edit: Edit) -> None:
    assert drawn(panels.FCVG_PT_output).choices == ["format", "bright_as_exr", "cuts"]
