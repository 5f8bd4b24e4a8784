# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults 16 to 20: one folder twice, full and forbidden disks, kills in the middle, going on afterwards."""

from __future__ import annotations

import json
import resource
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from engine_process import HANG_S, Worker, obey_permissions, run_engine, start_engine
from pictures import write_png

from fcvg_engine.files import images
from fcvg_engine.shared import file_records, folder_record, protocol
from fcvg_engine.shared.protocol import Cancel, CancelledReport, Done, Failed, Frame, Progress, Start

Keys = tuple[Path, Path]
_NEVER = {
    "FCVG_DUMMY_FAULT": "crash",
    "FCVG_DUMMY_AT": "0",
}  # the method ends the process when it is asked for anything


def arguments(keys: Keys, out: Path, count: int = 3, *more: str) -> list[str]:
    return [
        "inbetween",
        str(keys[0]),
        str(keys[1]),
        "--count",
        str(count),
        "--out",
        str(out),
        "--method",
        "dummy",
        *more,
    ]


def conditions(keys: Keys, out: Path) -> list[str]:
    return [*map(str, keys), "--count", "3", "--out", str(out), "--lines", "none", "--pose", "none"]


def manifest(out: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((out / "manifest.json").read_bytes())
    return content


def assert_only_whole_frames(out: Path) -> None:
    for path in out.glob("[0-9]*"):
        assert cv2.imread(str(path)) is not None, path


@pytest.mark.parametrize("second", ["inbetween", "conditions"])
def test_two_jobs_in_one_folder_the_second_is_refused(
    keys: Keys, request_of: Callable[..., protocol.Request], tmp_path: Path, second: str
):
    with Worker(env={"FCVG_DUMMY_DELAY_S": "600"}) as worker:
        worker.send(Start("a", request_of()))
        while worker.until(Progress).stage not in ("Preparing dummy", "Drawing inbetweens"):  # the newest alone is sent
            pass
        before = sorted((tmp_path / "out").iterdir())
        options = arguments(keys, tmp_path / "out")[1:] if second == "inbetween" else conditions(keys, tmp_path / "out")
        refused = run_engine(second, *options, env=_NEVER)
        assert refused.returncode == 2
        assert "Another job" in refused.stderr
        assert sorted((tmp_path / "out").iterdir()) == before
        worker.send(Cancel("a"))
        assert worker.until_final("a")[-1] == CancelledReport("a")


@pytest.mark.parametrize("file_format", ["png", "exr"])
def test_a_disk_that_is_full_at_a_later_frame(keys: Keys, tmp_path: Path, file_format: str):
    """The breakdown comes first; frames grow towards the noisy key, until one is larger than a file may be."""
    out = tmp_path / "out"
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    write_png(keys[0], np.zeros((64, 64, 3), np.uint8))
    write_png(keys[1], noise)
    bright = np.float32(noise.transpose(2, 0, 1) / 255)
    sizes = [len(images.encode(bright * np.float32((index + 1) / 7), file_format)) for index in range(6)]
    limit_bytes = (sizes[2] + sizes[3]) // 2
    assert max(sizes[:3]) < limit_bytes < sizes[3]
    more = ("--format", file_format)
    done = run_engine(
        *arguments(keys, out, 6, *more),
        preexec=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes)),
    )
    assert done.returncode == 5, done.stderr
    assert "error: " in done.stderr
    assert "Traceback" not in done.stderr
    left = sorted(path.name for path in out.iterdir() if path.name not in (folder_record.LOCK, folder_record.NAME))
    suffix = file_format
    assert left == [f"0001.{suffix}", f"0002.{suffix}", f"0003.{suffix}", "manifest.json"]
    assert manifest(out)["state"] == "failed"
    assert len(manifest(out)["frames"]) == 3
    again = run_engine(*arguments(keys, out, 6, *more, "--json"))  # with room again it goes on
    assert json.loads(again.stdout.splitlines()[-1])["reused"] == 3


class TestForbiddenFolders:
    """The error comes before any heavy work: the method would end the process."""

    def test_read_only(self, keys: Keys, tmp_path: Path):
        out = tmp_path / "out"
        out.mkdir()
        out.chmod(0o555)
        for folder in (out, out / "below"):
            done = run_engine(*arguments(keys, folder), env=_NEVER, preexec=obey_permissions)
            assert done.returncode == 5, done.stderr
            assert "may not be written" in done.stderr
            assert len(done.stderr.splitlines()) == 2

    def test_frames_there_but_not_writable(self, keys: Keys, tmp_path: Path):
        out = tmp_path / "out"
        assert run_engine(*arguments(keys, out)).returncode == 0
        (out / "0002.png").unlink()
        out.chmod(0o555)
        done = run_engine(*arguments(keys, out), env=_NEVER, preexec=obey_permissions)
        assert done.returncode == 5
        assert "may not be written" in done.stderr

    def test_on_no_disk(self, keys: Keys):
        done = run_engine(*arguments(keys, Path("/proc/no_disk/out")), env=_NEVER)
        assert done.returncode == 5
        assert "/proc/no_disk" in done.stderr

    def test_gone_in_the_middle(self, request_of: Callable[..., protocol.Request], tmp_path: Path):
        with Worker(env={"FCVG_DUMMY_DELAY_S": "0.3"}) as worker:
            worker.send(Start("a", request_of(count=100)))
            worker.until(Frame)
            (tmp_path / "out").rename(tmp_path / "elsewhere")
            failed = worker.until_final("a")[-1]
        assert isinstance(failed, Failed)
        assert failed.code == "disk"
        assert not (tmp_path / "out").exists()
        assert_only_whole_frames(tmp_path / "elsewhere")


def test_killed_while_writing_there_are_whole_files_and_the_next_run_goes_on(keys: Keys, tmp_path: Path):
    out = tmp_path / "out"
    count = 20
    noisy = np.random.default_rng(1).integers(0, 256, (256, 256, 3), np.uint8)
    write_png(keys[0], noisy)
    write_png(keys[1], noisy[::-1])
    for kills in range(2):
        process = start_engine(*arguments(keys, out, count, "--json"))
        assert process.stdout
        for line in process.stdout:
            if b'"frame"' in line and b'"reused": false' in line:
                break
        time.sleep(0.013 * (kills + 1))  # somewhere in the next frames
        process.kill()
        process.communicate(timeout=HANG_S)
        assert_only_whole_frames(out)
        recorded = manifest(out)["frames"]
        assert len(recorded) > kills
        assert all(file_records.Found(out / each["file"]).sha256 == each["sha256"] for each in recorded)
    (out / ".fcvg-tmp-0019.png").write_bytes(b"half a frame")
    again = run_engine(*arguments(keys, out, count, "--json"))
    final = json.loads(again.stdout.splitlines()[-1])
    assert (final["type"], final["frames"]) == ("done", count)
    assert final["reused"] >= len(recorded)
    assert not list(out.glob(".fcvg-tmp-*"))
    assert len(list(out.glob("[0-9]*"))) == count
    assert_only_whole_frames(out)
    third = run_engine(*arguments(keys, out, count, "--json"), env=_NEVER)
    assert json.loads(third.stdout.splitlines()[-1])["reused"] == count


def test_a_killed_worker_frees_the_folder(request_of: Callable[..., protocol.Request]):
    with Worker(env={"FCVG_DUMMY_DELAY_S": "0.3"}) as worker:
        worker.send(Start("a", request_of()))
        worker.until(Frame)
        worker.process.send_signal(signal.SIGKILL)
        worker.process.wait(HANG_S)
    with Worker() as worker:
        worker.send(Start("a", request_of()))
        done = worker.until_final("a")[-1]
        assert isinstance(done, Done)
        assert done.reused >= 1
