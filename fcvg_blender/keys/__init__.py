# SPDX-License-Identifier: GPL-3.0-or-later
"""The two keys of a gap: rendered out of the edit, and recognised when they change."""
