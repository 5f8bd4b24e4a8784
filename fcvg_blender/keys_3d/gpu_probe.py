# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether this Blender can draw with the graphics card, asked before it tries: without one it ends with a crash."""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from typing import Any

import bpy

NEEDING = ("BLENDER_EEVEE", "BLENDER_EEVEE_NEXT", "BLENDER_WORKBENCH")  # engines that draw with the graphics card

_SURFACELESS = 0x31DD  # EGL_PLATFORM_SURFACELESS_MESA: no screen, but a driver


@cache
def can_draw() -> bool:
    """Return whether this Blender can draw. With a window it always can; without one Linux needs EGL and a driver."""
    if not bpy.app.background or not sys.platform.startswith("linux"):
        return True
    try:
        egl: Any = ctypes.CDLL("libEGL.so.1")
        for function in (egl.eglGetDisplay, egl.eglGetPlatformDisplay):
            function.restype = ctypes.c_void_p
        egl.eglGetDisplay.argtypes = [ctypes.c_void_p]
        egl.eglGetPlatformDisplay.argtypes = [ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p]
        egl.eglInitialize.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
        displays = egl.eglGetDisplay(None), egl.eglGetPlatformDisplay(_SURFACELESS, None, None)
        return any(display and egl.eglInitialize(display, None, None) for display in displays)
    except (OSError, AttributeError):
        return False
