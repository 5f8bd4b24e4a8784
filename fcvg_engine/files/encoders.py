# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the image encoders of OpenImageIO, and notices when they fail."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import OpenImageIO as oiio
from numpy.typing import NDArray

from ..shared.errors import BadImage, DiskError

Value = int | float | str | bytes | tuple[int, ...] | tuple[float, ...]


def run_encoder(codec: str, pixels: NDArray[np.generic], attributes: Mapping[str, Value]) -> bytes:
    """Return the content of a file that OpenImageIO's `codec` makes of the pixels [H, W, C]. Raises DiskError,
    BadImage.

    The file is made away from the job's folder: on a full disk some encoders report it late, or end the process.
    """
    spec = oiio.ImageSpec(pixels.shape[1], pixels.shape[0], pixels.shape[2], str(oiio.TypeDesc(pixels.dtype.name)))
    for name, value in attributes.items():
        if isinstance(value, bytes):
            spec.attribute(name, oiio.TypeDesc(f"uint8[{len(value)}]"), np.frombuffer(value, np.uint8))
        elif isinstance(value, tuple):
            kind = "int" if all(isinstance(each, int) for each in value) else "float"
            spec.attribute(name, oiio.TypeDesc(f"{kind}[{len(value)}]"), value)
        else:
            spec[name] = value
    with _scratch_file(2 * pixels.nbytes) as path:
        target = oiio.ImageOutput.create(codec)
        if target is None:
            raise BadImage(f"This OpenImageIO writes no {codec}.", "Install the engine again.")
        done = target.open(path, spec) and target.write_image(np.ascontiguousarray(pixels)) and target.close()
        problem = target.geterror()
        data = Path(path).read_bytes()
        if not done or problem or not _is_whole(data, path):
            raise DiskError(f"An image could not be encoded: {one_line(problem)}", "Free some disk space.")
        return data


def _is_whole(data: bytes, path: str) -> bool:
    """Whether the encoder has written all. On a full disk encoders may close the file without an error."""
    if data.startswith(b"\x89PNG"):
        return data.endswith(b"IEND\xaeB`\x82")
    if data.startswith(b"\xff\xd8"):
        return data.endswith(b"\xff\xd9")
    source = oiio.ImageInput.open(path)
    return source is not None and source.read_image(oiio.HALF) is not None


@contextmanager
def _scratch_file(size_bytes: int) -> Iterator[str]:
    """Give a path to which at most `size_bytes` can be written: in memory where the system can, else in the folder for
    temporary files. Raises DiskError."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("fcvg")
        try:
            yield f"/proc/self/fd/{descriptor}"
        finally:
            os.close(descriptor)
    else:
        with tempfile.TemporaryDirectory(prefix="fcvg-") as folder:
            if shutil.disk_usage(folder).free < size_bytes:
                raise DiskError(f"The disk is full: {folder}", "Free some space for temporary files.")
            yield str(Path(folder) / "frame")


def one_line(problem: str) -> str:
    """Return the first line of what OpenImageIO says about a problem, at most 200 characters."""
    return problem.splitlines()[0][:200] if problem else "no reason given."
