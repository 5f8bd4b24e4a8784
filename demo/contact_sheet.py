# SPDX-License-Identifier: GPL-3.0-or-later
"""Generated frames under the true ones, with the FLIP error of each (0 is equal, 1 is as far as can be).

    python -m demo.contact_sheet OUT [--row FILE]

`--row` also writes the README's picture: both keys with three inbetweens between them.
FLIP: Andersson et al., "FLIP: A Difference Evaluator for Alternating Images", 2020. Reads OUT/true/*.png and the
inbetweens under OUT/inbetweens/*; writes OUT/contact_sheet.png and OUT/quality.json.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import cv2
import flip_evaluator
import numpy as np

COLUMNS = 6
TILE_WIDTH = 320
CAPTION_HEIGHT = 22


def read(path: Path) -> np.ndarray:
    """[H, W, 3] uint8, BGR."""
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        sys.exit(f"{path} cannot be read.")
    return picture


def flip_error(true: np.ndarray, made: np.ndarray) -> float:
    """Mean FLIP of two [H, W, 3] uint8 BGR pictures."""
    to_float = [np.ascontiguousarray(p[..., ::-1], dtype=np.float32) / 255 for p in (true, made)]
    _, mean, _ = flip_evaluator.evaluate(*to_float, "LDR")
    return float(mean)


def tile(picture: np.ndarray, caption: str) -> np.ndarray:
    height = round(picture.shape[0] * TILE_WIDTH / picture.shape[1])
    small = cv2.resize(picture, (TILE_WIDTH, height), interpolation=cv2.INTER_AREA)
    bar = np.full((CAPTION_HEIGHT, TILE_WIDTH, 3), 32, np.uint8)
    cv2.putText(bar, caption, (6, 15), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (235, 235, 235), 1, cv2.LINE_AA)
    return np.vstack([bar, small])


def rows(tiles: list[np.ndarray]) -> list[np.ndarray]:
    blank = np.zeros_like(tiles[0])
    padded = tiles + [blank] * (-len(tiles) % COLUMNS)
    return [np.hstack(padded[i : i + COLUMNS]) for i in range(0, len(padded), COLUMNS)]


def main(out: Path, row: Path | None = None) -> None:
    (folder,) = (path.parent for path in out.glob("inbetweens/*/manifest.json"))
    true_paths = sorted((out / "true").glob("*.png"))[1:-1]  # without the keys
    made_paths = [folder / f"{i:04d}.png" for i in range(1, len(true_paths) + 1)]
    start, end = read(folder / "key_start.png"), read(folder / "key_end.png")

    true_tiles, made_tiles, made_errors, dissolve_errors = [], [], [], []
    for i, (true_path, made_path) in enumerate(zip(true_paths, made_paths, strict=True)):
        true, made = read(true_path), read(made_path)
        t = (i + 1) / (len(true_paths) + 1)
        dissolve = cv2.addWeighted(start, 1 - t, end, t, 0)
        made_errors.append(flip_error(true, made))
        dissolve_errors.append(flip_error(true, dissolve))
        true_tiles.append(tile(true, f"{i + 1}  true"))
        made_tiles.append(tile(made, f"{i + 1}  generated   FLIP {made_errors[-1]:.3f}"))

    if row is not None:
        shown = [made_paths[len(made_paths) * i // 4] for i in (1, 2, 3)]
        captions = ["key", *(f"inbetween {path.stem.lstrip('0')}" for path in shown), "key"]
        pictures = [start, *map(read, shown), end]
        cv2.imwrite(str(row), np.hstack([tile(p, c) for p, c in zip(pictures, captions, strict=True)]))

    pairs = zip(rows(true_tiles), rows(made_tiles), strict=True)
    cv2.imwrite(str(out / "contact_sheet.png"), np.vstack([row for pair in pairs for row in pair]))
    quality = {
        "mean_flip_generated": round(float(np.mean(made_errors)), 4),
        "mean_flip_dissolve": round(float(np.mean(dissolve_errors)), 4),
    }
    (out / "quality.json").write_text(json.dumps(quality, indent=2) + "\n")
    print(
        f"Mean FLIP against the true frames: {quality['mean_flip_generated']} "
        f"(a plain dissolve: {quality['mean_flip_dissolve']}; lower is better)."
    )
    print(f"Look at {out / 'contact_sheet.png'}, play {out / 'bunny.mp4'}, open {out / 'bunny.blend'} in Blender.")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[3]) if sys.argv[2:3] == ["--row"] else None)
