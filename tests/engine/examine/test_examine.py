# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of two keys before a job: one shot or two, how far things move, what each method would take."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from engine_process import Worker, run_engine

from benchmarks import cuts, drawn
from fcvg_engine.examine import refuse_cut, speeds
from fcvg_engine.jobs import examine_keys
from fcvg_engine.shared import protocol
from fcvg_engine.shared.errors import BadImage, BadRequest, LooksLikeCut
from fcvg_engine.shared.protocol import Examine, Examined, Failed, Request

CARTOONS = Path(__file__).parents[2] / "cartoons"
CASTLE, ROBOT = (CARTOONS / name for name in ("castle", "robot"))
Look = Callable[..., Examined]


@pytest.fixture(autouse=True)
def fresh_computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No job has been made here, and no model is there."""
    for variable in ("XDG_DATA_HOME", "LOCALAPPDATA", "APPDATA", "HOME"):
        monkeypatch.setenv(variable, str(tmp_path / "data"))
    for variable in ("FCVG_CHECKPOINTS", "FCVG_MODELS"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """Examines the keys of a job on the processor."""

    def examine(start: Path, end: Path, count: int = 11, width: int = 960, height: int = 540, **options: object):
        request = Request(str(start), str(end), str(tmp_path / "out"), count, device="cpu", **options)  # type: ignore[arg-type]
        return examine_keys.run(Examine("e", request, width, height), lambda message: None, lambda: False)

    return examine


def saved(path: Path, picture: np.ndarray) -> Path:
    cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    return path


def of(examined: Examined, method: str) -> protocol.Estimate:
    return next(each for each in examined.estimates if each.method == method)


def tensor(picture: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1).float() / 255


def is_refused(start: np.ndarray, end: np.ndarray) -> bool:
    try:
        refuse_cut(tensor(start), tensor(end))
    except LooksLikeCut as error:
        assert error.hint
        return True
    return False


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (8, 8), (11, 11), (12, 5), (2000, 1)])
def test_keys_of_a_few_pixels_are_examined_too(tmp_path: Path, look: Look, size: tuple[int, int]):
    noise = np.random.default_rng(0).integers(0, 256, (2, *size, 3), np.uint8)
    keys = [saved(tmp_path / f"{index}.png", picture) for index, picture in enumerate(noise)]
    examined = look(*keys, width=size[1], height=size[0])
    assert not examined.is_cut, "so little tells nothing"
    assert not is_refused(*noise)


class TestCuts:
    @pytest.mark.parametrize("name", ["castle", "robot", "street"])
    def test_a_moving_camera_is_no_cut(self, name: str, look: Look) -> None:
        assert not look(CARTOONS / name / "start.png", CARTOONS / name / "end.png").is_cut

    def test_two_places_are_a_cut_and_the_artist_is_told(self, look: Look) -> None:
        found = look(CASTLE / "start.png", ROBOT / "end.png")
        assert (found.is_cut, found.state) == (True, "warning")
        assert found.sentence == "These look like two different shots (a cut)."

    @pytest.mark.parametrize("lines", [True, False], ids=["storyboard", "cel"])
    @pytest.mark.parametrize("scene", [1, 5])
    def test_panels_of_one_staging_belong_together_whatever_the_character_does(self, scene: int, lines: bool) -> None:
        left = cuts.panel(scene, lines, figure_at=0.15)
        assert not is_refused(left, cuts.panel(scene, lines, figure_at=0.85, pose=0.8, hand=1))
        assert not is_refused(cuts.panel(scene, lines, figure_at=None), left)
        assert not is_refused(left, cuts.panel(scene, lines, figure_at=0.15, pan=-0.8, hand=1))

    @pytest.mark.parametrize("lines", [True, False], ids=["storyboard", "cel"])
    @pytest.mark.parametrize("scene", [1, 5])
    def test_panels_of_other_stagings_with_the_same_character_are_cuts(self, scene: int, lines: bool) -> None:
        first = cuts.panel(scene, lines, figure_at=0.4, who=7)
        assert is_refused(first, cuts.panel(scene + 1, lines, figure_at=0.6, pose=0.5, who=7, hand=1))

    def test_light_that_changes_is_no_cut(self) -> None:
        day = drawn.frame(4, 0.5)
        assert not is_refused(day, (day * 0.4).astype(np.uint8))

    def test_a_drawing_on_a_clear_layer_is_seen(self) -> None:
        def layer(panel: np.ndarray) -> torch.Tensor:
            ink = 1 - tensor(panel).amin(0, keepdim=True)
            return torch.cat((torch.zeros(3, *ink.shape[1:]), ink))

        panels = [layer(cuts.panel(scene, True, hand=scene)) for scene in (1, 2)]
        refuse_cut(panels[0], layer(cuts.panel(1, True, figure_at=0.8, hand=9)))
        with pytest.raises(LooksLikeCut):
            refuse_cut(*panels)

    @pytest.mark.parametrize("size", [(1, 1), (3, 2000), (90, 160), (4320, 7680)])
    def test_blank_keys_of_any_size_are_no_cut(self, size: tuple[int, int]) -> None:
        refuse_cut(torch.zeros(3, *size), torch.ones(3, *size))


class TestMotion:
    @pytest.mark.parametrize(("seed", "low", "high"), [(0, 0.03, 0.09), (1, 0.13, 0.22), (2, 0.32, 0.5)])
    def test_a_character_that_crosses_so_much_of_the_picture(
        self, seed: int, low: float, high: float, look: Look, tmp_path: Path
    ) -> None:
        keys = (saved(tmp_path / f"{time}.png", drawn.frame(seed, time)) for time in (0, 1))
        assert low < look(*keys).motion < high

    def test_a_pan_is_measured_and_left_to_a_draft_method(self, look: Look, tmp_path: Path) -> None:
        whole = cv2.cvtColor(cv2.imread(str(CASTLE / "start.png")), cv2.COLOR_BGR2RGB)
        keys = [saved(tmp_path / f"{at}.png", whole[:, at : at + 800]) for at in (0, 224)]
        found = look(*keys)
        assert found.motion == pytest.approx(224 / np.hypot(800, 576), abs=0.01)
        assert found.state == "ok"
        assert "camera move" in found.sentence

    def test_equal_keys_need_a_dissolve(self, look: Look) -> None:
        found = look(CASTLE / "start.png", CASTLE / "start.png")
        assert (found.suggested, found.motion, found.state) == ("dissolve", 0, "ok")

    def test_large_motion_without_a_graphics_card_is_said(self, look: Look, tmp_path: Path) -> None:
        keys = (saved(tmp_path / f"{time}.png", drawn.frame(2, time)) for time in (0, 1))
        found = look(*keys)
        assert found.state == "warning"
        assert found.sentence.startswith("Large motion")
        assert "FCVG would draw it, but needs a graphics card" in found.reason

    def test_where_only_free_models_may_be_used_no_other_is_named(self, look: Look, tmp_path: Path) -> None:
        keys = (saved(tmp_path / f"{time}.png", drawn.frame(2, time)) for time in (0, 1))
        found = look(*keys, commercial_only=True)
        assert found.suggested in ("rife", "gmfss")
        assert "FCVG" not in found.sentence + found.reason


class TestCost:
    def test_one_for_each_method_and_the_line_says_how_long(self, look: Look) -> None:
        found = look(ROBOT / "start.png", ROBOT / "end.png", method="rife")
        assert {each.method for each in found.estimates} == set(protocol.METHODS) - {"auto"}
        assert found.sentence.startswith("Same shot, ")
        assert f"RIFE 4.6, about {of(found, 'rife').seconds:.0f} s." in found.sentence
        assert "Download" in of(found, "fcvg").lacking
        assert not any(each.measured for each in found.estimates)

    def test_it_grows_with_size_and_drawings_but_not_with_frames_that_are_held(self, look: Look) -> None:
        keys = CASTLE / "start.png", CASTLE / "end.png"
        small = look(*keys)
        for larger in (look(*keys, width=1920, height=1080), look(*keys, count=30)):
            assert larger.disk_bytes > 2 * small.disk_bytes
            for method in ("rife", "gmfss", "film", "dissolve"):
                assert of(larger, method).seconds > of(small, method).seconds
        held = look(*keys, count=22, hold=2)
        assert (held.disk_bytes, held.estimates[0].seconds) == (small.disk_bytes, small.estimates[0].seconds)

    def test_what_this_computer_has_done_counts(self, look: Look) -> None:
        request = Request("a", "b", "out", 11, method="rife")
        keys = CASTLE / "start.png", CASTLE / "end.png"
        typical = of(look(*keys), "rife")
        for _ in range(3):
            speeds.record(request, {"method": "rife", "device": "cpu", "size": [960, 540]}, 11, 3 * typical.seconds)
        measured = look(*keys)
        assert of(measured, "rife").measured
        assert of(measured, "rife").seconds == pytest.approx(3 * typical.seconds, rel=0.1)
        assert not of(measured, "gmfss").measured

    @pytest.mark.parametrize("rubbish", [b"", b"[1]", b"{", b'{"rife cpu": [[1], "x", [1, 2, 3, NaN], [0, 1, 1, 5]]}'])
    def test_a_damaged_record_counts_as_none(self, rubbish: bytes, look: Look) -> None:
        facts = {"method": "rife", "device": "cpu", "size": [960, 540]}
        speeds.record(Request("a", "b", "out", 11), facts, 11, 9.0)
        (path,) = Path.home().rglob(speeds.FILE) or [None]
        path.write_bytes(rubbish)
        assert not of(look(CASTLE / "start.png", CASTLE / "end.png"), "rife").measured
        speeds.record(Request("a", "b", "out", 11), facts, 11, 9.0)
        assert [run.seconds for run in speeds.runs("rife", "cpu")] == [9.0]
        if not rubbish.startswith(b'{"rife'):
            (aside,) = (each for each in path.parent.iterdir() if "yours" in each.name)
            assert aside.read_bytes() == rubbish, "whatever it was, it is kept"
            aside.unlink()

    def test_the_record_stays_small_and_keeps_the_newest(self) -> None:
        for second in range(1, 40):
            facts = {"method": "rife", "device": "cpu", "size": [960, 540]}
            speeds.record(Request("a", "b", "out", 11), facts, 11, float(second))
        assert [run.seconds for run in speeds.runs("rife", "cpu")] == [float(second) for second in range(32, 40)]

    def test_a_full_disk_is_an_error(self, look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
        full = shutil.disk_usage("/")._replace(free=1_200_000)
        monkeypatch.setattr(shutil, "disk_usage", lambda path: full)
        found = look(CASTLE / "start.png", ROBOT / "end.png")
        assert found.state == "error"
        assert found.sentence == f"The disk has 1 MB free; the frames need about {found.disk_bytes / 1e6:.0f} MB."

    def test_a_method_whose_models_are_missing_is_an_error(self, look: Look) -> None:
        found = look(CASTLE / "start.png", CASTLE / "end.png", method="fcvg")
        assert found.state == "error"
        assert found.sentence.startswith("FCVG cannot run yet. Download")

    def test_frames_of_real_pictures_take_what_was_said(self, look: Look, tmp_path: Path) -> None:
        from fcvg_engine.jobs import inbetween as jobs

        keys = CASTLE / "start.png", CASTLE / "end.png"
        said = look(*keys, count=3, width=1024, height=576, method="dissolve").disk_bytes
        request = Request(*map(str, keys), str(tmp_path / "out"), 3, method="dissolve", device="cpu")
        jobs.run(request, "j", lambda message: None, lambda: False)
        real = sum(path.stat().st_size for path in (tmp_path / "out").glob("0*.png"))
        assert 0.5 * real < said < 2 * real


class TestRefusals:
    def test_keys_that_cannot_be_read(self, look: Look, tmp_path: Path) -> None:
        with pytest.raises(BadImage):
            look(CASTLE / "start.png", tmp_path / "none.png")

    @pytest.mark.parametrize("size", [(0, 540), (960, 100_000)])
    def test_frames_of_no_size(self, size: tuple[int, int], look: Look) -> None:
        with pytest.raises(BadRequest):
            look(CASTLE / "start.png", CASTLE / "end.png", width=size[0], height=size[1])


def test_the_worker_answers_once_among_its_other_jobs(warm_worker: Worker, request_of: Callable[..., Request]) -> None:
    request = replace(request_of(), start=str(CASTLE / "start.png"), end=str(ROBOT / "start.png"))
    warm_worker.send(Examine("a", request, 960, 540))
    warm_worker.send(Examine("b", replace(request, end="/none.png"), 960, 540))
    warm_worker.send(Examine("c", request, 960, 540))
    warm_worker.send(protocol.Cancel("c"))
    heard = warm_worker.until_final("b")
    found, failed, cancelled = (
        [each for each in heard if each.job == job and isinstance(each, protocol.FINAL)] for job in "abc"
    )
    assert [each.is_cut for each in found if isinstance(each, Examined)] == [True]
    assert [each.code for each in failed if isinstance(each, Failed)] == ["bad_image"]
    assert cancelled == [protocol.CancelledReport("c")]
    assert warm_worker.quiet_for(0.3) == []
    assert not Path(request.out).exists()


def test_the_command_line_says_it_too() -> None:
    keys = [str(CASTLE / name) for name in ("start.png", "end.png")]
    done = run_engine("examine", *keys, "--count", "5", "--size", "480x270", "--json")
    assert done.returncode == 0
    content = json.loads(done.stdout)
    assert (content["type"], content["is_cut"], content["state"]) == ("examined", False, "ok")
