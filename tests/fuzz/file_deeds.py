# SPDX-License-Identifier: GPL-3.0-or-later
"""What an artist does with blend files, by chance, and what befalls them: undo, saving, opening, odd names of folders,
engines that die."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

import bpy
from artist import status
from fuzz.seat import Seat

import fcvg_blender
from fcvg_blender.edit import strip_takes, strips
from fcvg_blender.jobs.session import session

_FAULT, _AT = "FCVG_DUMMY_FAULT", "FCVG_DUMMY_AT"


class FileDeeds(Seat):
    """Deeds with files. As in `EditDeeds`."""

    def undo(self) -> None:
        """One step or several."""
        for _ in range(self.chance.randint(1, 4)):
            bpy.ops.ed.undo()

    def redo(self) -> None:
        """One step or several."""
        for _ in range(self.chance.randint(1, 4)):
            bpy.ops.ed.redo()

    def save(self) -> None:
        self.save_at(Path(bpy.data.filepath or self.world.project / "film.blend"))

    def save_as(self) -> None:
        """Beside or elsewhere, perhaps over another file; paths are relative or absolute then."""
        self.save_at(self._place(), relative_remap=self.chance.random() < 0.9)

    def save_a_copy(self) -> None:
        self.save_at(self._place(), copy=True)

    def fail_to_save(self) -> None:
        """There is no such folder, or something else has the name."""
        taken = self.world.project / "taken.blend"
        path = taken if self.chance.random() < 0.7 else self.world.root / "nowhere" / "film.blend"
        if path == taken and bpy.app.version < (4, 5):  # there Blender saves, and keeps the folder as `taken.blend1`
            return
        bpy.ops.wm.save_as_mainfile(filepath=str(path))

    def open_another(self) -> None:
        """Whatever runs; it may be the same, or the one of the save before. What waits there may go on."""
        found = [path for path in self.world.blends() if path != Path(bpy.data.filepath)] or self.world.blends()
        if found:
            self.open(self.chance.choice(found))
            if self.chance.random() < 0.7 and status().paused:
                bpy.ops.fcvg.pause_queue()

    def open(self, path: Path) -> None:
        """Open a file."""
        bpy.ops.wm.open_mainfile(filepath=str(path))
        self.push("Open")

    def append(self) -> None:
        """The scenes of another file."""
        found = [path for path in self.world.blends() if path != Path(bpy.data.filepath)]
        if found and len(bpy.data.scenes) < 3:
            with bpy.data.libraries.load(str(self.chance.choice(found))) as (there, here):
                here.scenes = list(there.scenes)
            self.push("Append")

    def switch_off_and_on(self) -> None:
        """The add-on; perhaps the file is saved without it."""
        fcvg_blender.unregister()
        try:
            if self.chance.random() < 0.5 and bpy.data.filepath:
                self.save_at(Path(bpy.data.filepath))
        finally:
            fcvg_blender.register()

    def name_a_strange_folder(self) -> None:
        """As a file from anywhere might."""
        if strip := self.choose():
            take = self.chance.choice(strip_takes.all_of(strip.fcvg))
            folders = [each.fcvg.folder for _, each in strips.ours()]
            directories = [each.directory for _, each in strips.ours()]
            own, name = self.world.own, f"x_{take.id}"
            if self.chance.random() < 0.5:
                take.folder = self.chance.choice(
                    ["..", "../..", "../../own", str(own), "", "/", ".", *folders, "C:\\x", "a\\..\\b", "CON", name]
                )
            else:
                strip.directory = self.chance.choice(
                    [f"{own}/", "//", "//../own/", "//../", "", "/", f"{own}/{name}/", f"//../{name}/", *directories]
                )
            self.push("Strange folder")

    def kill_the_engine(self) -> None:
        if session.client is not None and session.client.hello is not None:
            with suppress(ProcessLookupError):
                os.kill(session.client.hello.pid, signal.SIGKILL)

    def let_the_engine_die(self) -> None:
        """Before the first drawing that it makes, or after some. The next time it is well again."""
        if _FAULT in os.environ:
            self.heal()
        else:
            os.environ[_FAULT] = self.chance.choice(["crash", "crash", "error", "oom", "nan"])
            os.environ[_AT] = self.chance.choice(["0", "0", "1"])
            self.kill_the_engine()

    def heal(self) -> None:
        """The next engine is well."""
        if _FAULT in os.environ:
            del os.environ[_FAULT], os.environ[_AT]
            self.kill_the_engine()

    def _place(self) -> Path:
        folder = self.chance.choice([self.world.project, self.world.project, self.world.elsewhere])
        return folder / self.chance.choice(["film.blend", "cut.blend", "other.blend"])
