# SPDX-License-Identifier: GPL-3.0-or-later
"""What a strip of inbetweens shows on each frame, and what its record says of the drawings that are there."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from .. import compat
from ..engine import methods
from ..settings import strip_record
from ..settings.protocols import Strip, StripRecord, Take
from ..timing import exposure_sheet
from . import placeholder, reach, strips, take_files


def show(strip: Strip, drawings: list[exposure_sheet.Drawing]) -> None:
    """Let each frame of the strip show the nearest of `drawings` and keys, or nothing while there are not even keys."""
    record = strip.fcvg
    times = record.frame_times()
    is_begun = bool(drawings) or take_files.has_keys(strips.folder(strip), record.format)
    if is_begun:
        files = exposure_sheet.sheet(times, drawings, take_files.key_files(record.format))
    else:
        files = [placeholder.FILE] * len(times)
    set_files(strip, dict(enumerate(files, 1)))
    record.made = exposure_sheet.exact(times, drawings)
    record.missing = strip_record.timing_text(exposure_sheet.missing(times, drawings))


def set_files(strip: Strip, files: dict[int, str]) -> None:
    """Let frames of the strip show other files: number of the frame, from 1 → file name."""
    elements = strip.elements
    for number, file in files.items():
        if number <= len(elements) and elements[number - 1].filename != file:
            elements[number - 1].filename = file  # Blender drops the picture it had cached


def shows_something(strip: Strip) -> bool:
    """Whether the strip has pictures to show: drawings were made, or each of its files is on disk."""
    path, files = strips.folder(strip), {each.filename for each in strip.elements}
    return bool(strip.fcvg.made) or all(reach.is_file(path / file) for file in files)


def hide(strip: Strip) -> None:
    """Mute a strip that waits and whose folder is gone, until `reveal`: it shows nothing anyway, but without files
    Blender would show magenta, or crash; see `placeholder`. So nothing has to be written where a file is only opened.
    """
    if not strip.mute:
        strip.mute = strip.fcvg.hidden = True


def reveal(strip: Strip) -> None:
    """Let a strip be seen again that was hidden and has something to show now."""
    if strip.fcvg.hidden and shows_something(strip):
        strip.mute = strip.fcvg.hidden = False


def set_pixels(strip: Strip, file_format: str) -> None:
    """Let Blender take the pixels of files in `file_format` as the engine wrote them."""
    name = compat.LINEAR if file_format == "exr" else compat.SRGB
    with suppress(TypeError):  # other colour configurations have other names; Blender has guessed then
        strip.colorspace_settings.name = name
    strip.alpha_mode = "PREMUL" if file_format == "exr" else "STRAIGHT"


def note_format(strip: Strip, path: Path) -> None:
    """Let a strip take the frames in its folder `path` for what they are. Undo may have brought back a record of before
    its keys were found to be too bright for the format that was chosen."""
    record = strip.fcvg
    if record.format != "exr" and take_files.read_manifest(path).get("identity", {}).get("format") == "exr":
        record.format_asked, record.format = record.format, "exr"
        set_pixels(strip, record.format)


def count_made(record: StripRecord, drawings: list[exposure_sheet.Drawing]) -> int:
    """How many frames of the strip have a drawing of their own time among `drawings`."""
    return exposure_sheet.exact(record.frame_times(), drawings)


def sync(strip: Strip) -> None:
    """After undo and loading: show the drawings that are on disk, and say in the strip's record what is there.

    RUNNING stays while some are missing, because only the caller knows whether the job still runs. A strip whose folder
    is out of reach (a removed disk) stays as it is.
    """
    record, path = strip.fcvg, strips.folder(strip)
    drawings = take_files.made(path)
    if drawings is None:
        return
    note_format(strip, path)
    show(strip, drawings)
    if record.made == record.count:
        record.state = strip_record.DONE
    elif record.state == strip_record.DONE:
        settle(strip, record, path)
    if record.state not in strip_record.UNFINISHED:
        note_manifest(record, path)


def settle(strip: Strip, take: Take, path: Path) -> None:
    """Let a take that is not being made any more be DONE or INCOMPLETE, by the drawings in its folder `path`.

    A method that draws all frames together cannot add any. So its takes are DONE once it has finished, however the
    strip is timed by now.
    """
    record = strip.fcvg
    drawings = take_files.made(path)
    if drawings is None:
        take.state = strip_record.INCOMPLETE
        return
    take.made = count_made(record, drawings)
    whole = methods.is_generative(take.method) and take_files.read_manifest(path).get("state") == "done"
    take.state = strip_record.DONE if whole or take.made == record.count else strip_record.INCOMPLETE


def note_manifest(take: Take, path: Path) -> None:
    """Copy into a take what the manifest in `path` says about how it was made."""
    manifest = take_files.read_manifest(path)
    take.method_used = str(manifest.get("method", take.method_used))
    take.notes = " ".join(map(str, manifest.get("notes", [take.notes])))
    take.models = json.dumps(manifest["models"]) if manifest.get("models") else take.models
    take.engine_version = str(manifest.get("identity", {}).get("engine", take.engine_version))
