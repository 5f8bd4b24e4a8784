"""What a strip shows where nothing is drawn yet: a small clear picture, in a file of the strip's own folder.

Blender marks a strip whose file is missing as broken and shows it in magenta, and 5.2 crashes on those that a script
has appended: it makes the magenta as large as the picture was, which it does not know. And from a strip's first picture
it takes the shape of its thumbnails.
"""

from __future__ import annotations

import struct
import zlib

FILE = "nothing.png"
LONGEST_SIDE = 64  # pixels

_COLOUR_TYPE, _HEADER_END = 25, 33  # bytes of a PNG file


def png(width: int, height: int) -> bytes:
    """The file, for an edit of this size, whose shape the picture has."""
    longest = max(width, height)
    columns, rows = (max(1, round(side * LONGEST_SIDE / longest)) for side in (width, height))
    header = struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0)  # 8 bits, RGB
    pixels = zlib.compress(bytes((1 + 3 * columns) * rows))  # of each row its filter and black pixels
    black = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")
    return with_clear_black(black)


def with_clear_black(png: bytes) -> bytes:
    """The PNG file with one chunk more that declares black to be transparent, if its pixels are RGB."""
    is_rgb = png[_COLOUR_TYPE : _COLOUR_TYPE + 1] == b"\x02"
    return png[:_HEADER_END] + _chunk(b"tRNS", bytes(6)) + png[_HEADER_END:] if is_rgb else png


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
