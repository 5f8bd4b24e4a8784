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
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from .. import __version__
from ..core.method_contract import Options
from ..files import atomic, images, job_folder
from ..models.discovery import Found
from ..shared import manifest
from ..shared.errors import BadImage
from ..shared.methods import METHODS, is_conditioned
from .memory import MemoryPlan

FOLDER = "native"
_TABLE = "native.json"
_VERSION = 1
_LARGEST = 65535
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
            facts["conditions"]["matches"] = job_folder.sha256_of_matches(Path(options.conditions.matches))
    return facts


def made(folder: Path) -> Path:
    """Returns the folder of native frames in `folder`; makes it where it is missing. Raises DiskError."""
    path = folder / FOLDER
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
    path = made(folder)
    with atomic.disk_errors(path):
        (path / _TABLE).unlink(missing_ok=True)  # until all is there, nothing is
    hashes = []
    for index, native in enumerate(natives):
        data = images.encode(native.numpy(), "png16")
        atomic.write_atomic(path / _file_name(index), data)
        hashes.append(hashlib.sha256(data).hexdigest())
    table = {"native": _VERSION, "identity": identity, "sha256": hashes, "parts": list(features)}
    atomic.write_atomic(path / _TABLE, json.dumps(table, indent=1).encode())


def kept(folder: Path, identity: Identity) -> torch.Tensor | None:
    """Reads the frames that `keep` wrote under the same identity; None if there are none or a file has changed."""
    path = folder / FOLDER
    try:
        table = json.loads((path / _TABLE).read_bytes())
        if not isinstance(table, dict) or table.get("native") != _VERSION:
            return None
        if not manifest.is_same_work(table.get("identity"), json.loads(json.dumps(identity))):
            return None
        if not isinstance(table["parts"], list):
            return None
        files = [path / _file_name(index) for index in range(len(table["sha256"]))]
        if [job_folder.sha256_of(file) for file in files] != table["sha256"]:
            return None
        return torch.stack([torch.from_numpy(images.read(file).pixels) for file in files])
    except (OSError, ValueError, LookupError, TypeError, RuntimeError, BadImage):
        return None  # whatever is wrong with it, it can be generated again


def features(folder: Path) -> list[str]:
    """Reads which features of the registry the frames that `kept` returns were made with, beside their method."""
    table = json.loads((folder / FOLDER / _TABLE).read_bytes())
    return [str(feature) for feature in table["parts"]]


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
