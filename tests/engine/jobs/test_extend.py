# SPDX-License-Identifier: GPL-3.0-or-later
"""Timing a take anew: drawings join those that are there, which stay as they are and are made no second time."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from pictures import write_png

from benchmarks import drawn
from fcvg_engine.files import job_folder
from fcvg_engine.jobs import inbetween
from fcvg_engine.shared import timing
from fcvg_engine.shared.errors import BadRequest, LicenceRefused
from fcvg_engine.shared.protocol import Done, Frame, Message, Request

NEVER = {"FCVG_DUMMY_FAULT": "crash", "FCVG_DUMMY_AT": "0"}  # the process ends when anything is to be drawn
IDENTITY: dict[str, Any] = {
    "engine": "1",
    "count": 3,
    "method": "fcvg",
    "timing": "linear",
    "hold": 1,
    "seed": 5,
    "format": "png",
    "start_sha256": "a",
}


@pytest.fixture(autouse=True)
def dummy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FCVG_DUMMY", "1")


def run(request: Request) -> tuple[Done, list[Frame]]:
    heard: list[Message] = []
    done = inbetween.run(request, "j", heard.append, lambda: False)
    return done, [message for message in heard if isinstance(message, Frame)]


def manifest(request: Request) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((Path(request.out) / "manifest.json").read_text("utf-8"))
    return content


def rewrite(request: Request, change: Callable[[dict[str, Any]], object]) -> None:
    told = manifest(request)
    change(told)
    (Path(request.out) / "manifest.json").write_text(json.dumps(told))


def files(request: Request) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(Path(request.out).glob("[0-9]*"))}


def shown(frames: Sequence[Frame]) -> list[tuple[int, int, str, bool]]:
    return sorted((frame.index, frame.hold, frame.file, frame.reused) for frame in frames)


def picture(request: Request, file: str) -> np.ndarray[Any, Any]:
    return cv2.imread(str(Path(request.out) / file), cv2.IMREAD_UNCHANGED)


class TestWhatIsMade:
    def test_only_times_that_are_not_there_are_drawn_under_further_numbers(self, request_of):
        first = request_of(count=5)
        run(first)
        before = files(first)
        done, frames = run(request_of(count=4, timing=[0.1, 2 / 6, 0.5, 0.9], extend=True))
        assert (done.frames, done.reused) == (4, 2)
        assert shown(frames) == [
            (1, 1, "0006.png", False),
            (2, 1, "0002.png", True),
            (3, 1, "0003.png", True),
            (4, 1, "0007.png", False),
        ]
        assert before.items() <= files(first).items()
        start, end = (cv2.imread(path).astype(float) for path in (first.start, first.end))
        for file, time in (("0006.png", 0.1), ("0007.png", 0.9)):
            np.testing.assert_allclose(picture(first, file), start + (end - start) * time, atol=0.51)

    def test_the_manifest_lists_all_and_keeps_the_first_charts_identity(self, request_of):
        first = request_of(count=5)
        run(first)
        before = manifest(first)
        run(request_of(count=2, timing=[0.1, 0.9], extend=True))
        told = manifest(first)
        assert (told["manifest"], told["state"]) == (1, "done")
        assert told["identity"] == before["identity"]
        assert told["frames"][:5] == before["frames"]
        assert [(each["index"], each["hold"], each["file"], each["time"]) for each in told["frames"][5:]] == [
            (6, 1, "0006.png", 0.1),
            (7, 1, "0007.png", 0.9),
        ]
        for each in told["frames"]:
            assert job_folder.sha256_of(Path(first.out) / each["file"]) == each["sha256"]

    @pytest.mark.parametrize(
        ("time", "shown_as"), [(0.5 + 9e-7, ("0003.png", 0.5)), (0.5 + 2e-6, ("0006.png", 0.5 + 2e-6))]
    )
    def test_a_millionth_is_the_same_time(self, request_of, time: float, shown_as: tuple[str, float]):
        run(request_of(count=5))
        _, frames = run(request_of(count=1, timing=[time], extend=True))
        assert [(frame.file, frame.time) for frame in frames] == [shown_as]

    def test_frames_are_told_as_they_show_on_the_new_chart(self, request_of):
        """First on twos: 0001 … 0005 with links, drawings at 1/4, 1/2, 3/4. Then on threes, with one of these times."""
        first = request_of(count=5, hold=2)
        run(first)
        _, frames = run(request_of(count=7, hold=3, timing=[0.2, 0.75, 0.8], extend=True))
        assert shown(frames) == [(1, 3, "0006.png", False), (4, 3, "0005.png", True), (7, 1, "0007.png", False)]
        assert sorted(files(first)) == [f"000{number}.png" for number in range(1, 8)]

    def test_a_time_that_shows_twice_is_drawn_once(self, request_of):
        run(request_of(count=2))
        _, frames = run(request_of(count=3, timing=[0.5, 0.2, 0.5], extend=True))
        assert shown(frames) == [(1, 1, "0003.png", False), (2, 1, "0004.png", False), (3, 1, "0003.png", False)]
        again, frames = run(request_of(count=3, timing=[0.5, 0.2, 0.5], extend=True))
        assert again.reused == 3

    def test_a_plain_job_fills_its_sequence_also_where_a_time_shows_twice(self, request_of):
        plain = request_of(count=3, timing=[0.5, 0.2, 0.5])
        run(plain)
        assert list(files(plain)) == ["0001.png", "0002.png", "0003.png"]
        (Path(plain.out) / "0003.png").unlink()
        run(plain)
        assert list(files(plain)) == ["0001.png", "0002.png", "0003.png"]

    def test_in_an_empty_folder_it_is_a_plain_job(self, request_of):
        plain, extending = request_of("plain", hold=2), request_of("extending", hold=2, extend=True)
        assert shown(run(plain)[1]) == shown(run(extending)[1])
        assert files(plain) == files(extending)
        run(dataclasses.replace(extending, extend=False))  # and can be gone on with as one

    def test_a_file_of_somebody_elses_is_passed_over(self, request_of):
        first = request_of(count=2)
        run(first)
        (Path(first.out) / "0003.png").write_bytes(b"the artist's own")
        _, frames = run(request_of(count=1, timing=[0.5], extend=True))
        assert [frame.file for frame in frames] == ["0004.png"]
        assert files(first)["0003.png"] == b"the artist's own"


class TestTheFirstRunDecides:
    def test_rife_draws_what_it_would_have_drawn_at_once(self, request_of, keys):
        """It chooses how far to look at the first chart's breakdown."""
        for time, path in enumerate(keys):
            write_png(path, drawn.frame(11, time, 320, 192))
        whole = request_of("whole", count=3, method="rife", timing=[0.1, 0.4, 0.9])
        run(whole)
        begun = request_of("begun", count=2, method="rife", timing=[0.1, 0.4])
        run(begun)
        assert manifest(begun)["breakdown"] == 0.4
        # Alone, 0.9 would be the breakdown, where looking less far is best for this pair.
        _, (added,) = run(dataclasses.replace(begun, count=1, timing=[0.9], extend=True))
        np.testing.assert_array_equal(picture(begun, added.file), picture(whole, "0003.png"))
        alone = request_of("alone", count=1, method="rife", timing=[0.9])
        run(alone)
        assert not np.array_equal(picture(alone, "0001.png"), picture(whole, "0003.png"))

    def test_a_manifest_that_does_not_tell_the_breakdown_tells_the_chart(self, request_of):
        first = request_of(count=3, timing=[0.1, 0.2, 0.3])
        run(first)
        rewrite(first, lambda told: told.pop("breakdown"))
        run(request_of(count=1, timing=[0.5], extend=True))
        assert manifest(first)["breakdown"] == 0.3

    def test_what_auto_chose_stays_and_may_be_asked_for_by_name(self, request_of, keys):
        write_png(keys[1], cv2.imread(str(keys[0])))  # the same: dissolve
        first = request_of(method="auto", seed=-1)
        assert run(first)[0].method == "dissolve"
        rewrite(first, lambda told: told.update(method="dummy"))
        assert run(dataclasses.replace(first, timing=[0.1, 0.2, 0.3], extend=True))[0].method == "dummy"
        named = dataclasses.replace(first, method="dummy", seed=manifest(first)["seed"], extend=True)
        assert run(dataclasses.replace(named, timing=[0.4, 0.6, 0.7]))[0].method == "dummy"
        assert len(manifest(first)["frames"]) == 9
        with pytest.raises(BadRequest):
            run(dataclasses.replace(named, method="rife"))

    def test_commercial_only_holds_for_what_an_earlier_run_chose_too(self, request_of):
        first = request_of(method="auto")
        run(first)
        rewrite(first, lambda told: told.update(method="fcvg"))
        with pytest.raises(LicenceRefused):
            run(dataclasses.replace(first, timing=[0.1, 0.2, 0.3], extend=True, commercial_only=True))

    def test_an_updated_engine_extends_old_takes_and_says_which_drawings_are_its_own(self, request_of):
        first = request_of(count=2)
        run(first)
        rewrite(first, lambda told: told["identity"].update(engine="0.0.1"))
        (Path(first.out) / "0002.png").unlink()
        done, frames = run(request_of(count=3, timing=[1 / 3, 0.5, 2 / 3], extend=True))
        assert shown(frames) == [(1, 1, "0001.png", True), (2, 1, "0003.png", False), (3, 1, "0002.png", False)]
        told = manifest(first)
        assert told["identity"]["engine"] == "0.0.1"
        assert [each.get("engine") for each in told["frames"]] == [None, done.engine, done.engine]


class TestGoingOn:
    def test_a_second_time_infers_nothing(self, request_of, monkeypatch):
        run(request_of(count=5))
        extending = request_of(count=4, timing=[0.1, 0.2, 0.5, 0.9], extend=True)
        run(extending)
        for name, value in NEVER.items():
            monkeypatch.setenv(name, value)
        done, frames = run(extending)
        assert done.reused == 4
        assert all(frame.reused for frame in frames)
        assert run(request_of(count=5))[0].reused == 5  # the first chart's own job
        assert len(manifest(extending)["frames"]) == 8

    @pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"half a picture")])
    def test_what_is_damaged_is_made_again_under_its_number(self, request_of, damage: Callable[[Path], object]):
        first = request_of(count=5)
        run(first)
        extending = request_of(count=3, timing=[0.1, 0.5, 0.9], extend=True)
        run(extending)
        whole = files(first)
        for name in ("0003.png", "0006.png"):
            damage(Path(first.out) / name)
        _, frames = run(extending)
        assert shown(frames) == [(1, 1, "0006.png", False), (2, 1, "0003.png", False), (3, 1, "0007.png", True)]
        assert files(first) == whole

    def test_a_lost_drawings_number_goes_to_no_other_time(self, request_of):
        run(request_of(count=2))
        run(request_of(count=1, timing=[0.5], extend=True))
        (Path(request_of().out) / "0003.png").unlink()
        _, frames = run(request_of(count=1, timing=[0.9], extend=True))
        assert [frame.file for frame in frames] == ["0004.png"]
        _, frames = run(request_of(count=1, timing=[0.5], extend=True))
        assert [frame.file for frame in frames] == ["0003.png"]

    def test_a_first_chart_cut_off_keeps_its_numbers_and_is_finished_by_its_own_job(self, request_of, monkeypatch):
        whole = request_of("whole", count=6, hold=2)
        run(whole)
        first = request_of(count=6, hold=2)
        monkeypatch.setenv("FCVG_DUMMY_FAULT", "error")  # at the second drawing
        with pytest.raises(RuntimeError):
            run(first)
        monkeypatch.delenv("FCVG_DUMMY_FAULT")
        _, frames = run(request_of(count=2, timing=[0.25, 0.9], extend=True))  # one of the first chart's, one new
        assert shown(frames) == [(1, 1, "0001.png", False), (2, 1, "0007.png", False)]
        done, _ = run(first)
        assert done.reused == 2
        assert files(whole).items() <= files(first).items()
        assert len(manifest(first)["frames"]) == 4

    def test_extensions_cut_off_one_after_another_lose_nothing(self, request_of, monkeypatch):
        first = request_of(count=3)
        run(first)
        later = [
            request_of(count=5, timing="ease-in", extend=True),
            request_of(count=5, timing="ease-out", extend=True),
        ]
        monkeypatch.setenv("FCVG_DUMMY_FAULT", "error")
        monkeypatch.setenv("FCVG_DUMMY_AT", "2")
        for request in later:
            with pytest.raises(RuntimeError):
                run(request)
        monkeypatch.delenv("FCVG_DUMMY_FAULT")
        before = files(first)
        assert len(before) == 3 + 2 + 2
        told = [shown(run(request)[1]) for request in later]
        assert before.items() <= files(first).items()
        by_time = {each["time"]: each["file"] for each in manifest(first)["frames"]}
        assert len(by_time) == len(files(first)) == len(manifest(first)["frames"])
        for request, frames in zip(later, told, strict=True):
            times = timing.frame_times(request.count, request.timing, request.hold)
            assert [frame[2] for frame in frames] == [by_time[time] for time in times]


class TestWhatIsRefused:
    @pytest.mark.parametrize("other", [{"seed": 1}, {"format": "jpg"}, {"method": "dissolve"}, {"keys": "other"}])
    def test_drawings_of_other_keys_or_settings_do_not_join(self, request_of, keys, other: dict[str, Any]):
        first = request_of(count=2)
        run(first)
        before, told = files(first), manifest(first)
        if other.pop("keys", None):
            write_png(keys[0], np.zeros((24, 32, 3), np.uint8))
        with pytest.raises(BadRequest) as caught:
            run(request_of(count=3, extend=True, **other))
        assert "new take" in caught.value.hint
        assert (files(first), manifest(first)) == (before, told)

    def test_adding_and_replacing_at_once(self, request_of):
        with pytest.raises(BadRequest):
            run(request_of(extend=True, overwrite=True))
        assert not Path(request_of().out).exists()

    def test_a_folder_that_is_full(self, request_of):
        first = request_of(count=1)
        run(first)
        last = {"index": 9999, "hold": 1, "file": "9999.png", "time": 0.25, "sha256": ""}
        rewrite(first, lambda told: told["frames"].append(last))
        with pytest.raises(BadRequest, match="9999"):
            run(request_of(count=1, timing=[0.9], extend=True))

    @pytest.mark.parametrize(
        "chart", [{"count": 10**12}, {"count": "3"}, {"count": None}, {"hold": 0}, {"timing": ["a"]}, {"timing": None}]
    )
    def test_a_chart_nobody_can_have_asked_for(self, request_of, chart: dict[str, Any]):
        first = request_of(count=1)
        run(first)
        rewrite(first, lambda told: told["identity"].update(chart))
        with pytest.raises(BadRequest) as caught:
            run(request_of(count=1, timing=[0.9], extend=True))
        assert "new take" in caught.value.hint


class TestGenerativeMethods:
    """They draw all frames of a chart together."""

    @pytest.fixture
    def begun(self, tmp_path: Path) -> Path:
        """A folder with the first of three drawings."""
        chart = timing.chart(3, "linear", 1)
        with job_folder.open_folder(tmp_path, IDENTITY, chart, False, ()) as folder:
            folder.add(chart[0], b"drawing 1")
        return tmp_path

    def test_another_chart_is_a_new_take(self, begun: Path):
        other = timing.chart(3, "ease-in", 1)
        with (
            pytest.raises(BadRequest, match="together") as caught,
            job_folder.open_folder(begun, {**IDENTITY, "timing": "ease-in"}, other, False, (), extend=True),
        ):
            pass
        assert "new take" in caught.value.hint
        assert (begun / "0001.png").read_bytes() == b"drawing 1"

    def test_where_nothing_was_drawn_yet_any_chart_begins(self, tmp_path: Path):
        with job_folder.open_folder(tmp_path, IDENTITY, timing.chart(3, "linear", 1), False, ()) as folder:
            folder.finish("cancelled")
        other = timing.chart(5, "ease-in", 1)
        identity = {**IDENTITY, "timing": "ease-in", "count": 5}
        with job_folder.open_folder(tmp_path, identity, other, False, (), extend=True) as folder:
            assert [folder.file_of(drawing) for drawing in folder.missing] == [
                f"000{number}.png" for number in range(1, 6)
            ]

    def test_the_same_chart_goes_on_however_it_is_told(self, begun: Path):
        spelled = [0.25, 0.5, 0.75]
        chart = timing.chart(3, spelled, 1)
        identity = {**IDENTITY, "timing": spelled, "engine": "2"}
        with job_folder.open_folder(begun, identity, chart, False, (), extend=True) as folder:
            assert folder.reused == chart[:1]
            assert [folder.file_of(drawing) for drawing in folder.missing] == ["0002.png", "0003.png"]
