# SPDX-License-Identifier: GPL-3.0-or-later
"""Drawings to take pictures of: `python tools/pictures/panels.py WORK` (no Blender).

WORK/panels: a dozen panels of a storyboard, three shots of four. WORK/pair: two poses far apart.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import cv2

from benchmarks import drawn

SIZE = 640, 360
SHOTS = (7, 10, 11)  # seeds
PANELS = 4  # of each shot
COLOUR = 0.4  # a board is drawn in markers, not painted


PAIR, PAIR_SIZE = (2, 0.55, 0.9), (960, 540)  # seed, times


def draw_board(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(len(SHOTS) * PANELS):
        shot, place = divmod(number, PANELS)
        pixels = cv2.cvtColor(drawn.frame(SHOTS[shot], place / PANELS, *SIZE), cv2.COLOR_RGB2BGR)
        grey = cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
        panel = cv2.addWeighted(pixels, COLOUR, grey, 1 - COLOUR, 12)
        cv2.imwrite(str(folder / f"P{number + 1:02d}.png"), panel)


def draw_pair(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    seed, *times = PAIR
    for name, time in zip(("start", "end"), times, strict=True):
        pixels = cv2.cvtColor(drawn.frame(seed, time, *PAIR_SIZE), cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(folder / f"{name}.png"), pixels)


if __name__ == "__main__":
    draw_board(Path(sys.argv[1]) / "panels")
    draw_pair(Path(sys.argv[1]) / "pair")
