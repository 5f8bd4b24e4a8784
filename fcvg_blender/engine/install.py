"""The installer of the engine: `python -I …/fcvg_blender/engine/install.py VERB …`, or
`python -m fcvg_blender.engine.install VERB …`. Standard library only; Python 3.11 to 3.13.

Run by the Python that the engine is to be made with, which stays as it is. `--help` tells the verbs and their options.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

MINORS = (11, 12, 13)  # of Python 3, newest lock last


def base_pythons() -> list[Path]:
    """Interpreters that an engine could be made with: Blender's own first, then what is on the PATH. Runs nothing."""
    found = []
    if sys.version_info[:2] in [(3, minor) for minor in MINORS]:
        # A program that carries Python inside may name itself here.
        found += [getattr(sys, "_base_executable", None), sys.executable]
    found += [shutil.which(f"python3.{minor}") for minor in reversed(MINORS)]
    paths = [Path(each) for each in found if each and Path(each).name.lower().startswith("python")]
    return list(dict.fromkeys(path for path in paths if path.is_file()))


def command(verb: str, *arguments: str) -> list[str]:
    """How Blender starts the installer; `verb` is one of `installer.VERBS`.

    With --json among the `arguments` it tells its progress as protocol messages, with --until-eof the end of its input
    cancels it. Raises MissingPart where there is no Python to run it.
    """
    from . import errors

    pythons = base_pythons()
    if not pythons:
        raise errors.MissingPart(
            "No Python from 3.11 to 3.13 was found to make the engine with.",
            "Use a Blender from blender.org, or install Python 3.13.",
        )
    return [str(pythons[0]), "-I", str(Path(__file__).resolve()), verb, *arguments]


def main() -> int:
    """Runs one verb; its exit code."""
    if sys.version_info[:2] < (3, MINORS[0]):
        sys.stderr.write("error: This Python is too old.\nhint: Use Python 3.11 to 3.13, such as Blender's own.\n")
        return 2
    if not __package__:  # run as a file: nothing has told Python where the package is
        here = Path(__file__).resolve()
        sys.path[:] = [str(here.parents[2]), *(each for each in sys.path if Path(each) != here.parent)]
    from fcvg_blender.engine import installer

    return installer.run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
