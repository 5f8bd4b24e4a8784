# SPDX-License-Identifier: GPL-3.0-or-later
"""Says what to install when something that this project does not bring is missing.

    python tools/check_system.py python | engine | blender
    python tools/check_system.py window
    python tools/check_system.py programs NAME…

`python` checks the interpreter that makes the environments; `engine` and `blender` check, from inside them, that
every shared library their compiled parts need is there. Exit code 1 and one command to type when not.
`window` checks what a Blender with a window is built with. It and `programs`, and from other programs `need` and
`explain_absences`, end with exit code 2 and one sentence.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import NoReturn

# Shared library → Debian/Ubuntu package. Other systems name them much the same.
PACKAGES = {
    "libX11.so.6": "libx11-6",
    "libXext.so.6": "libxext6",
    "libXfixes.so.3": "libxfixes3",
    "libXi.so.6": "libxi6",
    "libXrender.so.1": "libxrender1",
    "libXxf86vm.so.1": "libxxf86vm1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libSM.so.6": "libsm6",
    "libICE.so.6": "libice6",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libGLX.so.0": "libglx0",
    "libgomp.so.1": "libgomp1",
    "libstdc++.so.6": "libstdc++6",
    "libxcb.so.1": "libxcb1",
    "libgthread-2.0.so.0": "libglib2.0-0",
}

# Program → how to get it.
PROGRAMS = {
    "ffmpeg": "apt-get install ffmpeg (elsewhere see ffmpeg.org)",
    "unshare": "apt-get install util-linux",
    "chroot": "apt-get install coreutils",
    "apt-get": "only Debian and its like have it, and no other system can build this",
    "uv": ".venv/bin/python -m pip install uv packaging",
}

_IN_BLENDER = {"bpy", "mathutils", "cycles", "addon_utils"}
_ONLY_UNIX_HAS = {"fcntl", "resource"}
_OURS = {"fcvg_engine", "fcvg_blender", "benchmarks", "demo", "tools"}


def need(*programs: str, path: str | None = None) -> None:
    """Leave with one sentence unless all these programs are there, looked for in `path` or PATH."""
    for name in programs:
        if shutil.which(name, path=path) is None:
            leave(f"{name} is needed and is not installed: {PROGRAMS[name]}.")


def need_for_window() -> None:
    """What builds a Blender with a window in a folder of its own, tools/real_blender.sh."""
    if sys.platform != "linux":
        leave("A real window of Blender is built on Linux only: on Debian or its like, as root.")
    need("apt-get", "unshare", "chroot")
    if os.geteuid() != 0:
        leave("This builds a Debian in a folder of its own and needs root for it.")


def explain_absences() -> None:
    """From now on a module or program whose absence ends this process is named in a sentence, without a traceback."""
    sys.excepthook = _explain


def _explain(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if isinstance(error, ModuleNotFoundError) and (name := (error.name or "").partition(".")[0]) not in _OURS:
        if name in _ONLY_UNIX_HAS:
            leave(f"This needs Linux or macOS: {name} is not there on this system.")
        folder = ".venv-blender" if name in _IN_BLENDER else ".venv"
        leave(f"{name} is not in this Python ({sys.executable}): use the one in {folder}, which make setup fills.")
    if isinstance(error, FileNotFoundError) and error.filename in PROGRAMS:
        leave(f"{error.filename} is needed and is not installed: {PROGRAMS[error.filename]}.")
    sys.__excepthook__(kind, error, trace)


def leave(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr)
    sys.exit(2)


def check_python() -> list[str]:
    """Python 3.11 exactly (the bpy wheels are built for it), with venv and pip."""
    if sys.version_info[:2] != (3, 11):
        found = ".".join(map(str, sys.version_info[:3]))
        return [
            f"Python 3.11 is needed (Blender's bpy wheels are built for it); this is {found}.\n"
            "Install it (apt-get install python3.11 python3.11-venv, or pyenv, or uv python install 3.11)\n"
            "and say which: make PYTHON=/path/to/python3.11 …, or start tools/dev.py with it."
        ]
    if importlib.util.find_spec("ensurepip") is None:
        return ["This Python cannot make environments. Install: apt-get install python3.11-venv"]
    return []


def missing_libraries(module: str) -> list[str]:
    """Names of shared libraries that the compiled parts of `module` ask for and the system lacks."""
    if sys.platform != "linux":
        return []
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        return []
    missing: set[str] = set()
    for binary in Path(spec.submodule_search_locations[0]).rglob("*.so"):
        listing = subprocess.run(["ldd", str(binary)], capture_output=True, text=True, check=False).stdout
        missing.update(line.split()[0] for line in listing.splitlines() if line.endswith("not found"))
    return sorted(missing)


def check_modules(*modules: str) -> list[str]:
    problems = []
    for module in modules:
        libraries = missing_libraries(module)
        known = sorted({PACKAGES[name] for name in libraries if name in PACKAGES})
        unknown = [name for name in libraries if name not in PACKAGES]
        if known:
            problems.append(f"{module} needs system libraries. Install: apt-get install {' '.join(known)}")
        # Optional backends (GPU vendors' libraries) are linked but not needed: importing tells.
        if unknown and subprocess.run([sys.executable, "-c", f"import {module}"], check=False).returncode:
            problems.append(f"{module} needs these libraries, which the system lacks: {', '.join(unknown)}")
    return problems


def main() -> int:
    checks = {
        "python": check_python,
        "engine": lambda: check_modules("torch", "OpenImageIO", "cv2"),
        "blender": lambda: check_modules("bpy"),
    }
    match sys.argv[1:]:
        case ["programs", *names]:
            need(*names)
            return 0
        case ["window"]:
            need_for_window()
            return 0
    problems = checks[sys.argv[1]]()
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
