# SPDX-License-Identifier: GPL-3.0-or-later
"""An environment like that of the tests, in which one library hangs while it is imported."""

from __future__ import annotations

import site
import subprocess
import sys
import venv
from pathlib import Path

# How it hangs: so that other threads go on, or, as in a driver, with the interpreter's lock in its hands.
WAYS = {
    "asleep": "import time\nwhile True: time.sleep(1)\n",
    "busy": "while True: pass\n",
    "locked": "import ctypes\nctypes.PyDLL(None).sleep(1000)\n",
}


_LATE = """
import importlib.abc, pathlib, sys, time

class Late(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        while name == {library!r} and not pathlib.Path({until!r}).exists():
            time.sleep(0.05)

sys.meta_path.insert(0, Late())
"""


def environment(folder: Path, library: str, way: str) -> Path:
    """Makes it in `folder`; returns its Python. `way`: how the library hangs, one of `WAYS`."""
    python, packages = _made(folder)
    (packages / library).mkdir()
    (packages / library / "__init__.py").write_text(WAYS[way])
    return python


def late(folder: Path, library: str, until: Path) -> Path:
    """The same, but the library loads once the file `until` is there."""
    python, packages = _made(folder)
    (packages / "sitecustomize.py").write_text(_LATE.format(library=library, until=str(until)))
    return python


def _made(folder: Path) -> tuple[Path, Path]:
    venv.create(folder, symlinks=True)
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True).stdout.strip())
    (packages / "others.pth").write_text("\n".join(site.getsitepackages()))
    return python, packages
