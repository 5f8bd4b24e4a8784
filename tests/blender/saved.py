# SPDX-License-Identifier: GPL-3.0-or-later
"""What of the add-on's is saved in the file that is open, as plain data that can be kept as JSON."""

from __future__ import annotations

from typing import Any

import bpy
import rna

from fcvg_blender import compat


def content() -> dict[str, Any]:
    """Of each scene: the artist's choices and every strip with its record."""
    return {scene.name: _of_scene(scene) for scene in bpy.data.scenes}


def _of_scene(scene: Any) -> dict[str, Any]:
    return {
        "choices": rna.settings(scene.fcvg, "fcvg"),
        "curve": _points(scene.fcvg.spacing.curve),
        "strips": {strip.name: _of_strip(strip) for strip in compat.all_strips(scene)},
    }


def _of_strip(strip: Any) -> dict[str, Any]:
    return {
        "place": [strip.channel, compat.left(strip), compat.right(strip)],
        "folder": strip.directory,
        "files": [element.filename for element in strip.elements],
        "record": rna.settings(strip.fcvg, "fcvg"),
    }


def _points(tree: Any) -> list[list[float]]:
    """Of the free curve that the timing chart has."""
    if tree is None:
        return []
    return [[round(each, 5) for each in point.location] for point in tree.nodes[0].mapping.curves[0].points]
