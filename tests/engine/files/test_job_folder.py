# SPDX-License-Identifier: GPL-3.0-or-later
"""The job's folder: whole files or none, locks, reuse, and clear words about disks."""

from __future__ import annotations

import hashlib
import json
import re
import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fcvg_engine.files import atomic, job_folder
from fcvg_engine.files.job_folder import JobFolder
from fcvg_engine.shared import timing
from fcvg_engine.shared.errors import BadRequest, DiskError, FcvgError, FolderBusy
from fcvg_engine.shared.folder_record import FolderRecord

IDENTITY: dict[str, Any] = {"format": "png", "count": 5, "start_sha256": "a", "end_sha256": "b"}
CHART = timing.chart(5, "linear", 2)  # drawings on frames 1, 3 and 5


@contextmanager
def opened(path: Path, identity: dict[str, Any] = IDENTITY, overwrite: bool = False) -> Iterator[JobFolder]:
    with job_folder.open_folder(path, identity, CHART, overwrite, ()) as folder:
        yield folder


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    """A folder whose job is done."""
    with opened(tmp_path / "out") as folder:
        for drawing in CHART:
            folder.add(drawing, b"drawing %d" % drawing.index)
        folder.finish("done")
    return tmp_path / "out"


def frames(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("0*"))}


def manifest(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "manifest.json").read_text("utf-8"))
    return content


@contextmanager
def free_bytes(monkeypatch: pytest.MonkeyPatch, number: int) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=number))
        yield


FIVE_FRAMES = {
    "0001.png": b"drawing 1",
    "0002.png": b"drawing 1",
    "0003.png": b"drawing 3",
    "0004.png": b"drawing 3",
    "0005.png": b"drawing 5",
}


class TestFrames:
    def test_held_drawings_fill_all_frames(self, finished: Path):
        assert frames(finished) == FIVE_FRAMES

    def test_painting_over_one_of_them_paints_no_other(self, finished: Path):
        (finished / "0001.png").write_bytes(b"painted")
        assert frames(finished) == FIVE_FRAMES | {"0001.png": b"painted"}

    def test_hard_links_of_versions_before_are_parted(self, finished: Path):
        (finished / "0002.png").unlink()
        (finished / "0002.png").hardlink_to(finished / "0001.png")
        with opened(finished):
            pass
        (finished / "0001.png").write_bytes(b"painted")
        assert frames(finished) == FIVE_FRAMES | {"0001.png": b"painted"}

    def test_the_manifest_tells_each_drawing(self, finished: Path):
        told = manifest(finished)
        assert told["state"] == "done"
        assert [(each["index"], each["hold"], each["file"]) for each in told["frames"]] == [
            (1, 2, "0001.png"),
            (3, 2, "0003.png"),
            (5, 1, "0005.png"),
        ]
        assert told["frames"][1]["time"] == 0.5
        assert told["frames"][1]["sha256"] == hashlib.sha256(b"drawing 3").hexdigest()

    def test_the_manifest_knows_a_drawing_as_soon_as_it_is_there(self, tmp_path: Path):
        with opened(tmp_path) as folder:
            folder.add(CHART[0], b"x")
            assert manifest(tmp_path)["state"] == "running"
            assert [each["file"] for each in manifest(tmp_path)["frames"]] == ["0001.png"]


class TestReuse:
    def test_a_finished_folder_misses_nothing(self, finished: Path):
        with opened(finished) as folder:
            assert folder.reused == CHART
            assert folder.missing == []

    @pytest.mark.parametrize(
        "damage", [Path.unlink, lambda path: path.write_bytes(b"drawing"), lambda path: path.write_bytes(b"")]
    )
    def test_only_what_is_missing_or_damaged_is_made_again(self, finished: Path, damage: Callable[[Path], object]):
        damage(finished / "0003.png")
        with opened(finished) as folder:
            assert [drawing.index for drawing in folder.reused] == [1, 5]
            assert [drawing.index for drawing in folder.missing] == [3]
            folder.add(CHART[1], b"drawing 3")
        assert frames(finished) == FIVE_FRAMES

    def test_a_held_frame_that_is_gone_is_restored(self, finished: Path):
        (finished / "0004.png").unlink()
        with opened(finished) as folder:
            assert folder.missing == []
        assert frames(finished) == FIVE_FRAMES

    def test_facts_of_the_first_run_are_there_in_the_second(self, tmp_path: Path):
        with opened(tmp_path) as folder:
            folder.facts["seed"] = 5
            folder.add(CHART[0], b"x")
        with opened(tmp_path) as folder:
            assert folder.facts == {"seed": 5}

    @pytest.mark.parametrize(
        "content", [b"", b"{", b"[]", b'{"manifest": 1, "frames": 3}', b'{"manifest": 99}', b"\xff"]
    )
    def test_frames_with_a_manifest_nobody_understands_are_not_touched(self, finished: Path, content: bytes):
        (finished / "manifest.json").write_bytes(content)
        with pytest.raises(BadRequest), opened(finished):
            pass
        assert frames(finished) == FIVE_FRAMES

    def test_a_manifest_cannot_name_files_elsewhere(self, finished: Path, tmp_path: Path):
        (tmp_path / "0009.png").write_bytes(b"precious")
        told = manifest(finished)
        told["frames"][0]["file"] = "../0009.png"
        told["frames"][0]["index"] = 9
        (finished / "manifest.json").write_text(json.dumps(told))
        with opened(finished, {**IDENTITY, "count": 9}, overwrite=True):
            pass
        assert (tmp_path / "0009.png").read_bytes() == b"precious"


class TestOtherSettings:
    def test_frames_made_otherwise_are_refused_and_untouched(self, finished: Path):
        before = manifest(finished)
        with pytest.raises(BadRequest) as caught, opened(finished, {**IDENTITY, "end_sha256": "other"}):
            pass
        assert "--overwrite" in caught.value.hint
        assert frames(finished) == FIVE_FRAMES
        assert manifest(finished) == before

    def test_overwriting_removes_recorded_frames_and_nothing_else(self, finished: Path):
        (finished / "0009.png").write_bytes(b"the artist's own")
        (finished / "notes.txt").write_bytes(b"keep")
        with opened(finished, {**IDENTITY, "end_sha256": "other"}, overwrite=True) as folder:
            assert folder.missing == CHART
        assert frames(finished) == {"0009.png": b"the artist's own"}
        assert (finished / "notes.txt").exists()

    def test_overwriting_with_the_same_settings_makes_all_again(self, finished: Path):
        with opened(finished, overwrite=True) as folder:
            assert folder.missing == CHART

    def test_somebody_elses_sequence_is_refused(self, tmp_path: Path):
        (tmp_path / "0001.png").write_bytes(b"scanned drawing")
        with pytest.raises(BadRequest), opened(tmp_path):
            pass
        assert frames(tmp_path) == {"0001.png": b"scanned drawing"}

    @pytest.mark.parametrize("name", ["0001.png", "0001.PNG"])
    def test_a_key_under_a_frames_name_is_never_overwritten(self, tmp_path: Path, name: str):
        key = tmp_path / name
        key.write_bytes(b"key")
        with pytest.raises(BadRequest), job_folder.open_folder(tmp_path, IDENTITY, CHART, True, (key,)):
            pass
        assert key.read_bytes() == b"key"


class TestFolders:
    def test_a_second_job_is_refused_while_the_first_runs(self, tmp_path: Path):
        with opened(tmp_path), pytest.raises(FolderBusy), opened(tmp_path):
            pass
        with opened(tmp_path):
            pass

    def test_leftovers_of_a_killed_job_are_removed(self, tmp_path: Path):
        (tmp_path / ".fcvg-tmp-0003.png").write_bytes(b"half")
        with opened(tmp_path):
            assert not (tmp_path / ".fcvg-tmp-0003.png").exists()

    def test_missing_parents_are_made(self, tmp_path: Path):
        with opened(tmp_path / "not" / "yet" / "there"):
            pass
        assert (tmp_path / "not" / "yet" / "there" / "manifest.json").exists()

    @pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="a folder in which nothing can be made")
    def test_a_folder_in_which_no_file_can_be_made_is_not_called_busy(self):
        with pytest.raises(DiskError, match="No file can be made"), opened(Path("/proc/self")):
            pass

    def test_a_file_is_no_folder(self, tmp_path: Path):
        (tmp_path / "file").write_bytes(b"")
        for path in (tmp_path / "file", tmp_path / "file" / "below"):
            with pytest.raises(DiskError, match="not a folder"), opened(path):
                pass

    def test_a_name_too_long_is_said_to_be(self, tmp_path: Path):
        with pytest.raises(FcvgError) as caught, opened(tmp_path / ("x" * 300)):
            pass
        assert "shorter" in caught.value.hint

    def test_a_folder_that_goes_away_is_told(self, tmp_path: Path):
        with pytest.raises(DiskError) as caught, opened(tmp_path / "out") as folder:
            shutil.rmtree(tmp_path / "out")
            folder.add(CHART[0], b"x")
        assert str(tmp_path / "out") in caught.value.message

    def test_flat_art_needs_little_room_and_is_not_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        flat = np.zeros((3, 512, 512), np.float32)
        with opened(tmp_path) as folder:
            with free_bytes(monkeypatch, 20_000):
                folder.check_space((flat, flat))
            with free_bytes(monkeypatch, 100), pytest.raises(DiskError) as caught:
                folder.check_space((flat, flat))
        assert re.search(r"At least \d+ (bytes|kB) are needed in .*, 100 bytes are free", caught.value.message)

    def test_too_little_room_for_what_the_keys_show_is_told_before_the_work(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        noise = np.random.default_rng(1).random((3, 512, 512), np.float32)
        with (
            opened(tmp_path) as folder,
            free_bytes(monkeypatch, 900_000),
            pytest.raises(DiskError, match=r"At least 1 MB are needed"),
        ):
            folder.check_space((noise, noise))


class TestWritingWhole:
    def test_when_the_disk_is_full_the_old_file_stays(self, tmp_path: Path):
        record = FolderRecord(tmp_path)
        record.write("0001.png", b"old")
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))  # the system refuses to go on in the middle of the file
        try:
            with pytest.raises(DiskError, match="full"), atomic.disk_errors(tmp_path):
                record.write("0001.png", b"x" * 100_000)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert {path.name: path.read_bytes() for path in tmp_path.glob("[0-9]*")} == {"0001.png": b"old"}
