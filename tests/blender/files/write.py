"""Writes the .blend files beside this one; to be run in the Blender whose version is in the file's name.

    .venvs/bpy-4.2.23/bin/python tests/blender/files/write.py takes takes_from_4.2.blend
    .venvs/bpy-5.0.1/bin/python  tests/blender/files/write.py takes takes_from_5.0.blend
    .venv-blender/bin/python     tests/blender/files/write.py sounds sounds.blend    (4.2's module has no sound)

`from_4.2`, `from_4.5` and `from_4.5_through_5.2` are from versions of the add-on that knew one take a strip: they
cannot be written again.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import wave
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[2]), str(HERE.parents[1]), str(HERE.parent)]

import bpy
from edits import Edit

import fcvg_blender
from fcvg_blender import compat
from fcvg_blender.edit import gaps, strip_takes, strips
from fcvg_blender.engine import protocol
from fcvg_blender.settings import strip_record


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
    if what == "takes":
        edit.colour("A", 1, 1, 25, (0.2, 0.4, 0.6))
        edit.colour("B", 1, 29, 60)
        shot = gaps.from_selection(edit.scene, edit.select("A", "B"), edit.settings)
        for number, method in enumerate(("rife", "gmfss", "dissolve"), 1):
            take_id, folder = f"id{number}", HERE / "inbetweens" / f"A_id{number}"
            request = protocol.Request("", "", "", shot.count, method=method, timing="ease-in", seed=number)
            if number == 1:
                strip = strips.insert(edit.scene, shot, folder, take_id, request)
            else:
                strip_takes.add(strip, request, take_id, folder)
        strip.fcvg.state, strip.fcvg.others[0].state = strip_record.DONE, strip_record.INCOMPLETE
        strip.fcvg.made = shot.count
        strip_takes.show(strip, 2)
        strip.fcvg.pinned = True
        strip.directory = "//inbetweens/A_id2/"
    elif what == "sounds":
        edit.colour("A", 1, 1, 25)
        edit.colour("B", 1, 25, 60)
        sound(edit, "S1", 2, 1)
        sound(edit, "S2", 3, 25)
        compat.set_right(edit.named("S1"), 25)
    bpy.ops.wm.save_as_mainfile(filepath=str(HERE / name), compress=True, relative_remap=False)
fcvg_blender.unregister()
shutil.rmtree(HERE / "inbetweens", ignore_errors=True)  # of takes that were shown
