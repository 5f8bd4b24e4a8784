# SPDX-License-Identifier: GPL-3.0-or-later
"""The digest of one view layer of an evaluated scene: everything that is in its picture."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import compat
from .rna_digest import Content, Unjudged, joined, matrix

# Modifiers with caches or particles.
_SIMULATED = {
    *("CLOTH", "DYNAMIC_PAINT", "EXPLODE", "FLUID", "PARTICLE_INSTANCE", "PARTICLE_SYSTEM", "SOFT_BODY"),
}
_SIMULATED_NODES = {"GeometryNodeSimulationOutput", "GeometryNodeBake"}
_TESSELLATED = {"CURVE", "SURFACE", "FONT", "META"}  # objects that are rendered as meshes


class LayerContent(Content):
    """Reads what one view layer shows at one moment.

    `depsgraph`: the layer's evaluated scene. `engine` and `compositing`: with which engine the scene is rendered, and
    whether it is composited.
    """

    def __init__(self, depsgraph: Any, engine: str, compositing: bool) -> None:
        super().__init__()
        self._depsgraph, self._engine, self._compositing = depsgraph, engine, compositing
        self.random_by_name = engine == "BLENDER_WORKBENCH"

    def digest(self) -> bytes:
        """Return a digest of everything that the layer shows. Raises Unjudged."""
        layer = self._depsgraph.view_layer_eval
        parts = [*self._scene(self._depsgraph.scene_eval), self.part(layer), *self._layer_collections(layer)]
        things = list(self._instances())
        shown = sorted(digest + (by_name if self.random_by_name else b"") for digest, by_name in things)
        return joined(*parts, *shown)

    def _scene(self, scene: Any) -> Iterator[bytes]:
        for name in ("render", "view_settings", "display_settings", "grease_pencil_settings"):
            yield self.part(getattr(scene, name, None))
        engines = {"CYCLES": ("cycles", "cycles_curves"), "BLENDER_WORKBENCH": ("display",)}
        for name in engines.get(self._engine, ("eevee",)):
            yield self.part(getattr(scene, name, None))
        yield self.block(compat.compositing_tree(scene) if self._compositing else None)
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
        for each in self._depsgraph.object_instances:
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
