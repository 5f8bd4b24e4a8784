"""How a generation uses memory."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MemoryPlan:
    """One way to spend memory.

    `branches`: of the four network evaluations of a step (two directions, two guidance halves), how many run as one
    batch: 4, 2 or 1. `offload`: networks lie in main memory and visit the device one at a time. `decode_chunk`: frames
    decoded at once. `forward_chunk`: pieces a feed-forward layer works on, 0 for no chunking. `tiled`: decode in tiles.
    `compiled`: torch.compile the UNet. `late_guidance`: after this share of the steps guidance is skipped (turbo); 1:
    never.
    """

    name: str
    branches: int = 4
    offload: bool = False
    decode_chunk: int = 8
    forward_chunk: int = 0
    tiled: bool = False
    compiled: bool = False
    late_guidance: float = 1.0
