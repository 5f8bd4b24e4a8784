"""What is to be known of two keys before a job: whether they are one shot, how far things move, what it would cost.

No model is needed. Nothing heavy is imported before it is used.
"""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from ..shared.errors import LooksLikeCut

if TYPE_CHECKING:
    import torch

CUT = "These look like two different shots (a cut)."


def refuse_cut(start: torch.Tensor, end: torch.Tensor) -> None:
    """Raises LooksLikeCut when keys [C, H, W], as in `core.method.Method`, do not look like the same shot.

    An engine without OpenCV cannot tell, and refuses nothing.
    """
    if can_look():
        from .alignments import Comparison
        from .cuts import is_cut
        from .views import views

        if is_cut(Comparison(*views(start, end))):
            raise LooksLikeCut(CUT, "Generate all the same, or leave this pair out.")


def can_look() -> bool:
    """Whether pictures can be compared: OpenCV comes with the part `fcvg` of the engine, which may be left out."""
    return importlib.util.find_spec("cv2") is not None
