# SPDX-License-Identifier: GPL-3.0-or-later
"""Conditions: what is found, drawn, written to matches.json, edited there and given back."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fcvg_engine.conditions import make, matches_file, motion_paths, overview, palette, people, segments
from fcvg_engine.conditions.matches import Line, Matches
from fcvg_engine.conditions.people import Keypoints, Person
from fcvg_engine.core.method_contract import Options
from fcvg_engine.shared.errors import BadRequest, Cancelled
from fcvg_engine.shared.protocol import ConditionSettings

CPU = Options(torch.device("cpu"))
SIZE = (128, 64)
RED, BLUE = (250, 10, 20), (5, 60, 255)
LINE = Line(((10.0, 20.0), (50.0, 20.0)), ((30.0, 40.0), (70.0, 40.0)), 0.75, RED)
BENT = replace(LINE, path=(((10.0, 60.0), (30.0, 60.0)), None), colour=BLUE)
KEYPOINTS = Keypoints(
    tuple((40.0 + index % 12 * 4, 8.0 + index // 12 * 4) for index in range(people.COUNT)), (0.9,) * people.COUNT
)
MOVED = Keypoints(tuple((x + 6, y - 2) for x, y in KEYPOINTS.points), (0.5,) * people.COUNT)
PERSON = Person(KEYPOINTS, MOVED, {4: ((50.0, 10.0), (60.0, 12.5))})
FOUND = Matches(SIZE, (LINE, BENT), (PERSON,), "flow", "dwpose", 7)


def quiet(stage: str, fraction: float) -> None:
    pass


def ignore(number: int, file: str) -> None:
    pass


def drawn(found: Matches, *times: float, size: tuple[int, int] = SIZE) -> list[np.ndarray]:
    return list(make.draw(found, times, size))


def only(*lines: Line) -> Matches:
    return replace(FOUND, lines=lines, people=())


def pixels_of(picture: np.ndarray, colour: tuple[int, int, int]) -> set[tuple[int, int]]:
    """(x, y) of all pixels of exactly that colour."""
    rows, columns = np.nonzero((picture == colour).all(2))
    return set(zip(columns.tolist(), rows.tolist(), strict=True))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "matches.json"
    path.write_bytes(matches_file.text(FOUND))
    return path


def edited(file: Path, edit: Callable[[dict[str, Any]], object]) -> Path:
    """The same file after someone changed its content."""
    content = json.loads(file.read_text("utf-8"))
    edit(content)
    file.write_text(json.dumps(content, indent=2), "utf-8")
    return file


def test_segments_are_the_edges_of_what_is_seen():
    canvas = np.full((96, 160, 3), 30, np.uint8)
    cv2.rectangle(canvas, (20, 20), (120, 60), (220, 200, 180), -1)
    cv2.rectangle(canvas, (130, 70), (140, 80), (220, 200, 180), -1)  # its sides are too short
    picture = torch.from_numpy(canvas.astype(np.float32) / 255).permute(2, 0, 1)
    found = segments.detect(picture)
    middles = sorted(tuple(np.round(middle, -1)) for middle in found.mean(1))
    assert middles == [(20, 40), (70, 20), (70, 60), (120, 40)]
    lengths = np.linalg.norm(found[:, 1] - found[:, 0], axis=1)
    assert (np.diff(lengths) <= 0).all()
    assert np.allclose(lengths, (100, 100, 40, 40), atol=4)
    assert np.array_equal(segments.detect(picture, most=2), found[:2])
    assert len(segments.detect(picture, shortest_px=50)) == 2
    assert segments.detect(torch.zeros(3, 64, 64)).shape == (0, 2, 2)


def test_a_line_is_drawn_one_pixel_wide_in_its_colour_on_black():
    first, middle, last = drawn(only(LINE), 0, 0.5, 1)
    for picture, left, row in ((first, 10, 20), (middle, 20, 30), (last, 30, 40)):
        assert picture.shape == (64, 128, 3)
        assert picture.dtype == np.uint8
        assert pixels_of(picture, RED) == {(x, row) for x in range(left, left + 41)}
        assert np.count_nonzero(picture.any(2)) == 41


def test_places_are_cut_to_whole_pixels_and_slanted_lines_not_smoothed():
    line = replace(LINE, start=((10.9, 20.9), (15.9, 25.9)))
    (picture,) = drawn(only(line), 0)
    assert pixels_of(picture, RED) == {(10 + step, 20 + step) for step in range(6)}
    assert np.count_nonzero(picture.any(2)) == 6


def test_a_bent_path_is_a_cubic_curve_for_its_own_end_only():
    first, second = motion_paths.at(BENT, 0.5)
    assert first == pytest.approx(((10 + 3 * 10 + 3 * 30 + 30) / 8, (20 + 3 * 60 + 3 * 60 + 40) / 8))
    assert second == pytest.approx((60, 30))
    assert motion_paths.at(BENT, 0) == BENT.start
    assert motion_paths.at(BENT, 1) == BENT.end


def test_points_go_to_those_that_make_both_travel_less():
    start = ((0.0, 0.0), (10.0, 0.0))
    assert motion_paths.ordered(start, ((11.0, 5.0), (1.0, 5.0))) == ((1.0, 5.0), (11.0, 5.0))
    assert motion_paths.ordered(start, ((1.0, 5.0), (11.0, 5.0))) == ((1.0, 5.0), (11.0, 5.0))
    upright = ((5.0, -5.0), (5.0, 5.0))
    assert motion_paths.ordered(start, upright) == (
        (5.0, 5.0),
        (5.0, -5.0),
    )  # as far both ways


def test_later_lines_lie_over_earlier_ones_and_people_over_lines():
    crossing = replace(LINE, start=((20.0, 5.0), (20.0, 60.0)), colour=BLUE)
    (picture,) = drawn(only(LINE, crossing), 0)
    assert tuple(picture[20, 20]) == BLUE
    (without,) = drawn(replace(FOUND, people=()), 0)
    (with_person,) = drawn(FOUND, 0)
    assert np.count_nonzero(with_person.any(2)) > np.count_nonzero(without.any(2))
    start, end = drawn(replace(FOUND, lines=()), 0, 1)
    assert start.any()
    assert not np.array_equal(start, end)


def test_colours_are_those_of_seaborns_husl_palette_with_red_and_blue_exchanged():
    # As its documentation lists color_palette("husl", 8), the first three.
    expected = ((0.9678, 0.4413, 0.5358), (0.8087, 0.5634, 0.1950), (0.5921, 0.6418, 0.1935))
    found = palette.colours(8, 3)
    for red, green, blue in expected:
        wish = np.array((blue, green, red)) * 255
        assert min(np.abs(wish - colour).max() for colour in found) <= 1.5
    assert len(set(found)) == 8


def test_the_seed_orders_the_colours():
    assert palette.colours(100, 5) == palette.colours(100, 5)
    assert palette.colours(100, 5) != palette.colours(100, 6)
    assert sorted(palette.colours(100, 5)) == sorted(palette.colours(100, 6))
    assert len(set(palette.colours(300, 0))) > 250
    assert palette.colours(0, 0) == []


def test_published_times_show_the_first_and_the_last_condition_twice():
    assert len(make.PUBLISHED_TIMES) == 25
    assert make.PUBLISHED_TIMES[:3] == (0, 0, 1 / 22)
    assert make.PUBLISHED_TIMES[-3:] == (21 / 22, 1, 1)
    assert make.uniform(25) == tuple(index / 24 for index in range(25))


def test_a_file_gives_back_what_was_written(file: Path):
    assert matches_file.read(file) == FOUND


numbers = st.floats(-512, 512, allow_nan=False)
points = st.tuples(numbers, numbers)
ends = st.tuples(points, points)
bends = st.none() | ends
lines = st.builds(
    Line,
    ends,
    ends,
    st.floats(0, 1),
    st.tuples(*[st.integers(0, 255)] * 3),
    st.none() | st.tuples(bends, bends),
)


@given(st.lists(lines, max_size=5), st.integers(0, 2**63 - 1))
def test_any_lines_come_back_exactly(tmp_path_factory: pytest.TempPathFactory, lines: list[Line], seed: int):
    path = tmp_path_factory.mktemp("any") / "matches.json"
    found = Matches((128, 128), tuple(lines), (), "flow", "none", seed)
    path.write_bytes(matches_file.text(found))
    assert matches_file.read(path) == found


def test_deleted_moved_and_bent_lines_are_drawn_so(file: Path):
    def edit(content: dict[str, Any]) -> None:
        content["people"] = []
        del content["lines"][1]
        content["lines"][0]["start"] = [[10, 5], [50, 5]]
        content["lines"][0]["path"] = [[[10, 60], [30, 60]], [[50, 60], [70, 60]]]

    first, middle = drawn(matches_file.read(edited(file, edit)), 0, 0.5)
    assert pixels_of(first, RED) == {(x, 5) for x in range(10, 51)}
    row = int((5 + 3 * 60 + 3 * 60 + 40) / 8)
    assert pixels_of(middle, RED) == {(x, row) for x in range(20, 61)}


def test_an_added_line_needs_no_more_than_its_points(file: Path):
    def edit(content: dict[str, Any]) -> None:
        content["lines"] += [{"start": [[1, 2], [90, 2]], "end": [[1, 60], [90, 60]]} for _ in range(3)]

    added = matches_file.read(edited(file, edit)).lines
    assert added[:2] == FOUND.lines
    assert [line.score for line in added[2:]] == [1, 1, 1]
    assert len({line.colour for line in added}) == 5
    assert all(line.path is None for line in added[2:])
    assert [line.colour for line in matches_file.read(file).lines] == [line.colour for line in added]


def test_a_file_of_nothing_but_points_is_enough(tmp_path: Path):
    path = tmp_path / "mine.json"
    path.write_text('{"version": 1, "size": [128, 64], "lines": [{"start": [[1,2],[9,2]], "end": [[1,5],[9,5]]}]}')
    found = matches_file.read(path)
    assert (found.seed, found.people, len(found.lines)) == (0, (), 1)


def test_very_many_lines_without_colours_are_read(tmp_path: Path):
    path = tmp_path / "many.json"
    row = {"start": [[1, 2], [9, 2]], "end": [[1, 5], [9, 5]]}
    path.write_text(json.dumps({"version": 1, "size": [128, 64], "lines": [row] * matches_file.MAX_LINES}))
    assert len(matches_file.read(path).lines) == matches_file.MAX_LINES


def test_matches_of_another_size_are_scaled(file: Path):
    settings = ConditionSettings(matches=str(file))
    large = torch.zeros(3, 128, 384)
    found = make.find(large, large, settings, 0, CPU, quiet)
    assert found.size == (384, 128)
    # A pixel becomes 3 × 2 of them; its middle stays in the middle.
    assert found.lines[0].start == ((31.0, 40.5), (151.0, 40.5))
    assert found.lines[1].path == (((31.0, 120.5), (91.0, 120.5)), None)
    assert found.people[0].path[4][0] == (151.0, 20.5)
    assert found.people[0].start.scores == KEYPOINTS.scores
    back = found.scaled(SIZE)
    assert np.allclose(back.lines[0].end, LINE.end)


def line_field(name: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda content: content["lines"][1].__setitem__(name, value)


def person_field(name: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda content: content["people"][0].__setitem__(name, value)


@pytest.mark.parametrize(
    ("edit", "named"),
    [
        (lambda content: content.pop("size"), "'size'"),
        (lambda content: content.pop("version"), "'version'"),
        (lambda content: content.update(version=2), "version"),
        (lambda content: content.update(version=True), "version"),
        (lambda content: content.update(size=[128]), "size"),
        (lambda content: content.update(size=[128, 0]), "size[1]"),
        (lambda content: content.update(size=[128.0, 64]), "size[0]"),
        (lambda content: content.update(size=[10**9, 64]), "size[0]"),
        (lambda content: content.update(seed=-1), "seed"),
        (lambda content: content.update(seed=2**63), "seed"),
        (lambda content: content.update(lines={}), "lines"),
        (lambda content: content.update(lines=[5]), "lines[0]"),
        (lambda content: content.update(lines=content["lines"] * 1001), "2002"),
        (lambda content: content.update(people=content["people"] * 51), "people"),
        (lambda content: content.update(lines_by=3), "lines_by"),
        (lambda content: content.update(colour=[1, 2, 3]), "'colour'"),
        (lambda content: content["lines"][1].pop("end"), "'end'"),
        (line_field("pth", None), "'pth'"),
        (line_field("start", [[1, 2]]), "lines[1].start"),
        (line_field("start", [[1, 2], [3]]), "lines[1].start[1]"),
        (line_field("start", [[1, 2], [3, "4"]]), "lines[1].start[1][1]"),
        (line_field("start", [[1, 2], [3, True]]), "lines[1].start[1][1]"),
        (line_field("end", [[float("nan"), 2], [3, 4]]), "lines[1].end[0][0]"),
        (line_field("end", [[float("inf"), 2], [3, 4]]), "lines[1].end[0][0]"),
        (line_field("end", [[1e400, 2], [3, 4]]), "lines[1].end[0][0]"),
        (line_field("end", [[10**300, 2], [3, 4]]), "lines[1].end[0][0]"),
        (line_field("end", [[513, 2], [3, 4]]), "lines[1].end[0][0]"),
        (line_field("end", [[1, -513], [3, 4]]), "lines[1].end[0][1]"),
        (line_field("score", 1.5), "lines[1].score"),
        (line_field("score", None), "lines[1].score"),
        (line_field("colour", [1, 2]), "lines[1].colour"),
        (line_field("colour", [1, 2, 256]), "lines[1].colour[2]"),
        (line_field("colour", "#ff0000"), "lines[1].colour"),
        (line_field("path", [None]), "lines[1].path"),
        (line_field("path", [None, [[1, 2], None]]), "lines[1].path[1][1]"),
        (person_field("path", {"134": [[1, 2], [3, 4]]}), "people[0].path"),
        (person_field("path", {"neck": [[1, 2], [3, 4]]}), "people[0].path"),
        (person_field("path", {"1": [[1, 2], [3, 4000]]}), "people[0].path.1[1][1]"),
        (lambda content: content["people"][0]["start"]["points"].pop(), "people[0].start.points"),
        (lambda content: content["people"][0]["end"]["scores"].append(1), "people[0].end.scores"),
        (lambda content: content["people"][0]["end"].pop("scores"), "'scores'"),
    ],
)
def test_a_field_that_cannot_be_used_is_named(file: Path, edit: Callable[[dict[str, Any]], object], named: str):
    edited(file, edit)
    with pytest.raises(BadRequest) as caught:
        matches_file.read(file)
    assert named in caught.value.message
    assert "matches.json" in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"version": 1, "size": [' + b"9" * 5000 + b", 1]}"],
)
def test_what_is_no_file_of_matches_is_refused(tmp_path: Path, content: bytes):
    path = tmp_path / "matches.json"
    path.write_bytes(content)
    with pytest.raises(BadRequest, match=r"matches\.json"):
        matches_file.read(path)


def test_a_missing_file_of_matches_is_refused(tmp_path: Path):
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(BadRequest, match=path.name):
            make.find(
                torch.zeros(3, 64, 64), torch.zeros(3, 64, 64), ConditionSettings(matches=str(path)), 0, CPU, quiet
            )


def test_nothing_is_looked_for_when_nothing_is_asked_for():
    picture = torch.rand(3, 64, 128)
    found = make.find(picture, picture, ConditionSettings("none", "none"), 3, CPU, quiet)
    assert found == Matches(SIZE, (), (), "none", "none", 3)
    assert not any(picture.any() for picture in drawn(found, 0, 0.5, 1))


def test_all_files_are_written(file: Path, tmp_path: Path):
    out = tmp_path / "out"
    out.mkdir()
    told: list[tuple[int, str]] = []
    times = (0.0, 0.25, 0.5, 1.0)
    keys = torch.rand(2, 3, 64, 128)
    settings = ConditionSettings(matches=str(file))
    found = make.write(*keys, times, settings, 0, out, CPU, quiet, lambda *frame: told.append(frame))
    assert found == FOUND == matches_file.read(out / "matches.json")
    names = [f"condition_{number:04d}.png" for number in range(4)]
    assert told == list(enumerate(names))
    assert sorted(path.name for path in out.glob("[!.]*")) == [*names, "matches.json", "overview.png"]
    for name, expected in zip(names, drawn(FOUND, *times), strict=True):
        assert np.array_equal(cv2.imread(str(out / name), cv2.IMREAD_COLOR_RGB), expected)


def test_writing_can_be_cancelled_between_conditions(file: Path, tmp_path: Path):
    def cancel(stage: str, fraction: float) -> None:
        if (tmp_path / "condition_0001.png").exists():
            raise Cancelled()

    keys = torch.rand(2, 3, 64, 128)
    with pytest.raises(Cancelled):
        make.write(*keys, (0, 0.5, 1), ConditionSettings(matches=str(file)), 0, tmp_path, CPU, cancel, ignore)
    assert not (tmp_path / "condition_0002.png").exists()


def test_the_overview_shows_both_keys_the_lines_in_one_colour_each_and_how_many():
    start, end = torch.zeros(3, 64, 128), torch.ones(3, 64, 128)
    picture = overview.draw(start, end, only(LINE))
    assert tuple(picture[20, 30]) == RED
    right = picture.shape[1] - 128
    assert right >= 128
    assert tuple(picture[40, right + 50]) == RED
    assert tuple(picture[40, 50]) == (0, 0, 0)
    assert picture[5, right + 5].min() > 64  # the end key is seen
    more = overview.draw(start, end, only(LINE, LINE))
    assert np.array_equal(more[:64], picture[:64])
    assert not np.array_equal(more[64:], picture[64:])  # the counts
    assert not np.array_equal(overview.draw(start, end, FOUND)[:64], overview.draw(start, end, only(LINE, BENT))[:64])
