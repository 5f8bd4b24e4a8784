# SPDX-License-Identifier: GPL-3.0-or-later
"""What is drawn: panels, preferences, icons and badges. Nothing here changes an edit."""
