# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/api/blender.md is what the code says, and the example of docs/api.md for Blender runs."""

from __future__ import annotations

import re
import sys
from typing import Any

import bpy
import page_examples
import pytest
from edits import Edit, noise

from fcvg_blender.jobs import key_watcher
from fcvg_blender.settings import strip_record
from tools import api_page


@pytest.fixture
def film(edit: Edit) -> Edit:
    """A saved file with two strips and a gap of six frames between them."""
    edit.image("A", noise(1), 1, 1, 11)
    edit.image("B", noise(2), 1, 17, 27)
    edit.settings.method = "DISSOLVE"  # what an artist has chosen stays chosen; this needs no model
    bpy.ops.wm.save_as_mainfile(filepath=str(edit.folder / "film.blend"))
    return edit


def run(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """The example as Blender runs a script, with these words after `--`."""
    monkeypatch.setattr(
        sys, "argv", ["blender", "--background", "film.blend", "--python", "inbetween.py", "--", *names]
    )
    exec(compile(page_examples.example("inbetween.py"), "inbetween.py", "exec"), {"__name__": "__main__"})


def test_the_page_is_what_the_code_says() -> None:
    assert not api_page.problem("blender")


def test_inbetweens_from_python(film: Edit, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    run(monkeypatch, "A", "B")
    said = capfd.readouterr().out
    assert "DONE dissolve 6 of 6 frames" in said
    (folder,) = re.findall(r"^in (.*)$", said, re.MULTILINE)
    assert folder.startswith(str(film.folder / "inbetweens"))
    bpy.ops.wm.open_mainfile(filepath=bpy.data.filepath)
    (record,) = (strip.fcvg for strip in _strips() if strip.fcvg.id)
    assert (record.count, record.hold, record.timing) == (6, 2, "ease-in-out")


def test_what_goes_wrong_is_raised(film: Edit, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RuntimeError):
        run(monkeypatch, "A", "nobody")


def test_every_state_is_told() -> None:
    known = {name for name in vars(strip_record) if name.isupper() and isinstance(getattr(strip_record, name), str)}
    changes = {key_watcher.START, key_watcher.END, key_watcher.BOTH, key_watcher.GAP, key_watcher.LOST}
    assert known | changes == set(page_examples.entries("Inbetweens from Python", column=1)) - {"error"}


def _strips() -> list[Any]:
    editor = bpy.context.scene.sequence_editor
    return list(editor.strips if hasattr(editor, "strips") else editor.sequences)
