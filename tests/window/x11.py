# SPDX-License-Identifier: GPL-3.0-or-later
"""A key pressed at the X server's side: Blender stops a render only for one that comes from there."""

from __future__ import annotations

import ctypes

ESCAPE = 0xFF1B  # X's number of the key

_KEY_PRESS, _KEY_RELEASE = 2, 3
_Window = ctypes.c_ulong


class _KeyEvent(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", _Window),
        ("root", _Window),
        ("subwindow", _Window),
        ("time", ctypes.c_ulong),
        ("x", ctypes.c_int),
        ("y", ctypes.c_int),
        ("x_root", ctypes.c_int),
        ("y_root", ctypes.c_int),
        ("state", ctypes.c_uint),
        ("keycode", ctypes.c_uint),
        ("same_screen", ctypes.c_int),
        ("room", ctypes.c_long * 24),  # an XEvent is larger than its kinds
    )


def press(key: int) -> None:
    """Press and release a key over every window of the screen; Blender's is the only one."""
    x11 = ctypes.CDLL("libX11.so.6")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XDefaultRootWindow.restype = _Window
    display = ctypes.c_void_p(x11.XOpenDisplay(None))
    root = _Window(x11.XDefaultRootWindow(display))
    code = x11.XKeysymToKeycode(display, ctypes.c_ulong(key))
    children, count, unused = ctypes.POINTER(_Window)(), ctypes.c_uint(), _Window()
    x11.XQueryTree(
        display, root, ctypes.byref(unused), ctypes.byref(unused), ctypes.byref(children), ctypes.byref(count)
    )
    for window in children[: count.value]:
        for kind in (_KEY_PRESS, _KEY_RELEASE):
            event = _KeyEvent(
                type=kind, display=display, window=window, root=root.value, keycode=code & 0xFF, same_screen=1
            )
            x11.XSendEvent(
                display, _Window(window), 1, ctypes.c_long(1 if kind == _KEY_PRESS else 2), ctypes.byref(event)
            )
    x11.XFree(children)
    x11.XFlush(display)
    x11.XCloseDisplay(display)
