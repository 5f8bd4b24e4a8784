# SPDX-License-Identifier: GPL-3.0-or-later
"""The installer of the engine, as a program. Standard library only; Python 3.11 to 3.13.

python -I …/fcvg_blender/engine/install.py VERB …
python -m fcvg_blender.engine.install VERB …

The Python that runs it is the one the engine is made with; that Python itself stays as it is. `--help` lists the verbs
and their options. Studios know it under `engine/install.py`, which forwards to this file.
"""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> int:
    """Run one verb and return its exit code."""
    if not __package__:  # run as a file: Python does not know yet where the package is
        here = Path(__file__).resolve()
        sys.path[:] = [str(here.parents[2]), *(each for each in sys.path if Path(each) != here.parent)]
    from fcvg_blender.installer import find_pythons

    if sys.version_info[:2] < (3, find_pythons.MINORS[0]):
        sys.stderr.write("error: This Python is too old.\nhint: Use Python 3.11 to 3.13, such as Blender's own.\n")
        return 2
    from fcvg_blender.installer import cli

    return cli.run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
