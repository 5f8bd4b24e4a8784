# SPDX-License-Identifier: GPL-3.0-or-later
"""A seat before Blender: what all deeds of an artist's there need."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
from fuzz.whose import World

from fcvg_blender import compat
from fcvg_blender.edit import strips


class Seat:
    """An artist who has chosen by `chance` to do something in Blender, in a `world`.

    `saved`: the blend files that the deed has saved. `asked_in`: the folders for which it has agreed that painted
    drawings are put aside. `redoing`: the takes of these.
    """

    def __init__(self, world: World, chance: random.Random) -> None:
        self.world, self.chance = world, chance
        self.saved: list[Path] = []
        self.asked_in: set[Path] = set()
        self.redoing: set[str] = set()

    def choose(self, fits: Callable[[Any], object] = lambda record: True) -> Any:
        """Select a strip of inbetweens whose record fits, and make it the active one; None where there is none."""
        here = (strip for scene, strip in strips.ours() if scene == bpy.context.scene and not strip.fcvg.overlay)
        found = [strip for strip in here if fits(strip.fcvg)]
        if not found:
            return None
        strip = self.chance.choice(found)
        self.select(strip.name)
        return strip

    def select(self, *names: str) -> None:
        """Select these strips and no others; the last becomes the active one."""
        scene: Any = bpy.context.scene
        scene.sequence_editor_create()
        for strip in compat.strips(scene):
            strip.select = strip.name in names
            if strip.name == names[-1]:
                scene.sequence_editor.active_strip = strip

    def click(self, name: str, **options: Any) -> None:
        """An operator, as a button calls it. Raises RuntimeError where it refuses."""
        getattr(bpy.ops.fcvg, name)("EXEC_DEFAULT", True, **options)

    def push(self, message: str) -> None:
        """Push an undo step, as Blender's own operators do."""
        bpy.ops.ed.undo_push(message=message)

    def save_at(self, path: Path, **options: Any) -> None:
        """Save the file. Raises RuntimeError where that fails."""
        bpy.ops.wm.save_as_mainfile(filepath=str(path), **options)
        self.saved.append(path)
