# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports what a delivery was made with: the models and licences in all manifests below a folder. No torch.

Frames whose models are not known have a row of their own, so that they do not pass for frames made without a model:
those of manifests from before models were recorded, and those of manifests that cannot be read.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..shared import manifest, small_files
from ..shared.errors import BadRequest
from ..shared.plain_text import plain
from ..shared.protocol import HOLDS
from ..transfer import addresses
from . import registry

MOST_FOLDERS = 100_000

_FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # the wide ones count in East Asian spreadsheets
_COLUMNS = ("model", "licence", "commercial use", "frames", "methods", "folders")
_MORE_COLUMNS = ("why", "licence url")
_NO_FRAMES = "No frames of this engine's were found.\n"


@dataclass(frozen=True)
class Row:
    """One model, or one reason why none is named (then `model` is empty, and `title` is the reason).

    `commercial` is one of protocol.COMMERCIAL, empty where no model is named. `why` and `licence_url` are what the
    registry says today, empty where it does not know this model with this licence. `frames` counts held frames too.
    `folders` are relative to the one that was searched, with /.
    """

    model: str
    title: str
    licence: str
    commercial: str
    why: str
    licence_url: str
    frames: int
    methods: tuple[str, ...]
    folders: tuple[str, ...]


def rows(folder: Path) -> list[Row]:
    """Return one row for each model, licence and reason found below `folder`, in the registry's order. Links to folders
    are not followed. Raises BadRequest when there is no such folder, or it holds more folders than can be searched."""
    found: dict[tuple[str, str, str, str], _Tally] = {}
    for path in _manifests(folder):
        where = path.parent.relative_to(folder).as_posix()
        content = _load(path)
        if content is not None:
            for key in _models(content):
                found.setdefault(key, _Tally()).add(content, where)
    order = list(registry.models())
    # Each text by itself: in a line of a table an address would take the cells after it along.
    return [
        addresses.cleaned_all(tally.row(key))
        for key, tally in sorted(found.items(), key=lambda item: (_place(order, item[0][0]), item[0]))
    ]


def text(rows: Sequence[Row]) -> str:
    """Return a table for people, and under it why each model may or may not be used, and where to read its licence."""
    if not rows:
        return _NO_FRAMES
    cells = [_COLUMNS, *(list(map(plain, _cells(row))) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(_COLUMNS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    notes = [f"{row.title}: {row.why} {row.licence_url}".rstrip() for row in rows if row.model]
    return "\n".join([*lines, "", *map(plain, dict.fromkeys(notes))]).rstrip() + "\n"


def is_report(content: bytes) -> bool:
    """Return whether a file with this content begins as a report, by `text` or `as_csv`."""
    first = content.decode("utf-8", "replace").partition("\n")[0]
    table = ",".join((*_COLUMNS, *_MORE_COLUMNS))
    return first in (_NO_FRAMES.strip(), table) or re.split(" {2,}", first) == list(_COLUMNS)


def as_csv(rows: Sequence[Row]) -> str:
    """Return the rows as CSV for a spreadsheet, under a line of headings. No cell is a formula."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*_COLUMNS, *_MORE_COLUMNS])
    for row in rows:
        writer.writerow(map(_no_formula, [*_cells(row), row.why, row.licence_url]))
    return file.getvalue()


def as_json(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return the rows for programs, with the names of `Row`'s fields."""
    return [asdict(row) for row in rows]


def _cells(row: Row) -> tuple[str, ...]:
    counted = str(row.frames), ", ".join(row.methods), ", ".join(row.folders)
    return row.title, row.licence, row.commercial, *counted


def _no_formula(cell: str) -> str:
    """Return the cell as text: what begins like a formula would be computed, and can reach other files and the
    network."""
    return f"'{plain(cell)}" if cell.startswith(_FORMULA) else plain(cell)


@dataclass
class _Tally:
    frames: int = 0
    methods: dict[str, None] = field(default_factory=dict)
    folders: dict[str, None] = field(default_factory=dict)

    def add(self, content: dict[str, Any], where: str) -> None:
        frames = content.get("frames", ())
        self.frames += sum(
            frame["hold"] for frame in frames if type(frame.get("hold")) is int and frame["hold"] in HOLDS
        )
        if isinstance(content.get("method"), str):
            self.methods[registry.label(content["method"])] = None
        self.folders[where] = None

    def row(self, key: tuple[str, str, str, str]) -> Row:
        name, title, licence, commercial = key
        model = registry.models().get(name)
        # What is said today of another licence is not what held when the frames were made.
        same = model is not None and model.licence.name == licence
        why, url = (model.commercial_why, model.licence.url) if model is not None and same else ("", "")
        return Row(name, title, licence, commercial, why, url, self.frames, tuple(self.methods), tuple(self.folders))


def _place(order: list[str], name: str) -> int:
    """Return the place of a model in the report: the registry's order, then others, then rows without a model."""
    return order.index(name) if name in order else len(order) + (not name)


def _models(content: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """Yield name, title, licence and commercial use of each model in a manifest, or a title that says why there is
    none."""
    if "broken" in content:
        yield "", "not recorded (the manifest cannot be read)", "", ""
        return
    models = content.get("models")
    if not isinstance(models, list) or not all(isinstance(each, dict) for each in models):
        yield "", f"not recorded (made by version {content['identity'].get('engine', 'unknown')!s:.40})", "", ""
        return
    if not models:
        yield "", "no model", "", ""
    for each in models:
        name, title, licence, commercial = (
            str(each.get(key, "")) for key in ("name", "title", "licence", "commercial")
        )
        yield name, title, licence, commercial


def _load(path: Path) -> dict[str, Any] | None:
    """Return the manifest in the file `path`; None when it is another program's. One that cannot be read is
    {"broken": True}."""
    try:
        content = small_files.read_json(path, manifest.LARGEST_BYTES)
    except (OSError, ValueError):
        return {"broken": True}
    ours = isinstance(content, dict) and "manifest" in content and isinstance(content.get("identity"), dict)
    if not ours:
        return None
    frames = content.get("frames")
    if not isinstance(frames, list) or not all(isinstance(frame, dict) for frame in frames):
        return {"broken": True}
    return dict(content)


def _manifests(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        raise BadRequest(f"There is no folder {folder}.", "Give the folder of a delivery, or one above several.")
    for seen, (here, inner, names) in enumerate(os.walk(folder)):
        inner.sort()
        if seen == MOST_FOLDERS:
            raise BadRequest(
                f"{folder} holds more than {MOST_FOLDERS} folders, too many to be looked through.",
                "Give the folder of the delivery itself.",
            )
        path = Path(here, manifest.NAME)
        if path.name in names and not path.is_symlink():
            yield path
