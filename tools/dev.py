# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything there is to do with this checkout, on Linux, Windows and macOS: setting up, testing, measuring, packing.

    python tools/dev.py TARGET [OPTIONS of what it starts]

Each target sets up what it needs. The Makefile's targets are these. Needs Python 3.11 or newer and nothing else;
Python 3.11 itself must be there for the environments, because Blender's bpy wheels are built for it.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[1]
WINDOWS = os.name == "nt"
PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
LEFTOVERS = (".venv", ".venvs", ".venv-blender", "dist", "demo/out", ".pytest_cache", ".mypy_cache", ".ruff_cache")
targets: dict[str, Callable[..., None]] = {}


@dataclass(frozen=True)
class Environment:
    """A folder with a Python of its own, made by `steps` and made anew when these or what they read change."""

    folder: str
    steps: tuple[tuple[str, ...], ...]
    reads: str = ""

    @property
    def python(self) -> Path:
        return ROOT / self.folder / ("Scripts/python.exe" if WINDOWS else "bin/python")

    @property
    def stamp(self) -> Path:
        """What it was made of, written when it was complete."""
        return ROOT / self.folder / ".ready"

    def fingerprint(self) -> str:
        content = (ROOT / self.reads).read_bytes() if self.reads else b""
        return hashlib.sha256(repr(self.steps).encode() + content).hexdigest()

    def run(self, *words: str) -> None:
        run(str(self.python), *words)


ENGINE = Environment(
    ".venv",
    (
        (*PIP, "--editable", ".[dev]"),
        (*PIP, "--no-deps", "rtmlib==0.0.16"),
        ("tools/check_system.py", "engine"),
        ("-m", "fcvg_engine", "models", "download", "rife", "gmfss"),
    ),
    reads="pyproject.toml",
)


def blender_environment(folder: str, version: str) -> Environment:
    return Environment(folder, ((*PIP, f"bpy=={version}", "numpy", "pytest"), ("tools/check_system.py", "blender")))


BLENDER = blender_environment(".venv-blender", "4.5.15")
OTHER_BLENDERS = tuple(blender_environment(f".venvs/bpy-{version}", version) for version in ("4.2.23", "5.0.1"))


def run(*command: str) -> None:
    """Start a program in the checkout; leave with its exit code if it fails."""
    print("$", *(word.removeprefix(f"{ROOT}{os.sep}") for word in command), flush=True)
    # The engine environment is found by path, whatever Blender runs the add-on.
    known = {"FCVG_ENGINE_PYTHON": str(ENGINE.python)}
    try:
        code = subprocess.run(command, cwd=ROOT, env=known | os.environ).returncode
    except OSError as error:
        sys.exit(f"{command[0]} cannot be started: {error.strerror}.")
    if code:
        sys.exit(code if 0 < code < 256 else 1)


def base_python() -> list[str]:
    """The Python 3.11 that makes environments; this one where there is none, which check_system.py then says."""
    if sys.version_info[:2] != (3, 11):
        if found := shutil.which("python3.11"):
            return [found]
        if launcher := shutil.which("py"):  # Windows
            return [launcher, "-3.11"]
    return [sys.executable]


@functools.cache
def make(environment: Environment) -> Environment:
    """The environment, complete."""
    wanted = environment.fingerprint()
    if environment.stamp.is_file() and environment.stamp.read_text() == wanted:
        return environment
    environment.stamp.unlink(missing_ok=True)
    run(*base_python(), "tools/check_system.py", "python")
    run(*base_python(), "-m", "venv", environment.folder)
    for words in environment.steps:
        environment.run(*words)
    environment.stamp.write_text(wanted)
    return environment


def target(function: Callable[..., None]) -> Callable[..., None]:
    """Offer a function under its name; its first line is what the list says."""
    targets[function.__name__.rstrip("_").replace("_", "-")] = function
    return function


@target
def help_() -> None:
    """this list"""
    width = max(map(len, targets)) + 2
    for name, function in targets.items():
        print(f"{name:{width}}{inspect.getdoc(function)}")


@target
def setup() -> None:
    """both environments: .venv (engine, tools; no bpy), .venv-blender (bpy; no torch)"""
    make(ENGINE)
    make(BLENDER)


@target
def demo() -> None:
    """two frames of Big Buck Bunny in a real edit, the 23 between them generated; results in demo/out"""
    setup()
    ENGINE.run("-m", "demo.clip", "demo/out")
    BLENDER.run("-m", "demo.edit", "demo/out")
    ENGINE.run("-m", "demo.contact_sheet", "demo/out")


@target
def test() -> None:
    """everything that needs no root"""
    setup()
    lint()
    test_engine()
    test_blender()


@target
def lint() -> None:
    """ruff, mypy, the files for GitHub, and whether the installer's locks fit pyproject.toml"""
    engine = make(ENGINE)
    engine.run("-m", "ruff", "check", ".")
    engine.run("-m", "ruff", "format", "--check", ".")
    engine.run("-m", "mypy")
    engine.run("tools/lock.py", "--check")
    workflows, forms = (sorted((ROOT / ".github" / name).glob("*.yml")) for name in ("workflows", "ISSUE_TEMPLATE"))
    config = [path for path in forms if path.stem == "config"]
    forms = [path for path in forms if path not in config]
    for schema, paths in (("workflows", workflows), ("issue-forms", forms), ("issue-config", config)):
        engine.run("-m", "check_jsonschema", "--builtin-schema", f"vendor.github-{schema}", *map(str, paths))


@target
def tool(*words: str) -> None:
    """a program of the engine's environment, such as `tool ruff check`; makes no environment"""
    # pre-commit starts several of these at once, with hundreds of names each.
    if not words:
        refuse("Which program? For example: python tools/dev.py tool ruff check")
    if not ENGINE.stamp.is_file():
        refuse("The engine's environment is not there: python tools/dev.py setup")
    sys.exit(subprocess.run([str(ENGINE.python), "-m", *words], cwd=ROOT).returncode)


@target
def lock() -> None:
    """make the installer's locks anew (minutes; needs the network)"""
    engine = make(ENGINE)
    engine.run(*PIP, "uv", "packaging")
    engine.run("tools/lock.py")


@target
def api() -> None:
    """docs/api, written from the code"""
    setup()
    ENGINE.run("tools/api_page.py", "engine")
    BLENDER.run("tools/api_page.py", "blender")


@target
def test_engine(*options: str) -> None:
    """engine, protocol, client, faults, parity (no bpy)"""
    make(ENGINE).run("-m", "pytest", *options)


@target
def test_blender(*options: str) -> None:
    """the add-on in bpy 4.5 (no torch)"""
    setup()
    BLENDER.run("-m", "pytest", *options)


@target
def matrix() -> None:
    """the add-on in bpy 4.2 and 5.0"""
    make(ENGINE)
    for environment in OTHER_BLENDERS:
        make(environment).run("-m", "pytest")


@target
def window() -> None:
    """the zip installed into a fresh Blender 5.2 with a window (Debian, root)"""
    run(sys.executable, "tools/check_system.py", "window")
    setup()
    zip_()
    run("tools/window_tests.sh")


@target
def real_install() -> None:
    """the zip's own operator installs the engine from the package index, in real Blender, and makes frames with it"""
    zip_()
    newest = max((ROOT / "dist").glob("fcvg_inbetween-*.zip"), key=lambda path: path.stat().st_mtime)
    BLENDER.run("tests/real/install_engine.py", str(newest))


@target
def zip_() -> None:
    """dist/fcvg_inbetween-VERSION.zip, built and validated by Blender's own tool"""
    make(BLENDER).run("tools/extension.py", "zip", "dist")


@target
def repository() -> None:
    """dist/repository: what Blender installs and updates the add-on from, for any web space"""
    zip_()
    BLENDER.run("tools/extension.py", "repository", "dist", "dist/repository")


@target
def pictures() -> None:
    """the pictures of README and docs/, from a real Blender window (Debian, root)"""
    run(sys.executable, "tools/check_system.py", "window")
    run(sys.executable, "tools/check_system.py", "programs", "ffmpeg")
    setup()
    zip_()
    run("tools/pictures.sh")


@target
def bench(*options: str) -> None:
    """seconds a frame and peak memory of each method"""
    make(ENGINE).run("-m", "benchmarks.draft", *options)


@target
def clean() -> None:
    """take away all that these targets have made here"""
    for name in LEFTOVERS:
        shutil.rmtree(ROOT / name, ignore_errors=True)


def refuse(reason: str) -> NoReturn:
    print(reason, file=sys.stderr)
    sys.exit(2)


def main(arguments: Sequence[str]) -> None:
    name, *options = arguments or ["help"]
    if name in ("-h", "--help"):
        print(__doc__)
        name = "help"
    if name not in targets:
        refuse(f"There is no target {name}. There are: {', '.join(targets)}.")
    if options and not inspect.signature(targets[name]).parameters:
        refuse(f"{name} takes no options.")
    try:
        targets[name](*options)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main(sys.argv[1:])
