"""What a model file says of itself at its beginning: names and shapes of its tensors, or that it is none. No torch."""

from __future__ import annotations

import json
from pathlib import Path

Shapes = dict[str, tuple[int, ...]]  # name of a tensor → its shape

_LARGEST_TABLE_BYTES = 100_000_000  # as the safetensors library allows
_BEGINNING_BYTES = 512


class Unusable(ValueError):
    """The file is not what its name promises; the text ends the sentence `The file …`."""


def check(path: Path) -> int:
    """The size in bytes of a file that looks like a model at all. Raises Unusable."""
    try:
        size_bytes = path.stat().st_size
        with path.open("rb") as stream:
            beginning = stream.read(_BEGINNING_BYTES)
    except FileNotFoundError:  # also a link to nowhere, as an unfinished download leaves one
        raise Unusable("is not there any more, or never came whole") from None
    except OSError as error:
        raise Unusable(f"cannot be read ({error.strerror or error})") from error
    if not size_bytes:
        raise Unusable("is empty")
    if beginning.startswith(b"version https://git-lfs"):
        raise Unusable("is only a pointer of Git LFS, not the model: run git lfs pull in its folder")
    if beginning.lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        raise Unusable("is a web page, not a model: use the page's download button")
    return size_bytes


def shapes(path: Path) -> Shapes:
    """Of all tensors in a safetensors file. Raises Unusable when it is no such file, or is cut off."""
    size_bytes = check(path)
    try:
        with path.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            if length > min(_LARGEST_TABLE_BYTES, size_bytes):
                raise Unusable("is damaged, or no safetensors file")
            table = json.loads(stream.read(length))
            table.pop("__metadata__", None)
            end = 8 + length + max((each["data_offsets"][1] for each in table.values()), default=0)
            found = {name: tuple(int(side) for side in each["shape"]) for name, each in table.items()}
    except OSError as error:
        raise Unusable(f"cannot be read ({error.strerror or error})") from error
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise error if isinstance(error, Unusable) else Unusable("is damaged, or no safetensors file") from error
    if size_bytes < end:
        raise Unusable(f"is cut off: {end - size_bytes:,} bytes are missing")
    return found
