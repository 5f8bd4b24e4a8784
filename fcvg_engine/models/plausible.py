# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be known of a model file whose sha256 nobody has published: whether it is of the right kind at all. No
torch.

The first download of such a file is recorded, and damage is noticed by that record later. So garbage must never be
recorded: an error of the server, a page, the beginning of a file.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from ..shared import small_files
from . import file_headers, recognise
from .registry import File

_ROUNDED = 0.2  # a size that is only known from a page may be wrong by this share
_LARGEST_JSON_BYTES = 1 << 24
# Entries of the answers in which servers say that they do not have a file.
_COMPLAINTS = {"error", "errors", "message", "detail", "details", "code", "status", "statuscode", "title", "type"}
_SIGNATURES = {  # how files of a kind begin
    **dict.fromkeys((".pt", ".pth", ".tar", ".ckpt", ".bin"), (b"PK\x03\x04", b"\x80")),  # torch's, new and old
    ".onnx": (b"\x08",),
}


def fault(file: File, path: Path) -> str:
    """Return why what lies at `path` cannot be `file` of a model, as the end of a sentence "it …"; empty when it may
    be. Only the beginning is read."""
    suffix = PurePosixPath(file.path).suffix
    try:
        size_bytes = file_headers.check(path)
        wanted_bytes = file.size_bytes or file.about_bytes
        tolerance = 0.0 if file.size_bytes else _ROUNDED
        if wanted_bytes and abs(size_bytes - wanted_bytes) > tolerance * wanted_bytes:
            return f"has {size_bytes:,} bytes and should have {'' if file.size_bytes else 'about '}{wanted_bytes:,}"
        if suffix == ".safetensors":
            return _tensors(file, path)
        if suffix == ".json":
            return _json(path)
        return _signature(suffix, path)
    except file_headers.Unusable as error:
        return str(error)
    except OSError as error:
        return f"cannot be read ({error.strerror or error})"


def _tensors(file: File, path: Path) -> str:
    missing = recognise.telling(file) - file_headers.shapes(path).keys()
    return f"holds another network: it lacks {min(missing)}" if missing else ""


def _json(path: Path) -> str:
    try:
        content = small_files.read_json(path, _LARGEST_JSON_BYTES)
    except (small_files.NotSmallFile, ValueError):
        return "is no JSON"
    if not isinstance(content, dict) or not content:
        return "holds no settings"
    if {name.lower() for name in content} <= _COMPLAINTS:
        return "is the server's word that something is wrong"
    return ""


def _signature(suffix: str, path: Path) -> str:
    expected = _SIGNATURES.get(suffix, (b"",))
    begins = small_files.read_beginning(path, max(map(len, expected)))
    return "" if begins.startswith(expected) else f"is no {suffix} file"
