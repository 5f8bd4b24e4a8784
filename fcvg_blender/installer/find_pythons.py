# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Pythons an engine can be made with, and how Blender starts the installer with one. Standard library only."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

MINORS = (11, 12, 13)  # of Python 3, newest lock last


def base_pythons() -> list[Path]:
    """Return interpreters that an engine could be made with: Blender's own first, then those on the PATH. Runs
    nothing."""
    found = []
    if sys.version_info[:2] in [(3, minor) for minor in MINORS]:
        # A program that carries Python inside may name itself here.
        found += [getattr(sys, "_base_executable", None), sys.executable]
    found += [shutil.which(f"python3.{minor}") for minor in reversed(MINORS)]
    paths = [Path(each) for each in found if each and Path(each).name.lower().startswith("python")]
    return list(dict.fromkeys(path for path in paths if path.is_file()))


def command(verb: str, *arguments: str) -> list[str]:
    """Return the command with which Blender starts the installer; `verb` is one of `cli.VERBS`.

    With --json among the `arguments` the installer prints protocol messages; with --until-eof the end of its input
    cancels it. Raises MissingPart where there is no Python to run it.
    """
    from ..engine import errors

    pythons = base_pythons()
    if not pythons:
        raise errors.MissingPart(
            "No Python from 3.11 to 3.13 was found to make the engine with.",
            "Use a Blender from blender.org, or install Python 3.13.",
        )
    return [str(pythons[0]), "-I", str(Path(__file__).resolve().with_name("install.py")), verb, *arguments]
