# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares what `benchmarks.toon_shot` made with the true renders: a table, and a contact sheet of every frame.

    .venv/bin/python -m benchmarks.toon_sheet OUT

Each row of the sheet: the nearer key, the inbetween, the true render, and where they differ (brighter is more). FLIP: 0
is equal; PSNR in dB, more is better. The dissolve of the two keys stands beside for scale. Writes
OUT/contact_sheet.png.
"""

from __future__ import annotations

import json
import sys
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from benchmarks.quality import scores, to_tensor
from demo.contact_sheet import CAPTION_HEIGHT, TILE_WIDTH, read, tile

ROWS_ABREAST = 3
GAIN = 4  # of the difference, to be seen


def main(out: Path) -> None:
    facts = json.loads((out / "times.json").read_text())
    keys = facts["keys"]
    key_pictures = {frame: read(out / "made" / f"{frame:04d}.png") for frame in keys}
    rows, table = [], []
    for first, last in pairwise(keys):
        found = []
        for path in sorted((out / "true").glob("*.png")):
            frame = int(path.stem)
            if not first < frame < last:
                continue
            true, made = read(path), read(out / "made" / path.name)
            share = (frame - first) / (last - first)
            blend = cv2.addWeighted(key_pictures[first], 1 - share, key_pictures[last], share, 0)
            found.append((*_scores(made, true), *_scores(blend, true)))
            near = first if share <= 0.5 else last
            difference = np.minimum(cv2.absdiff(made, true).astype(np.uint16) * GAIN, 255).astype(np.uint8)
            captions = f"key {near}", f"inbetween {frame}  FLIP {found[-1][0]:.3f}", f"true {frame}", "difference"
            pictures = key_pictures[near], made, true, difference
            rows.append(np.hstack([tile(each, text) for each, text in zip(pictures, captions, strict=True)]))
        table.append((f"{first} – {last}", len(found), np.mean(found, axis=0)))
    _write_sheet(out / "contact_sheet.png", rows)
    total = np.average([means for *_, means in table], axis=0, weights=[count for _, count, _ in table])
    print(
        "| gap | frames compared | FLIP | PSNR | FLIP of a dissolve | PSNR of a dissolve |\n|---|---|---|---|---|---|"
    )
    for name, count, means in [*table, ("**all**", len(rows), total)]:
        print(f"| {name} | {count} | {means[0]:.3f} | {means[1]:.1f} dB | {means[2]:.3f} | {means[3]:.1f} dB |")
    between = keys[-1] - keys[0] + 1 - len(keys)
    print(
        f"\n{facts['renders']} renders and {between} inbetweens ({', '.join(facts['methods'])}) in "
        f"{facts['seconds']:.0f} s; rendering a frame takes {facts['true_seconds']:.2f} s."
    )


def _scores(made: np.ndarray, true: np.ndarray) -> tuple[float, float]:
    """FLIP and PSNR of two uint8 BGR pictures."""
    return scores(*(to_tensor(np.ascontiguousarray(each[..., ::-1])) for each in (made, true)))


def _write_sheet(path: Path, rows: list[np.ndarray]) -> None:
    blank = np.zeros_like(rows[0])
    padded = rows + [blank] * (-len(rows) % ROWS_ABREAST)
    gap = np.zeros((TILE_WIDTH * 9 // 16 + CAPTION_HEIGHT, CAPTION_HEIGHT, 3), np.uint8)[: rows[0].shape[0]]
    per_column = len(padded) // ROWS_ABREAST
    columns = [np.vstack(padded[i * per_column : (i + 1) * per_column]) for i in range(ROWS_ABREAST)]
    spacer = np.vstack([gap] * per_column)
    cv2.imwrite(str(path), np.hstack([part for column in columns for part in (column, spacer)][:-1]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
