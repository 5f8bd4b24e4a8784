# SPDX-License-Identifier: GPL-3.0-or-later
"""What all methods build on: their contract, devices, keys as tensors, warping."""
