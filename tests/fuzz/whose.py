# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose each file is: what an artist has made or changed, what saved blend files show, and where ours may lie."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

INBETWEENS, KEYS = "inbetweens", "keys"

_TAKE_FOLDER = re.compile(r".+_[0-9a-f]{8}|keys|\.fcvg-tmp-.+")
_FRAME = re.compile(r"\d{4}\.(png|exr|jpg)")
_BOOKS = (".fcvg-files", ".fcvg.lock", ".fcvg-tmp-")  # how names of ours begin that an engine may be writing still
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"\x76\x2f\x31\x01")


@dataclass(frozen=True)
class World:
    """The folders of one history. `project` and `elsewhere` hold blend files, `own` what is the artist's alone, and
    `user` the frames of files that were never saved."""

    root: Path
    user: Path

    @property
    def project(self) -> Path:
        return self.root / "project"

    @property
    def elsewhere(self) -> Path:
        return self.root / "elsewhere"

    @property
    def own(self) -> Path:
        return self.root / "own"

    @property
    def lines(self) -> Path:
        """Matches of the artist's, to be led by."""
        return self.own / "lines.json"

    @property
    def pictures(self) -> Path:
        return self.project / "pictures"

    def blends(self) -> list[Path]:
        """The blend files on the disk, and what Blender keeps of the save before."""
        return sorted(path for path in self.root.rglob("*.blend*") if path.is_file() and path.suffix != ".blend@")

    def everything(self) -> Iterator[Path]:
        """All that lies anywhere; links are not followed."""
        for top in (self.root, self.user.parent):
            for folder, folders, files in os.walk(top):
                yield from (Path(folder, name) for name in (*folders, *files))


@dataclass(frozen=True)
class Shown:
    """A folder as a blend file names it, and the files in it that the file shows."""

    directory: str
    files: tuple[str, ...]

    def folder(self, blend: Path) -> Path:
        """The folder, for the file at `blend`."""
        relative = self.directory.startswith("//")
        return Path(os.path.normpath(blend.parent / self.directory[2:] if relative else self.directory))


@dataclass
class Ledger:
    """What is known of a world. Every deed of the artist's is noted here, and `problems` tells what others have done.

    `free`: folders into which an artist has led ours by a link. `redoing`: folders of takes for which the artist has
    agreed that painted drawings are put aside.
    """

    world: World
    free: set[Path] = field(default_factory=set)
    redoing: set[Path] = field(default_factory=set)
    theirs: dict[Path, str] = field(default_factory=dict)
    references: dict[Path, dict[Path, str]] = field(default_factory=dict)
    shown: dict[Path, tuple[Shown, ...]] = field(default_factory=dict)
    bases: set[Path] = field(default_factory=set)
    watched: int = 0
    referred: int = 0
    _seen: set[Path] = field(default_factory=set)
    _no_pictures: set[str] = field(default_factory=set)

    def note(self, *paths: Path) -> None:
        """The artist has made or changed these."""
        for path in map(real, paths):
            self._touch(path)
            if found := look(path):
                self.theirs[path] = found
                self.watched += 1
                if not path.is_symlink() and path.is_file() and not is_picture(path):
                    self._no_pictures.add(found)

    def adopt(self, folder: Path, moved: bool = False) -> None:
        """All in a folder is the artist's: they have made it, or copied or `moved` it there."""
        self.see(folder)
        found = (path for path in sorted(folder.rglob("*")) if not (moved and path.name.startswith(_BOOKS)))
        self.note(folder, *found)

    def see(self, folder: Path) -> None:
        """All that lies in a folder now has come there by the artist."""
        folder = real(folder)
        self._seen |= {folder, *folder.rglob("*")}

    def forget(self, path: Path) -> None:
        """The artist has deleted this, with all that was in it."""
        path = real(path)
        self._touch(path)
        self.theirs = {each: mark for each, mark in self.theirs.items() if not each.is_relative_to(path)}

    def rename(self, old: Path, new: Path) -> None:
        """The artist has given this another name."""
        old, new = real(old), real(new)
        self._touch(old)
        self.theirs = {_under(each, old, new): mark for each, mark in self.theirs.items()}
        if not new.is_symlink():
            self.see(new)

    def rename_blend(self, old: Path, new: Path) -> None:
        """The artist has given a blend file another name in the same folder."""
        self.rename(old, new)
        self.references[new], self.shown[new] = self.references.pop(old, {}), self.shown.pop(old, ())

    def note_saved(self, blend: Path, shown: Iterable[Shown]) -> None:
        """Blender has saved a file, as the artist wished, and perhaps has kept the one before."""
        blend = real(blend)
        before = blend.with_name(f"{blend.name}1")
        if blend in self.shown and look(before) != self.theirs.get(before):
            self.references[before], self.shown[before] = self.references[blend], self.shown[blend]
        self.shown[blend] = tuple(shown)
        self.references[blend] = self._existing(blend)
        self.referred += len(self.references[blend])
        self.note(*(path for path in (blend, before) if path.exists()))
        self.bases.add(blend.parent)

    def note_copied(self, blend: Path, copy: Path) -> None:
        """The artist has copied a blend file."""
        blend, copy = real(blend), real(copy)
        self.note(copy)
        self.bases.add(copy.parent)
        self.shown[copy] = self.shown.get(blend, ())
        self.references[copy] = self._existing(copy)

    def problems(self) -> list[str]:
        """What was lost or written where it should not be since the last call, a sentence each."""
        found = [*self._lost(), *self._strays(), *self._broken()]
        self._seen = set(self.world.everything())
        return found

    def _lost(self) -> Iterator[str]:
        for path, mark in list(self.theirs.items()):
            if (now := look(path)) == mark:
                continue
            del self.theirs[path]
            if place := next((each for each in self._other_places(path, mark) if look(each) == mark), None):
                self.theirs[place] = mark
            else:
                yield f"lost: {path}: {mark} → {now or 'nothing'}"

    def _other_places(self, path: Path, mark: str) -> Iterator[Path]:
        """Where a file of the artist's may lie now."""
        if path.is_relative_to(self.world.user):
            for base in self.bases:
                yield base / INBETWEENS / path.relative_to(self.world.user)
        # What cannot be read under the manifest's name is taken for a damaged one, and kept so.
        if path.parent in self.redoing or mark in self._no_pictures or path.name == "manifest.json":
            aside = path.parent.glob(f"yours-{path.stem}*{path.suffix}") if path.parent.is_dir() else ()
            yield from (each for each in sorted(aside) if each not in self.theirs)

    def _strays(self) -> Iterator[str]:
        for path in self.world.everything():
            if path not in self._seen and path not in self.theirs and not self._may_be_there(path):
                self._seen.add(path)
                yield f"written outside: {path}"

    def _may_be_there(self, path: Path) -> bool:
        if path.is_relative_to(self.world.user.parent) or path.suffix.startswith(".blend"):
            return True
        if any(path.is_relative_to(folder) for folder in self.free):
            return True
        for base in self.bases:
            if path.is_relative_to(base / KEYS) or path == base / INBETWEENS:
                return True
            if path.is_relative_to(base / INBETWEENS):
                return bool(_TAKE_FOLDER.fullmatch(path.relative_to(base / INBETWEENS).parts[0]))
        return False

    def _broken(self) -> Iterator[str]:
        for blend, references in self.references.items():
            if not blend.exists():
                continue
            for path, mark in list(references.items()):
                now = look(path)
                moved = blend.parent / INBETWEENS / path.parent.name / path.name
                if now == mark or (now is None and look(moved) == mark):
                    continue
                del references[path]
                if now is None and look(moved) is None:
                    yield f"gone: {path}, which {blend.name} shows"
                elif now is not None and _FRAME.fullmatch(path.name) and path.parent not in self.redoing:
                    yield f"changed: {path}, which {blend.name} shows: {mark} → {now}"

    def _existing(self, blend: Path) -> dict[Path, str]:
        paths = (real(each.folder(blend) / name) for each in self.shown[blend] for name in each.files)
        return {path: mark for path in paths if (mark := look(path))}

    def _touch(self, path: Path) -> None:
        for references in self.references.values():
            for each in [each for each in references if each.is_relative_to(path)]:
                del references[each]


def look(path: Path) -> str | None:
    """What lies under a name: a folder, a link and where it leads, or a file and its content; None for nothing."""
    try:
        status = path.lstat()
    except OSError:
        return None
    if stat.S_ISLNK(status.st_mode):
        return f"link to {path.readlink()}"
    if stat.S_ISDIR(status.st_mode):
        return "folder"
    try:
        return f"file {hashlib.sha256(path.read_bytes()).hexdigest()[:16]}"
    except OSError:  # gone meanwhile
        return None


def real(path: Path) -> Path:
    """The place of what has this name; where that is a link, the place of the link."""
    return path.parent.resolve() / path.name


def is_picture(path: Path) -> bool:
    """Whether a file begins as pictures do."""
    with path.open("rb") as file:
        return file.read(4).startswith(_PICTURES)


def _under(path: Path, old: Path, new: Path) -> Path:
    return new / path.relative_to(old) if path.is_relative_to(old) else path
