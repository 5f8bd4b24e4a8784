# SPDX-License-Identifier: GPL-3.0-or-later
"""Matches lines with GlueStick, as FCVG's authors do, with the official checkpoints."""

from __future__ import annotations

import torch

from ..core import pictures
from ..core.method_contract import Options, ReportProgress
from ..models import discovery
from ..models.gluestick_weights import Nets, load
from ..nets.gluestick import Wireframe, matches
from ..nets.superpoint import SuperPoint
from ..shared.errors import MissingModel
from . import segments, wireframe

MATCH_THRESHOLD = 0.2  # published


def match(start: torch.Tensor, end: torch.Tensor, options: Options, report: ReportProgress) -> list[segments.Match]:
    """Matches lines of keys [3, H, W] in [0, 1]; returns those with scores above `MATCH_THRESHOLD`.

    The ends of a line and of its partner are in no particular order. Nothing is returned where a key has no lines.
    Computes in float32 whatever `options.dtype`, since matching takes little of the whole time. Raises MissingModel
    when a checkpoint is not there or not what was published, NumericError, OutOfMemory, and whatever `report` raises.
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
    """Matches lines as `match` does, with given networks."""
    superpoint, gluestick = nets
    report("Looking for lines", 0.1)
    one = _wireframe(start, superpoint)
    report("Looking for lines", 0.3)
    other = _wireframe(end, superpoint)
    if not len(one.ends) or not len(other.ends):
        return []
    assignment = gluestick(one, other, lambda done: report("Matching lines", 0.5 + 0.5 * done))
    partners, scores = matches(pictures.finite(assignment.lines, "matching lines"), MATCH_THRESHOLD)
    mine, theirs = one.lines.cpu().numpy(), other.lines.cpu().numpy()
    pairs = enumerate(zip(partners.tolist(), scores.tolist(), strict=True))
    return [(mine[index], theirs[partner], score) for index, (partner, score) in pairs if partner >= 0]


def _wireframe(picture: torch.Tensor, superpoint: SuperPoint) -> Wireframe:
    """Lines of a key [3, H, W] in [0, 1], joined where they meet, and single points."""
    device = superpoint.conv1a.weight.device
    lines = torch.from_numpy(segments.detect(picture)).to(device)
    # As published, but for a factor that is the same for nearly every line (the detector's angle tolerance): scores
    # may have any scale.
    scores = (lines[:, 1] - lines[:, 0]).norm(dim=1).sqrt()
    grey = torch.from_numpy(segments.grey(picture)).to(device).float()[None, None] / 255
    return wireframe.build(grey, lines, scores, superpoint, wireframe.WireframeOptions())
