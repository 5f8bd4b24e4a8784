# SPDX-License-Identifier: GPL-3.0-or-later
"""Which properties of Blender's types change a picture: all but those that are listed here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy

from .. import compat

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


def of(struct: Any) -> Iterator[tuple[str, str, Any]]:
    """Yield the properties of a struct's type that change a picture: name, way to read, and detail.

    The ways: `value`; `file`, a path; `array`; `block`, a pointer to a data-block; `part`, a pointer to a struct that
    belongs to this one; `parts`, a collection. The detail of values and arrays is Blender's type of the property, None
    where they cannot be read many at once.
    """
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
