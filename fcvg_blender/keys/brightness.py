# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds out whether what was just rendered is brighter than white, which PNG and JPEG cannot hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np

from .. import compat

_TOLERANCE = 0.002  # of white, for what filtering and premultiplying add by rounding


def exceeds_white(scene: Any, path: Path) -> bool:
    """Whether the newest render has colours brighter than white. It is written to `path` then, or not, as 32 bit EXR.

    `scene` is a copy that is set up to render keys. Its file format is another one afterwards.
    """
    settings = scene.render.image_settings
    compat.set_file_format(settings, "OPEN_EXR")
    settings.color_depth, settings.exr_codec = "32", "NONE"
    bpy.data.images["Render Result"].save_render(str(path), scene=scene)
    image: Any = bpy.data.images.load(str(path))
    try:
        image.colorspace_settings.is_data = True  # the numbers as they are
        image.alpha_mode = "PREMUL"
        pixels = np.empty((image.size[0] * image.size[1], image.channels), np.float32)
        image.pixels.foreach_get(pixels.ravel())
    finally:
        bpy.data.images.remove(image)
    colours, alpha = pixels[:, :3], pixels[:, 3:]
    # Premultiplied: what is half transparent is brighter than white from 0.5 on.
    return bool((colours > alpha * (1 + _TOLERANCE) + _TOLERANCE).any())
