# SPDX-License-Identifier: GPL-3.0-or-later
"""The artist's verbs, each against the real engine: generate, resume, remove, test, report."""

from __future__ import annotations

import os
from pathlib import Path

import bpy
import numpy as np
import pytest
from artist import DONE, INCOMPLETE, Shown, files, is_dissolve, ours, save, status, two_strips
from edits import Edit, read

from fcvg_blender.edit import strips
from fcvg_blender.engine import find_python
from fcvg_blender.jobs.session import session
from fcvg_blender.settings import menu_choices
from fcvg_blender.tasks import error_report


@pytest.fixture
def dummy_method(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Dissolve is asked of the engine's dummy method, which misbehaves as FCVG_DUMMY_FAULT says."""
    session.end_engine(60)
    monkeypatch.setenv("FCVG_DUMMY", "1")
    word = menu_choices.engine_word
    monkeypatch.setattr(menu_choices, "engine_word", lambda name: "dummy" if name == "DISSOLVE" else word(name))
    return monkeypatch


def test_two_strips_and_one_call_make_a_strip_of_inbetweens(edit: Edit) -> None:
    two_strips(edit, gap=6)
    blend = save(edit)
    assert bpy.ops.fcvg.generate_inbetweens() == {"FINISHED"}
    strip = ours()
    assert edit.layout()[strip.name] == (1, 11, 17)
    assert files(strip) == [f"{number:04d}.png" for number in range(1, 7)]
    assert strip.directory.startswith("//inbetweens/A_")
    assert is_dissolve(strips.folder(strip), read)
    record = strip.fcvg
    assert (record.state, record.method_used, record.count, record.made) == (DONE, "dissolve", 6, 6)
    assert (record.key_start, record.key_end) == ("A", "B")
    assert record.engine_version
    assert not status().jobs
    assert not status().error_message

    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=str(blend))
    assert ours().fcvg.state == DONE
    assert is_dissolve(strips.folder(ours()), read)


def test_the_edit_shows_what_was_made(edit: Edit) -> None:
    two_strips(edit)
    edit.settings.timing, edit.settings.times = "CUSTOM", "0.25, 0.5, 0.75, 0.8, 0.85, 0.9"
    bpy.ops.fcvg.generate_inbetweens()
    before, middle, after = (edit.rendered(frame).astype(int) for frame in (10, 12, 17))
    assert np.abs(middle - (before + after) / 2).max() <= 1


def test_drawings_on_twos_are_shown_twice(edit: Edit) -> None:
    two_strips(edit, gap=5)
    edit.settings.hold = "TWOS"
    bpy.ops.fcvg.generate_inbetweens()
    assert files(ours()) == ["0001.png", "0001.png", "0003.png", "0003.png", "0005.png"]


def test_frames_of_an_unsaved_file_move_beside_it_when_it_is_saved(edit: Edit) -> None:
    two_strips(edit)
    bpy.ops.fcvg.generate_inbetweens()
    assert strips.folder(ours()).is_dir()
    blend = save(edit)
    assert strips.folder(ours()).parent == blend.parent / "inbetweens"
    assert is_dissolve(strips.folder(ours()), read)


def test_one_undo_takes_it_back_and_redo_brings_every_frame(edit: Edit) -> None:
    two_strips(edit)
    bpy.ops.ed.undo_push(message="Edit")
    before = Shown.of(bpy.context.scene)
    bpy.ops.fcvg.generate_inbetweens()
    bpy.ops.ed.undo_push(message="Generate Inbetweens")  # as Blender does for a click; scripts do it themselves
    bpy.ops.ed.undo()
    assert Shown.of(bpy.context.scene) == before
    bpy.ops.ed.redo()
    assert ours().fcvg.state == DONE
    assert files(ours())[-1] == "0006.png"


def test_nothing_selected_says_so(edit: Edit) -> None:
    with pytest.raises(RuntimeError, match="Nothing is selected"):
        bpy.ops.fcvg.generate_inbetweens()


def test_missing_engine_says_so_and_leaves_no_trace(edit: Edit, tmp_path: Path, monkeypatch) -> None:
    two_strips(edit)
    save(edit)
    before = Shown.of(edit.scene)
    monkeypatch.setenv(find_python.VARIABLE, str(tmp_path / "nothing here"))
    with pytest.raises(RuntimeError, match=r"engine Python .* is not there"):
        bpy.ops.fcvg.generate_inbetweens()
    assert Shown.of(edit.scene) == before
    assert not list(tmp_path.glob("inbetweens/*"))
    assert "is not there" in status().error_message
    assert status().error_hint


def test_missing_picture_says_which_and_leaves_no_trace(edit: Edit, tmp_path: Path) -> None:
    two_strips(edit)
    save(edit)
    before = Shown.of(edit.scene)
    (edit.folder / "B.png").unlink()
    with pytest.raises(RuntimeError, match=r"“B” is missing"):
        bpy.ops.fcvg.generate_inbetweens()
    assert Shown.of(edit.scene) == before
    assert not list(tmp_path.glob("inbetweens/*"))


def test_offline_without_models_says_where_to_allow_access(edit: Edit, tmp_path: Path, monkeypatch) -> None:
    session.end_engine(60)
    monkeypatch.setenv("FCVG_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setattr(bpy.context.preferences.system, "use_online_access", False)
    two_strips(edit)
    save(edit)
    edit.settings.method = "RIFE"
    before = Shown.of(edit.scene)
    with pytest.raises(RuntimeError, match="Allow online access"):
        bpy.ops.fcvg.generate_inbetweens()
    assert Shown.of(edit.scene) == before
    session.end_engine(60)


def test_a_wrong_chart_is_refused_before_anything_happens(edit: Edit, tmp_path: Path) -> None:
    two_strips(edit)
    save(edit)
    edit.settings.timing, edit.settings.times = "CUSTOM", "0.5"
    with pytest.raises(RuntimeError, match="6 drawings"):
        bpy.ops.fcvg.generate_inbetweens()
    assert ours() is None
    assert not list(tmp_path.glob("inbetweens/*"))


def test_failure_before_the_first_frame_leaves_the_edit_as_it_was(edit: Edit, dummy_method, tmp_path: Path) -> None:
    dummy_method.setenv("FCVG_DUMMY_FAULT", "oom")
    dummy_method.setenv("FCVG_DUMMY_AT", "0")
    two_strips(edit)
    save(edit)
    before = Shown.of(edit.scene)
    with pytest.raises(RuntimeError, match="memory"):
        bpy.ops.fcvg.generate_inbetweens()
    assert Shown.of(edit.scene) == before
    assert "memory" in status().error_message


def test_failure_half_way_keeps_the_frames_and_can_be_resumed(edit: Edit, dummy_method) -> None:
    dummy_method.setenv("FCVG_DUMMY_FAULT", "crash")
    dummy_method.setenv("FCVG_DUMMY_AT", "3")
    two_strips(edit)
    save(edit)
    with pytest.raises(RuntimeError, match="stopped unexpectedly"):
        bpy.ops.fcvg.generate_inbetweens()
    assert ours().fcvg.state == INCOMPLETE
    assert 1 <= ours().fcvg.made <= 3
    kept = strips.folder(ours()) / "0001.png"
    written = kept.stat().st_mtime_ns

    dummy_method.delenv("FCVG_DUMMY_FAULT")
    assert bpy.ops.fcvg.resume() == {"FINISHED"}
    assert ours().fcvg.state == DONE
    assert files(ours()) == [f"{number:04d}.png" for number in range(1, 7)]
    assert kept.stat().st_mtime_ns == written
    assert not status().error_message


def test_removing_closes_the_room_and_keeps_the_frames(edit: Edit) -> None:
    two_strips(edit, gap=0)
    edit.settings.placement, edit.settings.count = "PUSH", 4
    before = Shown.of(edit.scene)
    bpy.ops.fcvg.generate_inbetweens()
    assert edit.layout()["B"][1] == 15
    folder = strips.folder(ours())
    assert bpy.ops.fcvg.remove_inbetweens() == {"FINISHED"}
    assert Shown.of(edit.scene) == before
    assert (folder / "0004.png").is_file()


def test_engine_test_tells_the_result(edit: Edit) -> None:
    assert bpy.ops.fcvg.test_engine() == {"FINISHED"}
    assert "works" in status().engine_state


def test_report_tells_settings_error_and_log(edit: Edit, tmp_path: Path) -> None:
    two_strips(edit)
    save(edit)
    bpy.ops.fcvg.generate_inbetweens()
    text = error_report.text(
        blender=bpy.app.version_string,
        blend_file=bpy.data.filepath,
        client=session.client,
        error=("It broke.", "Mend it.", ""),
        settings=error_report.settings(edit.settings),
        strip=error_report.settings(ours().fcvg),
    )
    for wanted in (bpy.app.version_string, "method: DISSOLVE", "method_used: dissolve", "It broke.", "Mend it."):
        assert wanted in text
    assert str(tmp_path) not in text
    assert bpy.ops.fcvg.copy_report() == {"FINISHED"}
