# SPDX-License-Identifier: GPL-3.0-or-later
"""The extension as it ships, built by Blender's own tool."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import bpy
import pytest

ROOT = Path(__file__).parents[2]
LARGEST_BYTES = 2_000_000


@pytest.fixture(scope="module")
def tool() -> list[str]:
    """Blender's own program behind `blender --command extension`."""
    scripts = Path(bpy.utils.system_resource("SCRIPTS"))
    return [sys.executable, str(scripts / "addons_core" / "bl_pkg" / "cli" / "blender_ext.py")]


@pytest.fixture(scope="module")
def package(tool: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("zip")
    command = [*tool, "build", "--source-dir", str(ROOT), "--output-dir", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (package,) = out.glob("*.zip")
    return package


def test_blender_finds_nothing_wrong_with_it(tool: list[str], package: Path) -> None:
    done = subprocess.run([*tool, "validate", str(package)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_holds_the_addon_and_the_engine_and_nothing_else(package: Path) -> None:
    with zipfile.ZipFile(package) as archive:
        names = set(archive.namelist())
    source = {
        path.relative_to(ROOT).as_posix()
        for part in ("fcvg_blender", "fcvg_engine")
        for kind in ("py", "typed", "json", "toml", "po")
        for path in ROOT.glob(f"{part}/**/*.{kind}")
    }
    assert {"fcvg_engine/models/registry.json", "fcvg_blender/installer/pylocks/tools.toml"} <= source
    assert names == source | {"__init__.py", "blender_manifest.toml", "LICENSE", "README.md"}
    assert package.stat().st_size < LARGEST_BYTES
