"""Downloads that survive cuts: resumed, verified, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Download:
    """One file wanted at `path`. `sha256` empty: unknown, see the result of `fetch`. `size_bytes` 0: not known.

    `title` is what progress calls it; `headers` go to the host of `url` only, never to one it redirects to.
    """

    url: str
    path: Path
    sha256: str = ""
    size_bytes: int = 0
    title: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rate:
    """How far several downloads have come. `titles`: those under way. `eta_s` is None until it can be told."""

    titles: tuple[str, ...]
    done_bytes: int
    total_bytes: int
    bytes_per_s: float
    eta_s: float | None


OnRate = Callable[[Rate], None]


def fetch(wanted: Sequence[Download], on_rate: OnRate, *, parallel: int = 3) -> dict[Path, str]:
    """Brings every file to its path, several side by side; the sha256 of each. Files that are there are left alone when
    their sha256 is the wanted one. `on_rate` is called a few times a second on the caller's thread and may raise
    Cancelled, which ends all. What was fetched so far stays beside the path and is gone on with next time.

    Raises MissingModel (cannot be had, or is not what was pinned), DiskError, and whatever `on_rate` raises.
    """
    raise NotImplementedError
