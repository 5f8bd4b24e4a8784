# SPDX-License-Identifier: GPL-3.0-or-later
"""Put the command lines that make the shown take again onto the clipboard."""

from __future__ import annotations

from typing import Any

from ...edit import selection, strips
from ...i18n.translate import mark
from ...settings import strip_record
from ...takes import recipe
from .._base import NONE_ACTIVE, CopyOperator


class FCVG_OT_copy_recipe(CopyOperator):
    """Copy the command lines that make the shown take again, byte for byte, on another computer: with the method, the
    seed and all settings, and the SHA-256 of its keys and models"""

    bl_idname = "fcvg.copy_recipe"
    bl_label = "Copy Recipe"
    copied = mark("The recipe is on the clipboard.")

    @classmethod
    def why_not(cls, context: Any) -> str:
        """Return why it cannot run now, '' where it can."""
        strip = selection.inbetweens(context)
        if strip is None:
            return NONE_ACTIVE
        return mark("This take is not finished.") if strip.fcvg.state in strip_record.UNFINISHED else ""

    def text(self, context: Any) -> str:
        """Return the recipe. Raises FcvgError where the take cannot be made again."""
        strip = selection.inbetweens(context)
        return recipe.text(strips.folder(strip), f"{strip.name}, take {strip.fcvg.number}")
