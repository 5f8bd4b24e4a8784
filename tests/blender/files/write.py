# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the .blend files beside this one; to be run in the Blender whose version is in the file's name.

    .venvs/bpy-4.2.23/bin/python tests/blender/files/write.py takes takes_from_4.2.blend
    .venvs/bpy-5.0.1/bin/python  tests/blender/files/write.py takes takes_from_5.0.blend
    .venv-blender/bin/python     tests/blender/files/write.py sounds sounds.blend    (4.2's module has no sound)
    .venvs/bpy-4.2.23/bin/python tests/blender/files/write.py everything from_0.1.0.blend

`from_4.2`, `from_4.5` and `from_4.5_through_5.2` are from versions of the add-on that knew one take a strip: they
cannot be written again. `from_0.1.0` is from version 0.1.0 of the add-on, with frames of its engine: written by a later
version it would prove nothing. It comes with its keys, in the folder of its name, its frames, in `inbetweens` and
`keys`, and what was in it when it was saved, as JSON. The engine is found through FCVG_ENGINE_PYTHON.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[2]), str(HERE.parents[1]), str(HERE.parent)]

import bpy
import numpy as np
from edits import Edit
from saved import content

import fcvg_blender
from fcvg_blender import compat
from fcvg_blender.edit import gaps, lay_strip, strip_pictures, strip_takes, strips
from fcvg_blender.engine import protocol
from fcvg_blender.jobs import without_window
from fcvg_blender.settings import strip_record

GAP = 4  # frames between two panels
PANEL = 5  # frames of a panel


def sound(edit: Edit, name: str, channel: int, left: int) -> None:
    """A second of silence."""
    path = edit.folder / "silence.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\0\0" * 8000)
    compat.strips(edit.scene).new_sound(name=name, filepath=str(path), channel=channel, frame_start=left)


def write_takes(edit: Edit, name: str) -> None:
    """Takes that were never made."""
    edit.colour("A", 1, 1, 25, (0.2, 0.4, 0.6))
    edit.colour("B", 1, 29, 60)
    shot = gaps.from_selection(edit.scene, edit.select("A", "B"), edit.settings)
    for number, method in enumerate(("rife", "gmfss", "dissolve"), 1):
        take_id, folder = f"id{number}", HERE / "inbetweens" / f"A_id{number}"
        request = protocol.Request("", "", "", shot.count, method=method, timing="ease-in", seed=number)
        if number == 1:
            strip = lay_strip.insert(edit.scene, shot, folder, take_id, request)
        else:
            strip_takes.add(strip, request, take_id, folder)
    strip.fcvg.state, strip.fcvg.others[0].state = strip_record.DONE, strip_record.INCOMPLETE
    strip.fcvg.made = shot.count
    strip_takes.show(strip, 2)
    strip.fcvg.pinned = True
    strip.directory = "//inbetweens/A_id2/"
    write(name)
    for shown in (HERE / "inbetweens").glob("A_id*"):
        shutil.rmtree(shown)


def write_sounds(edit: Edit, name: str) -> None:
    """Two sounds beside two strips."""
    edit.colour("A", 1, 1, 25)
    edit.colour("B", 1, 25, 60)
    sound(edit, "S1", 2, 1)
    sound(edit, "S2", 3, 25)
    compat.set_right(edit.named("S1"), 25)
    write(name)


def write(name: str) -> None:
    """Save as it is."""
    bpy.ops.wm.save_as_mainfile(filepath=str(HERE / name), compress=True, relative_remap=False)


def write_everything(edit: Edit, name: str) -> None:
    """A film with all that a file can hold, as an artist makes it: with the operators, by the real engine.

    It is made in a folder of its own, so that the file names none of the folders of who writes it.
    """
    film = Path(tempfile.gettempdir()) / "film"
    film.mkdir()  # it must not be there
    edit.folder = film / Path(name).stem
    blend = film / name
    bpy.ops.wm.save_as_mainfile(filepath=str(blend))
    edit.settings.method, edit.settings.cuts = "DISSOLVE", "MAKE"
    lay_panels(edit, "ABCDEFGHIJKLMN")
    make_takes(edit)
    make_pushed(edit)
    make_promoted(edit)
    make_changed(edit)
    make_conditions(edit)
    make_failed(edit)
    make_waiting(edit)
    make_elsewhere(bpy.data.scenes.new("Other"), edit)
    choose(edit.scene)
    bpy.context.window.scene = edit.scene
    bpy.ops.wm.save_as_mainfile(filepath=str(blend), compress=True)
    (HERE / f"{blend.stem}.json").write_text(json.dumps(content(), indent=1, sort_keys=True) + "\n")
    shutil.copy(blend, HERE)
    for folder in (edit.folder.name, "inbetweens", "keys"):
        shutil.copytree(film / folder, HERE / folder, ignore=shutil.ignore_patterns(".fcvg.lock"))
    shutil.rmtree(film)


def panel(number: int) -> np.ndarray[Any, Any]:
    """A picture in two colours, the border between them further right and both brighter with each number."""
    pixels = np.full((36, 64, 4), 255, np.uint8)
    pixels[:, :, 0], pixels[:, :, 1], pixels[:, :, 2] = 10 * number + 40, 120, 60
    pixels[:, : 4 * number + 4] = 200, 10 * number + 20, 90, 255
    return pixels


def lay(edit: Edit, name: str, picture: np.ndarray[Any, Any], left: int) -> None:
    """A panel whose file is named relative to the film."""
    strip = edit.image(name, picture, 1, left, left + PANEL)
    strip.directory = bpy.path.relpath(str(edit.folder)) + "/"


def lay_panels(edit: Edit, names: str) -> None:
    """One after the other with gaps between them; M and N touch."""
    left = 1
    for number, name in enumerate(names):
        lay(edit, name, panel(number), left)
        left += PANEL + (0 if name == "M" else GAP)
    edit.scene.frame_end = left + 20
    for marker, frame in (("start", 3), ("end", left)):
        edit.scene.timeline_markers.new(marker, frame=frame)


def make_between(edit: Edit, first: str, last: str) -> Any:
    """Inbetweens of two panels; their strip, which is selected and active."""
    edit.select(first, last)
    assert bpy.ops.fcvg.generate_inbetweens() == {"FINISHED"}
    return next(strip for _, strip in strips.ours() if strip.fcvg.key_start == first)


def make_takes(edit: Edit) -> None:
    """Take 1 and 2 are whole, of take 3 two frames were deleted; 2 is shown and pinned."""
    strip = make_between(edit, "A", "B")
    for file_format in ("PNG16", "JPG"):
        edit.settings.format = file_format
        assert bpy.ops.fcvg.new_take() == {"FINISHED"}
    edit.settings.format = "PNG"
    for frame in ("0002.jpg", "0004.jpg"):
        (strips.folder(strip) / frame).unlink()
    strip_pictures.sync(strip)
    assert (strip.fcvg.number, strip.fcvg.state, strip.fcvg.made) == (3, strip_record.INCOMPLETE, 2)
    assert bpy.ops.fcvg.pin_take(number=2) == {"FINISHED"}


def make_pushed(edit: Edit) -> None:
    """Room was made between two panels that touched, spaced slow out of the first, on twos."""
    edit.settings.placement, edit.settings.count = "PUSH", 3
    edit.settings.timing, edit.settings.hold = "EASE_IN", "TWOS"
    strip = make_between(edit, "M", "N")
    assert (strip.fcvg.pushed, strip.fcvg.hold) == (3, 2)
    edit.settings.timing, edit.settings.hold = "LINEAR", "ONES"


def make_promoted(edit: Edit) -> None:
    """The second inbetween has become a key."""
    strip = make_between(edit, "G", "H")
    edit.scene.frame_current = compat.left(strip) + 1
    assert bpy.ops.fcvg.promote_to_key() == {"FINISHED"}


def make_changed(edit: Edit) -> None:
    """F was painted over, and that was noted; the gap behind I has grown, and nobody has looked yet."""
    make_between(edit, "E", "F")
    strip = make_between(edit, "I", "J")
    edit.picture("F.png", panel(15))
    assert bpy.ops.fcvg.check_keys() == {"FINISHED"}
    compat.set_right(edit.named("I"), compat.right(edit.named("I")) - 1)
    assert (strip.fcvg.state, strip.fcvg.stale) == (strip_record.DONE, "")


def make_conditions(edit: Edit) -> None:
    """A line that moves down is shown over K, L and the frames between them."""
    line = {"start": [[8, 16], [56, 16]], "end": [[8, 48], [56, 48]], "colour": [255, 255, 255]}
    lines = {"version": 1, "size": [64, 64], "lines": [line], "people": []}
    (edit.folder / "one line.json").write_text(json.dumps(lines))
    settings = edit.settings
    settings.method = "FCVG"
    settings.conditions.matches = f"//{edit.folder.name}/one line.json"
    settings.conditions.control_weight, settings.seed, settings.hold = 0.75, 5, "TWOS"
    settings.sampling.steps, settings.sampling.guidance_max = 9, 2.5
    settings.sampling.work_width = settings.sampling.work_height = 64
    edit.select("K", "L")
    assert bpy.ops.fcvg.preview_conditions() == {"FINISHED"}
    settings.method, settings.hold = "DISSOLVE", "ONES"


def make_failed(edit: Edit) -> None:
    """The picture of J was away when its turn came; it is there again."""
    with paused():
        strip = make_between(edit, "J", "K")
    picture = edit.folder / "J.png"
    aside = picture.rename(edit.folder / "aside.png")
    without_window.run_takes([strip.fcvg.id])
    aside.rename(picture)
    assert (strip.fcvg.state, bool(strip.fcvg.error)) == (strip_record.INCOMPLETE, True)


def make_waiting(edit: Edit) -> None:
    """Inbetweens with a typed chart, on twos, not begun."""
    edit.settings.timing, edit.settings.times, edit.settings.hold = "CUSTOM", "0.2, 0.7", "TWOS"
    with paused():
        strip = make_between(edit, "C", "D")
    assert strip.fcvg.state == strip_record.WAITING


@contextmanager
def paused() -> Iterator[None]:
    """What is generated waits, as with a window and a queue that is held."""
    has_window, status = compat.has_window, bpy.context.window_manager.fcvg
    compat.has_window, status.paused = lambda: True, True
    yield
    compat.has_window, status.paused = has_window, False


def make_elsewhere(scene: Any, edit: Edit) -> None:
    """A scene with small pictures and other choices; its inbetweens lie over the end of a panel, and are OpenEXR."""
    other = Edit(scene, edit.folder)
    scene.render.resolution_x, scene.render.resolution_y = 16, 9
    lay(other, "X", panel(1)[::4, ::4], 1)
    lay(other, "Y", panel(9)[::4, ::4], 1 + PANEL)
    bpy.context.window.scene = scene
    settings = scene.fcvg
    settings.method, settings.placement, settings.count, settings.format = "DISSOLVE", "OVER_END", 2, "EXR"
    settings.cuts = "MAKE"
    make_between(other, "X", "Y")
    settings.method, settings.placement, settings.cuts = "GI", "CENTRED", "ASK"
    settings.timing, settings.hold, settings.seed = "FCURVE", "THREES", -1
    settings.conditions.lines, settings.conditions.pose = "GLUESTICK", "DWPOSE"
    settings.sampling.preset = "TURBO"


def choose(scene: Any) -> None:
    """Nothing is as Blender has it by default."""
    settings = scene.fcvg
    mover = bpy.data.objects.new("Mover", None)
    scene.collection.objects.link(mover)
    for frame, x in ((1, 0.0), (5, 1.0), (9, 4.0)):
        mover.location.x = x
        mover.keyframe_insert("location", index=0, frame=frame)
    settings.spacing.object, settings.spacing.channel, settings.spacing.offset = mover, "X Location", 5
    settings.timing = "CURVE"
    mapping = settings.spacing.curve.nodes[0].mapping
    mapping.curves[0].points.new(0.25, 0.75)
    mapping.update()
    settings.timing, settings.times, settings.hold = "CUSTOM", "0.1, 0.3, 0.6, 0.95", "TWOS"
    settings.method, settings.count, settings.placement, settings.push_markers = "FCVG", 7, "OVER_START", False
    settings.seed, settings.format, settings.draft_first, settings.cuts = 77, "PNG16", False, "LEAVE_OUT"
    stills = settings.stills
    stills.source, stills.frames, stills.look = "TYPED", "4, 8, 12", "VIEWPORT"
    stills.edit = bpy.data.scenes["Other"]
    conditions, sampling = settings.conditions, settings.sampling
    conditions.lines, conditions.pose, conditions.control_weight = "FLOW", "NONE", 0.75
    sampling.preset, sampling.steps, sampling.fps = "LOW", 12, 12
    sampling.guidance_min, sampling.guidance_max = 1.5, 2.5
    sampling.motion_bucket, sampling.noise_augmentation = 90, 0.05
    sampling.work_width, sampling.work_height = 128, 64


WHAT = {"takes": write_takes, "sounds": write_sounds, "everything": write_everything}

what, name = sys.argv[-2:]
fcvg_blender.register()
with tempfile.TemporaryDirectory() as scratch:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    WHAT[what](Edit(bpy.context.scene, Path(scratch)), name)
fcvg_blender.unregister()
sys.stdout.flush()
os._exit(0)  # bpy 4.2 crashes when Python is taken down
