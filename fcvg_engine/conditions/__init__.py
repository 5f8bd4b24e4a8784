"""Frame-wise conditions: what moves where between two keys, found, kept in a file that can be edited, and drawn.

`make` is the whole way. `segments` finds lines, `flow` and `gluestick` match them, `pose` finds people; `matches` is
what was found, `paths` where it is between the keys, `drawing` and `skeleton` how FCVG wants to see it.
"""
