"""What was found out about two keys."""

from __future__ import annotations

from dataclasses import dataclass

# From here on the draft methods no longer carry a thing over. What is left of a dissolve's error when RIFE draws the
# middle between two drawings of a figure that has moved by this share of the diagonal (3 scenes; GMFSS in brackets):
#
#     moved by          0.03        0.06        0.10        0.15        0.20        0.25        0.30
#     flat colours      .18 (.23)   .25 (.26)   .28 (.29)   .36 (.29)   .36 (.26)   .47 (.31)   .56 (.33)
#     lines on paper    .22 (.21)   .38 (.35)   .41 (.45)   .64 (.42)   .71 (.54)   .82 (.67)   .83 (.71)
#     a camera's pan    .15 (.18)   .11 (.13)   .08 (.17)   .07 (.09)   .07 (.07)   .10 (.12)   .12 (.12)
LARGE = 0.15
LOST = 0.5  # the same for the share that is not found again; a figure that jumps across the picture leaves 0.36 … 0.67


@dataclass(frozen=True)
class Motion:
    """Distances are shares of the picture's diagonal, 0 where nothing is known.

    `far`: how far things move. `apart`: how far they move against the ground. `lost`: the share, in [0, 1], of the
    places with texture that are not found again: what appears, is uncovered, changes its shape or moves too far.
    """

    far: float = 0.0
    apart: float = 0.0
    lost: float = 0.0


@dataclass(frozen=True)
class Finding:
    """What is known of the keys. `same`: they are equal; `known`: they could be compared at all."""

    same: bool
    is_cut: bool
    motion: Motion
    known: bool = True

    @property
    def is_large(self) -> bool:
        """Whether what happens between them is more than draft methods do well."""
        return self.motion.apart >= LARGE or self.motion.lost >= LOST
