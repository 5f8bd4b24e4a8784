# SPDX-License-Identifier: GPL-3.0-or-later
"""The path under which studios know the engine's installer; it lies in `fcvg_blender/installer/install.py`.

python -m fcvg_blender.engine.install VERB …
python -I …/fcvg_blender/engine/install.py VERB …
"""

import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    here = Path(__file__).resolve()
    sys.path[:] = [each for each in sys.path if Path(each) != here.parent]  # no module of this folder is top level
    runpy.run_path(str(here.parents[1] / "installer" / "install.py"), run_name="__main__")
