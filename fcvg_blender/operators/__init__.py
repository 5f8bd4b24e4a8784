# SPDX-License-Identifier: GPL-3.0-or-later
"""What an artist can do, one verb a file. Each folder is what it is done to."""

from __future__ import annotations

from . import engine, errors, generate, keys_3d, models, queue, strips, takes

CLASSES = (
    *generate.CLASSES,
    *queue.CLASSES,
    *strips.CLASSES,
    *takes.CLASSES,
    *keys_3d.CLASSES,
    *errors.CLASSES,
    *engine.CLASSES,
    *models.CLASSES,
)
