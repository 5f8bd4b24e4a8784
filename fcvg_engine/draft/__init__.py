# SPDX-License-Identifier: GPL-3.0-or-later
"""Draft methods: RIFE, GMFSS, FILM and the dissolve, and the choice among them for `auto`."""
