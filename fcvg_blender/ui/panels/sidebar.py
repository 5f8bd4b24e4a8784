# SPDX-License-Identifier: GPL-3.0-or-later
"""What all panels of the sequencer's sidebar have in common: where they are."""

from __future__ import annotations

import bpy


class SidebarPanel(bpy.types.Panel):
    """Placed in the sidebar of every view of the sequencer: timeline, preview and both."""

    bl_space_type = "SEQUENCE_EDITOR"
    bl_region_type = "UI"
    bl_category = "Inbetween"
