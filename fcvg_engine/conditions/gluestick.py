"""Lines matched with GlueStick, as FCVG's authors do it, from the official checkpoints.

Both checkpoints are pickles, which can carry code. They are read once with torch's restricted reader, that runs none
and knows tensors, tables and numbers only; what is kept in the models folder and read from then on are safetensors.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.torch
import torch
from torch import nn

from .. import outputs
from ..errors import DiskError, MissingModel
from ..methods import pictures
from ..methods.base import Options, ReportProgress
from ..models import copies, files
from ..nets.gluestick import GlueStick, Wireframe, matches
from ..nets.superpoint import SuperPoint
from . import segments, wireframe

MATCH_THRESHOLD = 0.2  # published
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


def match(start: torch.Tensor, end: torch.Tensor, options: Options, report: ReportProgress) -> list[segments.Match]:
    """Lines of `start` found again in `end`, keys [3, H, W] in [0, 1], with scores above `MATCH_THRESHOLD`.

    The ends of a line and of its partner come in no special order. Empty where a key has no lines. Computes in
    float32 whatever `options.dtype`: matching is a small part of the whole. Raises MissingModel when a checkpoint is
    not there or not what was published, NumericError, OutOfMemory, and whatever `report` raises.
    """
    found = files.find()
    if found.superpoint is None or found.gluestick is None:
        raise MissingModel(
            "GlueStick's models are not there.",
            f"{files.wish('lines:gluestick', found)} Or match lines by flow.",
        )
    report("Loading GlueStick", 0.0)
    with pictures.explained_memory():
        return match_with(load(found.superpoint, found.gluestick, options.device), start, end, report)


@torch.no_grad()
def match_with(nets: Nets, start: torch.Tensor, end: torch.Tensor, report: ReportProgress) -> list[segments.Match]:
    """The same with given networks."""
    superpoint, gluestick = nets
    report("Looking for lines", 0.1)
    one = _look(start, superpoint)
    report("Looking for lines", 0.3)
    other = _look(end, superpoint)
    if not len(one.ends) or not len(other.ends):
        return []
    assignment = gluestick(one, other, lambda done: report("Matching lines", 0.5 + 0.5 * done))
    partners, scores = matches(pictures.finite(assignment.lines, "matching lines"), MATCH_THRESHOLD)
    mine, theirs = one.lines.cpu().numpy(), other.lines.cpu().numpy()
    pairs = enumerate(zip(partners.tolist(), scores.tolist(), strict=True))
    return [(mine[index], theirs[partner], score) for index, (partner, score) in pairs if partner >= 0]


def _look(picture: torch.Tensor, superpoint: SuperPoint) -> Wireframe:
    device = superpoint.conv1a.weight.device
    lines = torch.from_numpy(segments.detect(picture)).to(device)
    # Published: times the detector's angle tolerance, the same for nearly every line; scale does not matter.
    scores = (lines[:, 1] - lines[:, 0]).norm(dim=1).sqrt()
    grey = torch.from_numpy(segments.grey(picture)).to(device).float()[None, None] / 255
    return wireframe.build(grey, lines, scores, superpoint, wireframe.WireframeOptions())


def load(superpoint: Path, gluestick: Path, device: torch.device) -> Nets:
    """Both networks from the official files superpoint_v1.pth and checkpoint_GlueStick_MD.tar; the same ones next
    time. Raises MissingModel."""
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
    """Read one of the two files, without running anything in it, and keep its weights as safetensors for later starts.
    Raises MissingModel when it is not what was published."""
    with torch.device("meta"):
        net = GlueStick() if checkpoint.suffix == ".tar" else SuperPoint()
    _fill(net.to_empty(device="cpu"), checkpoint, _digest(checkpoint))


def _digest(path: Path) -> str:
    try:
        return outputs.sha256_of(path)
    except OSError as error:
        raise MissingModel(f"{path} cannot be read: {error.strerror or error}.", "Check the file.") from error


def _fill(net: nn.Module, checkpoint: Path, digest: str) -> None:
    """Give `net` its weights: from the safetensors made of this very checkpoint, else from it, and keep them so."""
    kept = copies.kept(checkpoint)
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
        with contextlib.suppress(OSError, DiskError):  # where it cannot be written, the next start takes longer
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
    """The network's own weights: the whole table, or what lies under "model" behind "matcher." where the checkpoint
    is that of a whole program (its names may begin with "module.", from training on several GPUs)."""
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
    """The weights in `kept`; None when it is missing, damaged or made from another checkpoint."""
    try:
        with safetensors.safe_open(kept, "pt") as file:
            if (file.metadata() or {}).get("checkpoint") != digest:
                return None
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no dict)
    except (OSError, safetensors.SafetensorError):
        return None


def _keep(kept: Path, state: State, digest: str) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    outputs.write_atomic(kept, safetensors.torch.save(state, {"checkpoint": digest}))
