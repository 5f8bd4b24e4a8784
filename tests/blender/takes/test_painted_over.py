# SPDX-License-Identifier: GPL-3.0-or-later
"""Drawings that an artist paints over stay, are told as theirs, and are made anew only when asked for."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest
from artist import DONE, INCOMPLETE, files, ours, save, two_strips
from drawn_panels import drawn
from edits import Edit, noise
from pictures import write_png

from fcvg_blender.edit import strip_takes, strips, take_folders
from fcvg_blender.ui import take_labels
from fcvg_blender.ui.panels import takes as panels_takes

PAINTED = noise(77)


@pytest.fixture
def painted(edit: Edit) -> Path:
    """A drawing of a finished take, painted over."""
    two_strips(edit, gap=6)
    save(edit)
    bpy.ops.fcvg.generate_inbetweens()
    return write_png(strips.folder(ours()) / "0003.png", PAINTED)


def content(path: Path) -> bytes:
    return path.read_bytes()


def test_it_is_told_in_the_list_of_takes(painted: Path) -> None:
    assert "fcvg.redo_yours" not in drawn(panels_takes.FCVG_PT_takes).buttons
    bpy.ops.fcvg.check_keys()
    assert ours().fcvg.yours == 1
    shown = drawn(panels_takes.FCVG_PT_takes)
    assert "1 yours" in shown.texts
    assert "fcvg.redo_yours" in shown.buttons
    assert "1 drawing is yours: it was painted over" in take_labels.everything(ours().fcvg, ours().fcvg)


def test_what_is_made_later_keeps_it(painted: Path) -> None:
    before = content(painted)
    bpy.ops.fcvg.retime(timing="EASE_IN")
    assert bpy.ops.fcvg.make_missing() == {"FINISHED"}
    assert content(painted) == before
    assert ours().fcvg.state == DONE
    bpy.ops.fcvg.retime(timing="LINEAR")
    assert painted.name in files(ours())


def test_resuming_keeps_it(painted: Path) -> None:
    before = content(painted)
    (painted.parent / "0005.png").unlink()
    bpy.ops.fcvg.retime(timing="LINEAR")
    assert ours().fcvg.state == INCOMPLETE
    assert bpy.ops.fcvg.resume() == {"FINISHED"}
    assert content(painted) == before
    assert (painted.parent / "0005.png").is_file()
    assert ours().fcvg.yours == 1


def test_redoing_puts_it_aside_and_happens_once(painted: Path) -> None:
    before = content(painted)
    bpy.ops.fcvg.check_keys()
    assert bpy.ops.fcvg.redo_yours() == {"FINISHED"}
    assert content(painted) != before
    assert content(painted.with_name("yours-0003.png")) == before
    assert (ours().fcvg.yours, ours().fcvg.redo_yours, ours().fcvg.state) == (0, False, DONE)
    with pytest.raises(RuntimeError, match="painted over"):
        bpy.ops.fcvg.redo_yours()
    write_png(painted, noise(78))
    bpy.ops.fcvg.retime(timing="EASE_OUT")
    bpy.ops.fcvg.make_missing()
    assert content(painted) != before
    assert not painted.with_name("yours-0003-2.png").exists()


def test_a_part_beside_a_promoted_key_keeps_it(painted: Path) -> None:
    """It goes on with what was drawn as its first take, and the drawing is the artist's there too."""
    before = content(painted)
    bpy.context.scene.frame_set(ours().frame_final_start + 4)
    assert bpy.ops.fcvg.promote_to_key() == {"FINISHED"}
    bpy.ops.fcvg.check_keys()
    takes = [(strip, take) for _, strip in strips.ours() for take in strip_takes.all_of(strip.fcvg)]
    ((part, take),) = [(strip, take) for strip, take in takes if take.yours]
    copy = take_folders.of_take(part, take) / "0003.png"
    assert content(copy) == content(painted) == before
    Edit(bpy.context.scene, painted.parents[2]).select(part.name)
    bpy.ops.fcvg.show_take(number=take.number)
    bpy.ops.fcvg.retime(timing="EASE_IN")
    bpy.ops.fcvg.make_missing()
    assert content(copy) == before
    write_png(copy, noise(79))
    assert content(painted) == before


def test_one_that_was_deleted_is_missed_and_can_be_made_again(painted: Path) -> None:
    painted.unlink()
    bpy.ops.fcvg.check_keys()
    assert ours().fcvg.state == INCOMPLETE
    assert painted.name not in files(ours())
    assert bpy.ops.fcvg.make_missing() == {"FINISHED"}
    assert painted.is_file()
    assert ours().fcvg.state == DONE
    assert painted.name in files(ours())


def test_one_that_was_taken_away_and_is_back_is_shown(painted: Path) -> None:
    away = painted.replace(painted.with_name("away.png"))
    bpy.ops.fcvg.check_keys()
    assert ours().fcvg.state == INCOMPLETE
    away.replace(painted)
    bpy.ops.fcvg.check_keys()
    assert ours().fcvg.state == DONE
    assert painted.name in files(ours())
