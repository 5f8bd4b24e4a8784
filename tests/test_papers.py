"""The papers for people agree with the program: one version everywhere, links that lead somewhere."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

import fcvg_engine

ROOT = Path(__file__).resolve().parents[1]
PAPERS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md")), ROOT / "tests" / "README.md"]
CODE = re.compile(r"^```.*?^```|^    .*?$|`[^`\n]*`", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^()\s]+)\)")
# Links go only where both GitHub and a checkout can follow; pages of others are theirs to keep.
ELSEWHERE = ("https://", "mailto:")


def manifest() -> dict[str, object]:
    return tomllib.loads((ROOT / "blender_manifest.toml").read_text("utf-8"))


def told_versions() -> list[str]:
    """Those of the changelog, the newest first."""
    return re.findall(r"^## \[(\d+\.\d+\.\d+)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)


def headings(paper: Path) -> set[str]:
    """What a link may name after `#`, as GitHub makes it."""
    lines = re.findall(r"^#+ (.+)$", paper.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).strip().replace(" ", "-") for line in lines}


def links(paper: Path) -> Iterator[str]:
    found = LINK.findall(CODE.sub("", paper.read_text("utf-8")))
    return (link for link in found if not link.startswith(ELSEWHERE))


def test_manifest_package_and_changelog_tell_one_version():
    assert manifest()["version"] == fcvg_engine.__version__ == told_versions()[0]


def test_the_changelog_tells_versions_once_and_the_newest_first():
    numbers = [tuple(map(int, version.split("."))) for version in told_versions()]
    assert numbers == sorted(set(numbers), reverse=True)


def test_the_readme_names_the_zip_of_this_version():
    names = {
        name
        for paper in PAPERS
        if paper.is_file() and paper.name != "CHANGELOG.md"
        for name in re.findall(r"fcvg_inbetween-[\d.]+\.zip", paper.read_text("utf-8"))
    }
    assert names == {f"fcvg_inbetween-{fcvg_engine.__version__}.zip"}


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 150


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: str(paper.relative_to(ROOT)))
def test_links_lead_somewhere(paper: Path):
    for link in links(paper):
        name, _, heading = unquote(link).partition("#")
        target = (paper.parent / name).resolve() if name else paper
        assert target.exists(), f"{paper.relative_to(ROOT)} links to {link}, which is not there."
        assert target.is_relative_to(ROOT), link
        if heading and target.suffix == ".md":
            assert heading in headings(target), f"{paper.relative_to(ROOT)} links to {link}, which has no such heading."
