# SPDX-License-Identifier: GPL-3.0-or-later
"""Stable Video Diffusion between two keys: networks, encoding, denoising, decoding."""
