# SPDX-License-Identifier: GPL-3.0-or-later
"""What the operators of takes share."""
# mypy: disable-error-code="valid-type"
# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

from bpy.props import IntProperty


class OfTake:
    """Properties of an operator that is about one take of the active strip, or about several strips."""

    number: IntProperty(
        name="Take",
        description="Number of a take of the active strip. 0: the take that each selected strip shows",
        min=0,
        options={"SKIP_SAVE"},
    )
