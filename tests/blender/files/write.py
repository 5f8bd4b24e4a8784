"""Writes the .blend files beside this one; to be run in the Blender whose version is in the file's name.

    .venvs/bpy-4.2.23/bin/python tests/blender/files/write.py inbetweens from_4.2.blend
    .venv-blender/bin/python     tests/blender/files/write.py inbetweens from_4.5.blend
    .venv-blender/bin/python     tests/blender/files/write.py sounds sounds.blend    (4.2's module has no sound)
    tools/real_blender.sh bare -b --python $PWD/tests/blender/files/write.py -- again from_4.5_through_5.2.blend

`again` opens from_4.5.blend and saves it under the new name.
"""

from __future__ import annotations

import sys
import tempfile
import wave
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[2]), str(HERE.parents[1]), str(HERE.parent)]

import bpy
from edits import Edit

import fcvg_blender
from fcvg_blender import compat, shots, strips
from fcvg_blender.engine import protocol


def sound(edit: Edit, name: str, channel: int, left: int) -> None:
    """A second of silence."""
    path = edit.folder / "silence.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\0\0" * 8000)
    compat.strips(edit.scene).new_sound(name=name, filepath=str(path), channel=channel, frame_start=left)


what, name = sys.argv[-2:]
fcvg_blender.register()
with tempfile.TemporaryDirectory() as scratch:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    edit = Edit(bpy.context.scene, Path(scratch))
    if what == "inbetweens":
        edit.settings.method, edit.settings.timing, edit.settings.hold = "GMFSS", "EASE_OUT", "TWOS"
        edit.settings.count, edit.settings.placement = 7, "PUSH"
        edit.colour("A", 1, 1, 25)
        edit.colour("B", 1, 25, 60)
        shot = shots.from_selection(edit.scene, edit.select("A", "B"), edit.settings)
        folder = HERE / "inbetweens" / "A_id1"
        request = protocol.Request(
            "start", "end", str(folder), shot.count, method="gmfss", timing=[0.1, 0.2, 0.3, 0.4], hold=2, seed=5
        )
        strips.insert(edit.scene, shot, folder, "id1", request)
        for number in (1, 3, 5):
            strips.show_frame(strips.find("id1")[1], number, 2, f"{number:04d}.png")
        strips.find("id1")[1].directory = "//inbetweens/A_id1/"
    elif what == "sounds":
        edit.colour("A", 1, 1, 25)
        edit.colour("B", 1, 25, 60)
        sound(edit, "S1", 2, 1)
        sound(edit, "S2", 3, 25)
        compat.set_right(edit.named("S1"), 25)
    else:
        bpy.ops.wm.open_mainfile(filepath=str(HERE / "from_4.5.blend"))
    bpy.ops.wm.save_as_mainfile(filepath=str(HERE / name), compress=True, relative_remap=False)
fcvg_blender.unregister()
