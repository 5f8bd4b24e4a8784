# SPDX-License-Identifier: GPL-3.0-or-later
from .fcvg_blender import register, unregister  # noqa: F401
