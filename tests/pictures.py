# SPDX-License-Identifier: GPL-3.0-or-later
"""Image files for tests, written byte by byte, so that the engine's reader is checked against the formats and not
against its own writer."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np

_PNG_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # by number of channels


def write_png(path: Path, pixels: np.ndarray[Any, Any]) -> Path:
    """An 8- or 16-bit PNG of `pixels`, uint8 or uint16 [H, W, C], C = 1 grey, 2 grey + alpha, 3 RGB, 4 RGBA."""
    height, width, channels = pixels.shape
    bits = pixels.dtype.itemsize * 8
    rows = pixels.astype(pixels.dtype.newbyteorder(">")).reshape(height, -1)
    path.write_bytes(png_bytes(width, height, bits, _PNG_COLOUR_TYPES[channels], [row.tobytes() for row in rows]))
    return path


def png_bytes(
    width: int, height: int, bits: int, colour_type: int, rows: list[bytes], extra: dict[bytes, bytes] | None = None
) -> bytes:
    """A PNG file from its parts; `rows` without filter bytes, `extra` chunks go before the pixels."""
    header = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    chunks = [(b"IHDR", header), *(extra or {}).items(), (b"IDAT", data), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def cmyk_jpeg_bytes(levels: tuple[int, int, int, int]) -> bytes:
    """An 8×8 baseline JPEG of one colour, four components `levels` (0–255) as they are stored, without subsampling.

    One quantisation table of ones and one DC and AC table: each block is its DC difference and an end-of-block.
    """

    def segment(marker: int, content: bytes) -> bytes:
        return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content

    categories = list(range(12))
    bits = ""
    for level in levels:
        difference = (level - 128) * 8  # the DC coefficient of a flat block
        category = abs(difference).bit_length()
        value = difference if difference >= 0 else difference + (1 << category) - 1
        bits += f"{category:04b}" + (f"{value:0{category}b}" if category else "") + "0"  # then the end of the block
    bits += "1" * (-len(bits) % 8)
    scan = bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8)).replace(b"\xff", b"\xff\0")
    components = b"".join(bytes([number, 0x11, 0]) for number in range(1, 5))
    return b"".join(
        [
            b"\xff\xd8",
            segment(0xEE, b"Adobe\0\x64\0\0\0\0\0"),  # transform 0: four inks, stored inverted
            segment(0xDB, b"\0" + b"\1" * 64),
            segment(0xC0, struct.pack(">BHHB", 8, 8, 8, 4) + components),
            segment(0xC4, b"\0" + bytes([0, 0, 0, len(categories), *[0] * 12]) + bytes(categories)),
            segment(0xC4, b"\x10" + bytes([1, *[0] * 15]) + b"\0"),
            segment(0xDA, b"\4" + b"".join(bytes([number, 0]) for number in range(1, 5)) + b"\0\x3f\0"),
            scan,
            b"\xff\xd9",
        ]
    )


def cmyk_tiff_bytes(inks: tuple[int, int, int, int]) -> bytes:
    """A TIFF of one pixel in cyan, magenta, yellow, black, 0–255 each."""
    short, long = 3, 4
    entries = [
        (256, short, 1, 1),  # width
        (257, short, 1, 1),  # height
        (258, short, 4, 8),  # bits a sample, the offset of four shorts
        (259, short, 1, 1),  # not compressed
        (262, short, 1, 5),  # separated
        (273, long, 1, 16),  # where the pixels are
        (277, short, 1, 4),  # samples a pixel
        (279, long, 1, 4),  # bytes of the pixels
    ]
    directory = (
        struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries) + b"\0" * 4
    )
    return b"II*\0" + struct.pack("<I", 20) + struct.pack("<4H", 8, 8, 8, 8) + bytes(inks) + directory
