# SPDX-License-Identifier: GPL-3.0-or-later
"""The native frames of a generation, kept beside the drawings, so that a new timing needs no new generation.

`native/native_00.png` … `native_24.png` are 16-bit pictures at working size, not yet at the keys' size. `native.json`
says what made them:

    {"native": 1, "identity": {…}, "sha256": [one for each frame],
     "parts": [features of the registry that the method used beside itself]}
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import itertools
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from .. import __version__
from ..conditions import matches_file
from ..core.method_contract import Options
from ..files import atomic, images, job_folder
from ..models.discovery import Found
from ..shared import folder_record, manifest, small_files
from ..shared.errors import BadImage
from ..shared.file_records import Found as FoundFile
from ..shared.folder_record import FolderRecord
from ..shared.methods import METHODS, is_conditioned
from .memory import MemoryPlan

FOLDER = "native"
_TABLE = "native.json"
_VERSION = 1
_LARGEST = 65535
_LARGEST_TABLE_BYTES = 1 << 20
_LIBRARIES = ("torch", "diffusers", "transformers")

Identity = Mapping[str, Any]


def identity(
    start: torch.Tensor, end: torch.Tensor, method: str, found: Found, plan: MemoryPlan, options: Options
) -> dict[str, Any]:
    """Returns everything that decides how the native frames look, as JSON."""
    sampling = asdict(replace(options.sampling, preset="", work_size=""))  # the keys have that size
    facts: dict[str, Any] = {
        "engine": __version__,
        "method": method,
        "start_sha256": _sha256(start),
        "end_sha256": _sha256(end),
        "size": [start.shape[2], start.shape[1]],
        "seed": options.seed,
        "sampling": {**sampling, "late_guidance": plan.late_guidance},
        "as_published": options.as_published,
        "models": {name: _fingerprint(path) for name, path in vars(found).items() if path and _is_used(name, method)},
        "versions": {name: importlib.metadata.version(name) for name in _LIBRARIES},
    }
    if is_conditioned(method):
        facts["conditions"] = asdict(options.conditions)
        if options.conditions.matches:
            facts["conditions"]["matches"] = matches_file.sha256(Path(options.conditions.matches))
    return facts


def made(folder: Path) -> Path:
    """Returns the folder of native frames in `folder`; makes it where it is missing. Raises DiskError.

    It is `native`, or `native-2` … where something in `native` is not ours or has been changed.
    """
    path = next(each for each in _places(folder) if not os.path.lexists(each) or _is_ours(each))
    with atomic.disk_errors(path):
        path.mkdir(parents=True, exist_ok=True)
    return path


def rounded(natives: torch.Tensor) -> torch.Tensor:
    """Rounds [F, 3, H, W] in [0, 1] to what the files can hold, so that frames read back are the same to the bit."""
    return torch.from_numpy(np.round(natives.clamp(0, 1).numpy() * _LARGEST) / np.float32(_LARGEST)).float()


def keep(folder: Path, identity: Identity, natives: torch.Tensor, features: Sequence[str] = ()) -> None:
    """Writes `natives`, which are `rounded`, in place of those that were kept before. Raises DiskError.

    `features` of the registry were used beside the method.
    """
    record = FolderRecord(made(folder))
    with atomic.disk_errors(record.path):
        record.delete(_TABLE)  # until all is there, nothing is
        hashes = [
            record.write(_file_name(index), images.encode(native.numpy(), "png16"))
            for index, native in enumerate(natives)
        ]
        table = {"native": _VERSION, "identity": identity, "sha256": hashes, "parts": list(features)}
        record.write(_TABLE, json.dumps(table, indent=1).encode())


def kept(folder: Path, identity: Identity) -> torch.Tensor | None:
    """Reads the frames that `keep` wrote under the same identity; None if there are none or a file has changed."""
    found = _found(folder, identity)
    if found is None:
        return None
    path, table = found
    try:
        files = [path / _file_name(index) for index in range(len(table["sha256"]))]
        if [job_folder.sha256_of(file) for file in files] != table["sha256"]:
            return None
        return torch.stack([torch.from_numpy(images.read(file).pixels) for file in files])
    except (OSError, ValueError, LookupError, TypeError, RuntimeError, BadImage):
        return None  # whatever is wrong with it, it can be generated again


def features(folder: Path, identity: Identity) -> list[str]:
    """Reads which features of the registry the frames that `kept` returns were made with, beside their method."""
    found = _found(folder, identity)
    return [str(feature) for feature in found[1]["parts"]] if found else []


def _places(folder: Path) -> Iterator[Path]:
    yield folder / FOLDER
    for number in itertools.count(2):
        yield folder / f"{FOLDER}-{number}"


def _is_ours(path: Path) -> bool:
    """Whether all that lies in a folder was written by us, or by version 0.2.0, which left its table only."""
    if path.is_symlink() or not path.is_dir():
        return False
    record = FolderRecord(path, frozenset(_listed(path)))
    return all(each.name == folder_record.NAME or record.knows(FoundFile(each)) for each in path.iterdir())


def _listed(path: Path) -> Iterator[tuple[str, str]]:
    """Name and SHA-256 of the files that the table in a folder tells."""
    table = _table(path)
    for index, sha256 in enumerate(table["sha256"] if table else ()):
        yield _file_name(index), str(sha256)
    if table:
        yield _TABLE, FoundFile(path / _TABLE).sha256


def _found(folder: Path, identity: Identity) -> tuple[Path, dict[str, Any]] | None:
    """The folder of native frames with this identity, and its table."""
    for path in itertools.takewhile(os.path.lexists, _places(folder)):
        table = _table(path)
        if table and manifest.is_same_work(table.get("identity"), json.loads(json.dumps(identity))):
            return path, table
    return None


def _table(path: Path) -> dict[str, Any]:
    """The table in a folder; {} without one that can be used."""
    try:
        table = small_files.read_json(path / _TABLE, _LARGEST_TABLE_BYTES)
    except (OSError, ValueError):
        return {}
    usable = isinstance(table, dict) and table.get("native") == _VERSION
    return table if usable and all(isinstance(table.get(name), list) for name in ("sha256", "parts")) else {}


def _file_name(index: int) -> str:
    return f"native_{index:02d}.png"


def _sha256(key: torch.Tensor) -> str:
    return hashlib.sha256(key.contiguous().numpy().tobytes()).hexdigest()


def _is_used(model: str, method: str) -> bool:
    """Whether the method may use the model, a field of `Found`."""
    if model.startswith("gi_"):
        return METHODS[method].backward_unet
    return model == "svd" or is_conditioned(method)


def _fingerprint(path: Path) -> list[list[str | int]]:
    """Names, sizes and times of change of model files: gigabytes are too much to hash for each job."""
    below = sorted(path.rglob("*.safetensors")) if path.is_dir() else [path]
    return [[each.name, each.stat().st_size, each.stat().st_mtime_ns] for each in below]
