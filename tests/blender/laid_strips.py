# SPDX-License-Identifier: GPL-3.0-or-later
"""Strips of inbetweens without an engine: laid into an edit, and filled as the engine would."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from edits import Edit, noise
from pictures import write_png

from fcvg_blender.edit import gaps, lay_strip, strip_takes, strips, take_files, take_folders
from fcvg_blender.engine import folder_record, manifest, protocol, timing
from fcvg_blender.keys import render_keys
from fcvg_blender.settings import strip_record
from fcvg_blender.timing import exposure_sheet


def request(folder: Path, shot: gaps.Shot, **options: Any) -> protocol.Request:
    return protocol.Request("start", "end", str(folder), shot.count, **options)


def insert(edit: Edit, *names: str, strip_id: str = "id1", **options: Any) -> tuple[gaps.Shot, Path]:
    """The click up to the engine: strip inserted, keys written."""
    shot = gaps.from_selection(edit.scene, edit.select(*names), edit.settings)
    folder = take_folders.place(edit.scene, names[0], strip_id, base=str(edit.folder / "frames"))
    return shot, lay(edit, shot, folder, strip_id, **options)


def lay(edit: Edit, shot: gaps.Shot, folder: Path, strip_id: str = "id1", **options: Any) -> Path:
    """A strip for `shot`, seen with its keys as the engine gets them; its folder."""
    take_folders.make_for_strip(folder, edit.scene)
    strip = lay_strip.insert(edit.scene, shot, folder, strip_id, request(folder, shot, **options))
    assert (strip.fcvg.id, strip.fcvg.state) == (strip_id, strip_record.WAITING)
    render_keys.write_keys(edit.scene, shot, folder, options.get("format", "png"))
    strip_takes.refresh(strip)
    return folder


def strip_of(strip_id: str = "id1") -> Any:
    """The strip, found as the add-on finds it."""
    found = strips.find(strip_id)
    assert found is not None
    return found[1]


def two_pictures(edit: Edit, gap: int = 4) -> None:
    edit.image("A", noise(1), 1, 1, 25)
    edit.image("B", noise(2), 2, 25 + gap, 60)


def engine_writes(
    folder: Path, *numbers: int, count: int = 4, hold: int = 1, **facts: Any
) -> list[exposure_sheet.Drawing]:
    """Drawings and manifest as the engine leaves them, beside those of before; all there are."""
    for number in numbers:
        path = write_png(folder / f"{number:04d}.png", noise(100 + number))
        folder_record.FolderRecord(folder).note(path, hashlib.sha256(path.read_bytes()).hexdigest())
    frames = [
        {"index": each.index, "hold": each.hold, "time": each.time, "file": f"{each.index:04d}.png", "sha256": ""}
        for each in timing.chart(count, "linear", hold)
        if (folder / f"{each.index:04d}.png").is_file()
    ]
    content = {"manifest": 1, "identity": {"engine": "9.9", "count": count}, **facts, "frames": frames}
    (folder / "manifest.json").write_bytes(manifest.dumped(content))
    return take_files.made(folder) or []
