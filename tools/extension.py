# SPDX-License-Identifier: GPL-3.0-or-later
"""The extension as Blender's own tool makes it: the zip, and a repository that Blender installs and updates from.

    python tools/extension.py zip OUT_DIR [SOURCE_DIR]
    python tools/extension.py repository ZIP_DIR OUT_DIR

BLENDER=/path/to/blender picks a Blender. Without it the copy of the same tool in the bpy wheel is used, so that no
Blender needs to be installed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WHEEL = ROOT / ".venv-blender"
MANIFEST = "blender_manifest.toml"


def tool() -> list[str]:
    """The words that start Blender's tool."""
    if blender := os.environ.get("BLENDER"):
        return [blender, "--command", "extension"]
    for libraries in ("lib/python3*/site-packages", "Lib/site-packages"):  # the second is that of Windows
        for scripts in sorted(WHEEL.glob(f"{libraries}/bpy/*/scripts")):
            return tool_in(scripts)
    sys.exit("There is no Blender to build with: make setup, or name one in BLENDER.")


def tool_in(scripts: Path) -> list[str]:
    """The same for a Blender whose scripts lie there. The program needs nothing but the standard library."""
    return [sys.executable, str(scripts / "addons_core" / "bl_pkg" / "cli" / "blender_ext.py")]


def build(out: Path, source: Path = ROOT, program: Sequence[str] = ()) -> Path:
    """The zip of the add-on in `source`, validated before and after."""
    program = program or tool()
    manifest = tomllib.loads((source / MANIFEST).read_text("utf-8"))
    package = out / f"{manifest['id']}-{manifest['version']}.zip"
    out.mkdir(parents=True, exist_ok=True)
    package.unlink(missing_ok=True)
    _run(*program, "validate", str(source))
    _run(*program, "build", "--source-dir", str(source), "--output-dir", str(out))
    _run(*program, "validate", str(package))
    return package


def repository(zips: Path, out: Path, program: Sequence[str] = ()) -> list[Path]:
    """A folder for any web space: `index.json`, which Blender reads, `index.html` for people, and the zips in it.

    Of each extension only the newest version goes in: which of two Blender offers is left to the order of the files.
    """
    newest: dict[str, tuple[Path, str]] = {}
    for path in sorted(zips.glob("*.zip")):
        name, version = _identity(path)
        if name not in newest or order(version) > order(newest[name][1]):
            newest[name] = path, version
    if not newest:
        sys.exit(f"There is no zip in {zips}: make zip")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    copies = [Path(shutil.copy(path, out)) for path, _ in newest.values()]
    _run(*(program or tool()), "server-generate", "--repo-dir", str(out), "--html")
    listed = json.loads((out / "index.json").read_text("utf-8"))["data"]
    if len(listed) != len(copies):
        sys.exit("Blender's tool left out a zip; what it said stands above.")
    return copies


def order(version: str) -> tuple[tuple[int, ...], bool, tuple[tuple[bool, int, str], ...]]:
    """To sort semantic versions by: 0.9.0 < 0.10.0-beta.2 < 0.10.0-beta.10 < 0.10.0."""
    numbers, _, before = version.partition("+")[0].partition("-")
    parts = [(not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in before.split(".") if part]
    return tuple(map(int, numbers.split("."))), not before, tuple(parts)


def _identity(package: Path) -> tuple[str, str]:
    with zipfile.ZipFile(package) as archive:
        manifest = tomllib.loads(archive.read(MANIFEST).decode("utf-8"))
    return manifest["id"], manifest["version"]


def _run(*command: str) -> None:
    code = subprocess.run(command, cwd=ROOT).returncode
    if code:
        sys.exit(code)


def main(arguments: Sequence[str]) -> None:
    match list(arguments):
        case ["zip", out, *source] if len(source) < 2:
            package = build(Path(out).resolve(), *(Path(each).resolve() for each in source))
            print(f"{package}: {package.stat().st_size} bytes")
        case ["repository", zips, out]:
            copies = repository(Path(zips).resolve(), Path(out).resolve())
            print(f"{out}: {', '.join(path.name for path in copies)}")
        case _:
            print(__doc__)
            sys.exit(2)


if __name__ == "__main__":
    main(sys.argv[1:])
