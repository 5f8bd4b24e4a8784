"""Files travel between Blender versions: what a strip remembers and what the artist chose come along.

`files/write.py` says how the files were made.
"""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest
from edits import Edit

from fcvg_blender import properties, strips

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
    assert (record.state, record.method, record.count, record.made) == (properties.INCOMPLETE, "gmfss", 7, 6)
    assert (record.hold, record.seed, record.engine_timing()) == (2, 5, [0.1, 0.2, 0.3, 0.4])
    assert (record.key_start, record.key_end, record.start_frame, record.end_frame) == ("A", "B", 24, 32)
    files = [element.filename for element in strip.elements]
    assert files == [*(["0001.png", "0001.png", "0003.png", "0003.png", "0005.png", "0005.png"]), "key_start.png"]
    assert strips.folder(strip) == FILES / "inbetweens" / "A_id1"
    assert edit.layout() == {"A": (1, 1, 25), "B": (1, 32, 67), "Inbetweens A – B": (2, 25, 32)}
    assert strips.remove("id1")
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
