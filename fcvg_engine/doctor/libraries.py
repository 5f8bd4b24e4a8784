# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's libraries: which are installed, in which versions, and whether they lie in its own environment.

None of them is imported: the doctor has to work when one is missing or broken.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import site
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from ..models import registry
from ..shared.methods import METHODS

_OPENCV = ("opencv-python", "opencv-contrib-python", "opencv-contrib-python-headless")


@dataclass(frozen=True)
class Library:
    """A library that the engine imports.

    `name`: of the published package. `module`: what is imported. `least`: the oldest version that works. `serves`: what
    cannot be used without it; empty for everything.
    """

    name: str
    module: str
    least: str
    serves: str = ""


def _methods_with(module: str) -> str:
    """The methods that import `module`, in words."""
    labels = [registry.label(traits.name) for traits in METHODS.values() if module in traits.libraries]
    return " and ".join(filter(None, (", ".join(labels[:-1]), labels[-1])))


_POSES = "FCVG's way to find poses"
LIBRARIES = (  # as in pyproject.toml
    Library("torch", "torch", "2.6"),
    Library("numpy", "numpy", "1.26"),
    Library("safetensors", "safetensors", "0.5"),
    Library("OpenImageIO", "OpenImageIO", "3.0"),
    Library("typer", "typer", "0.15"),
    Library("rich", "rich", "13.9"),
    Library("platformdirs", "platformdirs", "4.3"),
    Library("filelock", "filelock", "3.16"),
    Library("psutil", "psutil", "6.1"),
    Library("huggingface_hub", "huggingface_hub", "1.0"),
    Library("diffusers", "diffusers", "0.35", _methods_with("diffusers")),
    Library("transformers", "transformers", "4.55", _methods_with("transformers")),
    Library("opencv-python-headless", "cv2", "4.10", _methods_with("cv2")),
    Library("hsluv", "hsluv", "5.0", _methods_with("hsluv")),
    Library("onnxruntime", "onnxruntime", "1.20", _POSES),
    Library("rtmlib", "rtmlib", "0.0.16", _POSES),  # installed beside the others, without what it asks for
)


@dataclass(frozen=True)
class Installed:
    """What is installed of a library.

    `version`: empty when it is missing.
    `versions`: all that were found; more than one when installations were mixed.
    `origin`: the file that would be imported.
    `foreign`: if that file is not in the engine's own environment, how it was found, in words.
    """

    library: Library
    version: str
    versions: tuple[str, ...] = ()
    origin: str = ""
    foreign: str = ""

    @property
    def too_old(self) -> bool:
        """Whether the version is older than the oldest that works."""
        return bool(self.version) and _numbers(self.version) < _numbers(self.library.least)


def libraries() -> list[Installed]:
    """Looks for each of `LIBRARIES`, without importing it."""
    versions: dict[str, list[str]] = {}  # in the order in which Python would find them
    for each in importlib.metadata.distributions():
        name = each.metadata["Name"]
        if name:  # an interrupted installation leaves folders without a name
            known = versions.setdefault(_normal(name), [])
            if each.version not in known:
                known.append(each.version)
    return [_installed(each, versions) for each in LIBRARIES]


def leftovers() -> list[str]:
    """Lists folders that a failed update of a package left in the environment; pip calls them ~name."""
    found: list[str] = []
    for folder in _own_folders():
        if folder.is_dir():
            found += sorted(path.name for path in folder.iterdir() if path.name.startswith("~"))
    return found


def _installed(library: Library, versions: dict[str, list[str]]) -> Installed:
    try:
        spec = importlib.util.find_spec(library.module)
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        return Installed(library, "")
    names = (library.name, *_OPENCV) if library.module == "cv2" else (library.name,)
    known = [version for name in names for version in versions.get(_normal(name), ())]
    origin = spec.origin or next(iter(spec.submodule_search_locations or ()), "")
    return Installed(library, known[0] if known else "unknown", tuple(known), origin, _foreign(Path(origin)))


def _foreign(origin: Path) -> str:
    if not sys.flags.ignore_environment:
        named = [Path(each) for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each]
        if any(origin.is_relative_to(each) for each in named):
            return "through the variable PYTHONPATH"
    if site.ENABLE_USER_SITE and origin.is_relative_to(site.getusersitepackages()):
        return "from the user's own packages (user site)"
    return ""


def _own_folders() -> set[Path]:
    return {Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")}


def _normal(name: str) -> str:
    """The name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _numbers(version: str) -> tuple[int, ...]:
    """2.13.0+cpu → (2, 13, 0). An unknown version counts as new."""
    match = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(each) for each in match[0].split(".")) if match else (sys.maxsize,)
