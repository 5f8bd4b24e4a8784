# SPDX-License-Identifier: GPL-3.0-or-later
"""GlueStick from checkpoint files in the official layout: what is matched, what is kept, and what is refused."""

from __future__ import annotations

import copy
import math
import os
import runpy
from collections import OrderedDict
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors import safe_open

from fcvg_engine.conditions import match_by_gluestick, segments, wireframe
from fcvg_engine.core.method_contract import Options
from fcvg_engine.models import gluestick_weights
from fcvg_engine.nets.gluestick import GlueStick
from fcvg_engine.nets.superpoint import SuperPoint
from fcvg_engine.shared.errors import Cancelled, MissingModel, NumericError

GOLDENS = Path(__file__).parents[2] / "goldens"
CPU = Options(torch.device("cpu"))
POINTS, MATCHER = "superpoint_v1.pth", "checkpoint_GlueStick_MD.tar"
State = dict[str, torch.Tensor]


def quiet(stage: str, fraction: float) -> None:
    pass


def picture(pixels: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(pixels)).permute(2, 0, 1).float() / 255


@pytest.fixture(scope="module")
def nets() -> gluestick_weights.Nets:
    """Weights drawn from their keys; variances above 1, without which a deep network of such weights overflows."""
    fill = runpy.run_path(str(GOLDENS / "weights.py"))["fill"]
    superpoint, matcher = SuperPoint().eval(), GlueStick().eval()
    fill(superpoint, "superpoint")
    fill(matcher, "gluestick")
    for name, values in matcher.named_buffers():
        if name.endswith("running_var"):
            values.abs_().add_(1)
    matcher.final_line_proj.weight.data *= 0.02  # so that no line is surely nothing's partner
    matcher.line_bin_score.data.fill_(-20)
    return superpoint, matcher


@pytest.fixture(scope="module")
def published(nets: gluestick_weights.Nets, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The two checkpoint files as published: one a bare table in torch's old format, one written while training."""
    folder = tmp_path_factory.mktemp("published")
    superpoint, matcher = (net.state_dict() for net in nets)
    torch.save(OrderedDict(superpoint), folder / POINTS, _use_new_zipfile_serialization=False)
    program = {f"extractor.sp.{name}": values for name, values in superpoint.items()}
    program |= {f"matcher.{name}": values for name, values in matcher.items()}
    training = {"epoch": 7, "optimizer": {"param_groups": [{"lr": 1e-4}]}, "eval": {"match_recall": np.float64(0.5)}}
    torch.save({"model": program, "conf": {"matcher": {"name": "gluestick"}}, **training}, folder / MATCHER)
    return folder


@pytest.fixture(scope="module")
def pair() -> tuple[torch.Tensor, torch.Tensor]:
    """A part of a rendered frame, and the same turned by 7° and shifted."""
    start = cv2.imread(str(GOLDENS / "interpolation" / "bunny_stretch" / "start.png"), cv2.IMREAD_COLOR_RGB)
    turn = cv2.getRotationMatrix2D((256, 160), 7, 1.0)
    turn[:, 2] += (6, -4)
    end = cv2.warpAffine(start, turn, (512, 320))
    return picture(start[64:192, 128:320]), picture(end[64:192, 128:320])


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty models folder, and nothing loaded yet."""
    monkeypatch.setenv("FCVG_MODELS", str(tmp_path / "models"))
    monkeypatch.delenv("FCVG_CHECKPOINTS", raising=False)
    monkeypatch.setattr(gluestick_weights, "_warm", {})
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


def test_lines_of_a_picture_are_found_again_in_itself(nets: gluestick_weights.Nets) -> None:
    drawing = np.zeros((128, 192, 3), np.uint8)
    cv2.rectangle(drawing, (30, 30), (110, 90), (255, 255, 255), -1)
    key = picture(drawing)
    found = match_by_gluestick.match_with(nets, key, key, quiet)
    assert found
    for one, other, score in found:
        assert one.shape == other.shape == (2, 2)
        assert match_by_gluestick.MATCH_THRESHOLD < score <= 1


def test_a_real_pair_from_official_files(
    models: Path, published: Path, pair: tuple[torch.Tensor, torch.Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FCVG_CHECKPOINTS", str(published))
    monkeypatch.setattr(match_by_gluestick, "MATCH_THRESHOLD", 0.0)  # drawn weights are never as sure as trained ones
    told: list[float] = []
    found = match_by_gluestick.match(*pair, CPU, lambda stage, fraction: told.append(fraction))
    assert 0 < len(found) <= min(len(segments.detect(each)) for each in pair)
    for *ends, score in found:
        assert 0 < score <= 1
        assert all(np.isfinite(each).all() and (each > -1).all() and (each < (193, 129)).all() for each in ends)
    assert told == sorted(told)
    assert told[0] == 0
    assert told[-1] < 1

    # The next start of the engine reads what was kept instead of pickles, and finds the same.
    names = {path.name for path in (models / "gluestick").iterdir()}
    assert names == {"superpoint_v1.safetensors", "checkpoint_GlueStick_MD.safetensors"}
    monkeypatch.setattr(gluestick_weights, "_warm", {})
    again = match_by_gluestick.match(*pair, CPU, quiet)
    assert [score for _, _, score in again] == [score for _, _, score in found]


def test_loaded_weights_are_those_of_the_files(models: Path, published: Path, nets: gluestick_weights.Nets) -> None:
    for _ in range(2):  # from the pickles, then from what was kept of them
        gluestick_weights._warm.clear()
        for loaded, expected in zip(load(published), nets, strict=True):
            states = loaded.state_dict(), expected.state_dict()
            assert states[0].keys() == states[1].keys()
            assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_kept_weights_of_another_checkpoint_are_made_anew(
    models: Path, published: Path, nets: gluestick_weights.Nets, tmp_path: Path
) -> None:
    points = tmp_path / POINTS
    points.write_bytes((published / POINTS).read_bytes())
    load(tmp_path, published)
    changed = nets[0].state_dict() | {"convPb.bias": torch.ones(65)}
    torch.save(changed, points)
    superpoint, _ = load(tmp_path, published)
    assert torch.equal(superpoint.convPb.bias, torch.ones(65))
    with safe_open(models / "gluestick" / "superpoint_v1.safetensors", "pt") as file:
        assert torch.equal(file.get_tensor("convPb.bias"), torch.ones(65))


def test_kept_weights_that_somebody_has_changed_stay_and_are_not_used(
    models: Path, published: Path, nets: gluestick_weights.Nets
) -> None:
    load(published)
    kept = models / "gluestick" / "superpoint_v1.safetensors"
    whole = kept.read_bytes()
    kept.write_bytes(whole[: len(whole) // 2])
    gluestick_weights._warm.clear()
    superpoint, _ = load(published)
    assert torch.equal(superpoint.convPb.bias, nets[0].convPb.bias)
    assert kept.stat().st_size == len(whole) // 2

    kept.unlink()
    gluestick_weights._warm.clear()
    load(published)
    assert kept.read_bytes() == whole


def test_nothing_there_is_said(models: Path, pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    with pytest.raises(MissingModel, match="not there") as raised:
        match_by_gluestick.match(*pair, CPU, quiet)
    assert "GlueStick" in raised.value.hint
    assert "SuperPoint" in raised.value.hint
    assert "match lines by flow" in raised.value.hint


class Attack:
    """Runs a command when a trusting reader unpickles it."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.trace}",)


@pytest.mark.parametrize("modern", [True, False])
@pytest.mark.parametrize("whole", [True, False])
def test_code_in_a_checkpoint_never_runs(
    models: Path, published: Path, tmp_path: Path, nets: gluestick_weights.Nets, modern: bool, whole: bool
) -> None:
    trace = tmp_path / "was here"
    content = nets[0].state_dict() | {"extra": Attack(trace)} if whole else Attack(trace)
    torch.save(content, tmp_path / POINTS, _use_new_zipfile_serialization=modern)
    with pytest.raises(MissingModel, match=POINTS):
        load(tmp_path, published)
    assert not trace.exists()
    assert not (models / "gluestick").exists()


@pytest.mark.parametrize("length", [0, 100, 1_000_000])
def test_cut_checkpoints_are_refused(models: Path, published: Path, tmp_path: Path, length: int) -> None:
    for name in (POINTS, MATCHER):
        (tmp_path / name).write_bytes((published / name).read_bytes()[:length])
    with pytest.raises(MissingModel, match=POINTS):
        load(tmp_path, published)
    with pytest.raises(MissingModel, match=MATCHER):
        load(published, tmp_path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({}, "conv1a.weight is missing.* and 20 more"),
        ([1, 2], "other things than weights"),
        ({"model": {"matcher.bin_score": 1.0}}, "other things than weights"),
        ({"model": {"matcher.module.conv1a.weight": torch.zeros(64, 1, 3, 3)}}, ": conv1a.bias is missing"),
        ("conv1a.bias", "conv1a.bias is of another size"),
        ("more", "more is unknown"),
    ],
)
def test_other_content_is_refused_by_name(
    models: Path, published: Path, tmp_path: Path, nets: gluestick_weights.Nets, content: object, said: str
) -> None:
    if isinstance(content, str):
        content = nets[0].state_dict() | {content: torch.zeros(2)}
    torch.save(content, tmp_path / POINTS)
    with pytest.raises(MissingModel, match=said):
        load(tmp_path, published)


def load(points: Path, matcher: Path | None = None) -> gluestick_weights.Nets:
    return gluestick_weights.load(points / POINTS, (matcher or points) / MATCHER, CPU.device)


def test_pictures_without_lines_match_nothing(
    nets: gluestick_weights.Nets, pair: tuple[torch.Tensor, torch.Tensor]
) -> None:
    flat = torch.full_like(pair[0], 0.5)
    assert match_by_gluestick.match_with(nets, flat, flat, quiet) == []
    assert match_by_gluestick.match_with(nets, pair[0], flat, quiet) == []
    assert match_by_gluestick.match_with(nets, flat, pair[1], quiet) == []


def test_lines_match_without_a_single_point(nets: gluestick_weights.Nets) -> None:
    seeing_none = copy.deepcopy(nets[0])
    seeing_none.convPb.bias.data[-1] += 100  # all but surely "no point here"
    drawing = np.zeros((64, 128, 3), np.uint8)
    cv2.rectangle(drawing, (20, 10), (90, 50), (255, 255, 255), -1)
    assert match_by_gluestick.match_with((seeing_none, nets[1]), picture(drawing), picture(drawing), quiet)


def test_ends_that_meet_become_one_junction(nets: gluestick_weights.Nets) -> None:
    lines = torch.tensor([[[10.0, 10], [40, 10]], [[42, 10], [42, 40]], [[44, 10], [60, 30]], [[8, 50], [40, 55]]])
    with torch.no_grad():
        found = wireframe.build(
            torch.rand(1, 1, 64, 72, generator=torch.Generator().manual_seed(0)),
            lines,
            torch.tensor([4.0, 2.0, 1.0, 1.0]),
            nets[0],
            wireframe.WireframeOptions(),
        )
    # 40 … 44 is a chain of two steps of 2 px, so three ends are one junction at their mean.
    assert found.ends.tolist() == [[0, 1], [1, 2], [1, 3], [4, 5]]
    assert found.points[1].tolist() == [42, 10]
    assert found.point_scores[:3].tolist() == pytest.approx([1, 1.75 / 3, 0.5])
    single = found.points[6:]
    assert len(single)
    apart = (single[:, None] - lines.flatten(0, 1)).norm(dim=2)
    assert apart.min() >= 4
    assert found.descriptors.norm(dim=0).tolist() == pytest.approx([1.0] * len(found.points), abs=1e-5)


def test_invalid_numbers_are_named(nets: gluestick_weights.Nets, pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    broken = copy.deepcopy(nets[1])
    broken.line_bin_score.data.fill_(math.nan)
    with pytest.raises(NumericError, match="matching lines"):
        match_by_gluestick.match_with((nets[0], broken), *pair, quiet)


@pytest.mark.parametrize("stage", ["Looking for lines", "Matching lines"])
def test_cancelled_at_any_stage(
    nets: gluestick_weights.Nets, pair: tuple[torch.Tensor, torch.Tensor], stage: str
) -> None:
    def stop(now: str, fraction: float) -> None:
        if now == stage:
            raise Cancelled

    with pytest.raises(Cancelled):
        match_by_gluestick.match_with(nets, *pair, stop)
