# SPDX-License-Identifier: GPL-3.0-or-later
"""Images and job folders: read, encoded, and written whole or not at all."""
