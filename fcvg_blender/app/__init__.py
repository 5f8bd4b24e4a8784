# SPDX-License-Identifier: GPL-3.0-or-later
"""Where Blender calls the add-on from outside: `handlers` (undo, loading, saving) and `cli`, its command line."""
