"""Everything the add-on makes known to Blender, in order; taken back in the exact reverse."""

from __future__ import annotations

import atexit

import bpy

from . import (
    badges,
    charts,
    command,
    handlers,
    operators,
    panels,
    panels_3d,
    panels_generative,
    panels_presets,
    panels_queue,
    panels_takes,
    panels_timing,
    preferences,
    prefetch,
    properties,
    pump,
    sheets,
    shortcuts,
    stills,
    translations,
    watch,
)
from .chores import chores
from .jobs import session

_CLASSES = (
    *properties.CLASSES,
    *preferences.CLASSES,
    *operators.CLASSES,
    *panels_presets.CLASSES,
    *panels_queue.CLASSES,  # in the order in which the tab shows them
    *panels.CLASSES,
    *panels_generative.CLASSES,
    *panels_timing.CLASSES,
    *panels_takes.CLASSES,
    *panels_3d.CLASSES,
)
_MODULES = (
    properties,
    panels_presets,
    panels,
    panels_takes,
    panels_3d,
    shortcuts,
    handlers,
    command,
    badges,
    watch,
    translations,
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
    atexit.register(_end_children)


def unregister() -> None:
    """Called by Blender when the add-on is disabled and when Blender quits."""
    pump.sleep()
    chores.close(_QUIT_TIMEOUT_S)
    session.close(_QUIT_TIMEOUT_S)
    prefetch.settle(set())
    sheets.close()
    charts.close()
    stills.close()
    atexit.unregister(_end_children)
    for module in reversed(_MODULES):
        module.unregister()
    for cls in reversed(_CLASSES):
        bpy.utils.unregister_class(cls)


def _end_children() -> None:
    """When Blender is all but gone."""
    chores.close(_QUIT_TIMEOUT_S)
    session.end_engine(_QUIT_TIMEOUT_S)
