# SPDX-License-Identifier: GPL-3.0-or-later
"""Models that stay where the artist has them: places in the models folder that stand for files elsewhere.

A place is a registry name, `svd-xt`, or one file of a model, `fcvg/unet.safetensors`. It works like a link, which the
file system could not do: Windows lets few people make links, and hard links do not reach another disk. imports.json in
the models folder holds them, place → path::

    {"svd-xt": "D:/ComfyUI/models/checkpoints/svd_xt.safetensors", "fcvg/unet.safetensors": "E:/unet (1).safetensors"}

No torch.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath, PureWindowsPath

from .writing import Table

FILE = "imports.json"

_PLACE = re.compile(r"[a-z0-9][a-z0-9._-]*(/[^/]+)*")


def recorded(folder: Path) -> dict[str, Path]:
    """Return place → the file or folder it stands for, in the models folder `folder`. Those that are gone are left out,
    and so are all where imports.json cannot be read."""
    return {place: Path(path) for place, path in _load(folder).items() if _exists(Path(path))}


def gone(folder: Path) -> dict[str, Path]:
    """Return place → the file or folder that it stood for and that is not there any more."""
    return {place: Path(path) for place, path in _load(folder).items() if not _exists(Path(path))}


def where(folder: Path, place: str) -> Path | None:
    """Return where `place`, such as `svd-xt/unet/config.json`, really is: it is recorded itself, or lies below a folder
    that is. None when it is not there."""
    known = recorded(folder)
    for each in (PurePosixPath(place), *PurePosixPath(place).parents):
        if str(each) in known:
            path = known[str(each)] / PurePosixPath(place).relative_to(each)
            return path if _exists(path) else None
    return None


def record(folder: Path, place: str, path: Path) -> None:
    """Let `place` stand for `path` from now on. Raises DiskError."""
    with _TABLE.changed(folder / FILE) as content:
        content[place] = str(path.absolute())


def forget(folder: Path, place: str) -> None:
    """Let `place` and all places below it stand for nothing any more; the files themselves stay. Raises DiskError."""
    if any(_is_below(each, place) for each in _load(folder)):
        with _TABLE.changed(folder / FILE) as content:
            for each in [each for each in content if _is_below(each, place)]:
                del content[each]


def _load(folder: Path) -> dict[str, str]:
    return _TABLE.load(folder / FILE)


def _is_link(place: str, path: object) -> bool:
    if not isinstance(path, str) or not _PLACE.fullmatch(place):
        return False
    return PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute()


_TABLE = Table(_is_link)


def _is_below(place: str, above: str) -> bool:
    return place == above or place.startswith(f"{above}/")


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # not ours to look into; a name that no disk can have
        return False
