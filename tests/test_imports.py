"""Imports point one way. Every module's source is read; what it imports is compared with the rules of the design."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

BLENDER = {
    "bpy",
    "bpy_extras",
    "mathutils",
    "gpu",
    "blf",
    "bmesh",
    "aud",
    "imbuf",
    "addon_utils",
    "bl_ui",
    "bl_operators",
}
HEAVY = {"torch", "torchvision", "diffusers", "cv2"}


@dataclass(frozen=True)
class Import:
    """`module` imports `name` (a whole dotted name); `late` inside a function or for type checking only."""

    module: str
    name: str
    late: bool

    @property
    def top(self) -> str:
        return self.name.partition(".")[0]


def imports() -> list[Import]:
    """Everything that the two packages import."""
    paths = [path for package in ("fcvg_engine", "fcvg_blender") for path in sorted((ROOT / package).rglob("*.py"))]
    return [each for path in paths for each in imports_of(path)]


def imports_of(path: Path) -> Iterator[Import]:
    parts = path.relative_to(ROOT).with_suffix("").parts
    is_package = parts[-1] == "__init__"
    module = ".".join(parts[:-1] if is_package else parts)
    tree = ast.parse(path.read_text("utf-8"))
    late_nodes = {id(node) for owner in ast.walk(tree) if is_late(owner) for node in ast.walk(owner)}
    for node in ast.walk(tree):
        late = id(node) in late_nodes
        if isinstance(node, ast.Import):
            yield from (Import(module, alias.name, late) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = module.split(".") if is_package else module.split(".")[:-1]
                above = package[: len(package) - node.level + 1]
                base = ".".join([*above, *base.split(".")] if base else above)
            # `from . import x` may mean a module: the longer name is what rules about modules are told
            yield from (Import(module, known_module(base, alias.name), late) for alias in node.names)


def is_late(node: ast.AST) -> bool:
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.dump(node.test)
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def known_module(base: str, name: str) -> str:
    path = ROOT.joinpath(*base.split("."), name)
    return f"{base}.{name}" if path.is_dir() or path.with_suffix(".py").exists() else base


IMPORTS = imports()


def within(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


def broken(importers: tuple[str, ...], forbidden: tuple[str, ...]) -> list[Import]:
    """Imports by one of `importers` of something in `forbidden`, late ones included."""
    return [each for each in IMPORTS if within(each.module, *importers) and within(each.name, *forbidden)]


def engine(*names: str) -> tuple[str, ...]:
    return tuple(f"fcvg_engine.{name}" for name in names)


def addon(*names: str) -> tuple[str, ...]:
    return tuple(f"fcvg_blender.{name}" for name in names)


def test_the_rules_see_the_imports():
    assert Import("fcvg_engine.server", "fcvg_engine.protocol", False) in IMPORTS
    assert Import("fcvg_engine.job", "fcvg_engine.images", False) in IMPORTS
    assert Import("fcvg_engine.job", "torch", True) in IMPORTS
    assert any(each.module == "fcvg_blender.shots" and each.top == "bpy" for each in IMPORTS)


def test_the_engine_knows_nothing_of_blender():
    assert broken(("fcvg_engine",), (*BLENDER, "fcvg_blender")) == []


SHARED = engine("protocol", "errors", "timing", "transfer", "models.registry")


def test_blender_knows_of_the_engine_only_what_is_shared_and_in_one_place():
    shared = [each for each in IMPORTS if each.top == "fcvg_engine" and within(each.module, "fcvg_blender")]
    assert {each.module for each in shared} == {"fcvg_blender.engine"}
    assert {each.name for each in shared} == set(SHARED)


def test_inside_blender_there_is_only_the_standard_library_numpy_and_blender_itself():
    allowed = sys.stdlib_module_names | BLENDER | {"numpy", "fcvg_blender", "fcvg_engine"}
    assert [each for each in IMPORTS if within(each.module, "fcvg_blender") and each.top not in allowed] == []


def test_what_both_sides_share_needs_only_the_standard_library():
    packages = ("fcvg_engine", "fcvg_engine.models")  # imported on the way to them
    for each in IMPORTS:
        if each.module in packages or within(each.module, *SHARED):
            optional = each.name == "certifi" and each.late  # Blender brings it; the rest goes without
            assert each.top in sys.stdlib_module_names or within(each.name, *SHARED) or optional, each


def test_the_client_of_the_engine_knows_nothing_of_blender():
    assert broken(addon("engine"), tuple(BLENDER)) == []
    inside = [each for each in IMPORTS if within(each.module, *addon("engine")) and each.top == "fcvg_blender"]
    assert [each for each in inside if not within(each.name, *addon("engine"))] == []


@pytest.mark.parametrize(
    ("importers", "forbidden"),
    [
        (addon("shots", "keyframes", "strips", "folders"), addon("operators", "panels", "pump", "command", "jobs")),
        (addon("compat", "properties"), addon("operators", "panels", "pump", "command", "jobs", "strips", "folders")),
        (engine("nets"), engine("job", "server", "cli", "doctor", "terminal", "images", "outputs")),
        (engine("methods", "weights"), engine("job", "server", "cli", "doctor", "terminal", "outputs")),
        (
            engine("images", "outputs", "timing", "devices"),
            engine("methods", "nets", "weights", "job", "server", "cli"),
        ),
        (engine("job"), engine("nets", "server", "cli", "doctor", "terminal")),
        (engine("server"), engine("methods", "nets", "images", "outputs", "cli", "terminal")),
    ],
    ids=lambda names: "+".join(name.rpartition(".")[2] for name in names),
)
def test_imports_point_down(importers: tuple[str, ...], forbidden: tuple[str, ...]):
    assert broken(importers, forbidden) == []


def test_methods_do_not_know_each_other():
    methods = {path.stem for path in (ROOT / "fcvg_engine" / "methods").glob("*.py") if has_inbetween(path)}
    assert {"dissolve", "dummy"} <= methods
    for each in IMPORTS:
        if within(each.module, *engine(*(f"methods.{name}" for name in methods))):
            others = methods - {each.module.rpartition(".")[2]}
            assert not within(each.name, *engine(*(f"methods.{name}" for name in others))), each


def has_inbetween(path: Path) -> bool:
    tree = ast.parse(path.read_text("utf-8"))
    return any(isinstance(node, ast.FunctionDef) and node.name == "inbetween" for node in tree.body)


def test_the_engine_answers_before_torch_is_imported():
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); "
        "import fcvg_engine.protocol, fcvg_engine.cli, fcvg_engine.server; "
        "print(sorted(set(sys.modules) & {'torch', 'numpy', 'cv2', 'OpenImageIO', 'bpy'}))"
    )
    done = subprocess.run([sys.executable, "-I", "-c", script, str(ROOT)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_heavy_libraries_are_imported_where_they_are_used():
    light = engine("job", "devices", "images", "outputs", "doctor", "terminal", "timing")
    early = [each for each in IMPORTS if within(each.module, *light) and each.top in HEAVY and not each.late]
    assert early == []
