# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages in docs/ and beside the tests: files that they name are there, and links lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests" / "README.md"
PAGES = [*sorted(ROOT.glob("*.md")), TESTS, *sorted((ROOT / "docs").rglob("*.md"))]
NAMING_FILES = [TESTS, *(ROOT / "docs" / name for name in ("architecture.md", "api.md", "glossary.md"))]

_FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", NAMING_FILES, ids=name_of)
def test_files_that_are_named_are_there(page: Path):
    text = _FENCED.sub("", page.read_text("utf-8"))
    named = re.findall(r"`((?:fcvg_blender|fcvg_engine|tests|tools|docs|benchmarks)/[^`\s]*|pyproject\.toml)`", text)
    assert named
    assert [each for each in named if "ROOM" not in each and not (ROOT / each).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path):
    assert list(broken(page)) == []


def broken(page: Path) -> Iterator[str]:
    """Links of a page, pictures among them, to files or headings that are not there."""
    for link in re.findall(r"\]\(([^)\s]+)\)", _FENCED.sub("", page.read_text("utf-8"))):
        if link.startswith(("http://", "https://")):
            continue
        place, _, anchor = link.partition("#")
        target = (page.parent / place).resolve() if place else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            yield link


def anchors(page: Path) -> set[str]:
    """What links to headings of a page are called, as GitHub has it."""
    headings = re.findall(r"^#+ (.*)$", _FENCED.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
