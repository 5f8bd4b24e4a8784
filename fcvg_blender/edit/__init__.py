# SPDX-License-Identifier: GPL-3.0-or-later
"""The edit: gaps between keys, strips of inbetweens, their takes and their folders."""
