# SPDX-License-Identifier: GPL-3.0-or-later
"""Rooms, and what each may import. The table is read from top to bottom: a room knows only the rooms above it.

Every module's source is read, imports inside functions and those for type checkers included.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

STANDARD = sys.stdlib_module_names
BLENDER = {"bpy", "bpy_extras", "mathutils", "gpu", "blf", "bmesh", "aud", "imbuf", "bl_ui", "bl_operators"}
HEAVY = {"torch", "torchvision", "diffusers", "transformers", "cv2", "onnxruntime", "rtmlib"}


@dataclass(frozen=True)
class Room:
    """A folder or a module of a package. Beside the rooms above it and the standard library it may import `also`;
    what is `heavy` (torch and its kin) where True, else only inside functions."""

    name: str
    also: frozenset[str] = frozenset()
    heavy: bool = False


def room(name: str, *also: str, heavy: bool = False) -> Room:
    return Room(name, frozenset(also), heavy)


# What the add-on reads of the engine, through `fcvg_blender.engine` only; so it needs the standard library alone.
SHARED = ("fcvg_engine.shared", "fcvg_engine.transfer", "fcvg_engine.models.registry")

ROOMS = {
    "fcvg_engine": (
        room("shared"),
        room("transfer", "certifi"),
        room("core", "psutil", heavy=True),
        room("files", "numpy", "OpenImageIO", "filelock"),
        room("nets", heavy=True),
        room("models", "numpy", "platformdirs", "filelock", "safetensors", "huggingface_hub", heavy=True),
        room("draft", heavy=True),
        room("conditions", "numpy", "hsluv", heavy=True),
        room("diffusion", "numpy", "safetensors", heavy=True),
        room("methods"),
        room("examine", "numpy", "filelock", heavy=True),
        room("jobs", "numpy", "psutil"),
        room("doctor", "psutil"),
        room("server"),
        room("cli", "typer", "rich"),
        room("__main__"),
    ),
    "fcvg_blender": (
        room("engine", "fcvg_engine"),
        room("guard"),
        room("installer"),
        room("i18n", "bpy"),
        room("compat", *BLENDER),
        room("timing", *BLENDER),
        room("settings", *BLENDER),
        room("edit", *BLENDER),
        room("keys", "numpy", *BLENDER),
        room("takes", *BLENDER),
        room("tasks", *BLENDER),
        room("jobs", "numpy", *BLENDER),
        room("keys_3d", "numpy", *BLENDER),
        room("ui", "numpy", *BLENDER),
        room("operators", *BLENDER),
        room("app", *BLENDER),
        room("registration", *BLENDER),
    ),
}
WHOLE = [f"{package}.{each.name}" for package, rooms in ROOMS.items() for each in rooms]


@dataclass(frozen=True)
class Import:
    """`module` imports `name` (a whole dotted name). `late`: inside a function; `typed`: for type checkers only."""

    module: str
    name: str
    late: bool
    typed: bool

    @property
    def top(self) -> str:
        return self.name.partition(".")[0]


def path_of(module: str) -> str:
    """The file of a module, as a person would look for it."""
    path = Path(*module.split("."))
    return str(path / "__init__.py" if (ROOT / path).is_dir() else path.with_suffix(".py"))


@cache
def imports() -> tuple[Import, ...]:
    """Everything that the two packages import."""
    paths = [path for package in ROOMS for path in sorted((ROOT / package).rglob("*.py"))]
    return tuple(each for path in paths if "presets" not in path.parts for each in imports_of(path))


def imports_of(path: Path) -> Iterator[Import]:
    parts = path.relative_to(ROOT).with_suffix("").parts
    is_package = parts[-1] == "__init__"
    module = ".".join(parts[:-1] if is_package else parts)
    tree = ast.parse(path.read_text("utf-8"))
    late = {id(node) for owner in ast.walk(tree) if is_function(owner) for node in ast.walk(owner)}
    typed = {id(node) for owner in ast.walk(tree) if is_for_types(owner) for node in ast.walk(owner)}
    for node in ast.walk(tree):
        when = (id(node) in late, id(node) in typed)
        if isinstance(node, ast.Import):
            yield from (Import(module, alias.name, *when) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = module.split(".") if is_package else module.split(".")[:-1]
                above = package[: len(package) - node.level + 1]
                if node.level > len(package):  # beyond the packages: the extension's own, which holds both
                    above = []
                base = ".".join([*above, *base.split(".")] if base else above)
            # `from . import x` may mean a module: the longer name is what rules about modules are told
            yield from (Import(module, known_module(base, alias.name), *when) for alias in node.names)


def is_function(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)


def known_module(base: str, name: str) -> str:
    path = ROOT.joinpath(*base.split("."), name)
    return f"{base}.{name}" if path.is_dir() or path.with_suffix(".py").exists() else base


def within(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


def room_of(module: str) -> str:
    """The name of a module's room, such as `fcvg_engine.jobs`; the package's own for its `__init__`."""
    return ".".join(module.split(".")[:2])


def problem(each: Import) -> str:
    """What is wrong with an import, a sentence; empty when nothing is."""
    here, there = room_of(each.module), room_of(each.name)
    if here == there or here in ROOMS:
        return ""
    if each.top == here.partition(".")[0]:
        if there in ROOMS or WHOLE.index(there) < WHOLE.index(here):
            return ""
        names = here.rpartition(".")[2], there.rpartition(".")[2]
        return (
            f"{path_of(each.module)} imports {path_of(each.name)}, but {names[1]} stands below {names[0]}: "
            "a room imports only rooms that stand above it in tests/test_imports.py."
        )
    rules = next(rule for rule in ROOMS[here.partition(".")[0]] if here.endswith(f".{rule.name}"))
    if each.top in STANDARD or each.top in rules.also:
        return ""
    if each.top in HEAVY and (rules.heavy or each.late or each.typed):
        return ""
    if each.top in HEAVY and not rules.heavy:
        return f"{path_of(each.module)} imports {each.top} before it is used: import it inside the function that does."
    return f"{path_of(each.module)} imports {each.top}, which the table in tests/test_imports.py does not allow there."


def circle(links: dict[str, set[str]]) -> list[str]:
    """Modules that import each other in a circle, in order, the first again at the end; [] without one."""
    done: set[str] = set()

    def walk(module: str, way: list[str]) -> list[str]:
        if module in way:
            return [*way[way.index(module) :], module]
        if module not in done:
            for other in sorted(links.get(module, ())):
                if found := walk(other, [*way, module]):
                    return found
            done.add(module)
        return []

    return next((found for module in sorted(links) if (found := walk(module, []))), [])


def test_every_module_has_a_room():
    found = {room_of(each.module) for each in imports()} - set(ROOMS)
    assert found <= set(WHOLE), "Give it a place in the table ROOMS above."
    assert found == set(WHOLE), "The table names a room that is gone."


def test_rooms_import_only_what_stands_above_them():
    assert list(filter(None, map(problem, imports()))) == []


@pytest.mark.parametrize(
    ("module", "name", "told"),
    [
        (
            "fcvg_blender.keys.render_keys",
            "fcvg_blender.jobs.queue",
            "fcvg_blender/keys/render_keys.py imports fcvg_blender/jobs/queue.py, but jobs stands below keys: ",
        ),
        ("fcvg_engine.jobs.inbetween", "bpy", "fcvg_engine/jobs/inbetween.py imports bpy, which the table"),
        ("fcvg_engine.jobs.inbetween", "torch", "fcvg_engine/jobs/inbetween.py imports torch before it is used"),
    ],
)
def test_a_broken_rule_is_told_by_files(module: str, name: str, told: str):
    assert problem(Import(module, name, late=False, typed=False)).startswith(told)


@pytest.mark.parametrize("package", ROOMS)
def test_no_modules_import_each_other_in_a_circle(package: str):
    links: dict[str, set[str]] = {}
    for each in imports():
        if within(each.module, package) and within(each.name, package) and not each.typed and each.name != each.module:
            links.setdefault(each.module, set()).add(each.name)
    found = circle(links)
    assert not found, "These files import each other in a circle: " + " → ".join(map(path_of, found))


def test_a_circle_is_found():
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]


def test_blender_knows_of_the_engine_only_what_is_shared_and_in_one_place():
    found = {each for each in imports() if each.top == "fcvg_engine" and within(each.module, "fcvg_blender")}
    assert {each.module for each in found} == {"fcvg_blender.engine"}
    assert all(within(each.name, *SHARED) for each in found)


def test_what_both_sides_share_needs_only_the_standard_library():
    on_the_way = ("fcvg_engine", "fcvg_engine.models")  # packages that are imported before it
    for each in imports():
        if each.module in on_the_way or within(each.module, *SHARED):
            optional = each.name == "certifi" and each.late  # Blender brings it; the rest goes without
            package = each.name == "fcvg_engine"  # its version, and nothing else is in it
            assert each.top in STANDARD or within(each.name, *SHARED) or package or optional, each


def test_methods_do_not_know_each_other():
    methods = modules_with("inbetween", "draft", "methods")
    assert {"fcvg_engine.draft.rife", "fcvg_engine.draft.dissolve", "fcvg_engine.methods.fcvg"} <= methods
    for each in imports():
        allowed = within(each.name, "fcvg_engine.draft.rife")  # generative methods fill what they cannot make with it
        if each.module in methods and each.name in methods and each.name != each.module:
            assert allowed, each


def modules_with(name: str, *rooms: str) -> set[str]:
    """The engine's modules in `rooms` that bind `name` at their top."""
    found = set()
    for each in rooms:
        for path in (ROOT / "fcvg_engine" / each).glob("*.py"):
            if name in bound(ast.parse(path.read_text("utf-8")).body):
                found.add(f"fcvg_engine.{each}.{path.stem}")
    return found


def bound(body: Iterable[ast.stmt]) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def test_the_engine_answers_before_torch_is_imported():
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); "
        "import fcvg_engine.shared.protocol, fcvg_engine.cli.app, fcvg_engine.server; "
        "print(sorted(set(sys.modules) & {'torch', 'numpy', 'cv2', 'OpenImageIO', 'bpy'}))"
    )
    done = subprocess.run([sys.executable, "-I", "-c", script, str(ROOT)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("package", ROOMS)
def test_the_page_about_the_rooms_has_them_in_their_order(package: str):
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    assert listed(page.partition(f"### `{package}`\n")[2].partition("\n#")[0]) == [each.name for each in ROOMS[package]]


def test_every_room_has_tests_in_a_folder_of_its_name_or_is_spoken_of():
    page = (ROOT / "tests" / "README.md").read_text("utf-8")
    spoken_of = listed(page.partition("These have none of their own:")[2].partition("\n\nSome")[0])
    tested = {
        "fcvg_engine": rooms_with_tests("engine"),
        "fcvg_blender": rooms_with_tests("client") | rooms_with_tests("blender"),
    }
    lacking = [each.name for package, rooms in ROOMS.items() for each in rooms if each.name not in tested[package]]
    assert sorted(lacking) == sorted(spoken_of), "Say in tests/README.md what covers a room without tests of its own."


def listed(table: str) -> list[str]:
    """The words in the first column of a Markdown table."""
    return re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)


def rooms_with_tests(kind: str) -> set[str]:
    """The rooms that have a folder of tests of that kind."""
    return {path.parent.name for path in (ROOT / "tests" / kind).glob("*/test_*.py")}
