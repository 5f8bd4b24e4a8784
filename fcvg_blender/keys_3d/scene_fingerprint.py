"""The fingerprint of what a 3D scene shows on a frame: it changes when the picture would.

It is made of what is rendered. A render engine of the add-on's own gets the evaluated scene just as the scene's engine
would, with everything in its place and every modifier applied, and reads it instead of rendering. So whatever drives
the picture counts; a keyframe that does not reach the frame, a new name or a selection does not.

What is read: objects that are rendered with their place, geometry and materials; lights, world and camera; render,
colour and view layer settings; compositing; the same at both ends of the shutter with motion blur; images and other
files by path, size and time of the last change; Blender's version.

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

from .. import compat
from . import unkeyed_values
from .rna_digest import Content, Unjudged, joined, matrix

ENGINES = ("CYCLES", "BLENDER_EEVEE", "BLENDER_EEVEE_NEXT", "BLENDER_WORKBENCH")  # those that can be judged

_PRINT_BYTES = 6
_VERSION = b"1"  # to be raised when what is read changes

# Modifiers with caches or particles.
_SIMULATED = {
    *("CLOTH", "DYNAMIC_PAINT", "EXPLODE", "FLUID", "PARTICLE_INSTANCE", "PARTICLE_SYSTEM", "SOFT_BODY"),
}
_SIMULATED_NODES = {"GeometryNodeSimulationOutput", "GeometryNodeBake"}
_TESSELLATED = {"CURVE", "SURFACE", "FONT", "META"}  # objects that are rendered as meshes


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
                reading.layers.append(_Content(depsgraph, reading).digest())
        except Unjudged:
            reading.known = False
        except Exception:  # a property that some version or add-on does not let us read: better no fingerprint
            reading.known = False
        if len(moments) > 1:
            self.frame_set(reading.frame, 0.0)


class _Content(Content):
    """What one view layer shows at one moment."""

    def __init__(self, depsgraph: Any, reading: _Reading) -> None:
        super().__init__()
        self.depsgraph, self.reading = depsgraph, reading
        self.random_by_name = reading.engine == "BLENDER_WORKBENCH"

    def digest(self) -> bytes:
        """Return a digest of everything that the layer shows. Raises Unjudged."""
        layer = self.depsgraph.view_layer_eval
        parts = [*self._scene(self.depsgraph.scene_eval), self.part(layer), *self._layer_collections(layer)]
        things = list(self._instances())
        shown = sorted(digest + (by_name if self.random_by_name else b"") for digest, by_name in things)
        return joined(*parts, *shown)

    def _scene(self, scene: Any) -> Iterator[bytes]:
        for name in ("render", "view_settings", "display_settings", "grease_pencil_settings"):
            yield self.part(getattr(scene, name, None))
        engines = {"CYCLES": ("cycles", "cycles_curves"), "BLENDER_WORKBENCH": ("display",)}
        for name in engines.get(self.reading.engine, ("eevee",)):
            yield self.part(getattr(scene, name, None))
        yield self.block(compat.compositing_tree(scene) if self.reading.compositing else None)
        yield self.block(scene.world)
        if scene.camera is not None:
            yield matrix(scene.camera.matrix_world)
            yield self.block(scene.camera.data)

    def _layer_collections(self, layer: Any) -> Iterator[bytes]:
        """Yield digests of collections that cut holes or show only indirectly. What a layer leaves out is not among
        the instances."""
        waiting = [layer.layer_collection]
        while waiting:
            each = waiting.pop()
            waiting.extend(each.children)
            if each.holdout or each.indirect_only:
                yield joined(repr((each.holdout, each.indirect_only)).encode(), self.block(each.collection))

    def _instances(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield for each thing that is rendered its digest, and what of it depends on names."""
        for each in self.depsgraph.object_instances:
            thing, source = each.object, each.instance_object if each.is_instance else each.object
            facts = (each.show_self, each.is_instance, tuple(each.orco), tuple(each.uv))
            yield (
                joined(
                    matrix(each.matrix_world),
                    repr(facts).encode(),
                    self.remembered("thing", source, self._thing),
                    self._geometry(thing),
                ),
                repr(each.random_id).encode(),
            )

    def _thing(self, thing: Any) -> bytes:
        """Return a digest of an object without its place and geometry. Raises Unjudged."""
        if thing.rigid_body is not None or len(thing.particle_systems):
            raise Unjudged
        parts = [self.fields(thing), *(self.block(slot.material) for slot in thing.material_slots)]
        for modifier in thing.modifiers:
            if modifier.show_render:
                if modifier.type in _SIMULATED or (modifier.type == "NODES" and _simulates(modifier.node_group)):
                    raise Unjudged
                if modifier.type == "SUBSURF":  # Cycles subdivides by itself
                    parts.append(self.part(modifier))
        values = {key: value for key, value in thing.items() if isinstance(value, int | float | str)}
        return joined(*parts, repr(sorted(values.items())).encode())

    def _geometry(self, thing: Any) -> bytes:
        if thing.data is None:
            return b""
        if thing.type in _TESSELLATED:
            mesh = thing.to_mesh()
            try:
                return b"" if mesh is None else self._mesh(mesh)
            finally:
                thing.to_mesh_clear()
        if thing.type == "MESH":
            return self.remembered("data", thing.data, self._mesh)
        if thing.type == "VOLUME" and not thing.data.filepath:
            raise Unjudged
        if thing.type in {"ARMATURE", "LATTICE", "SPEAKER"}:  # seen only by what they do to others
            return b""
        return self.block(thing.data)

    def _mesh(self, mesh: Any) -> bytes:
        starts = np.empty(len(mesh.polygons), np.int32)
        mesh.polygons.foreach_get("loop_start", starts)
        parts = [starts.tobytes(), repr((len(mesh.vertices), len(mesh.loops))).encode()]
        if mesh.has_custom_normals:
            normals = np.empty(3 * len(mesh.loops), np.float32)
            mesh.corner_normals.foreach_get("vector", normals)
            parts.append(normals.tobytes())
        layers = [(each.name, each.active_render) for each in mesh.uv_layers]
        parts.append(repr((layers, mesh.color_attributes.render_color_index)).encode())
        parts.extend(self.block(each) for each in mesh.materials)
        return joined(*parts, self.fields(mesh))


def _simulates(tree: Any) -> bool:
    """Return whether a node tree, or one inside it, keeps something from one frame to the next."""
    waiting, known = [tree] if tree else [], set()
    while waiting:
        each = waiting.pop()
        known.add(each.as_pointer())
        for node in each.nodes:
            if node.bl_idname in _SIMULATED_NODES:
                return True
            inner = getattr(node, "node_tree", None)
            if inner is not None and inner.as_pointer() not in known:
                waiting.append(inner)
    return False
