# SPDX-License-Identifier: GPL-3.0-or-later
"""Frame-wise conditions: lines and people that are matched between two keys, and drawn for each frame between.

`make` does all of it. `segments` finds lines; `match_by_flow` (with `carrying` and `pairing`) or `match_by_gluestick`
matches them; `pose` finds people. `matches` is what was found, `matches_file` its file, which can be edited.
`motion_paths` and `people` say where it is at a time; `drawing` and `skeleton` draw it as FCVG was trained to see it.
"""
