# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs of the engine, from the click to the final report.

A click goes through `launch` and `enqueue`: takes are laid into the edit and wait in the `queue`. `begin_take` renders
the keys of the next take and hands a `job` to the `session`, which holds the engine's client. The `timer`, or
`without_window` where there is none, passes each report to `reports`, and `publish` writes for the panels.
`resync` and `undo_guard` put strips right after undo and loading.
"""
