# SPDX-License-Identifier: GPL-3.0-or-later
"""What the examination of two keys found."""

from __future__ import annotations

from dataclasses import dataclass

# Motion that is too large for draft methods. The table has the error of RIFE's middle frame between two drawings of a
# figure, as a share of the dissolve's error, by how far the figure moves (3 scenes; GMFSS in brackets):
#
#     moved by          0.03        0.06        0.10        0.15        0.20        0.25        0.30
#     flat colours      .18 (.23)   .25 (.26)   .28 (.29)   .36 (.29)   .36 (.26)   .47 (.31)   .56 (.33)
#     lines on paper    .22 (.21)   .38 (.35)   .41 (.45)   .64 (.42)   .71 (.54)   .82 (.67)   .83 (.71)
#     a camera's pan    .15 (.18)   .11 (.13)   .08 (.17)   .07 (.09)   .07 (.07)   .10 (.12)   .12 (.12)
LARGE = 0.15
LOST = 0.5  # the same for `Motion.lost`; a figure that jumps across the picture gives 0.36 … 0.67


@dataclass(frozen=True)
class Motion:
    """How much happens between two keys; all 0 where nothing is known.

    `far`: how far things move, as a share of the picture's diagonal.
    `apart`: how far they move relative to the ground, as the same share.
    `lost`: the share, in [0, 1], of places with texture that are not found again, since they appear, are uncovered,
    change their shape or move too far.
    """

    far: float = 0.0
    apart: float = 0.0
    lost: float = 0.0


@dataclass(frozen=True)
class Finding:
    """What is known of two keys. `same`: they are equal. `fades`: one fades into the other, and nothing moves. `known`:
    they could be compared."""

    same: bool = False
    fades: bool = False
    is_cut: bool = False
    motion: Motion = Motion()
    known: bool = True

    @property
    def is_large(self) -> bool:
        """Whether so much happens between them that draft methods do badly."""
        return self.motion.apart >= LARGE or self.motion.lost >= LOST
