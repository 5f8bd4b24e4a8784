"""Wheels of pinned packages: from a folder, from their published address, or from a studio's own package index."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .download import Download


@dataclass(frozen=True)
class Wheel:
    """A pinned wheel file. `url`: where it is published; `sha256` of the file; `size_bytes` 0 is not known."""

    package: str
    version: str
    file: str
    url: str
    sha256: str
    size_bytes: int = 0


@dataclass(frozen=True)
class Places:
    """Where wheels may come from: `folders` are looked through first, then `index` (a simple API's URL), or where that
    is empty the wheel's own address. `offline`: nothing but the folders. `proxy`: URL for http and https."""

    folders: tuple[Path, ...] = ()
    index: str = ""
    proxy: str = ""
    offline: bool = False


def places(environment: Mapping[str, str] = os.environ) -> Places:
    """As the environment says: FCVG_WHEELS, UV_FIND_LINKS, PIP_FIND_LINKS; FCVG_INDEX_URL, UV_DEFAULT_INDEX,
    UV_INDEX_URL, PIP_INDEX_URL; FCVG_PROXY; FCVG_OFFLINE, PIP_NO_INDEX."""
    raise NotImplementedError


def locate(wheels: list[Wheel], into: Path, where: Places) -> list[Download]:
    """A download for each wheel that is not in `into` yet; those in a folder of `where` are linked or copied there,
    verified. Raises MissingModel naming the wheels that cannot be had."""
    raise NotImplementedError
