# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks with the published names of their weights. Other rooms load the weights."""
