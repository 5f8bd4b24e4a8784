# SPDX-License-Identifier: GPL-3.0-or-later
"""Panels, menus and lists, and what they are made of. They draw, and decide nothing."""

from __future__ import annotations

from . import generative, keys_3d, preflight, presets, queue, record, strip, tab, takes, timing

CLASSES = (
    *presets.CLASSES,
    *queue.CLASSES,  # from here in the order in which the tab shows them
    *strip.CLASSES,
    *record.CLASSES,
    *preflight.CLASSES,
    *tab.CLASSES,
    *generative.CLASSES,
    *timing.CLASSES,
    *takes.CLASSES,
    *keys_3d.CLASSES,
)
