# SPDX-License-Identifier: GPL-3.0-or-later
"""The Python that an engine is to be made with: its version, and whether it will do. Standard library only."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from .find_pythons import MINORS

_ASK = "import json, sys; print(json.dumps([*sys.version_info[:3], sys.maxsize > 2**32, sys.implementation.name]))"
_ASK_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class BasePython:
    """An interpreter; `version` such as 3.13.1. `problem`: why it will not do, a sentence, or empty."""

    path: Path
    version: str
    problem: str = ""

    @property
    def minor(self) -> str:
        """The version without its last number, such as 3.13."""
        return ".".join(self.version.split(".")[:2])


def examine(base: Path | None) -> BasePython:
    """Run the Python at `base` to ask what it is; None is the one that runs this."""
    path = base or Path(getattr(sys, "_base_executable", "") or sys.executable)
    try:
        asked = subprocess.run(
            [str(path), "-I", "-c", _ASK], capture_output=True, text=True, timeout=_ASK_TIMEOUT_S, check=True
        )
        major, minor, micro, is_64_bit, kind = json.loads(asked.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return BasePython(path, "", f"{path} is no Python that runs.")
    version = f"{major}.{minor}.{micro}"
    if kind != "cpython" or major != 3 or minor not in MINORS or not is_64_bit:
        return BasePython(path, version, f"{path} is {kind} {version}; a 64-bit Python from 3.11 to 3.13 is needed.")
    return BasePython(path, version)
