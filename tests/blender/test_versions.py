# SPDX-License-Identifier: GPL-3.0-or-later
"""Files travel between Blender versions: what a strip remembers and what the artist chose come along.

`files/write.py` says how the files were made.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import bpy
import pytest
from artist import DONE, files
from edits import Edit

from fcvg_blender import compat
from fcvg_blender.edit import remove_strip, strip_pictures, strip_takes, strips
from fcvg_blender.engine import protocol
from fcvg_blender.jobs import enqueue, without_window
from fcvg_blender.settings import strip_record
from fcvg_blender.settings.addon_choices import Choices

FILES = Path(__file__).parent / "files"

# Blender before 4.5 cannot read what 5.0 and later write.
READABLE = ["from_4.2", "from_4.5"] + (["from_4.5_through_5.2"] if bpy.app.version >= (4, 5, 0) else [])


@pytest.mark.parametrize("name", READABLE)
def test_a_strip_from_another_version_is_understood(name: str, tmp_path: Path) -> None:
    """Settings, record, frames shown; and removing still closes the room that was made."""
    bpy.ops.wm.open_mainfile(filepath=str(FILES / f"{name}.blend"))
    edit = Edit(bpy.context.scene, tmp_path)
    settings = edit.settings
    assert (settings.method, settings.timing, settings.hold, settings.count) == ("GMFSS", "EASE_OUT", "TWOS", 7)
    found = strips.find("id1")
    assert found is not None
    strip, record = found[1], found[1].fcvg
    # Its job ended with the Blender that wrote the file.
    assert (record.state, record.method, record.count, record.made) == (strip_record.INCOMPLETE, "gmfss", 7, 6)
    assert (record.hold, record.seed, record.engine_timing()) == (2, 5, [0.1, 0.2, 0.3, 0.4])
    assert (record.key_start, record.key_end, record.start_frame, record.end_frame) == ("A", "B", 24, 32)
    files = [element.filename for element in strip.elements]
    assert files == [*(["0001.png", "0001.png", "0003.png", "0003.png", "0005.png", "0005.png"]), "key_start.png"]
    assert strips.folder(strip) == FILES / "inbetweens" / "A_id1"
    assert edit.layout() == {"A": (1, 1, 25), "B": (1, 32, 67), "Inbetweens A – B": (2, 25, 32)}
    assert remove_strip.remove("id1")
    assert edit.layout() == {"A": (1, 1, 25), "B": (1, 25, 60)}


def test_a_file_of_this_version_is_read_back(tmp_path: Path) -> None:
    """What the oldest version wrote, saved and loaded here."""
    bpy.ops.wm.open_mainfile(filepath=str(FILES / "from_4.2.blend"))
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "again.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "again.blend"))
    found = strips.find("id1")
    assert found is not None
    assert (found[1].fcvg.method, found[1].fcvg.made, bpy.context.scene.fcvg.hold) == ("gmfss", 6, "TWOS")
    assert strips.folder(found[1]).resolve() == FILES / "inbetweens" / "A_id1"


def opened(name: str, folder: Path) -> Any:
    """The strip of a copy of the file, as the active one, its method one that needs no models."""
    blend = shutil.copy(FILES / f"{name}.blend", folder)
    bpy.ops.wm.open_mainfile(filepath=str(blend))
    found = strips.find("id1")
    assert found is not None
    scene, strip = found
    strip.fcvg.method, scene.fcvg.cuts = "dissolve", "MAKE"
    scene.sequence_editor.active_strip = strip
    strip.select = True
    return strip


@pytest.mark.parametrize("name", READABLE)
def test_a_strip_made_before_there_were_takes_is_resumed_and_removed(name: str, tmp_path: Path) -> None:
    """It names neither its folder nor its number, and knows its keys by their names only; some drawings are there."""
    strip = opened(name, tmp_path)
    assert (strip.fcvg.folder, strip.fcvg.key_start_id, len(strip.fcvg.others), strip.fcvg.number) == ("", "", 0, 1)
    assert bpy.ops.fcvg.resume() == {"FINISHED"}
    made = ["0001.png", "0001.png", "0003.png", "0003.png", "0005.png", "0005.png", "0007.png"]
    assert (strip.fcvg.state, files(strip)) == (DONE, made)
    folder = strips.folder(strip)
    assert folder == tmp_path / "inbetweens" / "A_id1"

    written = (folder / "0001.png").stat().st_mtime_ns
    (folder / "0003.png").unlink()
    strip_pictures.sync(strip)
    assert (strip.fcvg.state, strip.fcvg.made) == (strip_record.INCOMPLETE, 5)
    strip.fcvg.print_start = strip.fcvg.print_end = ""  # as those versions left it
    assert bpy.ops.fcvg.resume() == {"FINISHED"}
    assert (strip.fcvg.state, files(strip)) == (DONE, made)
    assert (folder / "0001.png").stat().st_mtime_ns == written

    assert bpy.ops.fcvg.remove_inbetweens() == {"FINISHED"}
    edit = Edit(bpy.context.scene, tmp_path)
    assert edit.layout() == {"A": (1, 1, 25), "B": (1, 25, 60)}
    assert (folder / "0007.png").is_file()


def test_a_strip_made_before_there_were_takes_gets_others_and_is_timed_anew(tmp_path: Path) -> None:
    strip = opened("from_4.2", tmp_path)
    bpy.ops.fcvg.resume()
    assert strip_takes.retime(strip, "linear", 1) == 7
    request = protocol.Request("", "", "", 7, method="dissolve", format="jpg")
    without_window.run_takes([enqueue.add_take(strip, bpy.context.scene, request, Choices())])
    ((_, strip),) = strips.ours()
    assert (strip.fcvg.number, strip.fcvg.made, files(strip)[0]) == (2, 7, "0001.jpg")
    assert strips.folder(strip).parent == tmp_path / "inbetweens"
    strip_takes.show(strip, 1)
    assert strips.folder(strip) == tmp_path / "inbetweens" / "A_id1"
    assert files(strip)[0] == "0001.png"
    strip_takes.retime(strip, [0.1, 0.2, 0.3, 0.4], 2)
    assert strip.fcvg.state == DONE


TAKES = ["takes_from_4.2", *(["takes_from_5.0"] if bpy.app.version >= (4, 5, 0) else [])]


@pytest.mark.parametrize("name", TAKES)
def test_takes_from_another_version_are_understood(name: str, tmp_path: Path) -> None:
    """The second is shown and pinned, the third waits: the queue stands still until the artist says so."""
    blend = shutil.copy(FILES / f"{name}.blend", tmp_path)
    bpy.ops.wm.open_mainfile(filepath=str(blend))
    ((scene, strip),) = strips.ours()
    known = [
        (each.number, each.id, each.state, each.method, each.seed, each.folder)
        for each in strip_takes.all_of(strip.fcvg)
    ]
    assert known == [
        (1, "id1", DONE, "rife", 1, "A_id1"),
        (2, "id2", strip_record.INCOMPLETE, "gmfss", 2, "A_id2"),
        (3, "id3", strip_record.WAITING, "dissolve", 3, "A_id3"),
    ]
    record = strip.fcvg
    assert (record.number, record.pinned, record.count, record.engine_timing(), record.hold) == (
        2,
        True,
        4,
        "ease-in",
        1,
    )
    assert bpy.context.window_manager.fcvg.paused
    edit = Edit(scene, tmp_path)
    edit.named("A").name = "Renamed"
    scene.fcvg.cuts = "MAKE"
    strip.fcvg.others[1].cuts_allowed = True
    edit.select(strip.name)
    strip_takes.show(strip, 3)
    without_window.run_takes(["id3"])
    ((_, strip),) = strips.ours()
    assert (strip.fcvg.id, strip.fcvg.state, strip.fcvg.made) == ("id3", DONE, 4)
    assert (compat.left(strip), compat.right(strip)) == (25, 29)
