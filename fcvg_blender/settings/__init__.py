# SPDX-License-Identifier: GPL-3.0-or-later
"""What the artist chooses and what Blender saves: properties of scenes, strips and preferences."""
