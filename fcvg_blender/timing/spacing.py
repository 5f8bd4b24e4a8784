# SPDX-License-Identifier: GPL-3.0-or-later
"""The spacing of a gap's drawings: a preset, typed times, a free curve, or the animation of an object.

The engine takes a preset by its word and all else as times, one a drawing, in (0, 1).
"""
# mypy: disable-error-code="valid-type"
# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

from collections.abc import Iterable
from typing import Any

import bpy
from bpy.props import IntProperty, PointerProperty, StringProperty

from ..engine import errors
from ..i18n.translate import rpt
from . import object_motion

TYPED, CURVE, ANIMATION = "CUSTOM", "CURVE", "FCURVE"  # identifiers of the spacings that are no preset


def _is_animated(_spacing: Any, candidate: Any) -> bool:
    return any(True for _ in object_motion.curves_of(candidate))


def _search_channels(spacing: Any, _context: Any, text: str) -> list[str]:
    if spacing.object is None:
        return []
    return [label for label in object_motion.channels(spacing.object) if text.lower() in label.lower()]


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
    """How the scene's settings space `count` inbetweens, as the engine takes it. Raises BadRequest where it cannot be.

    `start_frame` and `end_frame` are those on which the keys show once the inbetweens are laid.
    """
    return wanted(
        settings.spacing, settings.timing, settings.times, count, settings.hold_frames(), start_frame, end_frame
    )


def wanted(
    spacing: Any, timing: str, times: str, count: int, hold: int, start_frame: float, end_frame: float
) -> str | list[float]:
    """As `engine_timing`, with what it takes from the settings given one by one.

    `timing` is an identifier of menu_choices.TIMINGS, `times` are typed. `spacing` is the FCVG_Spacing that has the
    free curve and the animation.
    """
    drawings = -(-count // hold)
    if timing == TYPED:
        return typed(times, drawings)
    if timing == CURVE:
        return of_curve(spacing.curve, drawings)
    if timing == ANIMATION:
        return of_animation(spacing, count, hold, start_frame, end_frame)
    return timing.lower().replace("_", "-")


def typed(text: str, drawings: int) -> list[float]:
    """The times that are typed in `text`. Raises BadRequest unless there is one for each drawing, each in (0, 1)."""
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
    """The times that are typed in `text`, however many. Raises BadRequest unless each is in (0, 1)."""
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
    return ", ".join(f"{object_motion.between_keys(time):.3f}".rstrip("0") for time in times)


def start_curve(settings: Any, _context: Any = None) -> None:
    """Give the scene's settings a free curve where their `timing` needs one and there is none. Its update calls this.

    Blender draws a curve only where it belongs to a data-block. So a node of a hidden node group keeps it, which is
    saved with the scene.
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
    """The values of the free curve at drawings that stand evenly between the keys, in (0, 1).

    Raises BadRequest where there is no curve, or where it is flat.
    """
    node = curve_node(tree)
    if node is None:
        raise errors.BadRequest("There is no free curve.", "Choose Free Curve under Timing and draw it there.")
    mapping = node.mapping
    mapping.initialize()
    values = [mapping.evaluate(mapping.curves[0], number / (drawings + 1)) for number in range(drawings + 2)]
    if max(values) - min(values) < object_motion.FLAT:
        raise errors.BadRequest(
            "The free curve is flat.", "Pull its ends apart: 0 is the earlier key, 1 the later one."
        )
    return [object_motion.between_keys(value) for value in values[1:-1]]


def of_animation(spacing: Any, count: int, hold: int, start_frame: float, end_frame: float) -> list[float]:
    """How far the chosen animation has come on the first frame of each drawing, in (0, 1).

    The keys show on the two frames of the edit, `count` inbetweens between them. Raises BadRequest where no object is
    chosen or nothing moves.
    """
    chosen = spacing.object
    if chosen is None:
        raise errors.BadRequest("No object is chosen.", "Choose the object whose animation spaces the drawings.")
    curves = list(object_motion.curves_of(chosen))
    if spacing.channel:
        known = object_motion.channels(chosen)
        if spacing.channel not in known:
            raise errors.BadRequest(
                rpt("“{name}” has no animated channel “{channel}”.").format(name=chosen.name, channel=spacing.channel),
                "Choose another channel, or none for everything that moves.",
            )
        curves = [known[spacing.channel]]
    first, last = start_frame + spacing.offset, end_frame + spacing.offset
    step = (last - first) / (count + 1)
    times = object_motion.progress(curves, first, last, [first + index * step for index in range(1, count + 1, hold)])
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
