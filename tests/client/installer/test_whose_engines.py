# SPDX-License-Identifier: GPL-3.0-or-later
"""Removing engines and downloads takes what the installer has made, as it was made, and nothing else."""

from __future__ import annotations

import itertools
import json
import os
import random
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from homes import Home, Site, make_site
from hostile_server import HostileServer

from fcvg_blender.engine import installed_engines, protocol, scratch
from fcvg_blender.engine.installed_engines import EngineStamp, engines
from fcvg_blender.installer import environments, listing

MANY = 20_000  # files of a large environment


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("FCVG_ENGINE_PYTHON", raising=False)
    return tmp_path / "home" / "fcvg"


def make_engine(name: str, chance: random.Random, files: int = 12) -> Path:
    """An environment as the installer leaves one, of files, folders and links."""
    begun = environments.begin()
    folder = begun / "env"
    for number in range(files):
        path = folder / chance.choice(("bin", "lib/python3.11/site-packages/torch", "lib/x/__pycache__")) / f"f{number}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(chance.randbytes(chance.randrange(30)))
    (folder / "lib64").symlink_to("lib")
    (folder / "bin" / "python").parent.mkdir(exist_ok=True)
    (folder / "bin" / "python").symlink_to("/usr/bin/python3")
    (folder / "bin" / "ü b\n.txt").write_bytes(b"odd")
    made = environments.finish(folder, EngineStamp(name, "0" * 64, "cpu", "3.11.7", {}, "2026-11-22", "", 0)).folder
    assert scratch.delete(begun)
    return made


def seen(path: Path) -> bytes | str | None:
    if path.is_symlink():
        return f"link to {path.readlink()}"
    return path.read_bytes() if path.is_file() else None


class Artist:
    """Puts, changes and links things in an engine's folder, and knows what is whose."""

    def __init__(self, engine: Path, home: Path, chance: random.Random) -> None:
        self.engine, self.chance = engine, chance
        self.theirs: dict[Path, bytes | str | None] = {}
        self.linked: set[Path] = set()  # files of ours that have a second name elsewhere
        self.originals = home / "originals"
        self.originals.mkdir()
        for name in ("a.py", "b.bin"):
            (self.originals / name).write_bytes(b"original " + name.encode())
            self.theirs[self.originals / name] = seen(self.originals / name)

    def step(self) -> None:
        there = sorted(path for path in self.engine.rglob("*") if seen(path) is not None)
        there = [path for path in there if path.name not in (listing.FILE, installed_engines.STAMP)]
        folders = sorted(path for path in self.engine.rglob("*") if path.is_dir() and not path.is_symlink())
        path = self.chance.choice(there)
        new = self.chance.choice(folders) / self.chance.choice(("notes.txt", "old.txt", "x.pyc", ".hidden", "ü"))
        match self.chance.randrange(6):
            case 0 if path.is_file() and not path.is_symlink():
                path.write_bytes(path.read_bytes() + b"!")
                self.theirs[path] = seen(path)
            case 1 if not os.path.lexists(new) and new.parent.name != "__pycache__":
                new.write_bytes(b"mine")
                if new.name == "old.txt":  # brought from elsewhere, with its time
                    os.utime(new, (1, 1))
                self.theirs[new] = seen(new)
            case 2 if not os.path.lexists(new):
                new.symlink_to(self.chance.choice((self.originals, self.originals / "a.py", Path("nowhere"))))
                self.theirs[new] = seen(new)
            case 3:
                path.unlink()
                self.theirs.pop(path, None)
                path.symlink_to(self.originals / "b.bin")
                self.theirs[path] = seen(path)
            case 4 if not os.path.lexists(new) and new.parent.name != "__pycache__":
                new.hardlink_to(self.originals / "a.py")
                self.theirs[new] = seen(new)
            case 5 if path.is_file() and not path.is_symlink():
                beside = self.originals / f"linked{self.chance.randrange(10**6)}"
                beside.hardlink_to(path)
                self.linked.add(path)
                self.theirs[beside] = seen(beside)
        for each in list(self.theirs):  # a change shows through all hard links
            self.theirs[each] = seen(each)

    def check(self) -> None:
        for path, what in self.theirs.items():
            assert what is not None and seen(path) == what, path


@pytest.mark.parametrize("old", [False, True], ids=["with a listing", "of version 0.2.0"])
@pytest.mark.parametrize("seed", range(25))
def test_what_an_artist_has_put_into_an_engine_stays(data: Path, tmp_path: Path, seed: int, old: bool) -> None:
    chance = random.Random(seed)
    engine = make_engine("cpu-1", chance)
    listed = {path for path in engine.rglob("*") if seen(path) is not None}
    if old:
        (engine / listing.FILE).unlink()
        time.sleep(0.02)  # longer than the clock of the disk takes to tick
    artist = Artist(engine, tmp_path, chance)
    for _ in range(chance.randrange(8)):
        artist.step()
    environments.forget()
    notes = environments.sweep()
    artist.check()
    theirs = {path for path in artist.theirs if path.is_relative_to(engine)}
    left = {path for path in engine.rglob("*") if seen(path) is not None} if engine.exists() else set()
    assert left >= theirs
    # Without a listing times have to tell, and a second name counts as a change.
    assert left - theirs <= (artist.linked if old else set()), "nothing of ours"
    assert bool(notes) == engine.exists() == bool(left)
    assert listed
    assert environments.sweep() == []
    artist.check()


def test_a_large_engine_goes_in_seconds(data: Path) -> None:
    engine = make_engine("cpu-1", random.Random(1), MANY)
    environments.forget()
    began_s = time.monotonic()
    assert environments.sweep() == []
    assert not engine.exists()
    assert time.monotonic() - began_s < 60, "a bound for a hang; it takes one or two"


@pytest.mark.parametrize("what", ["the engine's folder", "the folder of all"])
def test_behind_a_link_nothing_is_removed(data: Path, tmp_path: Path, what: str) -> None:
    engine = make_engine("cpu-1", random.Random(1))
    link = engine if what == "the engine's folder" else engines()
    moved = Path(shutil.move(link, tmp_path / "another disk"))
    link.symlink_to(moved)
    before = {path: seen(path) for path in moved.rglob("*")}
    environments.forget()
    environments.sweep()
    assert {path: seen(path) for path in moved.rglob("*")} == before
    assert link.is_symlink()


@pytest.mark.parametrize("name", [".building-12345678", ".building-mine", ".removing-cpu-1", "mine", ".hidden"])
def test_folders_that_only_have_our_names_stay(data: Path, name: str) -> None:
    mine = engines() / name / "inner" / "notes.txt"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"mine")
    notes = environments.sweep()
    assert mine.read_bytes() == b"mine"
    assert bool(notes) == name.startswith(".building")


def test_what_a_killed_installation_left_goes_and_links_in_it_are_not_followed(data: Path, tmp_path: Path) -> None:
    begun = environments.begin()
    (begun / "cache").mkdir()
    (tmp_path / "original.txt").write_bytes(b"original")
    (begun / "cache" / "link").symlink_to(tmp_path)
    (begun / "cache" / "file").write_bytes(b"half")
    assert begun.stat().st_mode & 0o077 == 0
    assert environments.sweep() == []
    assert not begun.exists()
    assert (tmp_path / "original.txt").read_bytes() == b"original"


def test_a_half_removed_engine_is_no_engine_and_goes_the_next_time(data: Path) -> None:
    engine = make_engine("cpu-1", random.Random(1))
    (engine / "notes.txt").write_bytes(b"mine")
    (engine / installed_engines.STAMP).unlink()  # it goes first
    assert installed_engines.current() is None
    environments.forget()
    environments.sweep()
    assert [path.name for path in engine.iterdir()] == ["notes.txt"]


class Killed(BaseException):
    """The system has ended the program."""


@pytest.mark.parametrize("old", [False, True], ids=["with a listing", "of version 0.2.0"])
def test_a_removal_killed_at_any_moment_is_finished_by_the_next(
    data: Path, monkeypatch: pytest.MonkeyPatch, old: bool
) -> None:
    """Killed before each change that it makes on the disk, one after the other."""
    seen_kills = 0
    for moment in itertools.count():
        engine = make_engine("cpu-1", random.Random(1), 6)
        if old:
            (engine / listing.FILE).unlink()
            time.sleep(0.02)  # longer than the clock of the disk takes to tick
        environments.forget()
        left = [moment]
        with monkeypatch.context() as patch:
            for name in ("unlink", "rmdir", "rename", "replace", "link", "open", "write", "fsync"):
                patch.setattr(os, name, dying(getattr(os, name), left))
            with suppress(Killed):
                environments.sweep()
        if left[0] > 0:  # it was over before
            break
        seen_kills += 1
        environments.sweep()
        assert not engine.exists(), f"killed at step {moment}: {sorted(path.name for path in engine.rglob('*'))}"
    assert seen_kills > 20


def dying(function: Callable[..., Any], left: list[int]) -> Callable[..., Any]:
    """The function, until none of the calls is left that `left` counts down."""

    def called(*arguments: Any, **options: Any) -> Any:
        if not left[0]:
            raise Killed
        left[0] -= 1
        return function(*arguments, **options)

    return called


@pytest.mark.parametrize("content", ["{", "[]", '{"engine": 3}', '{"engine": "a", "more": 1}', "my notes"])
def test_a_pointer_that_is_not_ours_is_put_aside(data: Path, content: str) -> None:
    data.mkdir(parents=True)
    (data / "engine.json").write_text(content)
    engine = make_engine("cpu-1", random.Random(1))
    assert installed_engines.pointed() == engine
    (aside,) = (path for path in data.iterdir() if "yours" in path.name)
    assert aside.read_text() == content
    (data / "engine.json").write_text(content)
    environments.forget()
    assert installed_engines.pointed() is None
    assert sorted(path.read_text() for path in data.iterdir() if "yours" in path.name) == [content, content]


@pytest.fixture
def site(server: HostileServer, tmp_path: Path) -> Site:
    return make_site(server, tmp_path / "published", "1.0", [1000, 500])


def test_of_the_downloads_only_wheels_of_ours_go(home: Home, site: Site) -> None:
    home.install(site)
    folder = home.data / "downloads"
    (folder / "my own-1.0-py3-none-any.whl").write_bytes(b"mine")
    (folder / "notes.txt").write_bytes(b"mine")
    (folder / "sub").mkdir()
    (folder / "sub" / "small0-1.0-py3-none-any.whl").write_bytes(b"mine")
    (folder / "browser.whl.part").write_bytes(b"mine")
    (folder / "killed.whl.part").write_bytes(b"half")
    (folder / "killed.whl.part.json").write_text('{"url": "https://a.b/c", "sha256": "", "validator": ""}')
    (folder / "killed.whl.part.lock").touch()
    changed = folder / site.wheels[0].name
    changed.write_bytes(changed.read_bytes() + b"!")
    mine = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for name in (site.wheels[1].name, *(f"killed.whl{end}" for end in (".part", ".part.json", ".part.lock"))):
        del mine[folder / name]
    final = home.run("free").final
    assert isinstance(final, protocol.Installed)
    assert "notes.txt" in final.notes[-1]
    uv = next(path for path in mine if path.name.startswith("uv-"))
    del mine[uv]
    left = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert {path: content for path, content in left.items() if path.name != ".fcvg-files"} == {
        path: content for path, content in mine.items() if path.name != ".fcvg-files"
    }
    home.run("remove", "--downloads")
    assert all(path.exists() for path in left if path.name != ".fcvg-files")


def test_downloads_of_earlier_versions_are_known_by_the_locks(home: Home, site: Site, uv_folder: Path) -> None:
    folder = home.data / "downloads"
    folder.mkdir(parents=True)
    for wheel in uv_folder.glob("uv-*.whl"):
        shutil.copy(wheel, folder)
    assert list(folder.iterdir())
    final = home.run("free").final
    assert isinstance(final, protocol.Installed)
    assert not folder.exists()


def test_a_downloads_folder_that_is_a_link_is_left_alone(home: Home, site: Site, tmp_path: Path) -> None:
    home.install(site)
    moved = Path(shutil.move(home.data / "downloads", tmp_path / "another disk"))
    (home.data / "downloads").symlink_to(moved)
    before = sorted(moved.iterdir())
    home.run("free")
    home.run("remove", "--downloads")
    assert sorted(moved.iterdir()) == before


def test_an_update_drops_older_wheels_of_ours_only(
    home: Home, site: Site, server: HostileServer, tmp_path: Path
) -> None:
    home.install(site)
    folder = home.data / "downloads"
    mine = folder / "small1-0.9-py3-none-any.whl"
    mine.write_bytes(b"my own build")
    newer = make_site(server, tmp_path / "published", "2.0", [1000, 500])
    home.install(newer, "update")
    assert mine.read_bytes() == b"my own build"
    assert not (folder / site.wheels[1].name).exists()


def test_a_log_that_is_not_ours_is_put_aside(home: Home, site: Site) -> None:
    home.data.mkdir(parents=True)
    (home.data / "install.log").write_text("my own log\n")
    home.install(site)
    (aside,) = (path for path in home.data.iterdir() if "yours" in path.name)
    assert aside.read_text() == "my own log\n"
    assert json.dumps(str(site.lock))  # the lock is only read
