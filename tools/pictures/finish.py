# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the windows' pictures small: `python tools/pictures/finish.py WORK DOCS` (no Blender).

Those of a sidebar end with its first panel. All have a palette of 256 colours, which is what they show, near enough.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from frames import BAR, GROUND, INK, WIDTH
from PIL import Image, ImageDraw, ImageFont

WHOLE = {  # picture: where it was taken
    "first-ready": "first_inbetween",
    "first-done": "first_inbetween",
    "board-half": "storyboard",
    "3d-ready": "keys_3d",
    "3d-edit": "keys_3d",
    "preflight": "which_method",
    "badge": "troubleshooting",
    "takes-yours": "takes",
}
SIDEBARS = {"board-queue": "storyboard", "timing-strip": "timing_charts", "lacking": "troubleshooting"}
CHARTS = {
    "linear": "Even",
    "ease_in": "Slow Out",
    "ease_out": "Slow In",
    "ease_in_out": "Slow Both Ends",
    "favour_first": "Favour First",
    "favour_last": "Favour Last",
    "anticipation": "Anticipation",
}
MODELS = 0, 252, 1600, 612  # of the preferences, the table
TABS_PX = 40  # right of the panels
FIRST_PX = 30  # of the first panel at least


def first_panel(picture: Image.Image) -> Image.Image:
    """A sidebar down to the gap between its first panel and the next: a row of one colour from its left edge on."""
    rows = np.asarray(picture)[:, : picture.width - TABS_PX].astype(int)
    plain = (np.abs(rows - rows[:, :1]).max(axis=(1, 2)) < 3).nonzero()[0]
    end = next((int(row) for row in plain if row > FIRST_PX), picture.height)
    return picture.crop((0, 0, picture.width, min(end + 4, picture.height)))


def charts(work: Path) -> Image.Image:
    """The charts of all presets side by side."""
    pictures = [Image.open(work / "timing_charts" / f"chart-{name}.png") for name in CHARTS]
    across = WIDTH // len(pictures)
    whole = Image.new("RGB", (WIDTH, BAR + pictures[0].height + 8), GROUND)
    pen = ImageDraw.Draw(whole)
    for number, (label, picture) in enumerate(zip(CHARTS.values(), pictures, strict=True)):
        pen.text((number * across + 8, 3), label, INK, ImageFont.load_default(13))
        whole.paste(picture, (number * across, BAR))
    return whole


def save(picture: Image.Image, path: Path) -> None:
    picture.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.FLOYDSTEINBERG).save(path, optimize=True)


def main(work: Path, docs: Path) -> None:
    for name, page in {**WHOLE, **SIDEBARS}.items():
        picture = Image.open(work / page / f"{name}.png").convert("RGB")
        save(first_panel(picture) if name in SIDEBARS else picture, docs / f"{name}.png")
    save(charts(work), docs / "timing-presets.png")
    save(Image.open(work / "readme" / "panel.png").convert("RGB"), docs / "panel.png")
    save(Image.open(work / "readme" / "models.png").convert("RGB").crop(MODELS), docs / "models.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
