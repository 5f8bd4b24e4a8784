# SPDX-License-Identifier: GPL-3.0-or-later
"""Fault 17 on a real disk that fills up, at each place where it can: frames, their list, the manifest."""

from __future__ import annotations

import contextlib
import dataclasses
import resource
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from engine_process import AS_FILE, Worker
from pictures import write_png
from small_disk import PAGE_BYTES, ROOMY_BYTES, SmallDisk

from fcvg_engine.shared import folder_record, manifest
from fcvg_engine.shared.folder_record import FolderRecord
from fcvg_engine.shared.protocol import Done, Failed, Frame, Message, Request, Start

Keys = tuple[Path, Path]
MakeRequest = Callable[..., Request]
COUNT = 5
OURS = {folder_record.NAME, folder_record.LOCK, manifest.NAME}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with SmallDisk(tmp_path / "disk") as disk:
        yield disk


@pytest.fixture
def worker(disk: SmallDisk) -> Iterator[Worker]:
    """An engine that sees the disk."""
    with Worker(start=(*disk.within, *AS_FILE)) as worker:
        yield worker


@pytest.mark.parametrize("file_format", ["png", "exr"])
def test_wherever_it_fills_up_frames_are_kept_whole_and_gone_on_with(
    disk: SmallDisk, worker: Worker, keys: Keys, request_of: MakeRequest, file_format: str
):
    """Frames grow towards the noisy key, so that what the plain one takes is no reason to refuse the job."""
    write_png(keys[0], np.zeros((48, 48, 3), np.uint8))
    write_png(keys[1], np.random.default_rng(1).integers(0, 256, (48, 48, 3), np.uint8))
    request = request_of(count=COUNT, format=file_format)

    def run(name: str, free_bytes: int) -> tuple[list[Message], dict[str, bytes]]:
        """Everything reported, and the files that are there."""
        disk.leave(free_bytes)
        worker.send(Start(name, dataclasses.replace(request, out=str(disk.folder / name))))
        heard = worker.until_final(name)
        there = disk.seen / name
        return heard, {path.name: path.read_bytes() for path in there.iterdir()} if there.is_dir() else {}

    _, undisturbed = run("undisturbed", ROOMY_BYTES)
    undisturbed = {name: content for name, content in undisturbed.items() if name not in OURS}
    assert len(undisturbed) == COUNT
    stopped_after = set()
    for pages in range(1, 10_000):
        name = f"{pages} pages"
        heard, files = run(name, pages * PAGE_BYTES)
        frames = {message.file for message in heard if isinstance(message, Frame)}
        assert files.keys() - OURS <= undisturbed.keys(), "no unfinished file"
        assert all(content == undisturbed[each] for each, content in files.items() if each not in OURS), "no half"
        assert frames <= files.keys(), "what was made is there"
        if isinstance(heard[-1], Done):
            break
        assert isinstance(heard[-1], Failed)
        assert heard[-1].code == "disk"
        assert "disk is full" in heard[-1].message or "are needed" in heard[-1].message
        assert heard[-1].hint
        stopped_after.add(len(frames))
        if not files.keys() & undisturbed.keys():
            assert files == {}, "where nothing was made, nothing is left"

        heard, files = run(name, ROOMY_BYTES)
        assert isinstance(heard[-1], Done)
        assert heard[-1].reused >= len(frames)
        assert heard[-1].notes == [], "nothing is taken for the artist's"
        assert {each: files[each] for each in undisturbed} == undisturbed
        shutil.rmtree(disk.seen / name)
    assert stopped_after == set(range(COUNT))


@contextlib.contextmanager
def files_of_at_most(size_bytes: int) -> Iterator[None]:
    """As on a disk that fills up at this byte of a file, the part before it is written."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("lines", [0, 2])
def test_at_whatever_byte_it_fills_up_the_list_of_our_files_stays_readable(tmp_path: Path, lines: int):
    written = [(f"{number:04d}.png", f"{number}" * 64) for number in range(1, lines + 3)]
    for place in range(200):
        folder = tmp_path / f"{place}"
        folder.mkdir()
        for name, sha256 in written[:lines]:
            FolderRecord(folder).note(folder / name, sha256)
        path = folder / folder_record.NAME
        begun_bytes = path.stat().st_size if lines else 0
        with files_of_at_most(begun_bytes + place):
            try:
                FolderRecord(folder).note(folder / written[lines][0], written[lines][1])
            except OSError:
                told = written[:lines]
            else:
                told = written[: lines + 1]
        FolderRecord(folder).note(folder / written[-1][0], written[-1][1])
        listed = path.read_text().splitlines()[1:]
        assert listed == [f"{sha256}  {name}" for name, sha256 in (*told, written[-1])]
        if len(told) > lines:
            return
    raise AssertionError("the line never fitted")
