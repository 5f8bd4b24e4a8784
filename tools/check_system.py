"""Says which package to install when something of the operating system is missing.

    python tools/check_system.py python | engine | blender

`python` checks the interpreter that makes the environments; `engine` and `blender` check, from inside them, that
every shared library their compiled parts need is there. Exit code 1 and one command to type when not.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

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


def check_python() -> list[str]:
    """Python 3.11 exactly (the bpy wheels are built for it), with venv and pip."""
    if sys.version_info[:2] != (3, 11):
        found = ".".join(map(str, sys.version_info[:3]))
        return [
            f"Python 3.11 is needed (Blender's bpy wheels are built for it); this is {found}.\n"
            "Install it (apt-get install python3.11 python3.11-venv, or pyenv, or uv python install 3.11)\n"
            "and say which: make PYTHON=/path/to/python3.11 …"
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
    problems = checks[sys.argv[1]]()
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
