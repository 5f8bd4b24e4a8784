# SPDX-License-Identifier: GPL-3.0-or-later
"""The papers for people tell one version, the program's, and the README stays short. Their links: test_pages.py."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import fcvg_engine

ROOT = Path(__file__).resolve().parents[1]
PAPERS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]


def manifest() -> dict[str, object]:
    return tomllib.loads((ROOT / "blender_manifest.toml").read_text("utf-8"))


def told_versions() -> list[str]:
    """Those of the changelog, the newest first."""
    return re.findall(r"^## \[(\d+\.\d+\.\d+)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)


def test_manifest_package_and_changelog_tell_one_version():
    assert manifest()["version"] == fcvg_engine.__version__ == told_versions()[0]


def test_the_changelog_tells_versions_once_and_the_newest_first():
    numbers = [tuple(map(int, version.split("."))) for version in told_versions()]
    assert numbers == sorted(set(numbers), reverse=True)


def test_the_readme_names_the_zip_of_this_version():
    names = {
        name
        for paper in PAPERS
        if paper.name != "CHANGELOG.md"
        for name in re.findall(r"fcvg_inbetween-[\d.]+\.zip", paper.read_text("utf-8"))
    }
    assert names == {f"fcvg_inbetween-{fcvg_engine.__version__}.zip"}


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 150
