# SPDX-License-Identifier: GPL-3.0-or-later
"""An artist's steps through a file, each taken back and taken again: what must be there whichever way one comes by."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import rna
from artist import idle, turn_until
from edits import Edit

from fcvg_blender import compat, operators
from fcvg_blender.edit import placeholder, strip_takes, strips, take_files, take_folders
from fcvg_blender.engine import folder_record
from fcvg_blender.jobs import queue
from fcvg_blender.jobs.session import session
from fcvg_blender.settings import strip_record

# `stale` and `yours` are looked at anew from time to time, whatever was undone.
# `cursor`, `cavity_curve`: Blender fills them in, or empties them, when undo brings a scene back.
_NO_SETTINGS = {"stale", "yours", "cursor", "cavity_curve"}
_STRIPS = {"strips", "strips_all", "sequences", "sequences_all"}  # looked at by themselves
_BLOCKS = ("scenes", "objects", "images", "materials", "node_groups", "actions", "collections", "sounds", "worlds")
# How names begin that are no frames and no keys; the list of what was written grows with what is written.
_FOR_A_WHILE = (take_files.TEMPORARY, placeholder.FILE, folder_record.NAME, "film.blend")
_PUSHES_ITSELF = {"inbetween_keyframes"}  # an undo step: it goes on long after the click
_SHOWN = 12  # differences that a failure tells


@dataclass(frozen=True)
class State:
    """All that an artist could miss: `values` are the settings of all scenes, strips and keyframes by their paths,
    `ours` how the paths of our strips begin, `files` the digests of all pictures and records on disk."""

    values: dict[str, str]
    ours: tuple[str, ...]
    files: dict[str, str]

    @classmethod
    def of(cls, folder: Path) -> State:
        """Of the file that is open, with what lies in `folder` and in the user's data."""
        values: dict[str, str] = {}
        ours = []
        for kind in _BLOCKS:
            values[f"blocks.{kind}"] = str(sorted(block.name for block in getattr(bpy.data, kind) if block.users))
        for scene in bpy.data.scenes:
            values |= rna.settings(scene, scene.name, _NO_SETTINGS | _STRIPS)
            for strip in compat.all_strips(scene):
                values |= rna.settings(strip, f"{scene.name}/{strip.name}", _NO_SETTINGS | _STRIPS)
                if strip.fcvg.id:
                    ours.append(f"{scene.name}/{strip.name}.")
            for curve in compat.fcurves(scene):
                points = [(*point.co, point.interpolation) for point in curve.keyframe_points]
                values[f"{scene.name}.curve {curve.data_path} {curve.array_index}"] = str(points)
        paths = (path for root in (folder, take_folders.unsaved_root().parent) for path in root.rglob("*"))
        return cls(values, tuple(ours), {str(path): _digest(path) for path in paths if _is_kept(path)})

    def differences(self, other: State, but: tuple[str, ...] = ()) -> list[str]:
        """What is another value there, but for paths that begin as in `but`."""
        here, there = self.values, other.values
        paths = sorted({path for path, _ in here.items() ^ there.items()})
        return [f"{path}: {here.get(path)} → {there.get(path)}" for path in paths if not path.startswith(but)]


def broken() -> list[str]:
    """What is wrong with the strips of ours in the file, a sentence each."""
    found = []
    for _, strip in strips.ours():
        record, folder, name = strip.fcvg, strips.folder(strip), f"“{strip.name}” ({strip.fcvg.state})"
        files = [element.filename for element in strip.elements]
        missing = sorted({file for file in files if not (folder / file).is_file()})
        if missing:
            found.append(f"{name} shows files that are not there: {missing} of {folder}")
        length, is_cut = compat.content_length(strip), len(strips.find_all(record.id)) > 1
        if len(files) != record.count or not (length == len(files) or is_cut):
            found.append(f"{name}: {len(files)} files for {length} frames, {record.count} noted")
        if record.folder not in ("", folder.name):
            found.append(f"{name} shows {folder.name}, and its record says {record.folder}")
        for take in strip_takes.all_of(record):
            made_something = take.made or take.state == strip_record.DONE
            if made_something and not take_folders.of_take(strip, take).is_dir():
                found.append(f"{name}: the folder of take {take.number} is gone")
            if take.state == strip_record.RUNNING and take.id not in session.busy_takes():
                found.append(f"{name}: take {take.number} says that it is being made, and nothing runs")
            if take.state == strip_record.DONE and take.made and not strip_takes.has_drawings(strip, take):
                found.append(f"{name}: take {take.number} is done, and none of its drawings are there")
    return found


class Walk:
    """The steps of an artist through `edit`. After each all must be well, and nothing lost; `back_and_forth` goes all
    the way back, and forth again, and opens the file anew."""

    def __init__(self, edit: Edit) -> None:
        self.edit = edit
        self.kept: dict[str, str] = {}
        self.clicked: set[str] = set()
        bpy.ops.wm.save_as_mainfile(filepath=str(edit.folder / "film.blend"))
        self.open_another_file_and_this_one_again()

    def open_another_file_and_this_one_again(self) -> None:
        """No step leads back to what was before."""
        path = bpy.data.filepath
        bpy.ops.wm.save_mainfile()
        bpy.ops.wm.read_homefile(use_empty=True)
        turn_until(idle)
        bpy.ops.wm.open_mainfile(filepath=path)
        bpy.ops.ed.undo_push(message="Begin")
        self.overtaken: set[int] = set()  # steps, by the frames made later
        self.steps = [self._seen("opening the file")]
        self._assert_nothing_is_lost(self.steps[0], "another file")
        self.kept |= self.steps[0].files

    def work(self, do: Callable[[], object]) -> None:
        """A step of the artist's own; also files are theirs to change."""
        do()
        bpy.ops.ed.undo_push(message="Work")
        self.steps.append(self._seen("the artist's work"))
        is_away = {path for path in self.kept if not Path(path).exists() and Path(path).parent == self.edit.folder}
        self.kept = {path: self.kept[path] for path in self.kept.keys() - is_away} | self.steps[-1].files

    def select(self, *names: str) -> None:
        """The artist selects strips, the last of which is active."""
        self.work(lambda: self.edit.select(*names))

    def click(
        self,
        name: str,
        /,
        changes: tuple[str, ...] = (),
        rewrites: tuple[str, ...] = (),
        gone: str = "",
        **options: Any,
    ) -> None:
        """An operator, as a button calls it. All strips but ours and all settings must be what they were, but for
        paths that begin as in `changes`, which it is for; so must all files but those that it adds to, called as in
        `rewrites`, and those of the take `gone`, which it deletes."""
        before, folder = self.steps[-1], _folder_of(gone)
        assert getattr(bpy.ops.fcvg, name)("EXEC_DEFAULT", True, **options) == {"FINISHED"}, name
        after = self._seen(name)
        free = (*changes, *before.ours, *after.ours, *_of_the_selection(after))
        _assert_none(before.differences(after, free), f"changed by {name}")
        for path in list(self.kept):
            if Path(path).name in rewrites or (folder and Path(path).is_relative_to(folder)):
                del self.kept[path]
        self._assert_nothing_is_lost(after, name)
        self.kept |= after.files
        self.clicked.add(name)
        if _pushes_undo(name):
            self.steps.append(after)
        else:
            self.steps[-1] = after

    def begin(self, operator: str, until: Callable[[], object], **options: Any) -> None:
        """The same, to be gone on from while frames are being made, at the moment `until`."""
        assert getattr(bpy.ops.fcvg, operator)("EXEC_DEFAULT", True, **options) == {"FINISHED"}, operator
        turn_until(until)
        self.steps.append(self._seen(operator, settled=False))
        self.frames_to_come()
        frames = self.steps[-1].files.items()
        self.kept |= {path: digest for path, digest in frames if Path(path).suffix != ".json"}

    def frames_to_come(self) -> None:
        """Where undo comes back to this step it finds more in strips of ours: the frames that are made from now on."""
        self.overtaken.add(len(self.steps) - 1)

    def back_and_forth(self) -> None:
        """Undo to the beginning, redo to the end, then save and open the file: each time all is as it was seen."""
        last = len(self.steps) - 1
        for step in reversed(range(last)):
            assert bpy.ops.ed.undo() == {"FINISHED"}
            self._assert_seen_before(step, "undo")
        for step in range(1, last + 1):
            assert bpy.ops.ed.redo() == {"FINISHED"}
            self._assert_seen_before(step, "redo")
        bpy.ops.wm.save_mainfile()
        bpy.ops.wm.open_mainfile(filepath=bpy.data.filepath)
        self._assert_seen_before(last, "opening the file")

    def _seen(self, what: str, settled: bool = True) -> State:
        if settled:
            turn_until(lambda: idle() and not queue.can_go_on())
        self.edit.scene = bpy.context.scene
        _assert_none(broken(), f"broken after {what}")
        return State.of(self.edit.folder)

    def _assert_seen_before(self, step: int, way: str) -> None:
        now = self._seen(f"{way} to step {step}")
        ours = (*self.steps[step].ours, *now.ours) if step in self.overtaken else ()
        differences = self.steps[step].differences(now, ours)
        _assert_none(differences, f"not as it was at step {step}, after {way}")
        self._assert_nothing_is_lost(now, way)

    def _assert_nothing_is_lost(self, now: State, way: str) -> None:
        lost = [path for path, digest in self.kept.items() if now.files.get(path) != digest]
        _assert_none(lost, f"lost by {way}")


def _assert_none(found: list[str], what: str) -> None:
    assert not found, f"{what}:\n" + "\n".join(found[:_SHOWN])


def _pushes_undo(name: str) -> bool:
    cls = next(cls for cls in operators.CLASSES if cls.bl_idname == f"fcvg.{name}")
    options: Iterable[str] = getattr(cls, "bl_options", ())
    return name in _PUSHES_ITSELF or bool({"UNDO", "UNDO_GROUPED"} & set(options))


def _of_the_selection(state: State) -> tuple[str, ...]:
    """Paths of what shows which strips are chosen, and which are keys: laying strips chooses them and notes it."""
    ends = (".select", ".sequence_editor.active_strip", ".fcvg.key")
    return tuple(path for path in state.values if path.endswith(ends))


def _folder_of(take_id: str) -> Path | None:
    holder = next(strip_takes.holders(take_id), None) if take_id else None
    return take_folders.of_take(*holder[1:]) if holder else None


def _is_kept(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(_FOR_A_WHILE)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
