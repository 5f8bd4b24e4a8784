# SPDX-License-Identifier: GPL-3.0-or-later
"""One job from request to frames: what is reported, what is reused, what is refused before any work."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from pictures import write_png

import fcvg_engine
from benchmarks import drawn
from fcvg_engine.jobs import inbetween
from fcvg_engine.shared.errors import (
    BadImage,
    BadRequest,
    Cancelled,
    DeviceLost,
    LooksLikeCut,
    NumericError,
    OutOfMemory,
    explain,
)
from fcvg_engine.shared.protocol import Done, Frame, Message, Progress, Request


@pytest.fixture(autouse=True)
def dummy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FCVG_DUMMY", "1")


def run(request: Request, is_cancelled: Callable[[], bool] = lambda: False) -> tuple[Done, list[Message]]:
    heard: list[Message] = []
    return inbetween.run(request, "j", heard.append, is_cancelled), heard


def manifest(request: Request) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((Path(request.out) / "manifest.json").read_text("utf-8"))
    return content


def frames_of(heard: list[Message]) -> list[Frame]:
    return [message for message in heard if isinstance(message, Frame)]


def pixels(request: Request) -> list[np.ndarray[Any, Any]]:
    return [cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in sorted(Path(request.out).glob("0*.*"))]


class TestWhatIsMade:
    def test_frames_lie_between_the_keys_and_the_breakdown_comes_first(self, request_of):
        request = request_of(count=3)
        done, heard = run(request)
        assert (done.frames, done.reused, done.method, done.device) == (3, 0, "dummy", "cpu")
        assert [frame.index for frame in frames_of(heard)] == [2, 1, 3]
        start, end = (cv2.imread(path).astype(float) for path in (request.start, request.end))
        for picture, time in zip(pixels(request), (0.25, 0.5, 0.75), strict=True):
            np.testing.assert_allclose(picture, start + (end - start) * time, atol=0.51)

    def test_a_frame_is_on_disk_when_it_is_reported(self, request_of):
        request = request_of(count=4, hold=2)
        seen: list[list[str]] = []

        def look(message: Message) -> None:
            if isinstance(message, Frame):
                seen.append(sorted(path.name for path in Path(request.out).glob("0*.png")))
                assert message.file in [frame["file"] for frame in manifest(request)["frames"]]

        inbetween.run(request, "j", look, lambda: False)
        assert seen == [["0001.png", "0002.png"], ["0001.png", "0002.png", "0003.png", "0004.png"]]

    def test_progress_rises_over_the_whole_job_in_words(self, request_of):
        _, heard = run(request_of(count=5))
        progress = [message for message in heard if isinstance(message, Progress)]
        fractions = [message.fraction for message in progress]
        assert fractions == sorted(fractions)
        assert 0 <= fractions[0] < 0.05
        assert fractions[-1] == 1
        assert all(message.stage for message in progress)
        assert progress[-1].eta_s == 0
        assert any(message.eta_s for message in progress)

    def test_the_manifest_tells_how_it_was_made(self, request_of):
        request = request_of(count=2, seed=7, timing=[0.2, 0.4])
        run(request)
        told = manifest(request)
        assert told["state"] == "done"
        assert told["identity"]["timing"] == [0.2, 0.4]
        assert told["keys"] == {"start": request.start, "end": request.end}
        assert (told["seed"], told["size"], told["method"], told["device"]) == (7, [32, 24], "dummy", "cpu")
        assert set(told["versions"]) >= {"python", "torch", "OpenImageIO"}
        assert len(told["identity"]["start_sha256"]) == 64

    @pytest.mark.parametrize(
        ("file_format", "suffix"), [("png", "png"), ("png16", "png"), ("exr", "exr"), ("jpg", "jpg")]
    )
    def test_each_format_has_its_suffix(self, request_of, file_format: str, suffix: str):
        request = request_of(count=2, format=file_format)
        run(request)
        assert sorted(path.name for path in Path(request.out).glob("0*")) == [f"0001.{suffix}", f"0002.{suffix}"]

    def test_alpha_of_a_single_key_reaches_the_frames(self, request_of, keys):
        see_through = np.zeros((24, 32, 4), np.uint8)
        write_png(keys[1], see_through)
        request = request_of(count=1)
        run(request)
        assert pixels(request)[0][..., 3].tolist() == [[128] * 32] * 24

    def test_what_a_format_cannot_hold_is_noted(self, request_of, keys):
        write_png(keys[1], np.zeros((24, 32, 4), np.uint8))
        done, _ = run(request_of(format="jpg"))
        assert any("black" in note for note in done.notes)

    def test_minus_one_draws_a_seed_and_keeps_it_when_it_goes_on(self, request_of):
        request = request_of(seed=-1)
        run(request)
        seed = manifest(request)["seed"]
        assert seed >= 0
        (Path(request.out) / "0002.png").unlink()
        run(request)
        assert manifest(request)["seed"] == seed


class TestGoingOn:
    def test_a_second_run_infers_nothing(self, request_of, monkeypatch):
        request = request_of(count=5, hold=2)
        run(request)
        monkeypatch.setenv("FCVG_DUMMY_FAULT", "crash")
        monkeypatch.setenv("FCVG_DUMMY_AT", "0")
        done, heard = run(request)
        assert done.reused == 3
        assert [(frame.index, frame.hold, frame.reused) for frame in frames_of(heard)] == [
            (1, 2, True),
            (3, 2, True),
            (5, 1, True),
        ]

    def test_after_an_error_only_what_is_missing_is_made(self, request_of, monkeypatch):
        whole = request_of("whole", count=6)
        run(whole)
        request = request_of(count=6)
        monkeypatch.setenv("FCVG_DUMMY_FAULT", "error")
        monkeypatch.setenv("FCVG_DUMMY_AT", "4")  # the fifth drawing of those asked for
        with pytest.raises(RuntimeError):
            run(request)
        assert manifest(request)["state"] == "failed"
        assert len(manifest(request)["frames"]) == 4
        done, heard = run(request)  # the same fault, but the method is asked for two drawings only
        assert done.reused == 4
        assert [frame.reused for frame in frames_of(heard)] == [True] * 4 + [False] * 2
        for made, expected in zip(pixels(request), pixels(whole), strict=True):
            np.testing.assert_array_equal(made, expected)

    def test_what_an_engine_began_that_draws_the_same_is_gone_on_with(self, request_of):
        request = request_of(count=3)
        run(request)
        written = manifest(request)
        old, new = fcvg_engine.DRAWS_LIKE[0], fcvg_engine.__version__
        assert old != new
        written["identity"]["engine"] = old
        (Path(request.out) / "manifest.json").write_text(json.dumps(written), "utf-8")
        (Path(request.out) / "0001.png").unlink()
        done, _ = run(request)
        assert (done.reused, done.engine) == (2, new)
        told = manifest(request)
        assert told["identity"]["engine"] == old
        assert {frame["file"]: frame.get("engine") for frame in told["frames"]} == {
            "0001.png": new,
            "0002.png": None,
            "0003.png": None,
        }

    def test_what_another_engine_began_stays_as_it_is(self, request_of):
        request = request_of(count=3)
        run(request)
        written = manifest(request)
        written["identity"]["engine"] = "0.0.1"
        (Path(request.out) / "manifest.json").write_text(json.dumps(written), "utf-8")
        with pytest.raises(BadRequest):
            run(request)

    def test_frames_made_later_are_what_they_would_have_been(self, request_of, keys):
        """RIFE decides how far to look at the breakdown, also where that is there already; here it matters."""
        for time, path in enumerate(keys):
            write_png(path, drawn.frame(11, time, 320, 192))
        request = request_of(count=3, method="rife", timing=[0.1, 0.4, 0.9])
        run(request)
        whole = pixels(request)
        for name in ("0001.png", "0003.png"):
            (Path(request.out) / name).unlink()
        done, _ = run(request)
        assert done.reused == 1
        assert all((one == other).all() for one, other in zip(whole, pixels(request), strict=True))

    def test_cancelling_keeps_what_is_there(self, request_of):
        request = request_of(count=5)
        made = []

        def emit(message: Message) -> None:
            if isinstance(message, Frame):
                made.append(message.file)

        with pytest.raises(Cancelled):
            inbetween.run(request, "j", emit, lambda: len(made) == 2)
        assert manifest(request)["state"] == "cancelled"
        assert sorted(path.name for path in Path(request.out).glob("0*")) == sorted(made) == ["0001.png", "0003.png"]

    def test_other_settings_need_another_folder_or_overwriting(self, request_of):
        run(request_of(count=4))
        other = request_of(count=2)
        with pytest.raises(BadRequest):
            run(other)
        run(dataclasses.replace(other, overwrite=True))
        assert len(pixels(other)) == 2

    def test_a_changed_key_is_another_job(self, request_of, keys):
        run(request_of())
        write_png(keys[0], np.zeros((24, 32, 3), np.uint8))
        with pytest.raises(BadRequest):
            run(request_of())


class TestCuts:
    """What is taken for a cut is in test_examine."""

    @pytest.fixture
    def cut(self, keys: tuple[Path, Path]) -> None:
        for seed, path in enumerate(keys):
            write_png(path, drawn.frame(seed, 0, 320, 192))

    @pytest.mark.usefixtures("cut")
    def test_a_cut_is_refused_before_anything_is_drawn_and_drawn_when_the_artist_says_so(self, request_of):
        asking = request_of(count=2, refuse_cuts=True)
        with pytest.raises(LooksLikeCut) as caught:
            run(asking)
        assert caught.value.message
        assert pixels(asking) == []
        done, _ = run(dataclasses.replace(asking, refuse_cuts=False))
        assert len(pixels(asking)) == 2
        assert run(asking)[0].reused == done.frames  # the same job

    @pytest.mark.usefixtures("cut")
    def test_an_artist_who_has_said_so_is_not_asked_again(self, request_of):
        asking = request_of(count=2, refuse_cuts=True)
        run(dataclasses.replace(asking, refuse_cuts=False))
        (Path(asking.out) / "0002.png").unlink()
        run(asking)
        assert len(pixels(asking)) == 2

    def test_one_shot_is_drawn_without_asking(self, request_of, keys):
        for time, path in enumerate(keys):
            write_png(path, drawn.frame(2, time, 320, 192))
        run(request_of(count=1, refuse_cuts=True))


class TestErrors:
    @pytest.mark.parametrize(
        "wrong",
        [
            {"count": 0},
            {"count": 1001},
            {"count": -1},
            {"hold": 4},
            {"hold": 0},
            {"seed": -2},
            {"seed": 2**63},
            {"format": "bmp"},
            {"method": "magic"},
            {"timing": "bouncy"},
            {"timing": [0.5]},
            {"start": ""},
            {"out": ""},
            {"end": "a\0b"},
        ],
    )
    def test_a_request_that_cannot_be_is_refused_before_the_folder_is_made(self, request_of, wrong: dict[str, Any]):
        request = dataclasses.replace(request_of(), **wrong)
        with pytest.raises(BadRequest) as caught:
            run(request)
        assert caught.value.hint
        assert not Path(request_of().out).exists()

    def test_a_device_that_is_not_there_is_not_replaced_by_another(self, request_of):
        import torch

        absent = next(
            name
            for name, there in (("cuda", torch.cuda.is_available()), ("mps", torch.backends.mps.is_available()))
            if not there
        )
        with pytest.raises(BadRequest, match=absent.upper()):
            run(request_of(device=absent))

    def test_a_card_that_is_gone_when_a_job_goes_on_is_said(self, request_of):
        request = request_of(count=3)
        run(request)
        begun = manifest(request) | {"device": "cuda"}
        (Path(request.out) / "manifest.json").write_text(json.dumps(begun))
        (Path(request.out) / "0003.png").unlink()
        for device, is_said in (("cpu", False), ("auto", True)):
            done, _ = run(dataclasses.replace(request, device=device))
            assert done.device == "cpu"
            assert any("card" in note for note in done.notes) == is_said
            (Path(request.out) / "manifest.json").write_text(json.dumps(begun))
            (Path(request.out) / "0003.png").unlink()

    def test_a_card_that_does_not_answer_is_said_and_the_processor_can_be_chosen(
        self, request_of, monkeypatch: pytest.MonkeyPatch
    ):
        import torch

        def answer(*_: object) -> tuple[int, int]:
            raise RuntimeError("CUDA error: unspecified launch failure")

        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
        monkeypatch.setattr(torch.cuda, "mem_get_info", answer)
        for device in ("auto", "cuda"):
            with pytest.raises(RuntimeError) as caught:
                run(request_of(device=device))
            assert isinstance(explain(caught.value), DeviceLost)
        assert run(request_of(device="cpu"))[0].device == "cpu"

    def test_keys_of_different_size_make_no_folder(self, request_of, keys):
        write_png(keys[1], np.zeros((24, 33, 3), np.uint8))
        with pytest.raises(BadImage, match=r"32×24.*33×24"):
            run(request_of())
        assert not Path(request_of().out).exists()

    @pytest.mark.parametrize(("fault", "error"), [("nan", NumericError), ("oom", OutOfMemory)])
    def test_a_method_that_fails_leaves_no_broken_frame(
        self, request_of, monkeypatch, fault: str, error: type[Exception]
    ):
        monkeypatch.setenv("FCVG_DUMMY_FAULT", fault)
        request = request_of(count=3)
        with pytest.raises(error):
            run(request)
        assert len(pixels(request)) == 1
        assert manifest(request)["state"] == "failed"

    def test_without_its_variable_the_dummy_does_not_exist(self, request_of, monkeypatch):
        monkeypatch.delenv("FCVG_DUMMY")
        with pytest.raises(BadRequest):
            run(request_of())
