"""Lines matched with GlueStick, as FCVG's authors do it, from the official checkpoints."""

from __future__ import annotations

import torch

from ..core import pictures
from ..core.method import Options, ReportProgress
from ..models import discovery
from ..models.gluestick_weights import Nets, load
from ..nets.gluestick import Wireframe, matches
from ..nets.superpoint import SuperPoint
from ..shared.errors import MissingModel
from . import segments, wireframe

MATCH_THRESHOLD = 0.2  # published


def match(start: torch.Tensor, end: torch.Tensor, options: Options, report: ReportProgress) -> list[segments.Match]:
    """Lines of `start` found again in `end`, keys [3, H, W] in [0, 1], with scores above `MATCH_THRESHOLD`.

    The ends of a line and of its partner come in no special order. Empty where a key has no lines. Computes in
    float32 whatever `options.dtype`: matching is a small part of the whole. Raises MissingModel when a checkpoint is
    not there or not what was published, NumericError, OutOfMemory, and whatever `report` raises.
    """
    found = discovery.find()
    if found.superpoint is None or found.gluestick is None:
        raise MissingModel(
            "GlueStick's models are not there.",
            f"{discovery.wish('lines:gluestick', found)} Or match lines by flow.",
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
