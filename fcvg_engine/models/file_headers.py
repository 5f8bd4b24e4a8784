# SPDX-License-Identifier: GPL-3.0-or-later
"""What a model file says of itself at its beginning: names and shapes of its tensors, or that it is none. No torch."""

from __future__ import annotations

import math
import operator
from pathlib import Path
from typing import Any

from ..shared import small_files

Shapes = dict[str, tuple[int, ...]]  # name of a tensor → its shape

BEGINNING_BYTES = 512  # enough for `is_web_page` and `is_git_lfs_pointer`

_LENGTH_BYTES = 8
_LARGEST_TABLE_BYTES = 100_000_000  # as the safetensors library allows
_TABLE_PATIENCE_S = 30.0
_WIDTHS = {  # bits of a number
    "F4": 4,
    **dict.fromkeys(("F6_E2M3", "F6_E3M2"), 6),
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"), 8),
    **dict.fromkeys(("U16", "I16", "F16", "BF16"), 16),
    **dict.fromkeys(("U32", "I32", "F32"), 32),
    **dict.fromkeys(("U64", "I64", "F64", "C64"), 64),
}


class Unusable(ValueError):
    """The file is not what its name promises; the text ends the sentence `The file …`."""


def is_web_page(beginning: bytes) -> bool:
    """Whether a file that begins so is a web page, which a browser may have saved in place of the model."""
    return beginning.lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml"))


def is_git_lfs_pointer(beginning: bytes) -> bool:
    """Whether a file that begins so only says where Git LFS keeps the model."""
    return beginning.startswith(b"version https://git-lfs")


def check(path: Path) -> int:
    """Return the size in bytes of a file that looks like a model at all. Raises Unusable."""
    try:
        size_bytes = small_files.require_file(path).st_size
        beginning = small_files.read_beginning(path, BEGINNING_BYTES)
    except FileNotFoundError:  # also a link to nowhere, as an unfinished download leaves one
        raise Unusable("is not there any more, or never came whole") from None
    except OSError as error:
        raise Unusable(f"cannot be read ({error.strerror or error})") from error
    if not size_bytes:
        raise Unusable("is empty")
    if is_git_lfs_pointer(beginning):
        raise Unusable("is only a pointer of Git LFS, not the model: run git lfs pull in its folder")
    if is_web_page(beginning):
        raise Unusable("is a web page, not a model: use the page's download button")
    return size_bytes


def shapes(path: Path) -> Shapes:
    """Return the shapes of all tensors in a safetensors file. Raises Unusable when it is no such file, is cut off, or
    when its tensors do not fill it."""
    size_bytes = check(path)
    table, end = _table(path, size_bytes)
    try:
        found = {name: tuple(map(operator.index, each["shape"])) for name, each in table.items()}
        fits = _fits(table, found)
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise Unusable("is damaged, or no safetensors file") from error
    if size_bytes < end:
        raise Unusable(f"is cut off: {end - size_bytes:,} bytes are missing")
    if size_bytes > end or not fits:
        raise Unusable("is damaged, or no safetensors file")
    return found


def _fits(table: dict[str, dict[str, Any]], found: Shapes) -> bool:
    """Whether the tensors lie one behind the other, and each is as long as its shape needs."""
    end = 0
    for (first, last), name in sorted((each["data_offsets"], name) for name, each in table.items()):
        width = _WIDTHS[table[name]["dtype"]]
        if first != end or last < first or 8 * (last - first) != width * math.prod(found[name]):
            return False
        end = last
    return True


def is_cut_off(path: Path, size_bytes: int) -> bool:
    """Whether a safetensors file of this size says that it is larger."""
    try:
        return size_bytes < _table(path, size_bytes)[1]
    except Unusable:
        return False


def _table(path: Path, size_bytes: int) -> tuple[dict[str, dict[str, Any]], int]:
    """Return the table of tensors of a safetensors file, and the size in bytes that the file has by it. Raises
    Unusable."""
    try:
        length = int.from_bytes(small_files.read_beginning(path, _LENGTH_BYTES), "little")
        if length > min(_LARGEST_TABLE_BYTES, size_bytes):
            raise Unusable("is damaged, or no safetensors file")
        beginning = small_files.read_beginning(path, _LENGTH_BYTES + length, _TABLE_PATIENCE_S)
        table = small_files.parse_json(beginning[_LENGTH_BYTES:])
        table.pop("__metadata__", None)
        return table, 8 + length + max((each["data_offsets"][1] for each in table.values()), default=0)
    except OSError as error:
        raise Unusable(f"cannot be read ({error.strerror or error})") from error
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise error if isinstance(error, Unusable) else Unusable("is damaged, or no safetensors file") from error
