# SPDX-License-Identifier: GPL-3.0-or-later
"""Inbetweening engine: makes the frames between two keyframes. It does not depend on Blender.

Importing this package imports no third-party library, so that the add-on can use `shared`.
"""

__version__ = "0.2.0"

# Earlier versions that draw what this one draws, to the bit: it goes on with what they began.
DRAWS_LIKE = ("0.1.0",)
