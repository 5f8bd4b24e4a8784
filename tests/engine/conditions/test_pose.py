# SPDX-License-Identifier: GPL-3.0-or-later
"""People in the keys: found by DWPose, paired, moved and drawn.

The published networks are too large for tests. Two tiny ones in the same formats stand in for them, which really look
at the picture: a grey square makes a person, of the square's brightness; red, green and blue dots are its joints.
"""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import helper, numpy_helper

from fcvg_engine.conditions import pose, skeleton
from fcvg_engine.conditions.people import BODY, COUNT, Keypoints, Person, Point, at, pair
from fcvg_engine.core.method_contract import Options
from fcvg_engine.shared.errors import Cancelled, MissingModel

CPU = Options(torch.device("cpu"))
NAMES = ["yolox_l.onnx", "dw-ll_ucoco_384.onnx"]
NEAR = 2.0  # pixels
SURE = 0.6  # score of the first keypoint; each next one has 1/400 less

# Where OpenPose's joints stand in COCO's list; the neck is in none.
COCO = [0, None, 6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3]
NOSE, NECK, WRIST = 0, 1, 4
DOTS = {0: (-40, -80), 1: (30, -20), 2: (10, 70)}  # from the square, of the colours red, green, blue
GREY, LIGHT, YELLOW, BLACK = (0.7, 0.7, 0.7), (0.9, 0.9, 0.9), (0.9, 0.9, 0.0), (0.0, 0.0, 0.0)


def quiet(stage: str, fraction: float) -> None:
    pass


def save(path: Path, nodes: list[onnx.NodeProto], inputs: tuple[str, list[int]], **outputs: list[int]) -> None:
    def info(name: str, shape: list[int]) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)

    graph = helper.make_graph(nodes, "tiny", [info(*inputs)], [info(*output) for output in outputs.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def constant(name: str, values: object, kind: type = np.float32) -> onnx.NodeProto:
    return helper.make_node("Constant", [], [name], value=numpy_helper.from_array(np.asarray(values, kind), name))


def write_yolox(path: Path) -> None:
    """Boxes of 160 × 240 around cells of 32: people as sure as the cell is lighter than half grey (the
    letterbox is darker), dogs (kind 16) as it is yellow."""
    rows = np.zeros((1, 400, 85), np.float32)
    rows[:, :, :5] = (0.5, 0.5, math.log(5), math.log(7.5), 1)
    node = helper.make_node
    nodes = [
        constant("rows", rows),
        constant("fine", np.zeros((1, 80 * 80 + 40 * 40, 85))),
        constant("person", np.eye(85)[[5]]),
        constant("dog", np.eye(85)[[5 + 16]]),
        constant("half", 127.5),
        constant("cells", (1, 400, 1), np.int64),
        node("Split", ["picture"], ["red", "green", "blue"], axis=1),
        node("Min", ["red", "green"], ["warm"]),
        node("Min", ["warm", "blue"], ["grey"]),
        node("Sub", ["warm", "blue"], ["yellow"]),
    ]
    for kind, colour in (("person", "grey"), ("dog", "yellow")):
        nodes += [
            node("MaxPool", [colour], [f"{kind}_pooled"], kernel_shape=[32, 32], strides=[32, 32]),
            node("Sub", [f"{kind}_pooled", "half"], [f"{kind}_above"]),
            node("Div", [f"{kind}_above", "half"], [f"{kind}_share"]),
            node("Reshape", [f"{kind}_share", "cells"], [f"{kind}_column"]),
            node("MatMul", [f"{kind}_column", kind], [f"{kind}_rows"]),
        ]
    nodes += [
        node("Sum", ["rows", "person_rows", "dog_rows"], ["coarse"]),
        node("Concat", ["fine", "coarse"], ["boxes"], axis=1),
    ]
    save(path, nodes, ("picture", [1, 3, 640, 640]), boxes=[1, 8400, 85])


def write_rtmpose(path: Path) -> None:
    """Keypoint k is the dot of colour k mod 3; the columns are surer than the rows, so that the smaller score shows."""
    mean, deviation = np.array((123.675, 116.28, 103.53)), np.array((58.395, 57.12, 57.375))
    keypoints = np.arange(COUNT - 1)
    peak = ((255 - mean) / deviation)[keypoints % 3]  # of a full-bright dot after normalisation
    share = (SURE * (1 - keypoints / 400) / peak)[None, :, None]
    node = helper.make_node
    nodes = [
        constant("colours", keypoints % 3, np.int64),
        constant("double", (1, 1, 2)),
        constant("none", []),
    ]
    for out, axis, weight in (("across", 2, 1.4), ("down", 3, 1.0)):
        nodes += [
            constant(f"{out}_share", share * weight),
            node("ReduceMax", ["picture"], [f"{out}_max"], axes=[axis], keepdims=0),
            node("Gather", [f"{out}_max", "colours"], [f"{out}_all"], axis=1),
            node("Mul", [f"{out}_all", f"{out}_share"], [f"{out}_scored"]),
            node("Resize", [f"{out}_scored", "none", "double"], [out], mode="nearest"),
        ]
    save(path, nodes, ("picture", [1, 3, 384, 288]), across=[1, 133, 576], down=[1, 133, 768])


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dwpose")
    write_yolox(folder / "yolox_l.onnx")
    write_rtmpose(folder / "dw-ll_ucoco_384.onnx")
    return folder


@pytest.fixture
def models(networks: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tiny networks lie where models are looked for, and are taken for the published ones."""
    monkeypatch.setenv("FCVG_CHECKPOINTS", str(networks))
    monkeypatch.setenv("FCVG_ANY_POSE_FILE", "1")
    return networks


def blank(width: int = 1024, height: int = 576) -> torch.Tensor:
    return torch.zeros(3, height, width)


def spot(key: torch.Tensor, column: int, row: int) -> Point:
    """The middle, in pixels of `key`, of one of YOLOX's coarsest cells: 20 × 20 on the longer side's square."""
    cell = max(key.shape) / 20
    return round((column + 0.5) * cell), round((row + 0.5) * cell)


def dot(place: Point, keypoint: int) -> Point:
    """Where COCO's keypoint is on a figure at `place`."""
    dx, dy = DOTS[keypoint % 3]
    return place[0] + dx, place[1] + dy


def figure(key: torch.Tensor, place: Point, square: tuple[float, float, float] = GREY) -> None:
    """Draw a square of that colour at `place` and three dots around it."""

    def away(x: float, y: float) -> torch.Tensor:
        rows, columns = torch.meshgrid(*(torch.arange(side) for side in key.shape[1:]), indexing="ij")
        return torch.maximum((columns - x).abs(), (rows - y).abs())

    key[:, away(*place) < 12] = torch.tensor(square)[:, None]
    for channel in DOTS:
        light = (1.125 - away(*dot(place, channel)) / 8).clamp(0, 1)
        key[channel] = torch.maximum(key[channel], light)


def standing(x: float, y: float, score: float = 0.9) -> Keypoints:
    """A person 120 pixels tall with the hips around (x, y); the rest of the keypoints in a heap there."""
    body = [(0, -60), (0, -40), (-15, -40), (-25, -20), (-30, 0), (15, -40), (25, -20), (30, 0), (-10, 0)]
    body += [(-10, 30), (-10, 60), (10, 0), (10, 30), (10, 60), (-5, -65), (5, -65), (-10, -62), (10, -62)]
    heap = [(index % 10, index // 10) for index in range(COUNT - len(body))]
    return Keypoints(tuple((x + dx, y + dy) for dx, dy in body + heap), (score,) * COUNT)


def drawn(*people: Keypoints, size: tuple[int, int] = (320, 256)) -> np.ndarray:
    canvas = np.zeros((size[1], size[0], 3), np.uint8)
    skeleton.draw(canvas, *people)
    return canvas


def rescored(keypoints: Keypoints, scores: dict[int, float]) -> Keypoints:
    return Keypoints(keypoints.points, tuple(scores.get(i, score) for i, score in enumerate(keypoints.scores)))


# Finding


@pytest.mark.parametrize("size", [(1024, 576), (768, 768), (640, 960)])
def test_every_keypoint_is_where_it_is_seen(models: Path, size: tuple[int, int]) -> None:
    start, end = blank(*size), blank(*size)
    places = spot(start, 5, 5), spot(end, 8, 6)
    figure(start, places[0])
    figure(end, places[1])
    [(before, after)] = pose.find(start, end, CPU, quiet)
    for keypoints, place in ((before, places[0]), (after, places[1])):
        assert len(keypoints.points) == len(keypoints.scores) == COUNT
        for index in range(COUNT):
            coco = COCO[index] if index < BODY.stop else index - 1
            if coco is not None:
                assert math.dist(keypoints.points[index], dot(place, coco)) <= NEAR
                assert keypoints.scores[index] == pytest.approx(SURE * (1 - coco / 400), abs=1e-4)
        (left_x, left_y), (right_x, right_y) = dot(place, 5), dot(place, 6)
        assert math.dist(keypoints.points[NECK], ((left_x + right_x) / 2, (left_y + right_y) / 2)) <= NEAR
        assert keypoints.scores[NECK] == 1


def test_people_are_recognised_when_the_surer_one_changes(models: Path) -> None:
    start, end = blank(), blank()
    left, right = spot(start, 4, 5), spot(start, 14, 5)
    moved_left, moved_right = spot(end, 5, 6), spot(end, 15, 6)
    figure(start, left, GREY)
    figure(start, right, LIGHT)
    figure(end, moved_left, LIGHT)
    figure(end, moved_right, GREY)
    pairs = pose.find(start, end, CPU, quiet)
    ways = [(right, moved_right), (left, moved_left)]  # the surest of the start first
    for (before, after), (origin, goal) in zip(pairs, ways, strict=True):
        assert math.dist(before.points[NOSE], dot(origin, NOSE)) <= NEAR
        assert math.dist(after.points[NOSE], dot(goal, NOSE)) <= NEAR


def test_empty_pictures_have_no_people(models: Path) -> None:
    assert pose.find(blank(), blank(), CPU, quiet) == []


def test_who_is_seen_in_one_key_only_is_left_out(models: Path) -> None:
    start = blank()
    figure(start, spot(start, 4, 5))
    assert pose.find(start, blank(), CPU, quiet) == []


def test_animals_are_not_people(models: Path) -> None:
    key = blank()
    figure(key, spot(key, 4, 5))
    figure(key, spot(key, 14, 5), YELLOW)
    [(found, _)] = pose.find(key, key, CPU, quiet)
    assert math.dist(found.points[NOSE], dot(spot(key, 4, 5), NOSE)) <= NEAR


def test_a_figure_is_found_in_the_whole_picture_when_no_person_is(models: Path) -> None:
    key = blank()
    figure(key, spot(key, 9, 5), BLACK)
    [(found, _)] = pose.find(key, key, CPU, quiet)
    assert math.dist(found.points[NOSE], dot(spot(key, 9, 5), NOSE)) <= 2 * NEAR  # the picture is seen half as large


def test_as_published_even_an_empty_picture_counts(models: Path) -> None:
    published = Options(torch.device("cpu"), as_published=True)
    assert len(pose.find(blank(), blank(), published, quiet)) == 1


def test_finding_can_be_cancelled_and_reports_its_way(models: Path) -> None:
    told = []

    def report(stage: str, fraction: float) -> None:
        told.append(fraction)
        if fraction == 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        pose.find(blank(), blank(), CPU, report)
    assert told == [0, 0.5]


def test_nothing_is_printed(models: Path, capfd: pytest.CaptureFixture[str]) -> None:
    pose.find(blank(), blank(), CPU, quiet)
    assert capfd.readouterr() == ("", "")


# Files


def test_other_networks_than_the_published_are_refused(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert pose.ready()
    monkeypatch.delenv("FCVG_ANY_POSE_FILE")
    with pytest.raises(MissingModel, match=r"yolox_l\.onnx is not the published") as caught:
        pose.find(blank(), blank(), CPU, quiet)
    assert "FCVG_ANY_POSE_FILE" in caught.value.hint


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_network_is_named(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for other in NAMES:
        if other != name:
            shutil.copy(models / other, tmp_path)
    monkeypatch.setenv("FCVG_CHECKPOINTS", str(tmp_path))
    monkeypatch.setenv("FCVG_MODELS", str(tmp_path))
    assert not pose.ready()
    with pytest.raises(MissingModel, match=name) as caught:
        pose.find(blank(), blank(), CPU, quiet)
    assert "yzd-v/DWPose" in caught.value.hint


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("damage", ["empty", "cut", "exchanged"])
def test_a_broken_network_is_named(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, damage: str
) -> None:
    for other in NAMES:
        shutil.copy(models / other, tmp_path)
    whole = (models / name).read_bytes()
    partner = (models / NAMES[1 - NAMES.index(name)]).read_bytes()
    (tmp_path / name).write_bytes({"empty": b"", "cut": whole[: len(whole) // 2], "exchanged": partner}[damage])
    monkeypatch.setenv("FCVG_CHECKPOINTS", str(tmp_path))
    with pytest.raises(MissingModel, match=name) as caught:
        pose.find(blank(), blank(), CPU, quiet)
    assert caught.value.hint


# Pairing and moving


def test_each_takes_the_nearest_who_is_left() -> None:
    size = (1000, 500)
    first, second = standing(300, 200), standing(500, 200)
    near, far = standing(450, 200), standing(900, 200)
    assert pair([first, second], [far, near], size) == [(first, near), (second, far)]


def test_nearness_counts_in_shares_of_the_picture() -> None:
    size = (1000, 500)
    one = standing(400, 200)
    beside, below = standing(550, 200), standing(400, 300)  # 15 % of the width, 20 % of the height
    assert pair([one], [below, beside], size) == [(one, beside)]


def test_nobody_is_invented() -> None:
    one = standing(100, 100)
    assert pair([], [one], (320, 256)) == []
    assert pair([one, standing(200, 100)], [one], (320, 256)) == [(one, one)]


def test_people_go_straight_from_one_key_to_the_other() -> None:
    person = Person(standing(100, 100, 0.4), standing(200, 140, 0.8))
    assert at(person, 0) == person.start
    assert at(person, 1) == person.end
    quarter = at(person, 0.25)
    assert np.allclose(quarter.points, standing(125, 110).points)
    assert np.allclose(quarter.scores, 0.5)


def test_a_bent_joint_follows_its_curve_and_the_others_do_not() -> None:
    start, end = standing(100, 100), standing(200, 100)
    (x0, y0), (x1, _) = start.points[WRIST], end.points[WRIST]
    person = Person(start, end, {WRIST: ((x0, y0 - 80), (x1, y0 - 80))})
    middle = at(person, 0.5)
    assert middle.points[WRIST] == pytest.approx(((x0 + x1) / 2, y0 - 60))  # ¾ of the control points' height
    others = [index for index in range(COUNT) if index != WRIST]
    straight = standing(150, 100)
    assert np.allclose([middle.points[i] for i in others], [straight.points[i] for i in others])
    assert at(person, 0).points == start.points
    assert at(person, 1).points == end.points


# Drawing


def test_a_skeleton_overwrites_lines_and_leaves_the_rest() -> None:
    lines = np.full((256, 320, 3), 90, np.uint8)
    skeleton.draw(lines, standing(160, 128))
    alone = drawn(standing(160, 128))
    assert (lines == np.where(alone > 0, alone, 90)).all()
    assert alone.any()


def test_people_side_by_side_are_drawn_as_each_alone() -> None:
    left, right = standing(80, 128), standing(240, 128, 0.6)
    assert (drawn(left, right) == np.maximum(drawn(left), drawn(right))).all()


def test_a_limb_has_its_colour_at_three_fifths_even_where_it_is_very_sure() -> None:
    person = standing(1000, 1000, 1.1)  # networks go a little above 1
    (x0, y0), (x1, y1) = person.points[2], person.points[3]
    middle = drawn(person, size=(2160, 2160))[round((y0 + y1) / 2), round((x0 + x1) / 2)]
    # The third of OpenPose's colours, (255, 170, 0) with red and blue exchanged, by both scores' product.
    assert middle.tolist() == [0, int(int(170 * 1.21) * 0.6), int(255 * 0.6)]


def test_unseen_joints_and_their_limbs_are_not_drawn() -> None:
    person = standing(640, 512)
    unsure = dict.fromkeys(range(BODY.stop), 0.29) | dict.fromkeys((2, 3), 0.9)
    hidden = rescored(person, dict.fromkeys(range(BODY.stop, COUNT), 0.0) | unsure)
    inked = np.argwhere(drawn(hidden, size=(1280, 1024)).any(axis=2))
    (top, left), (bottom, right) = inked.min(0), inked.max(0)
    (x0, y0), (x1, y1) = person.points[2], person.points[3]  # the right upper arm alone
    assert left == pytest.approx(x1, abs=5)
    assert right == pytest.approx(x0, abs=5)
    assert top == pytest.approx(y0, abs=5)
    assert bottom == pytest.approx(y1, abs=5)


def test_the_less_sure_the_darker() -> None:
    bright, dark = drawn(standing(160, 128, 0.9)), drawn(standing(160, 128, 0.5))
    assert 0 < dark.sum() < 0.8 * bright.sum()
