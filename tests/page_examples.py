# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in docs/api.md for programs: its examples, and the first columns of its tables. Standard library only."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "api.md"


def example(name: str) -> str:
    """The code block that is marked with `<!-- example: NAME -->`."""
    (found,) = re.findall(rf"<!-- example: {re.escape(name)} -->\n```\w+\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    return str(found)


def save(name: str, folder: Path) -> Path:
    """The example as a file in `folder`."""
    path = folder / name
    path.write_text(example(name), encoding="utf-8")
    return path


def entries(heading: str, column: int = 0) -> list[str]:
    """What is written as code in one column of the first table below a heading; the column's head left out."""
    below = PAGE.read_text("utf-8").partition(f"# {heading}\n")[2].partition("\n|")[2].partition("\n\n")[0]
    cells = [line.split("|")[column + 1] for line in f"|{below}".splitlines()][2:]
    return [word for cell in cells for word in re.findall(r"`([^`]+)`", cell)]
