# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be known of a pair of strips before inbetweens are made of them, though they can be made."""

from __future__ import annotations

from typing import Any

from .. import compat
from ..i18n.translate import iface, rpt
from ..settings.protocols import Scene
from .gaps import Shot

# Of the edit: colours come back out of these as they went in. Measured; the AgX spaces were up to 0.8 of 255 off.
_EXACT = {"sRGB", "Non-Color", "ACES2065-1", "ACEScg", "Display P3", "Filmic sRGB", "Rec.1886", "Rec.2020"}


def of_shot(scene: Scene, shot: Shot) -> list[str]:
    """Sentences about how the inbetweens will differ from what the edit shows beside them; none mostly."""
    beside = {strip.name: strip for strip in compat.contents(compat.level_in(scene, shot.metas))}
    earlier, later = beside[shot.start_strip], beside[shot.end_strip]
    effects = [each for each in beside.values() if any(compat.inputs(each)) and not each.mute]
    keys = ((earlier, shot.start_frame), (later, shot.end_frame))
    return [
        *_colours(scene),
        *_blending(earlier, later),
        *(found for key in keys for found in _changed_by_effect(effects, *key)),
    ]


def _colours(scene: Any) -> list[str]:
    space = scene.sequencer_colorspace_settings.name
    if space == compat.NO_COLOUR and scene.fcvg.format in ("PNG", "JPG"):
        return [rpt("The edit's colour space is Non-Color: the frames are PNG 16 bit, which it shows right.")]
    if space in _EXACT or space.startswith("Linear"):
        return []
    sentence = rpt("The edit's colour space {space} changes colours that go through it twice. sRGB keeps them.")
    return [sentence.format(space=space)]


def _changed_by_effect(effects: list[Any], key: Any, frame: int) -> list[str]:
    """Whether the edit shows the key on its frame through an effect that is made of it."""
    sentence = rpt(
        "“{effect}” is made of “{name}”, and the key is taken without that effect: the look jumps. Select “{effect}” "
        "instead."
    )
    return [
        sentence.format(effect=effect.name, name=key.name)
        for effect in effects
        if any(source.name == key.name for source in compat.inputs(effect))
        and compat.left(effect) <= frame < compat.right(effect)
    ]


def _blending(earlier: Any, later: Any) -> list[str]:
    if earlier.blend_type == later.blend_type:
        return []
    sentence = rpt(
        "“{earlier}” blends as {one}, “{later}” as {other}: the inbetweens lie over what is below, and the look jumps. "
        "Give both the same blend mode."
    )
    one, other = (_label(strip) for strip in (earlier, later))
    return [sentence.format(earlier=earlier.name, one=one, later=later.name, other=other)]


def _label(strip: Any) -> str:
    """What Blender calls the strip's blend mode."""
    return iface(strip.bl_rna.properties["blend_type"].enum_items[strip.blend_type].name)
