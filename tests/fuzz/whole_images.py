# SPDX-License-Identifier: GPL-3.0-or-later
"""Small image files of every kind that the engine reads, to be damaged."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio
from pictures import cmyk_jpeg_bytes, cmyk_tiff_bytes, png_bytes

_WIDTH, _HEIGHT = 24, 16


def whole() -> dict[str, bytes]:
    """Name → content; the names begin with the format's."""
    files = {
        "jpeg-cmyk.jpg": cmyk_jpeg_bytes((10, 100, 200, 30)),
        "tiff-cmyk.tif": cmyk_tiff_bytes((10, 100, 200, 30)),
        "png-palette.png": png_bytes(
            _WIDTH, _HEIGHT, 8, 3, [bytes(_WIDTH)] * _HEIGHT, {b"PLTE": bytes(range(12)), b"tRNS": b"\0\x80"}
        ),
    }
    for name, (kind, channels, attributes) in _KINDS.items():
        files[name] = _written(Path(name).suffix, kind, channels, attributes)
    return files


_KINDS: dict[str, tuple[str, int, dict[str, Any]]] = {
    "png.png": ("uint8", 3, {}),
    "png-alpha-16.png": ("uint16", 4, {"oiio:UnassociatedAlpha": 1}),
    "png-grey.png": ("uint8", 1, {}),
    "jpeg.jpg": ("uint8", 3, {}),
    "jpeg-progressive.jpg": ("uint8", 3, {"jpeg:progressive": 1}),
    "tiff.tif": ("uint8", 3, {}),
    "tiff-lzw.tif": ("uint16", 4, {"compression": "lzw"}),
    "tiff-float.tif": ("float", 3, {"compression": "zip"}),
    "tiff-tiled.tif": ("uint8", 3, {"tile_width": 16, "tile_height": 16}),
    "webp.webp": ("uint8", 3, {}),
    "webp-alpha.webp": ("uint8", 4, {"compression": "lossless"}),
    "openexr.exr": ("half", 3, {"compression": "none"}),
    "openexr-zip.exr": ("half", 4, {"compression": "zip"}),
    "openexr-piz.exr": ("float", 3, {"compression": "piz"}),
    "openexr-dwaa.exr": ("half", 3, {"compression": "dwaa"}),
    "openexr-tiled.exr": ("half", 3, {"tile_width": 16, "tile_height": 16}),
    "openexr-window.exr": ("half", 4, {"x": -3, "y": 5, "full_width": 30, "full_height": 20}),
    "openexr-grey.exr": ("float", 1, {"channelnames": ("Y",)}),
    "openexr-layers.exr": ("half", 8, {"channelnames": ("R", "G", "B", "A", "glow.R", "glow.G", "glow.B", "Z")}),
}


def _written(suffix: str, kind: str, channels: int, attributes: dict[str, Any]) -> bytes:
    rows, columns = np.mgrid[:_HEIGHT, :_WIDTH]
    ramp = ((rows + columns) / (_WIDTH + _HEIGHT)).astype(np.float32)[..., None].repeat(channels, axis=2)
    pixels = ramp if kind in ("half", "float") else (ramp * (255 if kind == "uint8" else 65535))
    spec = oiio.ImageSpec(_WIDTH, _HEIGHT, channels, kind)
    for name, value in attributes.items():
        if hasattr(spec, name):
            setattr(spec, name, value)
        else:
            spec[name] = value
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"image{suffix}"
        target = oiio.ImageOutput.create(str(path))
        types = {"uint8": np.uint8, "uint16": np.uint16}
        assert target.open(str(path), spec), target.geterror()
        assert target.write_image(np.ascontiguousarray(pixels.astype(types.get(kind, np.float32)))), target.geterror()
        target.close()
        return path.read_bytes()
