# SPDX-License-Identifier: GPL-3.0-or-later
"""The repository that `make repository` makes, with Blender's own tool."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import bpy
import pytest

ROOT = Path(__file__).parents[2]
from tools import extension

TOOL = extension.tool_in(Path(bpy.utils.system_resource("SCRIPTS")))
VERSIONS = ["0.9.0", "0.10.0-beta.2", "0.10.0-beta.10", "0.10.0", "1.0.0"]


def package(folder: Path, version: str) -> Path:
    """A small extension of that version."""
    own = (ROOT / "blender_manifest.toml").read_text("utf-8")
    manifest = re.sub(r'^version = ".*"$', f'version = "{version}"', own, count=1, flags=re.MULTILINE)
    path = folder / f"fcvg_inbetween-{version}.zip"
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("blender_manifest.toml", manifest)
        archive.writestr("__init__.py", "def register(): pass\ndef unregister(): pass\n")
    return path


def test_blender_can_read_it_and_people_too(tmp_path: Path):
    package(tmp_path, "0.1.0")
    extension.repository(tmp_path, tmp_path / "site", TOOL)
    (listed,) = json.loads((tmp_path / "site" / "index.json").read_text())["data"]
    assert (listed["id"], listed["version"]) == ("fcvg_inbetween", "0.1.0")
    assert (tmp_path / "site" / listed["archive_url"]).is_file()
    assert "fcvg_inbetween-0.1.0" in (tmp_path / "site" / "index.html").read_text("utf-8")


def test_only_the_newest_version_is_offered(tmp_path: Path):
    for version in reversed(VERSIONS):
        package(tmp_path, version)
    extension.repository(tmp_path, tmp_path / "site", TOOL)
    assert [path.name for path in (tmp_path / "site").glob("*.zip")] == ["fcvg_inbetween-1.0.0.zip"]


def test_made_again_it_holds_the_newer_version_alone(tmp_path: Path):
    package(tmp_path, "0.1.0")
    extension.repository(tmp_path, tmp_path / "site", TOOL)
    package(tmp_path, "0.2.0")
    extension.repository(tmp_path, tmp_path / "site", TOOL)
    (listed,) = json.loads((tmp_path / "site" / "index.json").read_text())["data"]
    assert listed["version"] == "0.2.0"


def test_without_a_zip_it_says_how_to_make_one(tmp_path: Path):
    with pytest.raises(SystemExit, match="make zip"):
        extension.repository(tmp_path, tmp_path / "site", TOOL)


def test_versions_are_ordered_as_numbers():
    assert sorted(VERSIONS, key=extension.order) == VERSIONS
