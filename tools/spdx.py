# SPDX-License-Identifier: GPL-3.0-or-later
"""The licence in the first line of every source file.

    python tools/spdx.py            write it where it is missing
    python tools/spdx.py --check    name the files that lack it; exit code 1 when there are any

Left out are data, and files that others write: goldens, and presets as Blender saves them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LINE = "# SPDX-License-Identifier: GPL-3.0-or-later"
FOLDERS = ("fcvg_blender", "fcvg_engine", "tools", "tests", "benchmarks", "demo")
LEFT_OUT = ("fcvg_blender/presets", "tests/goldens", "demo/out")


def sources(root: Path = ROOT) -> Iterator[Path]:
    """All files that must have the line."""
    for path in sorted((*root.glob("*.py"), *(each for name in FOLDERS for each in (root / name).rglob("*")))):
        place = path.relative_to(root)
        if path.suffix in (".py", ".sh") and not any(place.is_relative_to(each) for each in LEFT_OUT):
            yield path


def lines_before(text: str) -> int:
    """How many lines must stay above it: one that names the interpreter."""
    return int(text.startswith("#!"))


def has_line(text: str) -> bool:
    return text.splitlines()[lines_before(text) :][:1] == [LINE]


def with_line(text: str) -> str:
    lines = text.splitlines(keepends=True)
    lines.insert(lines_before(text), f"{LINE}\n")
    return "".join(lines)


def main(arguments: list[str]) -> int:
    """What the file's docstring says."""
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    lacking = {path: text for path in sources() if not has_line(text := path.read_text("utf-8"))}
    for path, text in lacking.items():
        print(path.relative_to(ROOT).as_posix(), file=sys.stderr)
        if not arguments:
            path.write_text(with_line(text), "utf-8", newline="\n")
    return int(bool(arguments and lacking))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
