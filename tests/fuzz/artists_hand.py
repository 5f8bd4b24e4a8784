# SPDX-License-Identifier: GPL-3.0-or-later
"""What an artist, or a saboteur, does to files beside Blender: in take folders, to sources and to blend files."""

from __future__ import annotations

import json
import os
import random
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
from fuzz.whose import INBETWEENS, Ledger
from line_keys import one_line
from pictures import write_png

NAMES = (
    *("0001.png", "0002.png", "0003.png", "0004.png", "0001.exr", "key_start.png", "key_end.png", "preview.png"),
    *("manifest.json", "native", "nothing.png", ".fcvg-tmp-x", ".fcvg-tmp-probe", "yours-0001.png", "notes.txt"),
    *("matches.json", "key_matches.json", "overview.png", "condition_0001.png", "condition_0099.png", "nested"),
    *(".fcvg-files", ".fcvg.lock"),
)


class Hand:
    """The artist's hand. Each deed is noted in `ledger`; where there is nothing to do it to, nothing happens."""

    def __init__(self, ledger: Ledger, chance: random.Random) -> None:
        self.ledger, self.world, self.chance = ledger, ledger.world, chance
        self._count = 0
        for folder in (self.world.pictures, self.world.elsewhere, self.world.own / "inner", self.world.user):
            folder.mkdir(parents=True)
        sources = [self.world.pictures / f"{name}.png" for name in "ABCD"]
        own = [self.world.own / name for name in ("0001.png", "key_start.png", "inner/0002.png")]
        for path in (*sources, *own):
            self._draw(path)
        (self.world.own / "notes.txt").write_text("the artist's own")
        self.world.lines.write_text(json.dumps(one_line()))
        (self.world.project / "taken.blend").mkdir()
        ledger.adopt(self.world.root)
        self.deeds: dict[Callable[[], object], int] = {
            **dict.fromkeys([self.paint_in_place, self.put_a_picture], 6),
            **dict.fromkeys([self.paint_by_replacing, self.put_a_text, self.link_hard, self.remove_a_file], 4),
            **dict.fromkeys([self.put_a_folder, self.link_to_a_file, self.copy_a_blend_beside], 3),
            **dict.fromkeys([self.link_to_a_folder, self.link_a_frame_hard, self.rename_a_frame], 2),
            **dict.fromkeys([self.lead_a_folder_elsewhere, self.copy_a_folder_inside, self.repaint_a_source], 2),
            **dict.fromkeys([self.copy_a_blend_elsewhere, self.edit_a_manifest], 2),
            **dict.fromkeys([self.move_a_folder_and_link_to_it, self.move_all_folders_and_link_to_them], 1),
            **dict.fromkeys([self.rename_a_folder, self.remove_a_folder, self.put_a_file_in_place_of_a_folder], 1),
            **dict.fromkeys([self.copy_a_folder_beside, self.take_a_snapshot, self.copy_the_project], 1),
            **dict.fromkeys([self.block_the_place, self.rename_a_blend, self.delete_a_blend], 1),
        }

    def do(self) -> str:
        """One deed, whichever; return its name."""
        deed = self.chance.choices(list(self.deeds), list(self.deeds.values()))[0]
        with suppress(FileNotFoundError):  # the engine, or Blender, was quicker
            deed()
        return deed.__name__

    def folders(self) -> list[Path]:
        """The take folders that there are, links to some among them."""
        roots = [self.world.user, *(base / INBETWEENS for base in sorted(self.ledger.bases))]
        return [each for root in roots if root.is_dir() for each in sorted(root.iterdir()) if each.is_dir()]

    def paint_in_place(self) -> None:
        """As most programs save."""
        if frame := self._frame():
            with tempfile.TemporaryDirectory() as folder:
                painted = self._draw(Path(folder, "painted.png")).read_bytes()
            frame.write_bytes(painted)
            if frame.read_bytes() == painted:  # else the engine has replaced it between opening and writing
                self.ledger.note(frame)

    def paint_by_replacing(self) -> None:
        """As careful programs save."""
        if frame := self._frame():
            other = self._draw(frame.with_name(f"{frame.name}~"))
            other.replace(frame)
            self.ledger.note(frame)

    def put_a_picture(self) -> None:
        if path := self._free_name():
            self._draw(path)
            self.ledger.note(path)

    def put_a_text(self) -> None:
        if path := self._free_name():
            self._count += 1
            path.write_text(f'{{"note {self._count}": "the artist\'s own"}}')
            long_ago_s = time.time() - 1e6
            os.utime(path, (long_ago_s, long_ago_s))
            self.ledger.note(path)

    def put_a_folder(self) -> None:
        if path := self._free_name():
            path.mkdir()
            self._draw(path / "0001.png")
            (path / "native_00.png").write_text("the artist's own")
            self.ledger.adopt(path)

    def link_to_a_file(self) -> None:
        if path := self._free_name():
            path.symlink_to(self.chance.choice([self.world.own / "0001.png", self.world.own / "nowhere.png"]))
            self.ledger.note(path)

    def link_to_a_folder(self) -> None:
        if path := self._free_name():
            path.symlink_to(self.world.own / "inner")
            self.ledger.note(path)

    def link_hard(self) -> None:
        if path := self._free_name():
            path.hardlink_to(self.world.own / self.chance.choice(["0001.png", "notes.txt"]))
            self.ledger.note(path)

    def link_a_frame_hard(self) -> None:
        """A frame is kept under another name too."""
        if frame := self._frame():
            self._count += 1
            kept = self.world.own / f"kept {self._count}{frame.suffix}"
            kept.hardlink_to(frame)
            self.ledger.note(kept)

    def remove_a_file(self) -> None:
        if (folder := self._folder()) and (files := [each for each in sorted(folder.iterdir()) if not each.is_dir()]):
            path = self.chance.choice(files)
            path.unlink()
            self.ledger.forget(path)

    def rename_a_frame(self) -> None:
        if frame := self._frame():
            self._count += 1
            new = frame.with_name(f"best {self._count}{frame.suffix}")
            frame.rename(new)
            self.ledger.rename(frame, new)
            self.ledger.note(new)

    def lead_a_folder_elsewhere(self) -> None:
        """Where a take's folder was there is a link to a folder with files of the artist's now."""
        if (folder := self._folder()) and not folder.is_symlink():
            self._count += 1
            kept = self.world.own / f"moved {self._count}"
            folder.rename(kept)
            self.ledger.rename(folder, kept)
            self.ledger.adopt(kept, moved=True)
            target = self.world.own / f"another {self._count}"
            target.mkdir()
            for name in self.chance.sample(["0001.png", "key_start.png", "notes.txt"], self.chance.randint(0, 2)):
                self._draw(target / name)
            self._link_folder(folder, target)
            self.ledger.adopt(target)

    def move_a_folder_and_link_to_it(self) -> None:
        """To another disk, because this one is full."""
        if (folder := self._folder()) and not folder.is_symlink():
            self._move_and_link(folder)

    def move_all_folders_and_link_to_them(self) -> None:
        folder = self.world.project / INBETWEENS
        if folder.is_dir() and not folder.is_symlink():
            self._move_and_link(folder)

    def rename_a_folder(self) -> None:
        if folder := self._folder():
            self._count += 1
            new = folder.with_name(f"{folder.name} old {self._count}")
            folder.rename(new)
            self.ledger.rename(folder, new)
            if new.is_symlink():
                self.ledger.note(new)
            else:
                self.ledger.adopt(new, moved=True)

    def remove_a_folder(self) -> None:
        """With all that is in it."""
        if folder := self._folder():
            self._remove(folder)

    def put_a_file_in_place_of_a_folder(self) -> None:
        if folder := self._folder():
            self._remove(folder)
            if not os.path.lexists(folder):
                self._draw(folder)
                self.ledger.note(folder)

    def block_the_place(self) -> None:
        """Of the folders beside blend files; or free it again."""
        path = self.chance.choice([self.world.project, self.world.elsewhere]) / INBETWEENS
        if path.is_file():
            path.unlink()
            self.ledger.forget(path)
        elif not os.path.lexists(path):
            path.write_text("the artist's own")
            self.ledger.note(path)

    def edit_a_manifest(self) -> None:
        """By hand: it can be read still, or not."""
        found = [path for folder in self.folders() if (path := folder / "manifest.json").is_file()]
        found = [path for path in found if path.stat().st_nlink == 1]
        if found:
            path = self.chance.choice(found)
            text = path.read_bytes()
            path.write_bytes(self.chance.choice([text.replace(b"\n ", b"\n  "), text + b"\n", text[:-9]]))
            self.ledger.note(path)

    def copy_a_folder_beside(self) -> None:
        """Work is kept safe before something is tried."""
        if folder := self._folder():
            self._count += 1
            self._copy(folder, folder.with_name(f"{folder.name} copy {self._count}"))

    def copy_a_folder_inside(self) -> None:
        if folder := self._folder():
            self._count += 1
            copy = self.world.own / f"copy {self._count}"
            _copy_tree(folder, copy)
            name = self.chance.choice([f"before {self._count}", "native-2", "backup"])
            if not os.path.lexists(folder / name):
                copy.rename(folder / name)
                copy = folder / name
            self.ledger.adopt(copy)

    def take_a_snapshot(self) -> None:
        """With hard links, as some programs that keep copies do."""
        folder = self.world.project / INBETWEENS
        if folder.is_dir():
            self._count += 1
            copy = self.world.own / f"snapshot {self._count}"
            _copy_tree(folder, copy, os.link)
            self.ledger.adopt(copy)

    def repaint_a_source(self) -> None:
        path = self.world.pictures / f"{self.chance.choice('ABCD')}.png"
        self._draw(path)
        self.ledger.note(path)

    def copy_a_blend_beside(self) -> None:
        """`film_v2.blend` shares the folders of `film.blend`."""
        if blend := self._blend():
            self._count += 1
            self._copy_blend(blend, blend.with_name(f"film_v{self._count + 1}.blend"))

    def copy_a_blend_elsewhere(self) -> None:
        if blend := self._blend():
            self._count += 1
            self._copy_blend(blend, self.world.elsewhere / f"copy_{self._count}.blend")

    def copy_the_project(self) -> None:
        if self._blend() and len(list(self.world.root.glob("project*"))) < 3:
            self._count += 1
            copy = self.world.root / f"project copy {self._count}"
            _copy_tree(self.world.project, copy)
            self.ledger.see(copy)
            for path in self.ledger.theirs.copy():
                if path.is_relative_to(self.world.project):
                    self.ledger.note(copy / path.relative_to(self.world.project))
            for blend in self.world.project.glob("*.blend*"):
                self.ledger.note_copied(blend, copy / blend.name)

    def rename_a_blend(self) -> None:
        if blend := self._blend():
            self._count += 1
            new = blend.with_name(f"renamed_{self._count}.blend")
            blend.rename(new)
            self.ledger.rename_blend(blend, new)

    def delete_a_blend(self) -> None:
        if (blend := self._blend()) and len(self.world.blends()) > 2:
            blend.unlink()
            self.ledger.forget(blend)

    def _folder(self) -> Path | None:
        found = self.folders()
        return self.chance.choice(found) if found else None

    def _frame(self) -> Path | None:
        """A drawing that is a file of its own, of whichever take."""
        frames = [
            path
            for folder in self.folders()
            for path in sorted(folder.glob("*.png"))
            if path.is_file() and not path.is_symlink() and path.stat().st_nlink == 1
        ]
        return self.chance.choice(frames) if frames else None

    def _free_name(self) -> Path | None:
        """A name in a take's folder that is not taken; now and then one that the artist takes from us."""
        if (folder := self._folder()) is None:
            return None
        path = folder / self.chance.choice(NAMES)
        if os.path.lexists(path) and self.chance.random() < 0.5 and path not in self.ledger.theirs:
            if path.is_dir() and not path.is_symlink():
                return None
            path.unlink()
        return None if os.path.lexists(path) else path

    def _blend(self) -> Path | None:
        found = [path for path in self.world.blends() if path.suffix == ".blend"]
        return self.chance.choice(found) if found else None

    def _draw(self, path: Path) -> Path:
        """A picture, unlike all others. An existing file is written over in place."""
        seed = self.chance.getrandbits(32)
        return write_png(path, np.random.default_rng(seed).integers(0, 256, (36, 64, 3), np.uint8))

    def _remove(self, folder: Path) -> None:
        """With all that is in it, but for what an engine has put there meanwhile."""
        if folder.is_symlink():
            folder.unlink()
        else:
            shutil.rmtree(folder, ignore_errors=True)
        self.ledger.forget(folder)

    def _copy(self, folder: Path, copy: Path) -> None:
        _copy_tree(folder, copy)
        self.ledger.adopt(copy)

    def _copy_blend(self, blend: Path, copy: Path) -> None:
        if not copy.exists():
            shutil.copyfile(blend, copy)
            self.ledger.note_copied(blend, copy)

    def _move_and_link(self, folder: Path) -> None:
        self._count += 1
        target = self.world.own / f"other disk {self._count}" / folder.name
        target.parent.mkdir()
        self.ledger.note(target.parent)
        folder.rename(target)
        self.ledger.rename(folder, target)
        self._link_folder(folder, target)

    def _link_folder(self, folder: Path, target: Path) -> None:
        folder.symlink_to(target)
        self.ledger.note(folder)
        self.ledger.free.add(target)


def _copy_tree(folder: Path, copy: Path, copy_file: Callable[..., object] = shutil.copy2) -> None:
    """Copy a folder; what an engine finishes meanwhile may lack."""
    with suppress(shutil.Error):
        shutil.copytree(folder, copy, symlinks=True, ignore_dangling_symlinks=True, copy_function=copy_file)
