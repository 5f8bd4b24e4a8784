"""Inbetweening engine: two keyframes in, the frames between them out. Knows nothing of Blender.

Importing this package imports no third-party library, so that the add-on may share `protocol`.
"""

__version__ = "0.2.0"
