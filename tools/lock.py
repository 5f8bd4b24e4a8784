# SPDX-License-Identifier: GPL-3.0-or-later
"""Pins what the engine is made of: a lock for each platform, accelerator and Python.

    python tools/lock.py                        makes all locks anew; needs a network, `uv` and `packaging`
    python tools/lock.py linux-x86_64-cuda12    makes those of one platform and accelerator, like the others' versions
    python tools/lock.py --check                says which locks are not those of pyproject.toml; needs none of these

The locks are PEP 751 files with one wheel a package and what an installer has to know under `[tool.fcvg]`.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ROOT / "fcvg_blender" / "installer" / "pylocks"
TORCH_WHEELS = ROOT / "tools" / "torch_wheels.toml"
EXTRA = "fcvg"

# Beside pyproject's own: diffusers brings the hub anyway, but models are fetched with it even if that changes.
BESIDE = ("huggingface_hub>=0.34",)
WITHOUT_DEPENDENCIES = ("rtmlib==0.0.16",)  # see pyproject.toml


def requirements() -> list[str]:
    """What pyproject.toml asks of the engine, torch as exactly the version it is developed with."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    torch = next(line for line in extras["dev"] if line.startswith("torch=="))
    plain = [line for line in project["dependencies"] + extras[EXTRA] if not line.startswith("torch>")]
    return sorted([torch, *plain, *BESIDE])


def requirements_sha256() -> str:
    """The fingerprint of `requirements` that every lock carries."""
    listed = json.dumps([requirements(), WITHOUT_DEPENDENCIES])
    return hashlib.sha256(listed.encode()).hexdigest()


def problems() -> Iterator[str]:
    """What is wrong with the locks, a sentence each."""
    expected = requirements_sha256()
    paths = sorted(LOCKS.glob("pylock.*.toml"))
    if not paths:
        yield "There are no locks."
    for path in paths:
        if tomllib.loads(path.read_text("utf-8"))["tool"]["fcvg"]["requirements_sha256"] != expected:
            yield f"{path.name} was made for other requirements than pyproject.toml has now."


def main(arguments: list[str]) -> int:
    if arguments == ["--check"]:
        found = list(problems())
        if found:
            print(*found, "Make them anew with: python tools/lock.py", sep="\n")
        return 1 if found else 0
    if len(arguments) > 1 or (arguments and arguments[0].startswith("-")):
        print(__doc__)
        return 2
    import check_system  # --check needs none of these

    check_system.explain_absences()
    import locking

    if arguments:
        locking.make_one(arguments[0])
    else:
        locking.make_all()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
