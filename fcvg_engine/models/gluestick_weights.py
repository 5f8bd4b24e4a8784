# SPDX-License-Identifier: GPL-3.0-or-later
"""GlueStick's two networks with their weights, from the official checkpoints.

Both checkpoints are pickles, which can carry code. They are read once, with torch's restricted reader, which runs no
code and knows only tensors, tables and numbers. The weights are kept in the models folder as safetensors, which are
read from then on.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from torch import nn

from ..files import job_folder
from ..nets.gluestick import GlueStick
from ..nets.superpoint import SuperPoint
from ..shared import small_files
from ..shared.errors import DiskError, MissingModel
from . import discovery, installed
from .checksums import OurModels
from .writing import write_whole

_NAMED = 4  # weights that an error names

Nets = tuple[SuperPoint, GlueStick]
State = dict[str, torch.Tensor]

# The checkpoint was written while training, and may hold results of that as NumPy's numbers.
_NUMPY_SCALAR = np.float64().__reduce__()[0]
_NUMBERS: list[Any] = [
    (_NUMPY_SCALAR, "numpy.core.multiarray.scalar"),
    (_NUMPY_SCALAR, "numpy._core.multiarray.scalar"),
    np.dtype,
    *(type(np.dtype(kind)) for kind in ("f4", "f8", "i4", "i8", "?")),
]
_warm: dict[object, Nets] = {}  # one pair at most


def load(superpoint: Path, gluestick: Path, device: torch.device) -> Nets:
    """Return both networks, from the official files superpoint_v1.pth and checkpoint_GlueStick_MD.tar. Called again
    with the same files and device, it returns the same networks. Raises MissingModel."""
    digests = _digest(superpoint), _digest(gluestick)
    key = (*digests, device)
    if key not in _warm:
        _warm.clear()
        with torch.device("meta"):  # nothing is initialised that the weights replace anyway
            nets = SuperPoint(), GlueStick()
        for net, path, digest in zip(nets, (superpoint, gluestick), digests, strict=True):
            _fill(net.to_empty(device="cpu"), path, digest)
            net.eval().requires_grad_(False).to(device)
        _warm[key] = nets
    return _warm[key]


def keep(checkpoint: Path) -> None:
    """Keep the weights of one of the two files as safetensors for later starts; nothing in the file is run. Raises
    MissingModel when it is not what was published."""
    with torch.device("meta"):
        net = GlueStick() if checkpoint.suffix == ".tar" else SuperPoint()
    _fill(net.to_empty(device="cpu"), checkpoint, _digest(checkpoint))


def _digest(path: Path) -> str:
    try:
        small_files.require_file(path)
        return job_folder.sha256_of(path)
    except OSError as error:
        raise MissingModel(f"{path} cannot be read: {error.strerror or error}.", "Check the file.") from error


def _fill(net: nn.Module, checkpoint: Path, digest: str) -> None:
    """Give `net` its weights, from the safetensors made of this checkpoint, else from the checkpoint; then keep them as
    safetensors."""
    kept = installed.kept(checkpoint)
    state = _read_kept(kept, digest)
    known = state is not None
    try:
        state = state or _own_part(_unpickled(checkpoint))
        _compare(net, state)
        net.load_state_dict(state)
    except (RuntimeError, ValueError) as error:
        raise MissingModel(
            f"{checkpoint.name} is not the published model: {error!s:.300}.",
            "Download it again from GlueStick's page.",
        ) from error
    if not known:
        with contextlib.suppress(DiskError):  # where it cannot be written, the next start takes longer
            _keep(kept, net.state_dict(), digest)


def _unpickled(checkpoint: Path) -> Any:
    try:
        with torch.serialization.safe_globals(_NUMBERS):
            return torch.load(checkpoint, map_location="cpu", weights_only=True)
    except MemoryError:
        raise
    except Exception as error:  # whatever the damaged bytes happen to lead to
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise ValueError(f"it is no plain table of weights ({reason[-1]})") from error


def _own_part(checkpoint: Any) -> State:
    """Return the network's own weights: the whole table, or, where the checkpoint is that of a whole program, those of
    its entry "model" whose names have "matcher." in them. What follows that may begin with "module.", from training on
    several GPUs. Raises ValueError."""
    if isinstance(checkpoint, dict) and isinstance(checkpoint.get("model"), dict):
        program = checkpoint["model"]
        checkpoint = {
            str(name).partition("matcher.")[2]: each for name, each in program.items() if "matcher." in str(name)
        }
        checkpoint = {name.removeprefix("module."): each for name, each in checkpoint.items()}
    if not isinstance(checkpoint, dict) or not all(isinstance(each, torch.Tensor) for each in checkpoint.values()):
        raise ValueError("it holds other things than weights")
    return checkpoint


def _compare(net: nn.Module, state: State) -> None:
    """Raise ValueError, naming the first differences, unless `state` has exactly the weights of `net`."""
    expected = net.state_dict()
    wrong = [f"{name} is missing" for name in expected if name not in state]
    wrong += [f"{name} is unknown" for name in state if name not in expected]
    wrong += [
        f"{name} is of another size"
        for name, each in expected.items()
        if name in state and state[name].shape != each.shape
    ]
    if wrong:
        more = f" and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
        raise ValueError(", ".join(wrong[:_NAMED]) + more)


def _read_kept(kept: Path, digest: str) -> State | None:
    """Return the weights in the file `kept`; None when it is missing, damaged or made from another checkpoint."""
    try:
        small_files.require_file(kept)
        with safetensors.safe_open(kept, "pt") as file:
            if (file.metadata() or {}).get("checkpoint") != digest:
                return None
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no dict)
    except (OSError, safetensors.SafetensorError):
        return None


def _keep(kept: Path, state: State, digest: str) -> None:
    record = OurModels(discovery.weights_folder(), f"made from {digest}")
    write_whole(kept, safetensors.torch.save(state, {"checkpoint": digest}), record)
