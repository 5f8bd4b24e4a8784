# SPDX-License-Identifier: GPL-3.0-or-later
"""Every property group, and where Blender keeps it: strips, scenes, the window manager."""

from typing import Any

import bpy
from bpy.props import (
    PointerProperty,
)

from .. import compat
from ..timing import spacing
from . import generative, keys_3d
from .scene_settings import FCVG_SceneSettings
from .status import (
    FCVG_Chore,
    FCVG_Estimate,
    FCVG_Finding,
    FCVG_Job,
    FCVG_ModelState,
    FCVG_Need,
    FCVG_Preflight,
    FCVG_QueueItem,
    FCVG_Status,
    FCVG_Trouble,
)
from .strip_record import FCVG_StripRecord, FCVG_Take

CLASSES = (
    *generative.CLASSES,
    *keys_3d.CLASSES,
    *spacing.CLASSES,
    FCVG_Take,
    FCVG_StripRecord,
    FCVG_SceneSettings,
    FCVG_Job,
    FCVG_QueueItem,
    FCVG_Estimate,
    FCVG_Preflight,
    FCVG_Need,
    FCVG_Chore,
    FCVG_Trouble,
    FCVG_ModelState,
    FCVG_Finding,
    FCVG_Status,
)


def register() -> None:
    """Attach the groups to strips, scenes and the window manager; CLASSES are registered before."""
    compat.StripType.fcvg = PointerProperty(type=FCVG_StripRecord)
    types: Any = bpy.types
    types.Scene.fcvg = PointerProperty(type=FCVG_SceneSettings)
    types.WindowManager.fcvg = PointerProperty(type=FCVG_Status, options={"SKIP_SAVE"})


def unregister() -> None:
    """Detach the groups again, before CLASSES are unregistered."""
    types: Any = bpy.types
    del types.WindowManager.fcvg
    del types.Scene.fcvg
    del compat.StripType.fcvg
