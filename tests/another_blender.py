# SPDX-License-Identifier: GPL-3.0-or-later
"""The command that starts another Blender like the one that runs the tests: the module bpy, or the program."""

from __future__ import annotations

import sys

import bpy


def command(program: str, *arguments: str) -> list[str]:
    """Runs the Python text `program` without a window. It finds `arguments` in `sys.argv` behind "--"."""
    if blender := bpy.app.binary_path:
        options = ["--background", "--factory-startup", "--python-exit-code", "1"]
        return [blender, *options, "--python-expr", program, "--", *arguments]
    return [sys.executable, "-c", program, "--", *arguments]
