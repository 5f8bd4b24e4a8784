# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages in docs/ and beside the tests: files and tests that they name are there, and links lead somewhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests" / "README.md"
RELIABILITY, FAULTS = ROOT / "docs" / "reliability.md", 36
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


def test_each_fault_has_its_row_and_the_tests_that_it_names_are_there():
    (table,) = re.findall(rf"^## {FAULTS} faults$(.*?)^## ", RELIABILITY.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    rows = re.findall(r"^\| (\d+) \|(.*)$", table, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, FAULTS + 1))
    for number, row in rows:
        named = re.findall(r"`(tests/[^`]+\.py)::([^`]+)`", row)
        assert named, f"fault {number} has no test"
        assert [(file, test) for file, test in named if test not in names_of_tests(ROOT / file)] == []


def names_of_tests(file: Path) -> set[str]:
    """The tests of a file as pytest calls them: those of a class have its name before theirs."""
    named = set()
    for node in ast.parse(file.read_text("utf-8")).body if file.is_file() else ():
        inside, prefix = (node.body, f"{node.name}::") if isinstance(node, ast.ClassDef) else ([node], "")
        named |= {prefix + each.name for each in inside if isinstance(each, ast.FunctionDef)}
    return {name for name in named if name.rpartition("::")[2].startswith("test_")}


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
