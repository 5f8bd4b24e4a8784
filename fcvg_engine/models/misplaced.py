# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds files among the models that are not what they seem, or lie where the engine does not look. No torch.

Only the beginnings of files are read.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ..shared import small_files
from . import file_headers
from .registry import Model

_WEIGHTS = {".safetensors", ".pt", ".pth", ".tar", ".onnx", ".bin", ".ckpt", ".pkl"}
_PICKLES = (".bin", ".ckpt", ".pth", ".pt")
_SVD_FOLDERS = ("unet", "vae", "image_encoder")
_UNFINISHED = {".part", ".incomplete", ".crdownload", ".partial", ".opdownload", ".aria2", ".download"}
_UNDER_WAY_S = 60.0  # a download that has written within this time still runs
_SEARCHED = 2  # folders below that `discovery.find` looks into
_DEPTH = 5
_MOST = 2000  # files and folders looked at: a home folder on a network must not stall the doctor
_LONGEST_S = 2.0  # for the same


@dataclass(frozen=True)
class Suspect:
    """A file and what is wrong with it: `what` ends a sentence about `path` (`is …`), `cure` is a sentence that says
    what to do."""

    path: Path
    what: str
    cure: str


def search(folders: Collection[Path], missing: Collection[Model]) -> list[Suspect]:
    """Return everything suspicious in the model folders. `missing`: the models that were not found."""
    found = []
    wanted = {
        PurePosixPath(file.path).name: model for model in missing for file in model.files if _is_telling(file.path)
    }
    for folder in folders:
        for path, depth in _walk(folder):
            what, cure = _fault(path)
            model = wanted.get(path.name)
            if not what and model and depth > _SEARCHED:
                what, cure = f"belongs to {model.title}, but lies too deep", f"Move it into {folder}, or import it."
            if not what:
                what, cure = _pickled(path, wanted)
            if what:
                found.append(Suspect(path, what, cure))
    return found


def _walk(root: Path) -> Iterator[tuple[Path, int]]:
    """Yield files that look like weights and how many folders deep they lie; shallow ones first, names in order."""
    level, seen, give_up_s = [root], 0, time.monotonic() + _LONGEST_S
    for depth in range(_DEPTH + 1):
        below: list[Path] = []
        for folder in level:
            with contextlib.suppress(OSError), os.scandir(folder) as entries:
                for entry in sorted(entries, key=lambda each: each.name):
                    seen += 1
                    path = Path(entry.path)
                    if seen > _MOST or time.monotonic() > give_up_s:
                        return
                    if entry.is_dir():
                        below.append(path)
                    elif path.suffix.lower() in _WEIGHTS | _UNFINISHED:
                        yield path, depth
        level = below


def _fault(path: Path) -> tuple[str, str]:
    """Return what is wrong with the content of a file, and its cure; two empty texts when nothing is."""
    again = "Delete it and download the model again."
    try:
        status = small_files.require_file(path)
        beginning = small_files.read_beginning(path, file_headers.BEGINNING_BYTES)
    except OSError as error:
        return f"cannot be read ({error.strerror})", "Give yourself the right to read it, or copy it again."
    if path.suffix.lower() in _UNFINISHED:
        if time.time() - status.st_mtime < _UNDER_WAY_S:
            return "", ""
        return "is an unfinished download", "Download the model again, which goes on where it can, or delete the file."
    if status.st_size == 0:
        return "is empty", again
    if file_headers.is_git_lfs_pointer(beginning):
        return "is only a pointer of Git LFS, not the model", f"{again} With git: run git lfs pull in its folder."
    if file_headers.is_web_page(beginning):
        return "is a web page, not a model", f"{again} In a browser, use the page's download button."
    if path.suffix.lower() == ".safetensors" and file_headers.is_cut_off(path, status.st_size):
        return "is cut off", again
    return "", ""


def _pickled(path: Path, wanted: Collection[str]) -> tuple[str, str]:
    """Return what is wrong with a file, and its cure, if it is a pickle of a missing model; else two empty texts."""
    if path.suffix.lower() not in _PICKLES or not wanted or any(path.parent.glob("*.safetensors")):
        return "", ""
    in_layout = path.parent.name in _SVD_FOLDERS and (path.parent / "config.json").exists()
    if f"{path.stem}.safetensors" in wanted or in_layout or path.name.startswith("svd"):
        return (
            "is a pickle, which can hold harmful code and is not opened",
            "Get the variant that ends in .safetensors.",
        )
    return "", ""


def _is_telling(path: str) -> bool:
    """Whether the name of a model's file stands for that model alone."""
    return PurePosixPath(path).suffix in _WEIGHTS and "/" not in path
