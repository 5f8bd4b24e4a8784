# SPDX-License-Identifier: GPL-3.0-or-later
"""What the operators of one model share."""
# mypy: disable-error-code="valid-type"
# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

from bpy.props import StringProperty

from ...engine import registry


class OfModel:
    """Properties of an operator that is about one model."""

    name: StringProperty(name="Model", description="Its name in the registry", options={"SKIP_SAVE"})

    @property
    def model(self) -> registry.Model:
        """The model with this name."""
        return registry.models()[self.name]
