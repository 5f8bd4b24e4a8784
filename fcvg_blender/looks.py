"""What stills look like: the scene's final render, or the shading of a 3D view.

A view's shading is rendered, not copied from the screen, so some of it is only near: Solid becomes Workbench with the
view's lighting, colours and shadows, Wireframe the same as solid; Material Preview becomes EEVEE with the scene's own
lights and world instead of the studio's; Rendered is the scene's engine. Overlays, the view's own angle and its
compositing are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy

from . import compat

WORKBENCH = "BLENDER_WORKBENCH"

# Of a view, not of what it shows.
_LEFT_OUT = {"rna_type", "type", "render_pass", "aov_name", "use_compositor"}


@dataclass(frozen=True)
class Look:
    """`engine` instead of the scene's where it is not empty; `shading` are names and values for Workbench."""

    engine: str = ""
    shading: tuple[tuple[str, Any], ...] = ()
    is_viewport: bool = False

    def apply(self, copy: Any) -> None:
        """Give a scene that may be changed this look."""
        if not self.is_viewport:
            return
        copy.render.use_compositing = False
        copy.render.use_freestyle = False
        if self.engine:
            copy.render.engine = self.engine
        for name, value in self.shading:
            setattr(copy.display.shading, name, value)


FINAL = Look()


def of_view(context: Any) -> Look:
    """The look of the 3D view that was clicked in, else of the first one of the window; Solid where there is none."""
    space = context.space_data
    if space is None or space.type != "VIEW_3D":
        areas = context.screen.areas if context.screen else ()
        space = next((area.spaces.active for area in areas if area.type == "VIEW_3D"), None)
    if space is None:
        return Look(WORKBENCH, is_viewport=True)
    shading = space.shading
    if shading.type == "RENDERED":
        return Look(is_viewport=True)
    if shading.type == "MATERIAL":
        return Look(compat.eevee(), is_viewport=True)
    return Look(WORKBENCH, tuple(_values(shading)), is_viewport=True)


def _values(shading: Any) -> list[tuple[str, Any]]:
    declared = [each for each in bpy.types.View3DShading.bl_rna.properties if not each.is_readonly]
    found = []
    # How it is lit comes first: which studio lights there are depends on it.
    for each in sorted(declared, key=lambda one: one.identifier != "light"):
        if each.identifier not in _LEFT_OUT and each.type not in {"POINTER", "COLLECTION"}:
            value = getattr(shading, each.identifier)
            found.append((each.identifier, tuple(value) if getattr(each, "is_array", False) else value))
    return found
