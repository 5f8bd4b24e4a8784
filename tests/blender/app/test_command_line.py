# SPDX-License-Identifier: GPL-3.0-or-later
"""`blender --command fcvg inbetween …`: what it does to the file, what it prints, how it leaves."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest
from artist import DONE, files, ours, save, two_strips
from edits import Edit

from fcvg_blender.app import cli
from fcvg_blender.edit import gap_refusals, strips
from fcvg_blender.engine import find_python
from fcvg_blender.jobs import enqueue


@pytest.fixture
def blend(edit: Edit) -> Path:
    """A saved file with two strips, nothing selected, nothing open."""
    two_strips(edit, gap=0)
    edit.select()
    path = save(edit)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    return path


def test_generates_and_saves(blend: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = (
        "--strips A B --count 4 --placement push --method dissolve --hold 2 --timing ease-in --seed 7 --format png16"
    )
    assert cli.main(["inbetween", str(blend), *words.split()]) == 0
    assert "%" in capfd.readouterr().out
    bpy.ops.wm.open_mainfile(filepath=str(blend))
    record = ours().fcvg
    assert files(ours()) == ["0001.png", "0001.png", "0003.png", "0003.png"]
    assert (record.state, record.method, record.timing, record.hold) == (DONE, "dissolve", "ease-in", 2)
    assert (record.placement, record.seed, record.format) == ("PUSH", 7, "png16")


def test_output_leaves_the_first_file_alone(blend: Path, tmp_path: Path) -> None:
    before, other = blend.read_bytes(), tmp_path / "elsewhere" / "other.blend"
    other.parent.mkdir()
    words = ["--strips", "A", "B", "--count", "2", "--timing", "0.3,0.6", "--output", str(other)]
    assert cli.main(["inbetween", str(blend), *words]) == 0
    assert blend.read_bytes() == before
    bpy.ops.wm.open_mainfile(filepath=str(other))
    assert (strips.folder(ours()) / "0002.png").is_file()


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--strips", "A", "C"], "no strip 'C'"),
        (["--strips", "A", "A"], "Only one strip is selected"),
        (["--strips", "A", "B", "--count", "0"], "1 to 1000"),
        (["--strips", "A", "B", "--count", "40"], "too short"),
        (["--strips", "A", "B", "--count", "3", "--timing", "soon"], "no number"),
        (["--strips", "A"], "expected 2 arguments"),
        (["--strips", "A", "B", "--output", "no such folder/film.blend"], "There is no folder"),
    ],
)
def test_bad_arguments_leave_with_2(blend: Path, words: list[str], complaint: str, capfd) -> None:
    before = blend.read_bytes()
    assert cli.main(["inbetween", str(blend), *words]) == 2
    assert complaint in capfd.readouterr().err
    assert blend.read_bytes() == before


def test_a_gap_that_the_operator_refuses_leaves_with_2(blend: Path, monkeypatch, capfd) -> None:
    def refuse(*_: object) -> None:
        raise gap_refusals.ShotProblem("No channel is free.", "Unlock one.")

    monkeypatch.setattr(enqueue, "lay", refuse)
    assert cli.main(["inbetween", str(blend), "--strips", "A", "B", "--count", "2"]) == 2
    assert "No channel is free. Unlock one." in capfd.readouterr().err


def test_no_file_leaves_with_2(tmp_path: Path, capfd) -> None:
    assert cli.main(["inbetween", str(tmp_path / "none.blend"), "--strips", "A", "B"]) == 2
    assert "There is no file" in capfd.readouterr().err


def test_no_blend_file_leaves_with_2(tmp_path: Path, capfd) -> None:
    path = tmp_path / "text.blend"
    path.write_text("no blend file")
    assert cli.main(["inbetween", str(path), "--strips", "A", "B"]) == 2
    assert "text.blend" in capfd.readouterr().err


def test_missing_engine_leaves_with_3(blend: Path, tmp_path: Path, monkeypatch, capfd) -> None:
    monkeypatch.setenv(find_python.VARIABLE, str(tmp_path / "nothing here"))
    assert cli.main(["inbetween", str(blend), "--strips", "A", "B", "--count", "2"]) == 3
    assert "is not there" in capfd.readouterr().err


@pytest.mark.parametrize("name", ["notes.txt", "notes.blend", "link.blend"])
def test_a_file_that_is_no_blend_file_is_not_saved_over(
    blend: Path, name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / ("own.txt" if name == "link.blend" else name)
    own.write_text("notes")
    if name == "link.blend":
        (tmp_path / name).symlink_to(own)
    before = sorted(tmp_path.rglob("*"))
    words = ["--strips", "A", "B", "--count", "2", "--output", str(tmp_path / name)]
    assert cli.main(["inbetween", str(blend), *words]) == 2
    assert own.read_text() == "notes"
    assert sorted(tmp_path.rglob("*")) == before, "nothing was made"
    assert "blend file" in capfd.readouterr().err


def test_another_blend_file_is_saved_over(blend: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.blend"
    words = ["--strips", "A", "B", "--count", "2", "--output", str(other)]
    for _ in range(2):
        assert cli.main(["inbetween", str(blend), *words]) == 0


@pytest.mark.parametrize(
    "words",
    [["--seed", str(2**70)], ["--timing", "\udcff"], ["--output", "x" * 300 + ".blend"], ["--output", "a\0.blend"]],
)
def test_what_blender_cannot_hold_is_said(blend: Path, words: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["inbetween", str(blend), "--strips", "A", "B", "--count", "2", *words]) == 2
    assert "Traceback" not in capfd.readouterr().err


def test_a_name_that_no_file_can_have_is_that_of_no_file(capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["inbetween", "x" * 300, "--strips", "A", "B"]) == 2
    assert "There is no file" in capfd.readouterr().err
