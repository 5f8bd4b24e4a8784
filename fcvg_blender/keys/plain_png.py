# SPDX-License-Identifier: GPL-3.0-or-later
"""Recognises PNG files whose pixels Blender and the engine read alike, so that one can stand for a key as it is."""

from __future__ import annotations

import struct
from pathlib import Path

from ..engine import small_files

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER_BYTES = 13
_DEPTH_BITS = 8
_RGB, _RGBA = 2, 6  # kinds of pixels
# Before the pixels.
_HARMLESS = {b"IHDR", b"sRGB", b"sBIT", b"bKGD", b"pHYs", b"oFFs", b"tIME", b"tEXt", b"zTXt", b"iTXt", b"eXIf"}
_OVERRULED = {b"gAMA", b"cHRM"}  # by a mark that says sRGB
_MOST_CHUNKS = 64  # of such a file; nothing that an artist's program writes has more


def is_plain(path: Path, width: int, height: int) -> bool:
    """Whether `path` is an 8 bit PNG of this size in RGB or RGBA whose colours are sRGB and nothing else."""
    try:
        small_files.require_file(path)
        with path.open("rb") as stream:
            if stream.read(len(_SIGNATURE)) != _SIGNATURE:
                return False
            seen: set[bytes] = set()
            for _ in range(_MOST_CHUNKS):
                length, name = struct.unpack(">I4s", stream.read(8))
                if name == b"IDAT":
                    return b"IHDR" in seen and (b"sRGB" in seen or not seen & _OVERRULED)
                if name not in _HARMLESS | _OVERRULED:
                    return False
                seen.add(name)
                if name == b"IHDR":
                    if length != _HEADER_BYTES:
                        return False
                    header = struct.unpack(">IIBBBBB", stream.read(_HEADER_BYTES))
                    if header[:3] != (width, height, _DEPTH_BITS) or header[3] not in {_RGB, _RGBA}:
                        return False
                    stream.seek(4, 1)  # its checksum
                else:
                    stream.seek(length + 4, 1)
    except (OSError, struct.error):
        return False
    return False
