# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: `app` puts it together, each command has a file of its own."""
