"""Digests of Blender's data: of all properties that change a picture, read through RNA whatever their type.

Selection, names of data-blocks, places of nodes and the like are left out; a data-block counts by what it holds, an
image or another file by path, size and time of the last change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from .. import compat

_RANDOM_BY_NAME = {"ShaderNodeObjectInfo"}

_NUMBERS = {"FLOAT": np.float32, "INT": np.int32, "BOOLEAN": np.bool_, "ENUM": np.int32}

# Properties that do not change the picture, by the type they belong to (its subtypes as well).
_COMMON = {
    *("rna_type", "animation_data", "preview", "select", "show_expanded", "is_active", "use_pin_to_last"),
    *(("use_nodes",) if compat.ALWAYS_NODES else ()),
    *("execution_time", "persistent_uid", "select_control_point", "select_left_handle", "select_right_handle"),
}
_LEFT_OUT = {
    "ID": {each.identifier for each in bpy.types.ID.bl_rna.properties},
    "Object": {
        *("data", "parent", "parent_type", "parent_vertices", "parent_bone", "track_axis", "up_axis", "mode"),
        *("material_slots", "active_material", "active_material_index", "vertex_groups", "constraints", "pose"),
        *("location", "rotation_quaternion", "rotation_axis_angle", "rotation_euler", "rotation_mode", "scale"),
        *("delta_location", "delta_rotation_euler", "delta_rotation_quaternion", "delta_scale", "dimensions"),
        *("matrix_world", "matrix_local", "matrix_basis", "matrix_parent_inverse", "bound_box", "motion_path"),
        *("modifiers", "field", "collision", "soft_body", "particle_systems", "rigid_body", "rigid_body_constraint"),
        *("lock_location", "lock_rotation", "lock_rotation_w", "lock_rotations_4d", "lock_scale"),
        *("hide_viewport", "hide_select", "hide_render", "show_instancer_for_viewport", "display_bounds_type"),
        *("show_bounds", "show_name", "show_axis", "show_texture_space", "show_only_shape_key"),
        *("active_shape_key", "active_shape_key_index", "use_shape_key_edit_mode", "animation_visualization"),
        *("selection_sets", "active_selection_set", "use_mesh_mirror_x", "use_mesh_mirror_y", "use_mesh_mirror_z"),
        *(
            "use_camera_lock_parent",
            "use_parent_final_indices",
            "use_dynamic_topology_sculpting",
            "instance_collection",
        ),
        *("is_from_instancer", "is_from_set", "is_instancer", "type"),
    },
    "Mesh": {
        *("vertices", "edges", "loops", "vertex_normals", "polygon_normals", "loop_triangles", "shape_keys"),
        *(
            "loop_triangle_polygons",
            "polygon_normals",
            "texture_mesh",
            "texco_mesh",
            "uv_layer_clone",
            "uv_layer_clone_index",
        ),
        *("uv_layer_stencil", "uv_layer_stencil_index", "vertex_colors", "color_attributes", "skin_vertices"),
        *("total_vert_sel", "total_edge_sel", "total_face_sel", "is_editmode", "materials", "edge_creases"),
        *("uv_layers", "polygons", "corner_normals", "use_mirror_x", "use_mirror_y", "use_mirror_z"),
        *("use_paint_mask", "use_paint_mask_vertex", "use_paint_bone_selection"),
    },
    "AttributeGroupMesh": {"active", "active_index"},
    "Camera": {"background_images", "passepartout_alpha", "display_size"},
    "Material": {
        *("texture_paint_images", "texture_paint_slots", "paint_active_slot", "paint_clone_slot"),
        *("preview_render_type", "use_preview_world"),
    },
    "NodeTree": {
        *("view_center", "interface", "grease_pencil", "annotation", "description", "color_tag", "active_input"),
        *("active_output", "default_group_node_width", "inputs", "outputs"),
    },
    "Node": {
        *("name", "label", "location", "location_absolute", "width", "height", "dimensions", "parent", "color"),
        *("use_custom_color", "color_tag", "hide", "show_options", "show_preview", "show_texture", "internal_links"),
        *("warning_propagation",),
    },
    "NodeSocket": {
        *("name", "label", "description", "hide", "hide_value", "pin_gizmo", "node", "display_shape", "link_limit"),
        *("is_linked", "is_unavailable", "is_inactive", "is_icon_visible"),
    },
    "RenderSettings": {
        *("filepath", "ffmpeg", "fps", "fps_base", "threads", "threads_mode", "preview_pixel_size", "bake"),
        *("use_placeholder", "use_overwrite", "use_file_extension", "file_extension", "use_render_cache"),
        *("use_lock_interface", "use_compositing", "engine", "sequencer_gl_preview", "use_persistent_data"),
    },
    "ViewLayer": {
        *("name", "objects", "layer_collection", "active_layer_collection", "depsgraph", "active_aov"),
        *("active_aov_index", "active_lightgroup", "active_lightgroup_index", "has_export_collections"),
    },
    "ImageFormatSettings": {"linear_colorspace_settings", "has_linear_colorspace", "stereo_3d_format"},
}
_LEFT_OUT_FAMILIES = ("bl_", "show_on_cage", "show_in_editmode", "use_stamp", "stamp_", "bake_", "use_bake", "ghost_")
_INTERNAL_ATTRIBUTES = (".select", ".hide", ".uv_select", ".sculpt", ".vs.", ".es.", ".pn.", ".vn.")


class Unjudged(Exception):
    """What is rendered cannot be told from what Blender shows of it."""


class Content:
    """Digests of data-blocks and their parts, each read once.

    A digest is made of properties, of lists of parts and of the digests of what is pointed to; parts that were met
    before are named by their number, so that links between nodes count. `random_by_name`: something that was read
    makes random numbers out of names.
    """

    def __init__(self) -> None:
        self.random_by_name = False
        self._digests: dict[tuple[str, int], bytes] = {}
        self._plans: dict[str, list[tuple[str, str, Any]]] = {}

    def block(self, block: Any) -> bytes:
        """A data-block that may be missing, with all that it points to."""
        return self.remembered("block", block, self._read_block) if block is not None else b""

    def _read_block(self, block: Any) -> bytes:
        kind = block.id_type
        if kind == "OBJECT":  # pointed to for its place, such as by texture coordinates
            return matrix(block.matrix_world)
        if kind == "COLLECTION":
            return joined(*sorted(matrix(each.matrix_world) for each in block.all_objects))
        if kind == "IMAGE":
            return joined(self.fields(block), _image(block))
        if kind == "TEXT":
            return bytes(block.as_string(), "utf-8")
        if kind in {"SCENE", "ACTION", "SOUND", "KEY"}:
            return bytes(kind, "utf-8")
        return joined(kind.encode(), self.fields(block))

    def remembered(self, what: str, block: Any, read: Callable[[Any], bytes]) -> bytes:
        """What `read` gives for `block`, read once; `what` tells apart different readings of one block."""
        key = what, block.as_pointer()
        if key not in self._digests:
            self._digests[key] = b"again"  # what points back to it while it is being read
            self._digests[key] = read(block)
        return self._digests[key]

    def part(self, part: Any) -> bytes:
        """A struct that may be missing, with all of its parts."""
        return b"" if part is None else self.fields(part)

    def fields(self, struct: Any) -> bytes:
        """The properties of a struct and of all of its parts."""
        state = hashlib.blake2b(digest_size=16)
        self._feed(state, struct, {})
        return state.digest()

    def _feed(self, state: Any, struct: Any, seen: dict[tuple[int, str], int]) -> None:
        kind = struct.bl_rna.identifier
        key = struct.as_pointer(), kind
        if key in seen:
            state.update(b"#%d" % seen[key])
            return
        seen[key] = len(seen)
        if kind in _RANDOM_BY_NAME:
            self.random_by_name = True
        state.update(kind.encode())
        for name, way, _ in self._plan(struct):
            value = getattr(struct, name)
            state.update(name.encode())
            if way == "value":
                state.update(repr(value).encode())
            elif way == "file":
                state.update(repr(value).encode() + _file(value))
            elif way == "array":
                state.update(repr(_flat(value)).encode())
            elif value is None:
                state.update(b"none")
            elif way == "block":
                state.update(self.block(value))
            elif way == "part":
                self._feed(state, value, seen)
            else:
                self._feed_parts(state, value, seen)

    def _feed_parts(self, state: Any, parts: Any, seen: dict[tuple[int, str], int]) -> None:
        state.update(b"[%d" % len(parts))
        first = next(iter(parts), None)
        plan = self._plan(first) if first is not None else []
        if (
            first is not None
            and plan
            and len(parts) > 1
            and all(way in {"value", "array"} and detail in _NUMBERS for _, way, detail in plan)
        ):
            for name, _, number in plan:
                length = getattr(first.bl_rna.properties[name], "array_length", 0) or 1
                values: np.ndarray[Any, Any] = np.empty(len(parts) * length, _NUMBERS[number])
                parts.foreach_get(name, values)
                state.update(name.encode() + values.tobytes())
            return
        for part in parts:
            if part is None or isinstance(part, bpy.types.ID):
                state.update(self.block(part))
            elif not str(getattr(part, "name", "")).startswith(_INTERNAL_ATTRIBUTES):
                self._feed(state, part, seen)

    def _plan(self, struct: Any) -> list[tuple[str, str, Any]]:
        """The properties of a type that change a picture: name, way to read, and kind of number."""
        kind = struct.bl_rna.identifier
        if kind not in self._plans:
            self._plans[kind] = list(_plan(struct))
        return self._plans[kind]


def _plan(struct: Any) -> Iterator[tuple[str, str, Any]]:
    left_out = set(_COMMON)
    base = struct.bl_rna
    while base is not None:
        left_out |= _LEFT_OUT.get(base.identifier, set())
        base = base.base
    for declared in struct.bl_rna.properties:
        name = declared.identifier
        if name in left_out or name.startswith(_LEFT_OUT_FAMILIES) or (name == "fcvg" and declared.is_runtime):
            continue
        if declared.type == "COLLECTION":
            yield name, "parts", None
        elif declared.type == "POINTER":
            base = declared.fixed_type
            while base is not None and base.identifier != "ID":
                base = base.base
            yield name, "part" if base is None else "block", None
        elif declared.is_readonly and not isinstance(struct, bpy.types.Attribute | bpy.types.NodeSocket):
            continue
        elif getattr(declared, "is_array", False):
            yield name, "array", declared.type
        elif declared.type == "STRING":
            yield name, "file" if declared.subtype in {"FILE_PATH", "DIR_PATH"} else "value", None
        else:
            yield name, "value", None if getattr(declared, "is_enum_flag", False) else declared.type


def joined(*parts: bytes) -> bytes:
    """One digest of several."""
    state = hashlib.blake2b(digest_size=16)
    for part in parts:
        state.update(b"%d:" % len(part) + part)
    return state.digest()


def matrix(value: Any) -> bytes:
    """A transformation as bytes."""
    return np.array(value, np.float32).tobytes()


def _flat(value: Any) -> Any:
    """An array property as tuples."""
    return tuple(_flat(each) for each in value) if hasattr(value, "__len__") else value


def _image(image: Any) -> bytes:
    """The pixels of an image: its file, or themselves where they are not on disk. Raises Unjudged."""
    if image.source == "VIEWER":
        raise Unjudged
    if image.is_dirty or (image.source == "GENERATED" and image.has_data):
        pixels = np.empty(len(image.pixels), np.float32)
        image.pixels.foreach_get(pixels)
        return pixels.tobytes()
    if image.packed_file is not None:
        return bytes(image.packed_file.data)
    if image.source in {"SEQUENCE", "TILED"}:
        folder = Path(bpy.path.abspath(image.filepath, library=image.library)).parent
        return joined(*(_file(str(each)) for each in sorted(folder.iterdir()))) if folder.is_dir() else b""
    return _file(bpy.path.abspath(image.filepath, library=image.library)) if image.filepath else b""


def _file(path: str) -> bytes:
    """Size and time of the last change of a file."""
    try:
        found = Path(bpy.path.abspath(path)).stat()
    except (OSError, ValueError):
        return b"missing"
    return b"%d %d" % (found.st_size, found.st_mtime_ns)
