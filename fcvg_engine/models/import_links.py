"""Models that stay where the artist has them: places in the models folder that really lie elsewhere.

A place is a registry name, `svd-xt`, or one file of a model, `fcvg/unet.safetensors`: what would be a link, were it
not that Windows lets few people make links and no disk lets them cross to another. imports.json in the models folder
holds them, place → path::

    {"svd-xt": "D:/ComfyUI/models/checkpoints/svd_xt.safetensors", "fcvg/unet.safetensors": "E:/unet (1).safetensors"}

No torch.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import filelock

from .writing import cannot_write, write_whole

FILE = "imports.json"

_LOCK_WAIT_S = 30.0  # far longer than anybody needs to rewrite the file


def recorded(folder: Path) -> dict[str, Path]:
    """Place → the file or folder it stands for, in the models folder `folder`. What is gone, or was never written
    whole, is left out."""
    return {place: Path(path) for place, path in _load(folder).items() if _exists(Path(path))}


def gone(folder: Path) -> dict[str, Path]:
    """Place → the file or folder that it stood for, and that is not there any more."""
    return {place: Path(path) for place, path in _load(folder).items() if not _exists(Path(path))}


def where(folder: Path, place: str) -> Path | None:
    """Where `place`, such as `svd-xt/unet/config.json`, really is: recorded itself, or below a folder that is. None
    when it is not there."""
    known = recorded(folder)
    for each in (PurePosixPath(place), *PurePosixPath(place).parents):
        if str(each) in known:
            path = known[str(each)] / PurePosixPath(place).relative_to(each)
            return path if _exists(path) else None
    return None


def record(folder: Path, place: str, path: Path) -> None:
    """From now on `place` is `path`. Raises DiskError."""
    with _changed(folder) as content:
        content[place] = str(path.absolute())


def forget(folder: Path, place: str) -> None:
    """`place` and all below it stand for nothing any more; the files themselves stay. Raises DiskError."""
    if any(_is_below(each, place) for each in _load(folder)):
        with _changed(folder) as content:
            for each in [each for each in content if _is_below(each, place)]:
                del content[each]


def _load(folder: Path) -> dict[str, str]:
    try:
        content = json.loads((folder / FILE).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(content, dict):
        return {}
    return {place: path for place, path in content.items() if isinstance(path, str) and path}


@contextlib.contextmanager
def _changed(folder: Path) -> Iterator[dict[str, str]]:
    """The content to be changed in the block and then written, while nobody else changes it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(folder / f".{FILE}.lock", timeout=_LOCK_WAIT_S):
            content = _load(folder)
            yield content
            write_whole(folder / FILE, json.dumps(content, indent=1, sort_keys=True).encode())
    except OSError as error:
        raise cannot_write(folder, error) from error


def _is_below(place: str, above: str) -> bool:
    return place == above or place.startswith(f"{above}/")


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # not ours to look into; a name that no disk can have
        return False
