# SPDX-License-Identifier: GPL-3.0-or-later
"""Preview Conditions, against the real engine: lines over the edit, before anything is generated."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from artist import DONE, Shown, idle, save, status, turn_until, two_strips
from drawn_panels import drawn
from edits import Edit
from line_keys import WORK, one_line

from fcvg_blender import compat
from fcvg_blender.edit import conditions_strip, gaps, strips, take_folders
from fcvg_blender.jobs.session import session
from fcvg_blender.settings.addon_choices import Choices
from fcvg_blender.takes import requests
from fcvg_blender.ui.panels import generative, tab

GAP = 5


@pytest.fixture(scope="module", autouse=True)
def fresh_engine() -> Iterator[None]:
    """One engine for all tests here."""
    session.end_engine(60)
    yield
    session.end_engine(60)


@pytest.fixture
def fcvg(edit: Edit) -> Edit:
    """Two strips with room for five inbetweens; one horizontal line is matched, it moves down half of the picture."""
    two_strips(edit, gap=GAP)
    save(edit)
    settings = edit.settings
    settings.method = "FCVG"
    settings.sampling.work_width = settings.sampling.work_height = WORK
    path = edit.folder / "one line.json"
    path.write_text(json.dumps(one_line()))
    settings.conditions.matches = str(path)
    return edit


@pytest.fixture
def with_a_window(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Operators return at once, as with a window, and the test turns the timer."""
    monkeypatch.setattr(compat, "has_window", lambda: True)
    yield
    bpy.ops.fcvg.cancel()
    turn_until(idle)


def preview() -> Any:
    """The one strip of conditions, None without."""
    found = [strip for _, strip in strips.ours() if strip.fcvg.overlay]
    assert len(found) <= 1
    return found[0] if found else None


def brightest_row(picture: np.ndarray[Any, Any], without: np.ndarray[Any, Any]) -> float:
    """Where a picture differs most from another, as a fraction of its height."""
    differing = np.abs(picture.astype(int) - without.astype(int)).sum(axis=(1, 2))
    assert differing.max() > 0
    return float(differing.argmax() / len(differing))


def test_lines_are_laid_over_both_keys_and_all_between(fcvg: Edit) -> None:
    frames = range(10, 10 + GAP + 2)
    before = {frame: fcvg.rendered(frame) for frame in frames}
    selected = Shown.of(fcvg.scene).selected
    assert bpy.ops.fcvg.preview_conditions() == {"FINISHED"}
    strip = preview()
    assert (compat.left(strip), compat.right(strip)) == (10, 10 + GAP + 2)
    assert (strip.fcvg.state, strip.fcvg.made) == (DONE, GAP + 2)
    assert [element.filename for element in strip.elements] == [f"condition_{n:04d}.png" for n in range(GAP + 2)]
    assert Shown.of(fcvg.scene).selected == selected, "so that Generate can follow at once"
    rows = [brightest_row(fcvg.rendered(frame), before[frame]) for frame in frames]
    assert rows == pytest.approx(np.linspace(0.25, 0.75, GAP + 2), abs=0.06)
    assert not status().error_message
    assert "1 line" in strip.fcvg.notes


def test_over_the_gap_only_the_line_is_there(fcvg: Edit) -> None:
    """Between the strips lies nothing, and Blender's preview shows nothing where the picture is transparent."""
    bpy.ops.fcvg.preview_conditions()
    alpha = fcvg.rendered(13)[..., 3]
    rows = np.flatnonzero(alpha.any(axis=1))
    assert 1 <= len(rows) <= 3
    assert rows.mean() / len(alpha) == pytest.approx(0.5, abs=0.06)
    assert alpha.max() > 100


def test_the_whole_width_is_drawn_on_whatever_the_working_size(fcvg: Edit) -> None:
    before = fcvg.rendered(10)
    bpy.ops.fcvg.preview_conditions()
    row = np.abs(fcvg.rendered(10).astype(int) - before).sum(axis=2).max(axis=0)
    columns = np.flatnonzero(row) / len(row)
    assert (columns.min(), columns.max()) == pytest.approx((0.125, 0.875), abs=0.05)


def test_drawings_on_twos_are_held_in_the_preview_too(fcvg: Edit) -> None:
    fcvg.settings.hold = "TWOS"
    bpy.ops.fcvg.preview_conditions()
    numbers = [int(element.filename[-8:-4]) for element in preview().elements]
    assert numbers == [0, 1, 1, 2, 2, 3, 4]
    assert [conditions_strip.file_of(preview().fcvg, n) for n in range(1, 8)] == [
        each.filename for each in preview().elements
    ]


def test_previewing_again_replaces_the_old_one(fcvg: Edit) -> None:
    bpy.ops.fcvg.preview_conditions()
    first, channel = preview().fcvg.id, preview().channel
    bpy.ops.fcvg.preview_conditions()
    assert preview().fcvg.id != first
    assert preview().channel == channel


def test_generating_leaves_it_alone_and_comes_under_it(fcvg: Edit) -> None:
    bpy.ops.fcvg.preview_conditions()
    name, place = preview().name, fcvg.layout()[preview().name]
    fcvg.settings.method = "DISSOLVE"
    fcvg.select("A", "B", name)  # as a box drawn around everything does
    bpy.ops.fcvg.generate_inbetweens()
    assert fcvg.layout()[name] == place
    (made,) = (strip for _, strip in strips.ours() if not strip.fcvg.overlay)
    assert made.channel < preview().channel
    assert made.fcvg.state == DONE


def test_one_undo_takes_it_back_and_redo_brings_it(fcvg: Edit) -> None:
    bpy.ops.ed.undo_push(message="Edit")
    before = Shown.of(bpy.context.scene)
    bpy.ops.fcvg.preview_conditions()
    bpy.ops.ed.undo_push(message="Preview Conditions")
    bpy.ops.ed.undo()
    assert Shown.of(bpy.context.scene) == before
    bpy.ops.ed.redo()
    assert preview().fcvg.state == DONE
    assert preview().elements[-1].filename == f"condition_{GAP + 1:04d}.png"


def test_while_nothing_is_drawn_yet_the_edit_looks_as_before(fcvg: Edit, tmp_path: Path) -> None:
    before = fcvg.rendered(12)
    shot = gaps.from_selection(fcvg.scene, fcvg.select("A", "B"), fcvg.settings)
    folder = tmp_path / "conditions"
    take_folders.make_for_strip(folder, fcvg.scene)
    conditions_strip.insert(fcvg.scene, shot, folder, "abc", requests.chosen(fcvg.settings, shot, Choices()))
    assert np.array_equal(fcvg.rendered(12), before)
    assert preview().fcvg.made == 0


def test_cancel_removes_it_with_its_files(fcvg: Edit, with_a_window) -> None:
    before = Shown.of(fcvg.scene)
    bpy.ops.fcvg.preview_conditions()
    folder = strips.folder(preview())
    assert status().jobs[0].name == "Conditions A → B"
    bpy.ops.fcvg.cancel(job=status().jobs[0].id)
    assert Shown.of(fcvg.scene) == before
    turn_until(lambda: idle() and not folder.exists())
    assert not status().error_message


def test_it_fills_while_the_artist_works(fcvg: Edit, with_a_window) -> None:
    bpy.ops.fcvg.preview_conditions()
    preview().channel = 9
    turn_until(lambda: idle() and preview().fcvg.state == DONE)
    assert preview().channel == 9
    assert preview().fcvg.made == GAP + 2


def test_matches_that_are_wrong_say_so_and_leave_no_trace(fcvg: Edit, tmp_path: Path) -> None:
    Path(fcvg.settings.conditions.matches).write_text('{"version": 1}')
    before = Shown.of(fcvg.scene)
    with pytest.raises(RuntimeError):
        bpy.ops.fcvg.preview_conditions()
    assert Shown.of(fcvg.scene) == before
    assert status().error_message
    assert not list(tmp_path.glob("inbetweens/*"))
    session.error_panel.clear()


def test_what_was_found_can_be_edited_and_given_back(fcvg: Edit) -> None:
    bpy.ops.fcvg.preview_conditions()
    assert "fcvg.edit_matches" in drawn(generative.FCVG_PT_conditions).buttons
    assert bpy.ops.fcvg.edit_matches() == {"FINISHED"}
    given = Path(bpy.path.abspath(fcvg.settings.conditions.matches))
    assert given == conditions_strip.matches(preview())
    content = json.loads(given.read_text())
    for line in content["lines"]:  # the line no longer moves
        line["end"] = line["start"]
    given.write_text(json.dumps(content))
    before = fcvg.rendered(16)
    bpy.ops.fcvg.remove_conditions()
    without = fcvg.rendered(16)
    assert preview() is None
    bpy.ops.fcvg.preview_conditions()
    assert brightest_row(before, without) == pytest.approx(0.75, abs=0.06)
    assert brightest_row(fcvg.rendered(16), without) == pytest.approx(0.25, abs=0.06)


def test_only_conditions_selected_is_told(fcvg: Edit) -> None:
    bpy.ops.fcvg.preview_conditions()
    fcvg.select(preview().name)
    assert "These are conditions." in drawn(tab.FCVG_PT_inbetween).texts
    sheet = drawn(generative.FCVG_PT_overlay)
    assert sheet.buttons == ["fcvg.edit_matches", "fcvg.open_folder", "fcvg.remove_conditions"]
    assert bpy.ops.fcvg.remove_conditions() == {"FINISHED"}
    assert preview() is None


def test_only_fcvg_has_conditions_to_preview(fcvg: Edit) -> None:
    assert bpy.ops.fcvg.preview_conditions.poll()
    for method in ("RIFE", "TRF"):
        fcvg.settings.method = method
        assert not bpy.ops.fcvg.preview_conditions.poll()
    fcvg.settings.method = "FCVG"
    fcvg.select("A")
    assert not bpy.ops.fcvg.preview_conditions.poll()


def test_it_goes_with_the_file_when_that_is_first_saved(edit: Edit, tmp_path: Path) -> None:
    two_strips(edit, gap=2)
    edit.settings.method = "FCVG"
    edit.settings.conditions.lines = edit.settings.conditions.pose = "NONE"
    edit.settings.sampling.work_width = edit.settings.sampling.work_height = WORK
    bpy.ops.fcvg.preview_conditions()
    bpy.ops.fcvg.edit_matches()
    blend = save(edit)
    assert strips.folder(preview()).parent == blend.parent / "inbetweens"
    assert Path(bpy.path.abspath(edit.settings.conditions.matches)) == conditions_strip.matches(preview())
