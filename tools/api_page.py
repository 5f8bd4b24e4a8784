# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of docs/api, written from the code: what scripts may call, set, read and send.

    .venv/bin/python tools/api_page.py engine              write docs/api/engine.md
    .venv-blender/bin/python tools/api_page.py blender     write docs/api/blender.md
    … --check                                              write nothing; leave with 1 where the page is not current

Each half needs what it describes: one has typer, the other bpy. docs/api.md is written by hand and links to both.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "api"
HALVES = {"engine": ".venv/bin/python", "blender": ".venv-blender/bin/python"}

if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))


def page(half: str) -> str:
    """One of both pages, as the code is now. For `blender` the add-on has to be registered."""
    if half == "engine":
        from tools import api_engine

        return api_engine.page()
    from tools import api_blender

    return api_blender.page()


def problem(half: str) -> str:
    """What is wrong with the page on the disk, a sentence; empty when it is current."""
    path = PAGES / f"{half}.md"
    if path.is_file() and path.read_text("utf-8") == page(half):
        return ""
    return f"{path.relative_to(ROOT)} is not what the code says. Write it anew: {command(half)}"


def command(half: str) -> str:
    """What writes a page."""
    return f"{HALVES[half]} tools/api_page.py {half}"


def main(arguments: list[str]) -> int:
    """Runs the command; its exit code."""
    only_check = "--check" in arguments
    halves = [each for each in arguments if each != "--check"]
    if len(halves) != 1 or halves[0] not in HALVES:
        print(__doc__)
        return 2
    (half,) = halves
    if half == "blender":
        import fcvg_blender

        fcvg_blender.register()
    if only_check:
        found = problem(half)
        print(found or f"docs/api/{half}.md is current.")
        return 1 if found else 0
    PAGES.mkdir(exist_ok=True)
    (PAGES / f"{half}.md").write_text(page(half), encoding="utf-8")
    return 0


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    if "bpy" in sys.modules:
        import os

        os._exit(code)  # bpy 4.2 crashes when Python is taken down
    sys.exit(code)
