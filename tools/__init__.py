# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs for working on the project. `tools/dev.py` is the one to start; the others say what they are for."""
