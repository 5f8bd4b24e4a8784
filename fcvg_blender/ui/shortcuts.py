# SPDX-License-Identifier: GPL-3.0-or-later
"""Shortcuts of the sequencer's timeline and preview. Artists change them in Preferences ▸ Keymap.

Neither Blender's own keymap nor its industry-compatible one, from 4.2 to 5.2, uses these keys there.
"""

from __future__ import annotations

from typing import Any

import bpy

from .. import compat

# Operator, key (all with Shift), properties. On many keyboards Shift with , and . gives < and >.
_SHORTCUTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("fcvg.generate_inbetweens", "I", {}),
    ("fcvg.next_take", "PERIOD", {"by": 1}),
    ("fcvg.next_take", "COMMA", {"by": -1}),
)

_added: list[tuple[Any, Any]] = []


def register() -> None:
    """Add them to the keymaps of add-ons. A Blender that was started for a script may have no keymaps."""
    context: Any = bpy.context
    configuration = context.window_manager.keyconfigs.addon
    if configuration is None:
        return
    keymap = configuration.keymaps.new(compat.SEQUENCER_KEYMAP, space_type="SEQUENCE_EDITOR")
    for operator, key, values in _SHORTCUTS:
        item = keymap.keymap_items.new(operator, key, "PRESS", shift=True)
        for name, value in values.items():
            setattr(item.properties, name, value)
        _added.append((keymap, item))


def unregister() -> None:
    """Take them away again."""
    for keymap, item in _added:
        keymap.keymap_items.remove(item)
    _added.clear()
