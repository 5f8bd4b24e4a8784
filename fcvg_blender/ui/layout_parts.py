# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts of layouts that panels, preferences and dialogs have in common; those with text are in `text_layout`."""

from __future__ import annotations

from typing import Any

import numpy as np

UNIT_PX = 20  # height of a button, at scale 1


def unit_px(context: Any) -> int:
    """Return the height of a button in pixels of the screen.

    Computed as Blender does it: in single precision, halves rounded up, with the border of the theme.
    """
    system = context.preferences.system
    return int(np.float32(18) * np.float32(system.ui_scale) + np.float32(0.5)) + 2 * int(system.pixel_size)


def names_beside(layout: Any) -> Any:
    """Let `layout` show the names of properties beside their values, without the dots for keyframes. Return it."""
    layout.use_property_split = True
    layout.use_property_decorate = False
    return layout


def button_row(box: Any) -> Any:
    """Return a row for buttons, a little below the text that `box` has already."""
    box.separator()
    return box.row(align=True)
