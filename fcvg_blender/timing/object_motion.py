# SPDX-License-Identifier: GPL-3.0-or-later
"""How far animated objects have come between two frames: their F-curves, and what an artist calls these."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from .. import compat

FLAT = 1e-6  # a curve whose values differ by less tells nothing
_NEAREST, _FARTHEST = 0.001, 0.999  # times nearer to a key, or beyond it, are moved here
_DIGITS = 6  # so that the same chart asks for the same drawings
_LEAST_SHARE = 0.05  # of a curve's travel: one that all but comes back does not tell how far the move is

_AXES = {"QUATERNION": "WXYZ", "AXISANGLE": "WXYZ", "COLOR": "RGBA", "COLOR_GAMMA": "RGBA"}
_CUSTOM = re.compile(r'(.*)\["((?:[^"\\]|\\.)*)"\]')
_PLAIN = re.compile(r"(?:(.*)\.)?(\w+)")


def of_objects(
    objects: Iterable[Any], start_frame: float, end_frame: float, frames: Sequence[float]
) -> list[float] | None:
    """How far objects have come on each of `frames`, from one frame of their animation to another, in (0, 1).

    As `progress` of all their curves, those of bones, shape keys and object data among them.
    """
    return progress([curve for each in objects for curve in curves_of(each)], start_frame, end_frame, frames)


def channels(owner: Any) -> dict[str, Any]:
    """The F-curves of an object by what the artist calls them, such as `X Location` or `Hand L: W Quaternion`."""
    found: dict[str, Any] = {}
    for block, curve in _curves_by_block(owner):
        label = name = _label(block, curve, block == owner)
        number = 1
        while label in found:
            number += 1
            label = f"{name} ({number})"
        found[label] = curve
    return found


def curves_of(owner: Any) -> Iterator[Any]:
    """The F-curves of an object, its data and its shape keys."""
    return (curve for _, curve in _curves_by_block(owner))


def _curves_by_block(owner: Any) -> Iterator[tuple[Any, Any]]:
    """The F-curves of an object, its data and its shape keys, each with what it animates."""
    data = owner.data
    for block in (owner, data, getattr(data, "shape_keys", None)):
        if block is not None:
            for curve in compat.fcurves(block):
                yield block, curve


def _label(block: Any, curve: Any, is_object: bool) -> str:
    """What an artist calls the property that the curve animates; its data path where nobody can tell."""
    match = _CUSTOM.fullmatch(curve.data_path) or _PLAIN.fullmatch(curve.data_path)
    if match is None:
        return str(curve.data_path)
    path, name = match.groups()
    try:
        holder = block.path_resolve(path) if path else block
    except ValueError:  # a bone or modifier that is there no longer
        return str(curve.data_path)
    rna = holder.bl_rna.properties.get(name)
    if rna is not None:
        axes = _AXES.get(rna.subtype, "XYZW") if rna.is_array else ""
        axis = axes[curve.array_index] if curve.array_index < len(axes) else ""
        name = f"{axis} {rna.name}".strip()
    return name if is_object and not path else f"{getattr(holder, 'name', block.name)}: {name}"


def progress(
    curves: Iterable[Any], start_frame: float, end_frame: float, frames: Sequence[float]
) -> list[float] | None:
    """How far curves have come on each of `frames`, from their values at one frame to those at another, in (0, 1).

    The mean of all that move; None when none does. A curve that all but comes back to its first value does not count.
    """
    moving = []
    for curve in curves:
        if curve.mute:
            continue
        values = [curve.evaluate(frame) for frame in (start_frame, *frames, end_frame)]
        way, travel = values[-1] - values[0], max(values) - min(values)
        if travel > FLAT and abs(way) >= _LEAST_SHARE * travel:
            moving.append([(value - values[0]) / way for value in values[1:-1]])
    if not moving:
        return None
    return [between_keys(sum(each) / len(moving)) for each in zip(*moving, strict=True)]


def between_keys(time: float) -> float:
    """The time, moved into (0, 1) and rounded so that the same chart asks for the same drawings."""
    return round(min(max(time, _NEAREST), _FARTHEST), _DIGITS)
