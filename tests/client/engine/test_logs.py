# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs: ours are dropped when there are many; whatever else is called like one stays, and no link is followed."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from talk import HANG_S

from fcvg_blender.engine import log as logs
from fcvg_blender.engine import protocol
from fcvg_blender.engine.child_command import Command
from fcvg_blender.engine.log import HEAD, KEPT_FILES, LIMIT_BYTES, Log


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The computer's folder for temporary files, where other programs' logs lie too."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    logs._made_once.cache_clear()
    yield folder
    logs._made_once.cache_clear()


def others(folder: Path) -> dict[Path, bytes]:
    """Logs of other programs: with names like ours, older than any of ours."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"engine-{number}.log" for number in range(100, 120)]
    names += ["engine-render.log", "engine-1.log.gz", "engine-7.old.log", "engine-.log", "my engine-3.log"]
    for name in names:
        (folder / name).write_bytes(f"of another program {name}\n".encode())
        os.utime(folder / name, (1, 1))
    return {folder / name: (folder / name).read_bytes() for name in names}


def kept(files: dict[Path, bytes]) -> bool:
    return all(path.read_bytes() == content for path, content in files.items())


def write(log: Log, text: str) -> None:
    with log.open() as file:
        file.write(text.encode())


def test_only_our_old_logs_are_dropped(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    theirs = others(folder)
    for number in range(KEPT_FILES + 5):
        ours = folder / f"engine-{200 + number}.log"
        ours.write_bytes(HEAD + b"words\n")
        os.utime(ours, (100 + number, 100 + number))
    log = Log(folder)
    write(log, "hello\n")
    left = [path for path in folder.iterdir() if path.read_bytes().startswith(HEAD)]
    assert len(left) == KEPT_FILES
    assert log.path in left and folder / "engine-200.log" not in left
    assert kept(theirs)
    assert log.tail() == "hello"


def test_where_the_folder_cannot_be_written_the_temporary_folders_logs_stay(tmp_path: Path, temporary: Path) -> None:
    theirs = others(temporary)
    (tmp_path / "file").write_text("no folder")
    log = Log(tmp_path / "file" / "logs")
    write(log, "hello\n")
    assert kept(theirs)
    assert log.path.parent.parent == temporary
    assert log.path.parent.stat().st_mode & 0o077 == 0, "nobody else can plant anything there"
    assert log.tail() == "hello"
    again = Log(tmp_path / "file" / "logs")
    write(again, "more\n")
    assert again.path == log.path


@pytest.mark.parametrize("planted", ["a link", "a link to nowhere", "another program's log", "a folder"])
def test_what_lies_under_the_logs_name_is_left_alone(tmp_path: Path, temporary: Path, planted: str) -> None:
    folder, original = tmp_path / "logs", tmp_path / "original.txt"
    folder.mkdir()
    log = Log(folder)
    path = log.path
    if planted.startswith("a link"):
        if planted == "a link":
            original.write_bytes(b"original")
        path.symlink_to(original)
    elif planted == "a folder":
        path.mkdir()
    else:
        path.write_bytes(b"original")
    write(log, "hello\n")
    assert log.tail() == "hello"
    assert log.path != path and log.path.is_relative_to(temporary)
    assert not original.exists() or original.read_bytes() == b"original"
    assert original.exists() == (planted == "a link")
    assert planted != "another program's log" or path.read_bytes() == b"original"


@pytest.mark.skipif(os.name == "nt", reason="there a log that is full goes on")
def test_a_full_log_begins_anew_and_what_took_its_place_does_not(tmp_path: Path) -> None:
    log = Log(tmp_path / "logs")
    write(log, "x" * (LIMIT_BYTES + 1) + "\nlast\n")
    log.trim()
    assert log.path.read_bytes() == HEAD
    assert log.tail(1) == "last"
    log.path.write_bytes(b"mine " * LIMIT_BYTES)
    before = log.path.read_bytes()
    log.trim()
    assert log.path.read_bytes() == before


def run(log: Path) -> Command:
    command = Command([sys.executable, "-I", "-c", "import sys; sys.exit('no disk is left')"], dict(os.environ), log)
    give_up_s = time.monotonic() + HANG_S
    while not isinstance(command.poll(0.1), protocol.Failed):
        assert time.monotonic() < give_up_s
    return command


def test_a_commands_log_follows_no_link(tmp_path: Path, temporary: Path) -> None:
    original, log = tmp_path / "original.txt", tmp_path / "commands.log"
    original.write_bytes(b"original")
    log.symlink_to(original)
    command = run(log)
    assert original.read_bytes() == b"original"
    assert b"no disk is left" in command.log.read_bytes()


@pytest.mark.parametrize("name", ["commands.log", "commands.old.log"])
def test_what_is_called_like_a_commands_log_is_put_aside(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"mine\n" * LIMIT_BYTES)
    (tmp_path / "commands.log").touch()
    if name != "commands.log":
        (tmp_path / "commands.log").write_bytes(HEAD + bytes(LIMIT_BYTES))
    before = (tmp_path / name).read_bytes()
    run(tmp_path / "commands.log")
    run(tmp_path / "commands.log")
    (aside,) = (path for path in tmp_path.iterdir() if "yours" in path.name)
    assert aside.read_bytes() == before
    assert (tmp_path / "commands.log").read_bytes().startswith(HEAD)


def test_a_commands_log_goes_elsewhere_where_it_cannot_be_written(tmp_path: Path, temporary: Path) -> None:
    theirs = others(temporary)
    (tmp_path / "file").write_text("no folder")
    command = run(tmp_path / "file" / "commands.log")
    assert b"no disk is left" in command.log.read_bytes()
    assert command.log.is_relative_to(temporary)
    assert kept(theirs)
