# SPDX-License-Identifier: GPL-3.0-or-later
"""Timing charts and exposure sheets: when a drawing is made, and which frame shows it."""
