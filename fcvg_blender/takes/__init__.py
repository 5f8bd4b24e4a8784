# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes: what each is made of, what is asked of the engine for it, and what becomes of it."""
