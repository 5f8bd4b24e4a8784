"""The spacing of a gap's drawings: a preset, typed times, a free curve, or the animation of an object.

The engine takes a preset by its word and all else as times, one a drawing, in (0, 1).
"""
# mypy: disable-error-code="valid-type"
# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import bpy
from bpy.props import IntProperty, PointerProperty, StringProperty

from .. import compat
from ..engine import errors
from ..i18n.translate import rpt

TYPED, CURVE, ANIMATION = "CUSTOM", "CURVE", "FCURVE"  # identifiers of the spacings that are no preset

_NEAREST, _FARTHEST = 0.001, 0.999  # what comes to a key, or goes beyond, stops this short of it
_DIGITS = 6  # so that the same chart asks for the same drawings
_FLAT = 1e-6  # of a curve whose values differ by less nothing can be read
_LEAST_SHARE = 0.05  # of a curve's travel: one that all but comes back does not tell how far the move is

_AXES = {"QUATERNION": "WXYZ", "AXISANGLE": "WXYZ", "COLOR": "RGBA", "COLOR_GAMMA": "RGBA"}
_CUSTOM = re.compile(r'(.*)\["((?:[^"\\]|\\.)*)"\]')
_PLAIN = re.compile(r"(?:(.*)\.)?(\w+)")


def _is_animated(_spacing: Any, candidate: Any) -> bool:
    return any(True for _ in _curves(candidate))


def _search_channels(spacing: Any, _context: Any, text: str) -> list[str]:
    if spacing.object is None:
        return []
    return [label for label in channels(spacing.object) if text.lower() in label.lower()]


class FCVG_Spacing(bpy.types.PropertyGroup):
    """Where a free curve and an animation come from."""

    curve: PointerProperty(
        type=bpy.types.ShaderNodeTree, name="Free Curve", description="Keeps the free curve of the timing chart"
    )
    object: PointerProperty(
        type=bpy.types.Object,
        name="Object",
        description="The object whose animation spaces the drawings",
        poll=_is_animated,
    )
    channel: StringProperty(
        name="Channel",
        description="The animated property that spaces the drawings. Empty: everything that moves, on average",
        search=_search_channels,
    )
    offset: IntProperty(
        name="Frame Offset",
        description="Added to a frame of the edit, it gives the frame of the animation that belongs to it",
        min=-1_048_574,
        max=1_048_574,
        soft_min=-1000,
        soft_max=1000,
    )


CLASSES = (FCVG_Spacing,)


def engine_timing(settings: Any, count: int, start_frame: float, end_frame: float) -> str | list[float]:
    """How the scene's settings space `count` inbetweens between keys on two frames of the edit, as the engine takes it.

    The frames are those after the inbetweens are laid in. Raises BadRequest on a chart that does not fit.
    """
    return wanted(
        settings.spacing, settings.timing, settings.times, count, settings.hold_frames(), start_frame, end_frame
    )


def wanted(
    spacing: Any, timing: str, times: str, count: int, hold: int, start_frame: float, end_frame: float
) -> str | list[float]:
    """The same for a `timing`, an identifier of properties.TIMINGS, and typed `times` that are no scene's settings."""
    drawings = -(-count // hold)
    if timing == TYPED:
        return typed(times, drawings)
    if timing == CURVE:
        return of_curve(spacing.curve, drawings)
    if timing == ANIMATION:
        return of_animation(spacing, count, hold, start_frame, end_frame)
    return timing.lower().replace("_", "-")


def typed(text: str, drawings: int) -> list[float]:
    """The times in `text`, one for each drawing. Raises BadRequest."""
    times = parsed(text)
    if len(times) != drawings:
        raise errors.BadRequest(
            rpt("The timing chart has {numbers} numbers, but {drawings} drawings are to be made.").format(
                numbers=len(times), drawings=drawings
            ),
            "Write one number for each drawing.",
        )
    return times


def parsed(text: str) -> list[float]:
    """The times in `text`, in (0, 1), however many. Raises BadRequest."""
    try:
        times = [float(part) for part in text.replace(";", ",").split(",") if part.strip()]
    except ValueError:
        raise errors.BadRequest(
            "The timing chart holds something that is no number.", "Write numbers such as 0.1, 0.5, 0.9."
        ) from None
    if not all(0.0 < time < 1.0 for time in times):
        raise errors.BadRequest(
            "The timing chart holds a number that is not between 0 and 1.",
            "0 is the earlier key and 1 the later key; drawings lie between them.",
        )
    return times


def written(times: Iterable[float]) -> str:
    """Times as an artist types them, to three digits."""
    return ", ".join(f"{min(max(time, _NEAREST), _FARTHEST):.3f}".rstrip("0") for time in times)


def start_curve(settings: Any, _context: Any = None) -> None:
    """Give the scene's settings a free curve if they are to have one and have none; the update of their `timing`.

    Blender draws a curve only where it belongs to a data-block: it is kept by a node of a hidden node group, which is
    saved with the scene and goes with it.
    """
    if settings.timing == CURVE and curve_node(settings.spacing.curve) is None:
        tree: Any = bpy.data.node_groups.new(".Timing Chart", "ShaderNodeTree")
        mapping = tree.nodes.new("ShaderNodeFloatCurve").mapping
        mapping.extend = "HORIZONTAL"
        mapping.update()
        settings.spacing.curve = tree


def curve_node(tree: Any) -> Any:
    """The node whose `mapping` is the free curve, None without."""
    nodes = tree.nodes if tree is not None else ()
    return next((node for node in nodes if node.bl_idname == "ShaderNodeFloatCurve"), None)


def of_curve(tree: Any, drawings: int) -> list[float]:
    """The free curve over drawings that stand evenly between the keys. Raises BadRequest where there is none."""
    node = curve_node(tree)
    if node is None:
        raise errors.BadRequest("There is no free curve.", "Choose Free Curve under Timing and draw it there.")
    mapping = node.mapping
    mapping.initialize()
    values = [mapping.evaluate(mapping.curves[0], number / (drawings + 1)) for number in range(drawings + 2)]
    if max(values) - min(values) < _FLAT:
        raise errors.BadRequest(
            "The free curve is flat.", "Pull its ends apart: 0 is the earlier key, 1 the later one."
        )
    return [_between_keys(value) for value in values[1:-1]]


def of_animation(spacing: Any, count: int, hold: int, start_frame: float, end_frame: float) -> list[float]:
    """How far the chosen animation has come on the first frame of each drawing, between two frames of the edit with
    `count` inbetweens. Raises BadRequest."""
    chosen = spacing.object
    if chosen is None:
        raise errors.BadRequest("No object is chosen.", "Choose the object whose animation spaces the drawings.")
    curves = list(_curves(chosen))
    if spacing.channel:
        known = channels(chosen)
        if spacing.channel not in known:
            raise errors.BadRequest(
                rpt("“{name}” has no animated channel “{channel}”.").format(name=chosen.name, channel=spacing.channel),
                "Choose another channel, or none for everything that moves.",
            )
        curves = [known[spacing.channel]]
    first, last = start_frame + spacing.offset, end_frame + spacing.offset
    step = (last - first) / (count + 1)
    times = _progress(curves, first, last, [first + index * step for index in range(1, count + 1, hold)])
    if times is None:
        if spacing.channel:
            still = rpt("“{channel}” of “{name}” does not change between frames {first} and {last}.")
        else:
            still = rpt("“{name}” does not change between frames {first} and {last}.")
        raise errors.BadRequest(
            still.format(channel=spacing.channel, name=chosen.name, first=f"{first:g}", last=f"{last:g}"),
            "Choose a channel that moves there, or set the frame offset.",
        )
    return times


def of_objects(
    objects: Iterable[Any], start_frame: float, end_frame: float, frames: Sequence[float]
) -> list[float] | None:
    """How far the objects have come on each of `frames` from one frame of their animation to another, in (0, 1).

    The mean of all curves that move, those of bones, shape keys and object data among them; None when nothing moves.
    """
    return _progress([curve for each in objects for curve in _curves(each)], start_frame, end_frame, frames)


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


def _curves(owner: Any) -> Iterator[Any]:
    return (curve for _, curve in _curves_by_block(owner))


def _curves_by_block(owner: Any) -> Iterator[tuple[Any, Any]]:
    """What animates an object, its data and its shape keys."""
    data = owner.data
    for block in (owner, data, getattr(data, "shape_keys", None)):
        if block is not None:
            for curve in compat.fcurves(block):
                yield block, curve


def _label(block: Any, curve: Any, is_object: bool) -> str:
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


def _progress(
    curves: Iterable[Any], start_frame: float, end_frame: float, frames: Sequence[float]
) -> list[float] | None:
    moving = []
    for curve in curves:
        if curve.mute:
            continue
        values = [curve.evaluate(frame) for frame in (start_frame, *frames, end_frame)]
        way, travel = values[-1] - values[0], max(values) - min(values)
        if travel > _FLAT and abs(way) >= _LEAST_SHARE * travel:
            moving.append([(value - values[0]) / way for value in values[1:-1]])
    if not moving:
        return None
    return [_between_keys(sum(each) / len(moving)) for each in zip(*moving, strict=True)]


def _between_keys(time: float) -> float:
    return round(min(max(time, _NEAREST), _FARTHEST), _DIGITS)
