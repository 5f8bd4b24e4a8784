# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the engine's environment: plan, download, build, swap, repair. Standard library only, no bpy."""
