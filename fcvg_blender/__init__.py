# SPDX-License-Identifier: GPL-3.0-or-later
"""FCVG Inbetween inside Blender: standard library, numpy and bpy only; the engine is another process.

Importing this package imports no bpy, so that `fcvg_blender.engine` works and is tested without Blender.
"""


def register() -> None:
    """Make the add-on's classes, properties, menus and handlers known to Blender."""
    from . import registration

    registration.register()


def unregister() -> None:
    """End the engine and take back everything `register` did, in reverse."""
    from . import registration

    registration.unregister()
