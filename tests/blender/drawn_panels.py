# SPDX-License-Identifier: GPL-3.0-or-later
"""What panels and preferences show, in a Blender without a window."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import bpy

from fcvg_blender.settings import addon_choices
from fcvg_blender.ui import preferences

ICONS = set(bpy.types.UILayout.bl_rna.functions["label"].parameters["icon"].enum_items.keys())


class Sheet:
    """Stands in for a layout, which exists only while a window is drawn: checks what Blender would check."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.choices: list[str] = []
        self.buttons: list[str] = []
        self.pictures = 0

    def label(self, text: str = "", icon: str = "NONE") -> None:
        assert icon in ICONS
        self.texts.append(text)

    def prop(
        self,
        data: Any,
        name: str,
        text: str = "",
        slider: bool = False,
        expand: bool = False,
        placeholder: str = "",
    ) -> None:
        assert name in data.bl_rna.properties
        self.choices.append(name)

    def prop_enum(self, data: Any, name: str, value: str, text: str = "") -> None:
        assert value in data.bl_rna.properties[name].enum_items
        self.choices.append(value)

    def operator(
        self, name: str, text: str = "", icon: str = "NONE", emboss: bool = True, depress: bool = False
    ) -> SimpleNamespace:
        assert icon in ICONS
        module, verb = name.split(".")
        assert verb in dir(getattr(bpy.ops, module))
        self.buttons.append(name)
        return SimpleNamespace()

    def progress(self, factor: float, text: str) -> None:
        assert 0.0 <= factor <= 1.0
        self.texts.append(text)

    def template_icon(self, icon_value: int, scale: float) -> None:
        assert icon_value > 0
        assert scale > 0
        self.pictures += 1

    def template_curve_mapping(self, data: Any, name: str) -> None:
        assert data.bl_rna.properties[name].fixed_type.identifier == "CurveMapping"
        self.pictures += 1

    def template_list(self, kind: str, _id: str, data: Any, items: str, _active: Any, row: str, rows: int) -> None:
        assert {items, row} <= set(data.bl_rna.properties.keys())
        assert hasattr(bpy.types, kind)

    def separator(self) -> None: ...

    def row(self, **_: object) -> Sheet:
        return self

    box = column = grid_flow = row

    def split(self, factor: float) -> Sheet:
        assert 0.0 < factor < 1.0
        return self


class _Owner:
    """A panel or preferences that draw on a sheet."""

    def __init__(self, sheet: Sheet, properties: Any) -> None:
        self.layout, self._properties = sheet, properties

    def __getattr__(self, name: str) -> Any:
        return getattr(self._properties, name)


def drawn(panel: Any) -> Sheet:
    """What a panel shows."""
    return _drawn(panel, None)


def _drawn(shown: Any, properties: Any) -> Sheet:
    context = SimpleNamespace(
        scene=bpy.context.scene,
        view_layer=bpy.context.view_layer,
        window_manager=bpy.context.window_manager,
        preferences=bpy.context.preferences,
        region=SimpleNamespace(width=1000),
    )
    sheet = Sheet()
    shown.draw(_Owner(sheet, properties), context)
    return sheet


def drawn_preferences(section: str) -> Sheet:
    """What a section of the preferences shows."""
    addon = bpy.context.preferences.addons.new()
    try:
        addon.module = addon_choices.ADDON_ID
        addon.preferences.section = section
        return _drawn(preferences.FCVG_Preferences, addon.preferences)
    finally:
        bpy.context.preferences.addons.remove(addon)
