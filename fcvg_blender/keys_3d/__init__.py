# SPDX-License-Identifier: GPL-3.0-or-later
"""3D keys: frames of a 3D scene, rendered and laid into an edit as keys.

`key_frames` says which frames. `render_frames` renders them, in a `render_run` on a `scene_copy` with a `shading`;
`scene_fingerprint` tells which keys of earlier runs still show the same. `lay_into_edit` puts them into the edit that
`edit_scene` finds or makes.
"""
