# SPDX-License-Identifier: GPL-3.0-or-later
"""What the add-on reads too: errors, timing charts, manifests, the protocol. Standard library only."""
