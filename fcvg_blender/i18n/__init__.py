# SPDX-License-Identifier: GPL-3.0-or-later
"""Words for the artist: translation, amounts, and the catalogues of each language."""
