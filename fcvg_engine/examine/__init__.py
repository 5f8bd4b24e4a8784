# SPDX-License-Identifier: GPL-3.0-or-later
"""Examines two keys before a job: whether they are one shot, how far things move, what a job would cost.

No model is needed. Heavy libraries are imported only when they are used.
"""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from ..shared.errors import LooksLikeCut

if TYPE_CHECKING:
    import torch

CUT = "These look like two different shots (a cut)."


def refuse_cut(start: torch.Tensor, end: torch.Tensor) -> None:
    """Raises LooksLikeCut when keys [C, H, W], as in `core.method_contract.Method`, do not look like the same shot.

    An engine without OpenCV cannot compare keys, and refuses nothing.
    """
    if can_compare():
        from ..draft import fades
        from .alignments import Comparison
        from .cuts import is_cut
        from .views import views

        if not fades.kind(start, end) and is_cut(Comparison(*views(start, end))):
            raise LooksLikeCut(CUT, "Generate all the same, or leave this pair out.")


def can_compare() -> bool:
    """Whether keys can be compared. This needs OpenCV, which comes with the engine's extra `fcvg`."""
    return importlib.util.find_spec("cv2") is not None
