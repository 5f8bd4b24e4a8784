# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes everything of the add-on known to Blender, in order, and takes it back in reverse order."""

from __future__ import annotations

import atexit

import bpy

from . import guard, operators
from .app import cli, handlers
from .i18n import catalogues
from .jobs import key_watcher, prefetch, preview_icons, timer
from .jobs.session import session
from .keys_3d import render_frames
from .settings import addon_choices, properties
from .tasks.background import background_tasks
from .ui import badges, chart_icons, panels, preferences, shortcuts
from .ui.panels import menus, presets

_CLASSES = (
    *properties.CLASSES,
    *preferences.CLASSES,
    *operators.CLASSES,
    *panels.CLASSES,
)
_MODULES = (
    properties,
    presets,
    menus,
    shortcuts,
    handlers,
    cli,
    badges,
    key_watcher,
    catalogues,
)
_QUIT_TIMEOUT_S = 5.0  # the engine leaves at once; this bounds what a stuck one may take


def register() -> None:
    """Called by Blender when the add-on is enabled."""
    for operator in operators.CLASSES:  # a tooltip breaks its lines itself
        operator.bl_description = " ".join((operator.__doc__ or "").split())
    for cls in _CLASSES:
        bpy.utils.register_class(cls)
    for module in _MODULES:
        module.register()
    with guard.going_on("preferences"):
        addon_choices.mend(bpy.context)
    atexit.register(_end_children)


def unregister() -> None:
    """Called by Blender when the add-on is disabled and when Blender quits."""
    timer.sleep()
    background_tasks.close(_QUIT_TIMEOUT_S)
    session.close(_QUIT_TIMEOUT_S)
    prefetch.settle(set())
    preview_icons.close()
    chart_icons.close()
    render_frames.close()
    atexit.unregister(_end_children)
    for module in reversed(_MODULES):
        module.unregister()
    for cls in reversed(_CLASSES):
        bpy.utils.unregister_class(cls)


def _end_children() -> None:
    """End the engine and all commands when Blender is all but gone."""
    background_tasks.close(_QUIT_TIMEOUT_S)
    session.end_engine(_QUIT_TIMEOUT_S)
