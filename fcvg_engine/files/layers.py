# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the layer of an image file that is the picture: EXR files of renderers have many, in one part or in several.

A layer is the channels that begin with the same name (`View.Combined.R`, `.G`, `.B`); the name of a part stands before
those of its channels, unless they begin with it already. Letters may be large or small, or words (`red`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import OpenImageIO as oiio

MOST_PARTS = 256

_CHANNELS = {"r": "R", "red": "R", "g": "G", "green": "G", "b": "B", "blue": "B", "a": "A", "alpha": "A", "y": "Y"}
_PICTURES = ("combined", "composite", "beauty", "rgba", "rgb")  # what renderers and compositors call the picture
_NO_PICTURES = ("crypto",)  # names that begin so are of layers with numbers in colour channels
_NUMBERED = re.compile(r"(subimage|part)?[ _.-]?\d*", re.IGNORECASE)  # what programs call parts that nobody has named
_LIGHTNESS = {"ry", "by"}  # beside them Y is no grey, but the lightness of a colour


@dataclass(frozen=True)
class Layer:
    """The channels of a picture in the part `part` of a file: three of colour, or one of grey, and alpha, if any.

    `name`: how the file calls it; empty for channels that are called R, G, B and no more.
    """

    name: str
    part: int
    colour: tuple[int, ...]
    alpha: int | None


def ordered(specs: Sequence[oiio.ImageSpec]) -> list[Layer]:
    """Return the layers with colour, or else those of grey, of the parts with these headers, the picture first: plain
    red, green and blue, then what is called Combined, Composite or the like, then the others as they lie in the
    file."""
    found = [layer for part, spec in enumerate(specs) if not spec.deep for layer in _of_part(part, spec, len(specs))]
    colour = [layer for layer in found if len(layer.colour) == 3] or found
    return sorted(colour, key=_rank)  # which keeps the order of equals


def find(found: Sequence[Layer], wanted: str) -> Layer | None:
    """Return the layer that is called `wanted`, or whose name ends so; None where there is none."""
    words = wanted.lower().split(".")
    return next((each for each in found if each.name.lower().split(".")[-len(words) :] == words), None)


def _rank(layer: Layer) -> int:
    words = layer.name.lower().split(".")
    if not layer.name:
        return 0
    if any(word.startswith(_NO_PICTURES) for word in words):
        return 3
    return 1 if any(word in _PICTURES for word in words) else 2


def _of_part(part: int, spec: oiio.ImageSpec, parts: int) -> list[Layer]:
    title = spec.get_string_attribute("oiio:subimagename") if parts > 1 else ""
    if _NUMBERED.fullmatch(title):
        title = ""
    layers: dict[str, dict[str, int]] = {}
    for index, name in enumerate(spec.channelnames):
        before, _, last = name.rpartition(".")
        kind = _CHANNELS.get(last.lower())
        if last.lower() in _LIGHTNESS:
            kind = "no grey"
        if kind:
            layers.setdefault(before, {}).setdefault(kind, index)
    return [
        Layer(_whole_name(title, name), part, colour, channels.get("A"))
        for name, channels in layers.items()
        if (colour := _colour(channels))
    ]


def _colour(channels: dict[str, int]) -> tuple[int, ...]:
    if all(each in channels for each in "RGB"):
        return tuple(channels[each] for each in "RGB")
    return (channels["Y"],) if "Y" in channels and "no grey" not in channels else ()


def _whole_name(title: str, name: str) -> str:
    if not title or name == title or name.startswith(f"{title}."):
        return name
    return f"{title}.{name}" if name else title
