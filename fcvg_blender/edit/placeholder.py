# SPDX-License-Identifier: GPL-3.0-or-later
"""What a strip shows where nothing is drawn yet: a clear picture, in a file of the strip's own folder.

Without a file, Blender would mark the strip as broken and show magenta. Version 5.2 even crashes where a script has
appended elements without files: it makes the magenta as large as their pictures, whose size it does not know. The
placeholder is as large as the frame because Blender reads a strip's first picture when the strip is made. It keeps that
size for the outline in the preview and the shape of thumbnails.
"""

from __future__ import annotations

import math
import struct
import zlib

FILE = "nothing.png"
MOST_PIXELS = 2_100_000  # Blender reads as many in 10 ms; a larger edit has a smaller picture of the same shape

_COLOUR_TYPE, _HEADER_END = 25, 33  # bytes of a PNG file


def png(width: int, height: int) -> bytes:
    """The bytes of the file for an edit of this size, in pixels: a clear picture of the same shape."""
    factor = min(1.0, math.sqrt(MOST_PIXELS / (width * height)))
    width, height = (max(1, round(side * factor)) for side in (width, height))
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)  # 1 bit a pixel, grey: what Blender reads soonest
    pixels = zlib.compress(bytes((1 + (width + 7) // 8) * height))  # of each row its filter and black pixels
    chunks = ((b"IHDR", header), (b"tRNS", bytes(2)), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def with_clear_black(png: bytes) -> bytes:
    """The bytes of a PNG file with one chunk more, which makes black transparent where its pixels are RGB."""
    is_rgb = png[_COLOUR_TYPE : _COLOUR_TYPE + 1] == b"\x02"
    return png[:_HEADER_END] + _chunk(b"tRNS", bytes(6)) + png[_HEADER_END:] if is_rgb else png


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
