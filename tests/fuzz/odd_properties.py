# SPDX-License-Identifier: GPL-3.0-or-later
"""Odd values in what the add-on keeps in a blend file, beneath what Blender checks when an artist sets them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import bpy
from fuzz import odd

from fcvg_blender import compat

_NUMBERS = ("hold", "count", "made", "number", "place", "pushed", "first", "start_frame", "end_frame", "still_frame")


def raw(group: Any) -> Any:
    """What Blender keeps of a property group, beneath what the properties allow."""
    if hasattr(group, "bl_system_properties_get"):  # since 5.0
        return group.bl_system_properties_get(do_create=True)
    return group


def set_something(chance: random.Random, as_scripts_can: bool) -> None:
    """Put an odd value into one of our properties, as a file may hold it, or into what Blender says of a strip."""
    if chance.random() < 0.15:
        _rename_something(chance)
        return
    group = chance.choice(list(_groups()))
    declared = [each for each in group.bl_rna.properties if each.identifier != "rna_type"]
    each = chance.choice(declared)
    kept = raw(group)
    value = _odd_value(chance, each, as_scripts_can)
    if each.identifier in kept and chance.random() < 0.5:
        del kept[each.identifier]  # else Blender minds the type of what is there
    with suppress(TypeError, OverflowError, ValueError, KeyError):  # nor can a file hold it then
        kept[each.identifier] = value


def _rename_something(chance: random.Random) -> None:
    """Give a scene or a strip an odd name, or let a strip show an odd folder or file."""
    scene = chance.choice(list(bpy.data.scenes))
    strip = chance.choice([strip for strip in compat.all_strips(scene) if strip.type == "IMAGE"])
    text = odd.text(chance, surrogates=False)
    match chance.randrange(5):
        case 0:
            scene.name = text
        case 1:
            strip.name = text
        case 2:
            chance.choice(list(strip.elements)).filename = text
        case _:
            strip.directory = chance.choice((text, f"//frames/{text}/", f"{chance.choice(odd.PATHS)}/{text}"))


def _odd_value(chance: random.Random, declared: Any, as_scripts_can: bool) -> Any:
    """A value of the property's own type mostly."""
    kind = declared.type if chance.random() < 0.85 else chance.choice(("INT", "FLOAT", "STRING", "COLLECTION", "ENUM"))
    match kind:
        case "INT" | "ENUM" | "BOOLEAN":
            return chance.choice(odd.WHOLE)
        case "FLOAT":
            return chance.choice(odd.REAL)
        case "STRING":
            found = odd.text(chance, surrogates=False)
            is_text = as_scripts_can or chance.random() < 0.9
            return found if is_text else found.encode()[: chance.randrange(1, 9)] + b"\xff"
        case "COLLECTION":
            names = ("id", "number", "state", "place", "folder", "made", "generation", "print_start", "format", "error")
            items = ({name: _of_take(chance, name) for name in names} for _ in range(chance.choice((0, 1, 3, 1200))))
            return list(items)
    return {}


def _of_take(chance: random.Random, name: str) -> Any:
    if name in _NUMBERS:
        return chance.choice(odd.WHOLE)
    return chance.choice(odd.WORDS + odd.PATHS)


def _groups() -> Iterator[Any]:
    """All property groups of ours in the file; those of strips more often."""
    for scene in bpy.data.scenes:
        settings = scene.fcvg
        yield from (settings, settings.conditions, settings.sampling, settings.stills, settings.spacing)
        for strip in compat.all_strips(scene):
            yield from (strip.fcvg,) * (4 if strip.name.startswith("Inbetweens") else 1)
            yield from list(strip.fcvg.others)[:5]
    yield bpy.context.window_manager.fcvg
    yield bpy.context.window_manager.fcvg.preflight
