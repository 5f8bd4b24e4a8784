"""What a strip shows where nothing is drawn yet: a clear picture, in a file of the strip's own folder.

Blender marks a strip whose file is missing as broken and shows it in magenta, and 5.2 crashes on those that a script
has appended: it makes the magenta as large as the picture was, which it does not know. And the size of a strip's first
picture, as it was read when the strip was made, is that of its outline in the preview and the shape of its thumbnails.
"""

from __future__ import annotations

import math
import struct
import zlib

FILE = "nothing.png"
MOST_PIXELS = 2_100_000  # Blender reads as many in 10 ms; a larger edit has a smaller picture of the same shape

_COLOUR_TYPE, _HEADER_END = 25, 33  # bytes of a PNG file


def png(width: int, height: int) -> bytes:
    """The file, for an edit of this size."""
    factor = min(1.0, math.sqrt(MOST_PIXELS / (width * height)))
    width, height = (max(1, round(side * factor)) for side in (width, height))
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)  # 1 bit a pixel, grey: what Blender reads soonest
    pixels = zlib.compress(bytes((1 + (width + 7) // 8) * height))  # of each row its filter and black pixels
    chunks = ((b"IHDR", header), (b"tRNS", bytes(2)), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def with_clear_black(png: bytes) -> bytes:
    """The PNG file with one chunk more that declares black to be transparent, if its pixels are RGB."""
    is_rgb = png[_COLOUR_TYPE : _COLOUR_TYPE + 1] == b"\x02"
    return png[:_HEADER_END] + _chunk(b"tRNS", bytes(6)) + png[_HEADER_END:] if is_rgb else png


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
