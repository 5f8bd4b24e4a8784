# SPDX-License-Identifier: GPL-3.0-or-later
"""SuperPoint, wireframe and GlueStick against tensors of the published program, with weights drawn from their keys.

Key-drawn weights give batch norm negative variances, so what the published GlueStick made of them may be NaN: then
ours must be NaN too, and says nothing about its formulas. Those are held against a plain transcription in float64, with
the same weights but for variances above 1.
"""

from __future__ import annotations

import json
import runpy
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import torch
from safetensors.torch import load_file

from fcvg_engine.conditions import wireframe
from fcvg_engine.nets.gluestick import GlueStick, Wireframe, matches
from fcvg_engine.nets.superpoint import SuperPoint

MOST_DIFFERENT = 1e-4
Array = npt.NDArray[np.float64]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "gluestick_case" in metafunc.fixturenames:
        root: Path = metafunc.config.getoption("--goldens")
        cases = sorted(found.parent for found in (root / "gluestick").glob("*/expected.safetensors"))
        if not cases:
            raise pytest.UsageError(f"No case folder (NAME/expected.safetensors) in {root / 'gluestick'}.")
        metafunc.parametrize("gluestick_case", cases, ids=lambda case: case.name, scope="module")


@dataclass(frozen=True)
class Case:
    folder: Path
    expected: dict[str, torch.Tensor]
    options: wireframe.WireframeOptions
    match_threshold: float
    superpoint: SuperPoint
    gluestick: GlueStick

    def grey(self, index: int) -> torch.Tensor:
        pixels = cv2.imread(str(self.folder / f"gray{index}.png"), cv2.IMREAD_GRAYSCALE)
        assert pixels is not None
        return torch.from_numpy(pixels.astype(np.float32) / 255)[None, None]

    def wireframe(self, index: int) -> Wireframe:
        """As the published program made it, so that each stage is judged by itself."""
        scores = self.expected[f"segment_scores{index}"][0]
        height, width = self.grey(index).shape[2:]
        return Wireframe(
            points=self.expected[f"keypoints{index}"][0],
            point_scores=self.expected[f"keypoint_scores{index}"][0],
            descriptors=self.expected[f"descriptors{index}"][0],
            ends=self.expected[f"lines_junc_idx{index}"][0],
            line_scores=scores / (scores.max() + 1e-8),
            size=(width, height),
        )


@pytest.fixture(scope="module")
def case(gluestick_case: Path) -> Case:
    settings = json.loads((gluestick_case / "settings.json").read_text("utf-8"))
    fill = runpy.run_path(str(gluestick_case.parents[1] / "weights.py"))["fill"]
    superpoint, gluestick = SuperPoint(), GlueStick()
    fill(superpoint.eval(), settings["weight_prefixes"]["superpoint"])
    fill(gluestick.eval(), settings["weight_prefixes"]["gluestick"])
    options = wireframe.WireframeOptions(
        most_points=settings["max_keypoints"],
        point_radius=settings["nms_radius"],
        point_threshold=settings["detection_threshold"],
        border=settings["remove_borders"],
        junction_radius=settings["junction_merge_radius"],
    )
    expected = load_file(gluestick_case / "expected.safetensors")
    return Case(gluestick_case, expected, options, settings["match_threshold"], superpoint, gluestick)


@torch.no_grad()
def test_gluestick_superpoint(case: Case) -> None:
    scores, descriptors = case.superpoint(case.grey(0))
    assert difference(scores, case.expected["superpoint_dense_score0"][0]) <= MOST_DIFFERENT
    assert difference(descriptors, case.expected["superpoint_dense_descriptors0"]) <= MOST_DIFFERENT


@pytest.mark.parametrize("index", [0, 1])
@torch.no_grad()
def test_gluestick_wireframe(case: Case, index: int) -> None:
    segments, scores = (case.expected[f"segment{name}{index}"][0] for name in ("s", "_scores"))
    found = wireframe.build(case.grey(index), segments, scores, case.superpoint, case.options)
    expected = case.wireframe(index)
    assert torch.equal(found.ends, expected.ends)
    assert difference(found.lines, case.expected[f"lines{index}"][0]) <= MOST_DIFFERENT
    assert len(found.points) == len(expected.points)
    # Single points come best first; flat parts of a picture give equal scores, whose order nothing fixes.
    mine, theirs = by_place(found), by_place(expected)
    for name in ("points", "point_scores", "descriptors"):
        assert difference(getattr(mine, name), getattr(theirs, name)) <= MOST_DIFFERENT, name


@torch.no_grad()
def test_gluestick_matches(case: Case) -> None:
    found = case.gluestick(case.wireframe(0), case.wireframe(1), lambda done: None)
    for name, values in (
        ("log_assignment", found.points),
        ("line_log_assignment", found.lines),
        ("raw_line_scores", found.raw_lines),
    ):
        assert difference(values, case.expected[name][0]) <= MOST_DIFFERENT, name
    for prefix, values in (("", found.points), ("line_", found.lines)):
        partners, scores = matches(values, case.match_threshold)
        assert torch.equal(partners, case.expected[f"{prefix}matches0"][0])
        assert difference(scores, case.expected[f"{prefix}match_scores0"][0]) <= MOST_DIFFERENT


@torch.no_grad()
def test_gluestick_formulas(case: Case) -> None:
    state = {
        key: 1 + each.abs() if key.endswith("running_var") else each
        for key, each in case.gluestick.state_dict().items()
    }
    network = GlueStick().eval()
    network.load_state_dict(state)
    one, other = case.wireframe(0), case.wireframe(1)
    found = network(one, other, lambda done: None)
    plain = Plain({key: each.double().numpy() for key, each in state.items()}).match(one, other)
    for mine, theirs in zip((found.points, found.lines, found.raw_lines), plain, strict=True):
        assert difference(mine, torch.from_numpy(theirs).float()) <= MOST_DIFFERENT
    for mine, theirs in zip((found.points, found.lines), plain, strict=False):
        partners, _ = matches(mine, 0.0)
        assert partners.tolist() == mutual_best(theirs)
        assert (partners >= 0).any()


def difference(found: torch.Tensor, expected: torch.Tensor) -> float:
    """The largest difference, relative to the largest number; NaN must be where NaN is expected."""
    assert found.shape == expected.shape
    assert torch.equal(found.isnan(), expected.isnan())
    found, expected = found.nan_to_num(), expected.nan_to_num()
    return float((found - expected).abs().max() / expected.abs().max().clamp(min=1e-12))


def by_place(frame: Wireframe) -> Wireframe:
    junctions = int(frame.ends.max()) + 1
    x, y = frame.points[junctions:].T.tolist()
    single = sorted(range(len(x)), key=lambda i: (y[i], x[i]))
    order = torch.tensor([*range(junctions), *(junctions + i for i in single)])
    points, scores, descriptors = frame.points[order], frame.point_scores[order], frame.descriptors[:, order]
    return Wireframe(points, scores, descriptors, frame.ends, frame.line_scores, frame.size)


class Plain:
    """GlueStick's formulas written down one by one, points as rows, in float64."""

    def __init__(self, state: dict[str, Array]) -> None:
        self.state = state

    def conv(self, name: str, x: Array) -> Array:
        return x @ self.state[f"{name}.weight"][:, :, 0].T + self.state[f"{name}.bias"]

    def norm(self, name: str, x: Array) -> Array:
        mean, variance, weight, bias = (
            self.state[f"{name}.{each}"] for each in ("running_mean", "running_var", "weight", "bias")
        )
        return (x - mean) / np.sqrt(variance + 1e-5) * weight + bias

    def perceptron(self, name: str, x: Array) -> Array:
        last = max(int(key.split(".")[-2]) for key in self.state if key.startswith(f"{name}."))
        for index in range(0, last, 3):
            x = np.maximum(self.norm(f"{name}.{index + 1}", self.conv(f"{name}.{index}", x)), 0)
        return self.conv(f"{name}.{last}", x)

    def attention(self, name: str, x: Array, source: Array) -> Array:
        query, key, value = (self.conv(f"{name}.proj.{i}", each) for i, each in enumerate((x, source, source)))
        found = np.empty_like(query)
        for head in range(4):
            mine = slice(head, None, 4)
            likeness = query[:, mine] @ key[:, mine].T / np.sqrt(64)
            found[:, mine] = np.exp(likeness - np.logaddexp.reduce(likeness, 1)[:, None]) @ value[:, mine]
        return self.conv(f"{name}.merge", found)

    def look(self, index: int, x: Array, source: Array) -> Array:
        name = f"gnn.layers.{index}.update"
        return x + self.perceptron(f"{name}.mlp", np.hstack((x, self.attention(f"{name}.attn", x, source))))

    def along_lines(self, index: int, x: Array, codes: Array, ends: Array) -> Array:
        heard: dict[int, list[Array]] = {}
        for line, (first, second) in enumerate(ends):
            for here, there, code in ((first, second, codes[2 * line]), (second, first, codes[2 * line + 1])):
                said = np.concatenate((x[here], x[there], code))[None]
                heard.setdefault(here, []).append(self.perceptron(f"gnn.line_layers.{index}.mlp", said)[0])
        changed = x.copy()
        for junction, messages in heard.items():
            changed[junction] += np.mean(messages, axis=0)
        return changed

    def encoded(self, frame: Wireframe) -> tuple[Array, Array, Array]:
        """Features of points, codes of ends of lines, and these ends."""
        width, height = frame.size
        places = (frame.points.double().numpy() - (width / 2, height / 2)) / (0.7 * max(width, height))
        scores = frame.point_scores.double().numpy()
        points = frame.descriptors.double().numpy().T
        points = points + self.perceptron("kenc.encoder", np.column_stack((places, scores)))
        ends = frame.ends.numpy()
        tiled = np.tile(frame.line_scores.double().numpy(), 2)
        rows = []
        for first, second in ends:
            way = places[second] - places[first]
            rows += [[*places[first], *way], [*places[second], *-way]]
        return points, self.perceptron("lenc.encoder", np.column_stack((np.array(rows), tiled))), ends

    def match(self, one: Wireframe, other: Wireframe) -> tuple[Array, Array, Array]:
        (a, codes_a, ends_a), (b, codes_b, ends_b) = self.encoded(one), self.encoded(other)
        for index in range(9):
            a, b = self.look(2 * index, a, a), self.look(2 * index, b, b)
            a, b = self.along_lines(index, a, codes_a, ends_a), self.along_lines(index, b, codes_b, ends_b)
            a, b = self.look(2 * index + 1, a, b), self.look(2 * index + 1, b, a)
        points = self.conv("final_proj", a) @ self.conv("final_proj", b).T / 16
        ends = self.conv("final_line_proj", a) @ self.conv("final_line_proj", b).T / 16
        lines = np.empty((len(ends_a), len(ends_b)))
        for row, (a0, a1) in enumerate(ends_a):
            for column, (b0, b1) in enumerate(ends_b):
                lines[row, column] = max(ends[a0, b0] + ends[a1, b1], ends[a0, b1] + ends[a1, b0]) / 2
        return (
            assigned(points, float(self.state["bin_score"])),
            assigned(lines, float(self.state["line_bin_score"])),
            lines,
        )


def assigned(likeness: Array, none: float) -> Array:
    """Log-probabilities, the last row and column those of having no partner."""
    of_row = np.logaddexp(np.logaddexp.reduce(likeness, 1), none)
    of_column = np.logaddexp(np.logaddexp.reduce(likeness, 0), none)
    both = np.zeros(np.add(likeness.shape, 1))
    both[:-1, :-1] = likeness - (of_row[:, None] + of_column) / 2
    both[:-1, -1] = none - of_row
    both[-1, :-1] = none - of_column
    return both


def mutual_best(assignment: Array) -> list[int]:
    inner = assignment[:-1, :-1]
    best, back = inner.argmax(1), inner.argmax(0)
    return [int(column) if back[column] == row else -1 for row, column in enumerate(best)]
