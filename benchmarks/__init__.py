# SPDX-License-Identifier: GPL-3.0-or-later
"""Measurements a reader can repeat; none of this ships with the engine."""

import sys

from tools import check_system

if sys.argv[:1] == ["-m"]:  # one of these is being started: `python -m benchmarks.…`
    check_system.explain_absences()
