# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripts for a real Blender with a window, not for pytest; `tools/window_tests.sh` runs them."""

RUNS_IN = "window"
