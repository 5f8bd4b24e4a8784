# SPDX-License-Identifier: GPL-3.0-or-later
"""What rendered keys look like: the scene's final render, or the shading of a 3D view.

A view's shading is rendered, not copied from the screen, so some of it is only similar. Solid becomes Workbench with
the view's lighting, colours, shadows and background, and as in that view without the scene's view transform. Wireframe
becomes the same as Solid. Material Preview becomes EEVEE with the scene's own lights and world instead of the studio's.
Rendered is the scene's engine. Overlays, the view's own angle and its compositing are left out.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import bpy
from mathutils import Color

from .. import compat

WORKBENCH = "BLENDER_WORKBENCH"

# Properties that Workbench cannot have, or that do not belong to the look.
_LEFT_OUT = {"rna_type", "type", "render_pass", "aov_name", "use_compositor"}

# Colours as a view shows them that ignores the scene's colour management. Some versions of Blender lack some of these.
_PLAIN = {
    "view_transform": "Standard",
    "look": "None",
    "exposure": 0.0,
    "gamma": 1.0,
    "use_curve_mapping": False,
    "use_white_balance": False,
}


@dataclass(frozen=True)
class Shading:
    """A look. `engine`: in place of the scene's, '' for the scene's own. `shading`: names and values for Workbench.

    `is_viewport`: as in a 3D view, without compositing and Freestyle. `background`: a scene-linear colour in place of
    the scene's world, None for the world.
    """

    engine: str = ""
    shading: tuple[tuple[str, Any], ...] = ()
    is_viewport: bool = False
    background: tuple[float, ...] | None = None

    def apply(self, copy: Any) -> None:
        """Give this look to `copy`, a scene that may be changed."""
        if not self.is_viewport:
            return
        copy.render.use_compositing = False
        copy.render.use_freestyle = False
        if self.engine:
            copy.render.engine = self.engine
        for name, value in self.shading:
            setattr(copy.display.shading, name, value)
        if copy.render.engine == WORKBENCH and not copy.render.film_transparent:
            copy.render.image_settings.color_mode = "RGB"  # its alpha is only almost 1
        if self.engine == WORKBENCH:
            _show_plainly(copy.view_settings)


FINAL = Shading()


def of_view(context: Any) -> Shading:
    """Return the look of the 3D view that was clicked in, else of the window's first one, else Solid."""
    space = context.space_data
    if space is None or space.type != "VIEW_3D":
        areas = context.screen.areas if context.screen else ()
        space = next((area.spaces.active for area in areas if area.type == "VIEW_3D"), None)
    if space is None:
        return Shading(WORKBENCH, is_viewport=True)
    shading = space.shading
    if shading.type == "RENDERED":
        return Shading(is_viewport=True)
    if shading.type == "MATERIAL":
        return Shading(compat.eevee(), is_viewport=True)
    return Shading(WORKBENCH, tuple(_values(shading)), is_viewport=True, background=_background(context, shading))


def _show_plainly(view_settings: Any) -> None:
    for name, value in _PLAIN.items():
        with suppress(TypeError):  # a colour configuration without it
            compat.set_known(view_settings, name, value)


def _background(context: Any, shading: Any) -> tuple[float, ...] | None:
    """The colour behind the objects of a view, scene-linear; of a gradient its middle. None where it is the world's."""
    if shading.background_type == "WORLD":
        return None
    if shading.background_type == "VIEWPORT":
        return tuple(shading.background_color)
    gradients = context.preferences.themes[0].view_3d.space.gradients
    colour = Color(gradients.high_gradient)
    if gradients.background_type != "SINGLE_COLOR":
        colour = (colour + Color(gradients.gradient)) / 2
    linear: Any = colour.from_srgb_to_scene_linear()
    return tuple(linear)


def _values(shading: Any) -> list[tuple[str, Any]]:
    """Names and values of a view's shading, in the order in which they can be set."""
    declared = [each for each in bpy.types.View3DShading.bl_rna.properties if not each.is_readonly]
    found = []
    # How it is lit comes first: which studio lights there are depends on it.
    for each in sorted(declared, key=lambda one: one.identifier != "light"):
        if each.identifier not in _LEFT_OUT and each.type not in {"POINTER", "COLLECTION"}:
            value = getattr(shading, each.identifier)
            found.append((each.identifier, tuple(value) if getattr(each, "is_array", False) else value))
    return found
