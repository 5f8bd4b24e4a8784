# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs from request to report: inbetweens, conditions, the examination of two keys, the self-test."""
