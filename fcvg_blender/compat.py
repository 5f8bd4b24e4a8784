# SPDX-License-Identifier: GPL-3.0-or-later
"""Every difference between Blender 4.2 and 5.2 that this add-on meets. Nothing else in it tests versions.

Names are tried with `hasattr` on types, never with `or` on values: an empty collection is falsy.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import bpy

_types: Any = bpy.types
StripType: Any = _types.Strip if hasattr(_types, "Strip") else _types.Sequence  # renamed in 4.4

GREASE_PENCILS = {"GREASEPENCIL", "GPENCIL"}  # types of objects; the latter until 4.2
LAST_CHANNEL = 128
SEQUENCER_KEYMAP = "Video Sequence Editor" if bpy.app.version >= (4, 5) else "SequencerCommon"  # timeline and preview
SRGB, LINEAR, NO_COLOUR = "sRGB", "Linear Rec.709", "Non-Color"  # names of colour spaces

# Without it Blender 4.5 and later warn of // in a path.
RELATIVE = (
    {"PATH_SUPPORTS_BLEND_RELATIVE"}
    if "is_path_supports_blend_relative" in bpy.types.Property.bl_rna.properties
    else set()
)

_TEMPLATES = getattr(bpy.types.RenderSettings.bl_rna.properties["filepath"], "is_path_supports_templates", False)

ALWAYS_NODES = bpy.app.version >= (5, 0)  # materials and worlds; asking whether they use nodes warns

_HANDLES = "left_handle" in StripType.bl_rna.properties  # since 5.1; the names before warn
_TRIM = "content_trim_" if _HANDLES else "animation_offset_"
_STRIPS = "strips" in bpy.types.SequenceEditor.bl_rna.properties  # since 4.4


def has_window() -> bool:
    """Whether an artist is looking. Without, operators return when all is made, and nobody can be asked."""
    return not bpy.app.background


def sequencer_scene(context: Any) -> Any:
    """The scene whose edit the sequencer shows, or None. Since 5.0 it need not be the window's scene."""
    return chosen_scene(context) or context.scene


def chosen_scene(context: Any) -> Any:
    """The scene that was chosen for the sequencer, or None. Until 4.5 it always shows the window's scene."""
    return getattr(context, "sequencer_scene", None)


def can_choose_scene(context: Any) -> bool:
    """Whether the sequencer can show another scene than the window does."""
    return hasattr(context, "sequencer_scene")


def workspace_scene(context: Any) -> Any:
    """The scene that the workspace's sequencer shows, or None. Until 4.5 that is no choice of its own: None."""
    return getattr(context.workspace, "sequencer_scene", None)


def choose_scene(context: Any, scene: Any) -> None:
    """Let the sequencer show the scene, where it can show another one than the window does."""
    if hasattr(context.workspace, "sequencer_scene"):
        context.workspace.sequencer_scene = scene


def selected_strips(context: Any) -> list[Any]:
    """Strips selected on the open level of the edit. Empty where there is no edit."""
    scene = sequencer_scene(context)
    return [strip for strip in strips(scene) if strip.select] if scene else []


def level(scene: Any) -> Any:
    """What holds the strips and channels that the sequencer shows: the open meta strip or the whole edit; or None."""
    editor = scene.sequence_editor
    if editor is None:
        return None
    return editor.meta_stack[-1] if len(editor.meta_stack) else editor


def strips(scene: Any) -> Any:
    """The collection of strips on the open level (`new_image` and `remove` work on it), () without an edit."""
    holder = level(scene)
    return () if holder is None else contents(holder)


def contents(holder: Any) -> Any:
    """The collection of strips directly inside a meta strip or a sequence editor."""
    return holder.strips if _STRIPS else holder.sequences


def all_strips(scene: Any) -> Any:
    """Every strip of the scene's edit, those inside meta strips included, () without an edit."""
    editor = scene.sequence_editor
    if editor is None:
        return ()
    return editor.strips_all if _STRIPS else editor.sequences_all


def home(scene: Any, strip: Any) -> Any:
    """The meta strip or sequence editor that the strip lies in."""
    return strip.parent_meta() or scene.sequence_editor


def level_in(scene: Any, metas: Iterable[str]) -> Any:
    """What holds the strips inside the innermost of the meta strips `metas`, outermost first; the edit without."""
    holder = scene.sequence_editor
    for name in metas:
        holder = next(strip for strip in contents(holder) if strip.name == name)
    return holder


def metas_around(strip: Any) -> list[Any]:
    """The meta strips that the strip lies in, outermost first."""
    around: list[Any] = []
    meta = strip.parent_meta()
    while meta is not None:
        around.insert(0, meta)
        meta = meta.parent_meta()
    return around


def left(strip: Any) -> int:
    """First frame of the timeline on which the strip shows."""
    return int(strip.left_handle if _HANDLES else strip.frame_final_start)


def right(strip: Any) -> int:
    """First frame of the timeline on which the strip shows no longer."""
    return int(strip.right_handle if _HANDLES else strip.frame_final_end)


def content_start(strip: Any) -> float:
    """Frame of the timeline on which the strip's content begins, whether it shows there or not."""
    return float(strip.content_start if _HANDLES else strip.frame_start)


def hidden_at_start(strip: Any) -> int:
    """Frames that were cut off from the beginning of the strip's content."""
    return int(getattr(strip, f"{_TRIM}start", 0))


def content_length(strip: Any) -> int:
    """Frames that the strip's content has."""
    return int(strip.content_duration if _HANDLES else strip.frame_duration)


def set_left(strip: Any, frame: int) -> None:
    """Trim or extend the strip so that `frame` is the first on which it shows."""
    if _HANDLES:
        strip.left_handle = frame
    else:
        strip.frame_final_start = frame


def set_right(strip: Any, frame: int) -> None:
    """Trim or extend the strip so that `frame` is the first on which it shows no longer."""
    if _HANDLES:
        strip.right_handle = frame
    else:
        strip.frame_final_end = frame


def shift(strip: Any, frames: int) -> None:
    """Move the strip in time. Blender moves it to another channel when the place is taken: check before."""
    if _HANDLES:
        strip.content_start += frames
    else:
        strip.frame_start += frames


def split(strip: Any, frame: int) -> Any:
    """Cut the strip before `frame` and return its right part. What a part does not show stays hidden in it.

    Sounds that are connected to it (since 4.5) stay whole.
    """
    known = strip.bl_rna.functions["split"].parameters.keys()
    options = {"ignore_connections": True} if "ignore_connections" in known else {}
    return strip.split(frame=frame, split_method="HARD", **options)


def drop_hidden(piece: Any) -> None:
    """Remove the elements that a piece of an image strip does not show; they were hidden when it was `split`."""
    start, count, channel = content_start(piece), content_length(piece), piece.channel
    hidden = hidden_at_start(piece)
    files = [element.filename for element in piece.elements][hidden : hidden + count]
    for name in ("start", "end"):
        setattr(piece, _TRIM + name, 0)
    for element, file in zip(piece.elements, files, strict=False):
        element.filename = file
    while len(piece.elements) > count:
        piece.elements.pop(len(piece.elements) - 1)
    shift(piece, round(start - content_start(piece)))  # since 5.1 the start has moved, and the keyframes with it
    piece.channel = channel  # out of the way of its neighbours while it was longer


def untrim(strip: Any) -> None:
    """Let the strip show all of its content: neither handle hides or holds frames."""
    if _HANDLES:
        strip.left_handle = int(strip.content_start)
        strip.right_handle = int(strip.content_end)
    else:
        strip.frame_final_start = int(strip.frame_start)
        strip.frame_final_end = int(strip.frame_start) + strip.frame_duration


def new_effect(scene: Any, kind: str, channel: int, start: int, end: int, *sources: Any) -> Any:
    """A new effect strip on the open level; `start` and `end`, exclusive, count for those without `sources` only."""
    known = strips(scene).bl_rna.functions["new_effect"].parameters.keys()
    length = {"frame_end": end} if "frame_end" in known else {"length": end - start}  # since 5.0
    names = ("seq1", "seq2") if "seq1" in known else ("input1", "input2")
    given = dict(zip(names, sources, strict=False))
    return strips(scene).new_effect(name=kind, type=kind, channel=channel, frame_start=start, **length, **given)


def inputs(strip: Any) -> Iterator[Any]:
    """The strips an effect is made of."""
    for name in ("input_1", "input_2"):
        source = getattr(strip, name, None)
        if source is not None:
            yield source


def fcurves(owner: Any) -> list[Any]:
    """The F-curves that animate a data-block (an object, a scene with its strips), in the order of its action."""
    animation = owner.animation_data
    return curves_of(animation) if animation else []


def curves_of(holder: Any) -> list[Any]:
    """The F-curves of the action of an animation or an NLA strip, those of its slot (since 4.4)."""
    return [curve for held in _curve_collections(holder) for curve in held]


def remove_curves(holder: Any, paths: Container[str]) -> None:
    """Remove from that action the F-curves with these data paths."""
    for held in _curve_collections(holder):
        for curve in [each for each in held if each.data_path in paths]:
            held.remove(curve)


def make_own(holder: Any) -> Any:
    """Give an animation or an NLA strip a copy of its action, with the same slot (since 4.4), and return the copy."""
    slot = getattr(holder, "action_slot", None)
    holder.action = holder.action.copy()
    if slot is not None:
        holder.action_slot = next(each for each in holder.action.slots if each.identifier == slot.identifier)
    return holder.action


def with_actions(animation: Any) -> Iterator[Any]:
    """What has an action of a data-block's animation: the animation itself, and the strips of its NLA tracks."""
    if animation.action is not None:
        yield animation
    waiting = [strip for track in animation.nla_tracks for strip in track.strips]
    while waiting:
        strip = waiting.pop()
        waiting.extend(strip.strips)  # of a meta strip
        if strip.action is not None:
            yield strip


def _curve_collections(holder: Any) -> list[Any]:
    action = holder.action
    if action is None:
        return []
    if not hasattr(holder, "action_slot"):  # until 4.3
        return [action.fcurves]
    if holder.action_slot is None:
        return []
    bags = [strip.channelbag(holder.action_slot) for layer in action.layers for strip in layer.strips]
    return [bag.fcurves for bag in bags if bag]


@contextmanager
def without_action(owner: Any) -> Iterator[None]:
    """While the block runs, let no action animate the data-block. Then the same one does, with its slot (since 4.4)."""
    animation = owner.animation_data
    action = animation.action if animation else None
    slot = getattr(animation, "action_slot", None)
    if action is not None:
        animation.action = None
    try:
        yield
    finally:
        if action is not None:
            animation.action = action
            if slot is not None:
                animation.action_slot = slot


def animated_paths(scene: Any) -> set[str]:
    """Data paths of the scene's properties, strips' among them, that its actions and drivers animate."""
    animation = scene.animation_data
    if animation is None:
        return set()
    moved = [curve for holder in with_actions(animation) for curve in curves_of(holder)]
    return {curve.data_path for curve in (*moved, *animation.drivers)}


def is_rendered(modifier: Any) -> bool:
    """Whether a strip's modifier counts in renders."""
    return bool(modifier.enable) if hasattr(modifier, "enable") else not modifier.mute  # since 5.0


def channel(scene: Any, number: int) -> Any:
    """The settings (name, lock, mute) of a channel of the open level."""
    return level(scene).channels[number]


def label_colour() -> tuple[float, float, float]:
    """The colour of words in the sequencer's sidebar, as the artist's theme has it, display-encoded."""
    context: Any = bpy.context
    theme = context.preferences.themes[0]
    space = theme.sequence_editor.space
    red, green, blue, *_ = space.button_text if hasattr(space, "button_text") else theme.user_interface.panel_text
    return red, green, blue


def set_file_format(image_settings: Any, file_format: str) -> None:
    """Since 5.0 the kind of media has to be chosen before the format."""
    if hasattr(image_settings, "media_type"):
        image_settings.media_type = "IMAGE"
    image_settings.file_format = file_format


def literal(path: Any) -> str:
    """`path` for a field in which Blender fills in templates, such as a scene's `render.filepath`: taken as it is.

    Blender 4.5 and later fill in what stands in braces, unless these are doubled. `#` and `%` mean nothing to one still
    picture.
    """
    text = str(path)
    return text.replace("{", "{{").replace("}", "}}") if _TEMPLATES else text


def set_known(owner: Any, name: str, value: Any) -> None:
    """Set a property that not all versions have, where this one has it. Raises TypeError for a value that it lacks."""
    if hasattr(owner, name):
        setattr(owner, name, value)


def reset(owner: Any, *names: str) -> None:
    """Give properties their defaults; those that this version lacks are left out."""
    declared = owner.bl_rna.properties
    for name in names:
        if name in declared:
            setattr(owner, name, declared[name].default)


def compositing_tree(scene: Any) -> Any:
    """The nodes that compositing runs through, or None. Since 5.0 scenes can share them."""
    if hasattr(scene, "compositing_node_group"):
        return scene.compositing_node_group
    return scene.node_tree if scene.use_nodes else None


def eevee() -> str:
    """The name of the EEVEE engine."""
    return "BLENDER_EEVEE" if bpy.app.version >= (5, 0) else "BLENDER_EEVEE_NEXT"
