# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines matched along motion: on pictures whose motion is known, with the trained network and with exact motion."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from benchmarks import conditions, drawn
from fcvg_engine.conditions import make, match_by_flow, segments
from fcvg_engine.conditions.carrying import Key
from fcvg_engine.conditions.pairing import pair
from fcvg_engine.conditions.segments import Match
from fcvg_engine.core.method_contract import Options
from fcvg_engine.shared.errors import Cancelled
from fcvg_engine.shared.protocol import ConditionSettings

CPU = Options(torch.device("cpu"))
SHOT = 1  # of `drawn`
SIZE = (384, 224)  # width and height
BRICK = ((60, 30), (150, 30), (150, 80), (60, 80))


def quiet(stage: str, fraction: float) -> None:
    pass


def tensor(pixels: np.ndarray) -> torch.Tensor:
    """uint8 RGB [H, W, 3] → float32 [3, H, W]."""
    return torch.from_numpy(pixels.astype(np.float32) / 255).permute(2, 0, 1).contiguous()


@pytest.mark.parametrize("case", list(conditions.cartoons()), ids=lambda case: case.name)
def test_lines_of_cartoons_made_in_blender_go_where_they_should(case: conditions.Case) -> None:
    found = make.find(tensor(case.start), tensor(case.end), ConditionSettings("flow", "none"), 0, CPU, quiet)
    assert len(found.lines) >= 60
    apart = case.apart(*(np.array([getattr(line, name) for line in found.lines]) for name in ("start", "end")))
    assert (apart <= conditions.NEAR_PX).mean() >= 0.9


def polygons(*shapes: object, grey: int = 200) -> torch.Tensor:
    """Light shapes on dark, 256 × 160."""
    canvas = np.full((160, 256, 3), 40, np.uint8)
    for shape in shapes:
        points = np.round(np.array(shape, np.float64) * 16).astype(np.int32)
        cv2.fillPoly(canvas, [points], (grey,) * 3, cv2.LINE_AA, 4)
    return tensor(canvas)


def carried(shape: object, matrix: np.ndarray) -> np.ndarray:
    """Points [K, 2] under the affine `matrix` [2, 3]."""
    return np.array(shape, np.float64) @ matrix[:, :2].T + matrix[:, 2]


def affine_flow(matrix: np.ndarray) -> torch.Tensor:
    """The motion of every pixel of a 256 × 160 picture under `matrix`: [1, 2, 160, 256]."""
    y, x = np.mgrid[:160, :256].astype(np.float64)
    places = np.stack((x, y), -1)
    return torch.from_numpy((places @ matrix[:, :2].T + matrix[:, 2] - places).astype(np.float32)).permute(2, 0, 1)[
        None
    ]


def exact(start: torch.Tensor, end: torch.Tensor, matrix: np.ndarray) -> list[Match]:
    """The matches of keys between which everything moves by `matrix`."""
    forth, back = affine_flow(matrix), affine_flow(cv2.invertAffineTransform(matrix))
    return pair(Key.of(start, forth, back), Key.of(end, back, forth))


def errors_px(pairs: list[Match], matrix: np.ndarray) -> np.ndarray:
    """Of every end of every pair."""
    first, last = (np.array([pair[k] for pair in pairs]) for k in (0, 1))
    return np.linalg.norm(carried(first.reshape(-1, 2), matrix) - last.reshape(-1, 2), axis=1)


def test_a_cartoons_lines_go_where_its_shapes_go():
    times = (0.0, 0.4)
    keys = [tensor(drawn.frame(SHOT, time, *SIZE)) for time in times]
    pairs = match_by_flow.match(*keys, CPU, quiet)
    assert len(pairs) >= 60
    true = drawn.moved(SHOT, np.array([first for first, _, _ in pairs]), times, *SIZE)
    errors = np.linalg.norm(true - np.array([last for _, last, _ in pairs]), axis=-1)
    assert (errors <= 4).mean() >= 0.9  # an edge on no outline counts as wrong
    scores = [score for _, _, score in pairs]
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] > 0 and scores[0] <= 1


def test_a_line_that_moves_along_itself_keeps_its_direction():
    canvas = np.full((160, 256, 3), 60, np.uint8)
    colours = np.random.default_rng(0).integers(80, 256, (4, 3, 3)).tolist()
    for row, column in np.ndindex(4, 3):
        left, top = 20 + 40 * column + 6 * row, 12 + 36 * row
        cv2.rectangle(canvas, (left, top), (left + 24, top + 24), colours[row][column], -1)
    moved = np.roll(canvas, 50, axis=1)  # by more than they are long: exchanged, both ends would travel as far
    found = make.find(tensor(canvas), tensor(moved), ConditionSettings("flow", "none"), 0, CPU, quiet)
    level = [line for line in found.lines if abs(line.start[0][1] - line.start[1][1]) < 3]
    assert len(level) >= 12
    for line in level:
        for start, end in zip(line.start, line.end, strict=True):
            assert end == pytest.approx((start[0] + 50, start[1]), abs=4)


def test_what_appears_and_vanishes_is_not_matched():
    ground = drawn.frame(0, 0.0, 256, 160)
    start, end = ground.copy(), ground.copy()
    cv2.rectangle(start, (40, 90), (90, 140), (255, 255, 255), -1)
    cv2.fillPoly(end, [np.array(((150, 100), (180, 70), (210, 100), (180, 130)))], (250, 10, 10))
    pairs = match_by_flow.match(tensor(start), tensor(end), CPU, quiet)
    assert pairs
    from_box = [first for first, _, _ in pairs if (np.abs(first.mean(0) - (65, 115)) < 30).all()]
    to_diamond = [last for _, last, _ in pairs if np.abs(last.mean(0) - (180, 100)).sum() < 34]
    assert (from_box, to_diamond) == ([], [])


def test_keys_without_lines_have_no_matches():
    flat = torch.full((3, 64, 96), 0.5)
    assert match_by_flow.match(flat, flat, CPU, quiet) == []


def test_matching_can_be_cancelled():
    def cancel(stage: str, fraction: float) -> None:
        if stage == "Looking for motion":
            raise Cancelled()

    with pytest.raises(Cancelled):
        match_by_flow.match(torch.rand(3, 64, 96), torch.rand(3, 64, 96), CPU, cancel)


@pytest.mark.parametrize(("turn", "scale", "shift"), [(0, 1, (14, 9)), (8, 1, (10, 20)), (-5, 1.25, (-8, -12))])
def test_lines_of_a_moved_shape_end_at_its_corners(turn: float, scale: float, shift: tuple[float, float]):
    matrix = cv2.getRotationMatrix2D((105, 55), turn, scale) + np.array(((0, 0, shift[0]), (0, 0, shift[1])))
    pairs = exact(polygons(BRICK), polygons(carried(BRICK, matrix)), matrix)
    assert len(pairs) == 4
    assert errors_px(pairs, matrix).max() < 2


def test_an_edge_whose_background_became_lighter_than_itself_is_still_the_same():
    matrix = np.array(((1.0, 0, 20), (0, 1, 12)))
    end = 1 - polygons(carried(BRICK, matrix))
    pairs = exact(polygons(BRICK), end, matrix)
    assert len(pairs) == 4
    assert errors_px(pairs, matrix).max() < 2


def test_lines_are_cut_to_what_both_keys_show():
    still = np.eye(2, 3)
    long = ((20, 60), (220, 60), (220, 100), (20, 100))
    cover = ((120, 0), (256, 0), (256, 160), (120, 160))
    pairs = exact(polygons(long), polygons(long, cover), still)
    upper = [pair for pair in pairs if np.ptp(pair[0][:, 1]) < 2]
    assert len(upper) == 2  # the upper and the lower edge
    for first, last, _ in upper:
        assert np.allclose(sorted(first[:, 0]), (20, 120), atol=4)
        assert np.allclose(first, last, atol=2)


def test_a_line_too_short_to_be_found_in_one_key_goes_where_motion_takes_it():
    smaller = np.array(((0.8, 0, 30), (0, 0.8, 10)))
    brick = ((100, 60), (117, 60), (117, 77), (100, 77))
    start, end = polygons(brick), polygons(carried(brick, smaller))
    assert len(segments.detect(start)) == 4
    assert len(segments.detect(end)) == 0
    for first, last, matrix in ((start, end, smaller), (end, start, cv2.invertAffineTransform(smaller))):
        pairs = exact(first, last, matrix)
        assert len(pairs) == 4
        assert errors_px(pairs, matrix).max() < 2


def test_a_line_that_motion_takes_to_where_no_edge_is_has_no_partner():
    assert exact(polygons(BRICK), polygons(), np.array(((1.0, 0, 14), (0, 1, 9)))) == []


def test_motion_that_does_not_return_is_not_believed():
    there, nowhere = affine_flow(np.array(((1.0, 0, 14), (0, 1, 9)))), affine_flow(np.eye(2, 3))
    moved = carried(BRICK, np.array(((1.0, 0, 14), (0, 1, 9))))
    here = Key.of(polygons(BRICK), there, nowhere)
    assert pair(here, Key.of(polygons(moved), nowhere, there)) == []


def test_an_edge_goes_with_what_lies_in_front_even_where_its_own_motion_is_taken_for_the_backgrounds():
    matrix = np.array(((1.0, 0, 14), (0, 1, 9)))
    moved = carried(BRICK, matrix)
    motion = []
    for shape, way in ((BRICK, matrix), (moved, cv2.invertAffineTransform(matrix))):
        core = np.zeros((160, 256), np.uint8)
        (left, top), (right, bottom) = np.min(shape, 0).astype(int), np.max(shape, 0).astype(int)
        core[top + 3 : bottom - 2, left + 3 : right - 2] = 1  # the motion found ends before the edges
        motion.append(affine_flow(way) * torch.from_numpy(core))
    forth, back = motion
    pairs = pair(Key.of(polygons(BRICK), forth, back), Key.of(polygons(moved), back, forth))
    assert len(pairs) == 4
    assert errors_px(pairs, matrix).max() < 2
