# SPDX-License-Identifier: GPL-3.0-or-later
"""One module makes, replaces, renames and deletes files: `fcvg_engine/shared/own_files.py`. It has a rule, and asks a
record. So nobody else may do any of that, in either package.

Every module's source is read. What is looked for are calls by their names; a call that is only called like one of them
(`text.replace`) is told by its arguments.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OWNER = "fcvg_engine/shared/own_files.py"

# Not moved there yet. Folders end with a slash.
NOT_YET = (
    "fcvg_blender/edit/",
    "fcvg_blender/jobs/",
    "fcvg_blender/keys/",
    "fcvg_blender/keys_3d/",
    "fcvg_blender/takes/",
    "fcvg_engine/diffusion/",
    "fcvg_engine/files/",
    "fcvg_engine/jobs/draw_conditions.py",
    "fcvg_engine/jobs/inbetween.py",
    "fcvg_engine/shared/whole_files.py",
)
# Lock files are opened here, and hold nothing.
LOCKS = {"fcvg_engine/shared/file_lock.py": {"os.open"}}

# Of paths and of the modules os and shutil, whatever they are imported as.
METHODS = {
    *(
        "chflags",
        "copy",
        "copy2",
        "copyfile",
        "copyfileobj",
        "copymode",
        "copystat",
        "copytree",
        "hardlink_to",
        "lchmod",
    ),
    *("link", "link_to", "mkfifo", "mknod", "move", "remove", "removedirs", "rename", "renames", "replace", "rmdir"),
    *("rmtree", "symlink", "symlink_to", "touch", "truncate", "unlink", "write_bytes", "write_text", "copy_into"),
    *("move_into", "extractall", "extract", "unpack_archive", "make_archive", "NamedTemporaryFile", "mkstemp"),
    *("imwrite", "savetxt", "savez", "save_file", "tofile"),
}
MODULES = {"os", "shutil", "path", "Path", "tempfile"}
# Methods that other things have too: only of a path, which is told by what it is called with.
SHARED = {"copy", "extract", "link", "move", "remove", "rename", "replace", "truncate"}
WRITING = set("wax+")
FLAGS = {"O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND", "O_TMPFILE"}


def faults(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and name of each call in `source` that makes, replaces, renames or deletes files."""
    tree = ast.parse(source)
    names = dict(imported(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (name := fault(node, names)):
            yield node.lineno, name


def imported(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield each name that an import binds, with what it stands for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((each.asname or each.name, each.name) for each in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from ((each.asname or each.name, f"{node.module}.{each.name}") for each in node.names)


def fault(call: ast.Call, names: dict[str, str]) -> str:
    """What a call does to files, by its name; empty when it does nothing."""
    spelled = ast.unparse(call.func)
    first, dot, rest = spelled.partition(".")
    whole = names.get(first, first) + dot + rest  # `from os import unlink as u; u(…)` is os.unlink
    name = whole.rpartition(".")[2]
    if name == "open" or whole in ("os.fdopen", "io.FileIO"):
        return whole if opens_to_write(call, whole) else ""
    if name not in METHODS:
        return ""
    module = whole.rpartition(".")[0]
    if module in ("os", "shutil", "tempfile"):
        return whole
    if isinstance(call.func, ast.Name):  # a function of somebody's own
        return ""
    return whole if name not in SHARED or is_of_a_path(call, name) else ""


def opens_to_write(call: ast.Call, whole: str) -> bool:
    """Whether `open`, a path's `open` or `os.open` opens a file to write to it."""
    if whole == "os.fdopen":  # of an open file
        return False
    if whole == "os.open":
        return "os.devnull" not in ast.unparse(call) and any(flag in ast.unparse(call) for flag in FLAGS)
    keyword = next((each.value for each in call.keywords if each.arg == "mode"), None)
    is_function = whole in ("open", "io.open", "codecs.open", "io.FileIO", "gzip.open", "bz2.open", "lzma.open")
    place = 1 if is_function else 0
    mode = keyword or (call.args[place] if len(call.args) > place else None)
    if mode is None:
        return False
    if isinstance(mode, ast.Constant) and isinstance(mode.value, str):
        return bool(WRITING & set(mode.value)) and set(mode.value) <= set("rwxabt+")
    return is_function  # a mode that is worked out may be any; a method `open` may be another thing's


def is_of_a_path(call: ast.Call, name: str) -> bool:
    """Whether a call of one of `SHARED` may be that of a path. Paths' methods have one argument, texts' have two;
    lists' and dicts' are called `remove` and `copy`, which paths had not when this was written."""
    if name in ("rename", "replace"):
        return len(call.args) == 1 and not call.keywords
    return name == "truncate"


def modules() -> list[Path]:
    return sorted(path for package in ("fcvg_engine", "fcvg_blender") for path in (ROOT / package).rglob("*.py"))


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", modules(), ids=named)
def test_files_are_made_replaced_and_deleted_in_one_module_only(path: Path) -> None:
    name = named(path)
    if name == OWNER or name.startswith(NOT_YET):
        return
    found = [each for each in faults(path.read_text("utf-8")) if each[1] not in LOCKS.get(name, ())]
    assert not found, f"{name} does that itself; own_files has a function for it, which asks a record: {found}"


def test_the_owner_is_where_it_was() -> None:
    assert list(faults((ROOT / OWNER).read_text("utf-8")))


@pytest.mark.parametrize("entry", NOT_YET)
def test_what_is_not_moved_yet_still_has_something_to_move(entry: str) -> None:
    paths = (ROOT / entry).rglob("*.py") if entry.endswith("/") else [ROOT / entry]
    assert any(list(faults(path.read_text("utf-8"))) for path in paths), f"{entry} is done: take it out of NOT_YET."


@pytest.mark.parametrize(
    "line",
    [
        "path.unlink()",
        "Path('x').rmdir()",
        "import shutil as s; s.rmtree(x)",
        "from shutil import rmtree; rmtree(x)",
        "from os import replace as r; r(a, b)",
        "import os; os.remove(x)",
        "import os; os.link(a, b)",
        "source.rename(target)",
        "source.replace(target)",
        "path.write_text('x')",
        "path.open('ab')",
        "open(x, 'w')",
        "open(x, mode='r+')",
        "open(x, how)",
        "import io; io.open(x, 'xb')",
        "import os; os.open(x, os.O_RDWR | os.O_CREAT)",
        "(folder / 'a').touch()",
        "import os; os.truncate(x, 0)",
        "file.truncate(0)",
        "archive.extractall(x)",
        "import tempfile; tempfile.mkstemp()",
    ],
)
def test_is_found(line: str) -> None:
    assert len(list(faults(line))) == 1


@pytest.mark.parametrize(
    "line",
    [
        "'a'.replace('a', 'b')",
        "import dataclasses; dataclasses.replace(x, a=1)",
        "from dataclasses import replace; replace(x)",
        "path.open('rb')",
        "path.open()",
        "open(x)",
        "source.open(path, spec)",
        "names.remove('a')",
        "known.copy()",
        "import shutil; shutil.which('uv')",
        "import os; os.open(x, os.O_RDONLY)",
        "import os; os.open(os.devnull, os.O_WRONLY)",
        "import os; os.fdopen(1, 'wb')",
    ],
)
def test_is_let_be(line: str) -> None:
    assert not list(faults(line))
