# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of docs/ that are rows of frames: `python tools/pictures/frames.py WORK DOCS` (no Blender).

The engine makes the frames of pairs; those of the 3D shot were made in Blender: WORK/shot, WORK/keys_3d.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).resolve().parents[2]
CARTOONS = ROOT / "tests" / "cartoons"
WIDTH = 890  # of every row
GAP, BAR = 4, 22
GROUND, INK = (48, 48, 48), (230, 230, 230)  # of Blender's panels
Box = tuple[int, int, int, int]
Tile = tuple[str, Path]


def made(keys: Path, out: Path, count: int, method: str, timing: str = "linear") -> list[Path]:
    """Inbetweens of start.png and end.png in the folder `keys`."""
    pair = [str(keys / f"{name}.png") for name in ("start", "end")]
    choices = ["--count", str(count), "--method", method, "--timing", timing, "--out", str(out), "--overwrite"]
    subprocess.run([sys.executable, "-m", "fcvg_engine", "inbetween", *pair, *choices], check=True, cwd=ROOT)
    return [out / f"{number:04d}.png" for number in range(1, count + 1)]


def sheet(rows: list[list[Tile]], crop: Box | None = None) -> Image.Image:
    """Rows of captioned pictures as wide as all others; a row with fewer leaves its end empty."""
    columns = max(map(len, rows))
    width = (WIDTH - GAP * (columns - 1)) // columns
    lines = []
    for row in rows:
        pictures = [Image.open(path).convert("RGB").crop(crop) for _, path in row]
        height = round(pictures[0].height * width / pictures[0].width)
        line = Image.new("RGB", (WIDTH, BAR + height), GROUND)
        pen = ImageDraw.Draw(line)
        for number, ((caption, _), picture) in enumerate(zip(row, pictures, strict=True)):
            left = number * (width + GAP)
            pen.text((left + 6, 3), caption, INK, ImageFont.load_default(13))
            line.paste(picture.resize((width, height), Image.Resampling.LANCZOS), (left, BAR))
        lines.append(line)
    return below(lines)


def below(lines: list[Image.Image], gap: int = GAP) -> Image.Image:
    """Pictures below each other."""
    height = sum(line.height for line in lines) + gap * (len(lines) - 1)
    whole = Image.new("RGB", (max(line.width for line in lines), height), GROUND)
    top = 0
    for line in lines:
        whole.paste(line, (0, top))
        top += line.height + gap
    return whole


def save(picture: Image.Image, path: Path) -> None:
    picture.save(path, quality=88, subsampling=0, optimize=True)


def robot(work: Path) -> Image.Image:
    keys = CARTOONS / "robot"
    drawings = made(keys, work / "robot", 3, "rife")
    between = [(f"inbetween {4 * number - 1}", path) for number, path in enumerate(drawings, 1)]
    return sheet([[("key", keys / "start.png"), *between, ("key", keys / "end.png")]], (170, 60, 640, 560))


def shot(work: Path) -> Image.Image:
    """Inbetweens of the 3D shot above what the scene renders."""
    keys = [(f"key {frame}", work / "keys_3d" / f"key_{frame:02d}.png") for frame in (1, 25)]
    rows = []
    for title, folder, name in (("inbetween", "keys_3d", "made"), ("rendered", "shot", "true")):
        between = [(f"{title} {frame}", work / folder / f"{name}_{frame:02d}.png") for frame in (7, 13, 19)]
        rows.append([keys[0], *between, keys[1]])
    return sheet(rows, (75, 0, 375, 280))


def spacings(work: Path) -> Image.Image:
    """Seven drawings, spaced in two ways: frames below each other, so that the car leaves a track."""
    keys = CARTOONS / "street"
    even = made(keys, work / "even", 7, "rife")
    slow = made(keys, work / "slow", 7, "rife", "ease-in-out")
    start, end = keys / "start.png", keys / "end.png"
    columns = [[start, *even, end], [start, *slow, end]]
    titles = ("Even", "Slow Both Ends"), *[("", "")] * 8
    lines = [
        sheet([list(zip(title, pair, strict=True))], (170, 425, 930, 515))
        for title, pair in zip(titles, zip(*columns, strict=True), strict=True)
    ]
    return below([lines[0], *(line.crop((0, BAR, WIDTH, line.height)) for line in lines[1:])], 2)


def methods(work: Path) -> Image.Image:
    """The drawing in the middle of one pair, by three methods."""
    keys = work / "pair"
    between = [
        (label, made(keys, work / label.lower(), 1, label.lower())[0]) for label in ("Dissolve", "RIFE", "GMFSS")
    ]
    return sheet([[("key", keys / "start.png"), *between, ("key", keys / "end.png")]], (210, 20, 660, 540))


def main(work: Path, docs: Path) -> None:
    rows = {"first-row": robot, "3d-row": shot, "timing-row": spacings, "methods-row": methods}
    for name, row in rows.items():
        save(row(work), docs / f"{name}.jpg")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
