# SPDX-License-Identifier: GPL-3.0-or-later
"""The fingerprint of what a 3D scene shows on a frame: it changes when the picture would.

It is made of what is rendered. A render engine of the add-on's own gets the evaluated scene just as the scene's engine
would, with everything in its place and every modifier applied, and reads it instead of rendering. So whatever drives
the picture counts; a keyframe that does not reach the frame, a new name or a selection does not.

What is read, by `layer_digest`: objects that are rendered with their place, geometry and materials; lights, world and
camera; render, colour and view layer settings; compositing; the same at both ends of the shutter with motion blur;
images and other files by path, size and time of the last change. Blender's version counts too.

`of` gives no fingerprint where the picture cannot be told from that: simulations and particles, whose caches Blender
does not show, volumes that modifiers make, engines of other add-ons, pictures of other renders. A name counts where
Blender makes a random number out of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bpy
import numpy as np

from . import unkeyed_values
from .layer_digest import LayerContent
from .rna_digest import Unjudged

ENGINES = ("CYCLES", "BLENDER_EEVEE", "BLENDER_EEVEE_NEXT", "BLENDER_WORKBENCH")  # those that can be judged

_PRINT_BYTES = 6
_VERSION = b"1"  # to be raised when what is read changes


def of(copy: Any, frame: int) -> str:
    """Return the fingerprint of `copy` on `frame`: 12 hexadecimal digits, '' if unknown. Only inside `reading`.

    `copy` is a scene that may be thrown away; its frame stays changed. Renders nothing, but evaluates the scene as for
    a render; that is what it costs.
    """
    render = copy.render
    engine, compositing = render.engine, render.use_compositing
    if engine not in ENGINES:
        return ""
    copy.frame_current, copy.frame_subframe = frame, 0.0
    render.engine, render.use_compositing = _Reader.bl_idname, False
    try:
        with _ask(_Reading(engine, compositing, frame)) as asked:
            with unkeyed_values.kept(), bpy.context.temp_override(scene=copy):
                bpy.ops.render.render()
            return asked.result()
    finally:
        render.engine, render.use_compositing = engine, compositing


@contextmanager
def reading() -> Iterator[None]:
    """Make the reading engine known to Blender while this lasts; after, no menu shows it."""
    if not getattr(_Reader, "is_registered", False):
        bpy.utils.register_class(_Reader)
    try:
        yield
    finally:
        if not bpy.app.is_job_running("RENDER"):  # it would lose what it works with; the next time will do
            bpy.utils.unregister_class(_Reader)


class _Reading:
    """What the reading engine is asked about one frame, and what it has found.

    `engine` and `compositing`: the scene's own, in whose place the reading engine stands. `layers`: a digest of each
    view layer at each moment. `known`: False when the picture cannot be told from the scene.
    """

    def __init__(self, engine: str, compositing: bool, frame: int) -> None:
        self.engine, self.compositing, self.frame = engine, compositing, frame
        self.layers: list[bytes] = []
        self.known = True

    def result(self) -> str:
        """Return the fingerprint, '' if unknown."""
        if not self.known or not self.layers:
            return ""
        parts = (_VERSION, bpy.app.version_string.encode(), bpy.app.build_hash, self.engine.encode(), *self.layers)
        return hashlib.blake2b(b"\0".join(parts), digest_size=_PRINT_BYTES).hexdigest()


_asked: _Reading | None = None  # what the engine is to read: Blender makes its instances, so nobody can hand it over


@contextmanager
def _ask(asked: _Reading) -> Iterator[_Reading]:
    """Have the engine read for `asked`, and for nothing else, while this lasts."""
    global _asked
    if _asked is not None:
        raise RuntimeError("One frame is read at a time.")
    _asked = asked
    try:
        yield asked
    finally:
        _asked = None


class _Reader(bpy.types.RenderEngine):
    """A render engine that reads instead of rendering. Blender's render pipeline hands it one view layer after the
    other."""

    bl_idname = "FCVG_READER"
    bl_label = "Inbetween Fingerprint"
    bl_use_preview = False

    def render(self, depsgraph: Any) -> None:  # type: ignore[override]
        """Blender calls this."""
        reading, render = _asked, depsgraph.scene.render
        if reading is None:  # somebody else renders with this engine: there is nothing to be found out
            return
        moments = [0.0]
        if render.use_motion_blur:
            length = render.motion_blur_shutter
            before = {"START": 0.0, "CENTER": 0.5, "END": 1.0}[render.motion_blur_position] * length
            moments += [-before, length - before]
        try:
            for moment in moments:
                if moment:
                    whole = int(np.floor(reading.frame + moment))
                    self.frame_set(whole, reading.frame + moment - whole)
                reading.layers.append(LayerContent(depsgraph, reading.engine, reading.compositing).digest())
        except Unjudged:
            reading.known = False
        except Exception:  # a property that some version or add-on does not let us read: better no fingerprint
            reading.known = False
        if len(moments) > 1:
            self.frame_set(reading.frame, 0.0)
