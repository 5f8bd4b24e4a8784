"""Inbetweening engine: makes the frames between two keyframes. It does not depend on Blender.

Importing this package imports no third-party library, so that the add-on can use `shared`.
"""

__version__ = "0.2.0"
