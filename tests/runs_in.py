# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Python each test file runs in, so that plain `pytest` takes what it can and says what it leaves out.

    python tests/runs_in.py window        lists the test files of one kind

The nearest `conftest.py` at or above a test file says it with a line such as `RUNS_IN = "blender"`; where none does, it
is the engine's. Test files that need what only Unix has, such as `fcntl`, are left out on Windows.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).resolve().parent

# Kind → what is needed for it, and what runs those of that kind.
KINDS = {
    "engine": ("torch", "make test-engine"),
    "blender": ("bpy", "make test-blender"),
    "window": ("a window of Blender", "make window"),
    "unix": ("Unix", "any Linux or macOS"),
}
_MODULES = {"engine": "torch", "blender": "bpy"}
_ONLY_UNIX_HAS = {"fcntl", "grp", "pty", "pwd", "resource", "termios"}
_SAYS = re.compile(r'^RUNS_IN = "(\w+)"$', re.MULTILINE)


@functools.cache
def kind(path: Path) -> str:
    """One of `KINDS`, for a test file or a folder."""
    if path.suffix == ".py" and any(not is_there(name) for name in _imports(path) & _ONLY_UNIX_HAS):
        return "unix"
    for folder in (path, *path.parents):
        conftest = folder / "conftest.py"
        if conftest.is_file() and (said := _SAYS.search(conftest.read_text("utf-8"))):
            if said[1] not in KINDS:
                raise ValueError(f"{conftest} says RUNS_IN = {said[1]!r}, which is none of {', '.join(KINDS)}.")
            return said[1]
        if folder == TESTS:
            break
    return "engine"


def runs_here(path: Path) -> bool:
    """Whether this Python can run the test file."""
    module = _MODULES.get(kind(path))
    return module is not None and is_there(module)


@functools.cache
def is_there(module: str) -> bool:
    # What Blender itself has built in is loaded without a specification to find.
    return sys.modules.get(module) is not None or importlib.util.find_spec(module) is not None


def test_files(folder: Path = TESTS) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("test_*.py")) if "goldens" not in path.parts)


def told(left_out: dict[str, int]) -> str:
    """A line for people: how many files of which kind were left out, and what runs them."""
    parts = [f"{count} that need {KINDS[name][0]} ({KINDS[name][1]})" for name, count in sorted(left_out.items())]
    return f"test files left out here: {', '.join(parts)}"


def _imports(path: Path) -> set[str]:
    """What the module imports as it is read itself: not what its functions import later."""
    found: set[str] = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Import):
            found.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


if __name__ == "__main__":
    print(*(path.relative_to(TESTS.parent).as_posix() for path in test_files() if kind(path) == sys.argv[1]), sep="\n")
