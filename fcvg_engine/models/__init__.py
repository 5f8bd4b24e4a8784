# SPDX-License-Identifier: GPL-3.0-or-later
"""Which trained models there are, where their files come from and lie, and what they may be used for. No torch."""
