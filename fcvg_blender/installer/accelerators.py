# SPDX-License-Identifier: GPL-3.0-or-later
"""What this computer can compute with, in words for an artist. Standard library only, no bpy, no torch.

NVIDIA's program nvidia-smi names the driver and GPUs; Linux lists AMD's GPUs under /sys. An accelerator is proposed
only where a lock has a build that runs on it. The user may choose another.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..engine import errors
from . import pylock

_NVIDIA, _AMD = 0x10DE, 0x1002
_VENDORS = {_NVIDIA: "NVIDIA", _AMD: "AMD", 0x8086: "Intel"}
_BESIDE_PATH = ("/usr/lib/wsl/lib", r"C:\Windows\System32")
_DISPLAYS = r"SYSTEM\CurrentControlSet\Control\Class\{4d36e968-e325-11ce-bfc1-08002be10318}"


@dataclass(frozen=True)
class Detected:
    """A proposal: the `accelerator`, one of pylock.PREFERRED, and why, in one or two sentences. `driver` (such as
    580.95.05) and the names of the `gpus` as far as known. `warnings`: what will not work yet although it is
    proposed."""

    accelerator: str
    sentence: str
    driver: str = ""
    gpus: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sources:
    """Where to look. `path`: the folders to search for nvidia-smi, written as in PATH. `timeout_s`: for its answer,
    since a broken driver makes it hang."""

    path: str = field(default_factory=lambda: os.pathsep.join([os.environ.get("PATH", os.defpath), *_BESIDE_PATH]))
    kfd: Path = Path("/sys/class/kfd/kfd/topology/nodes")
    kfd_device: Path = Path("/dev/kfd")
    drm: Path = Path("/sys/class/drm")
    timeout_s: float = 10.0


def detect(platform: str = "", python: str = "", sources: Sources | None = None) -> Detected:
    """Return the accelerator to propose for `platform` and `python` (such as 3.11), by default this computer's and this
    Python. Raises nothing."""
    platform = platform or pylock.platform()
    python = python or ".".join(map(str, sys.version_info[:2]))
    sources = sources or Sources()
    if platform == "macos-arm64":
        return Detected("metal", "Apple silicon: the engine computes on its GPU, by Metal.")
    if platform.startswith("macos"):
        return Detected("cpu", "An Intel Mac: the engine has no way to use its GPU.")
    nvidia = _nvidia(platform, python, sources)
    if nvidia is not None and nvidia.accelerator != "cpu":
        return nvidia
    amd = _amd(platform, python, sources)
    if nvidia is not None and amd is not None and amd.accelerator == "rocm":
        return replace(amd, warnings=(*amd.warnings, nvidia.sentence))
    return nvidia or amd or _other(platform, sources)


def _nvidia(platform: str, python: str, sources: Sources) -> Detected | None:
    """Return the proposal by what nvidia-smi says; None where there is no nvidia-smi."""
    program = shutil.which("nvidia-smi", path=sources.path)
    if program is None:
        return None
    try:
        rows = _ask(program, "name,driver_version", sources.timeout_s)
    except OSError as error:
        return Detected(
            "cpu",
            f"NVIDIA's driver does not answer ({error}), so the engine would compute on the CPU. Restart the computer "
            "or install the driver anew.",
        )
    gpus, driver = tuple(row[0] for row in rows), rows[0][1]
    try:
        newest, older = (pylock.find(platform, each, python) for each in ("cuda", "cuda12"))
    except errors.FcvgError as error:
        return Detected("cpu", f"{gpus[0]} found, but: {error.message}", driver, gpus)
    try:
        capabilities = [row[1] for row in _ask(program, "name,compute_cap", sources.timeout_s)]
    except OSError:
        capabilities = [newest.least_capability]  # only old drivers do not know the word
    fitting = [lock for lock in (newest, older) if any(_has_code(lock, each) for each in capabilities)]
    usable = [lock for lock in fitting if _numbers(driver) >= _numbers(lock.least_driver)]
    if not fitting:
        sentence = (
            f"{gpus[0]} is older than what PyTorch supports (GeForce GTX 750 and 900 are the oldest), so the engine "
            "computes on the CPU."
        )
        return Detected("cpu", sentence, driver, gpus)
    if not usable:
        sentence = (
            f"{gpus[0]} found, but its driver {driver} is too old: the engine needs {fitting[-1].least_driver} or "
            "newer. Until it is updated the engine computes on the CPU."
        )
        return Detected("cpu", sentence, driver, gpus)
    if newest in usable:
        return Detected("cuda", f"{', '.join(gpus)} found, driver {driver}: the engine computes on it.", driver, gpus)
    sentence = f"{', '.join(gpus)} found, driver {driver}: the engine for CUDA 12 suits it."
    if newest in fitting:
        sentence += f" With a driver {newest.least_driver} or newer it can be the one for CUDA 13."
    return Detected("cuda12", sentence, driver, gpus)


def _has_code(lock: pylock.Pylock, capability: str) -> bool:
    """Whether the lock's PyTorch runs on a GPU of this compute capability, such as 7.5."""
    number = _numbers(capability)
    return _numbers(lock.least_capability) <= number and (
        not lock.most_capability or number <= _numbers(lock.most_capability)
    )


def _ask(program: str, fields: str, timeout_s: float) -> list[list[str]]:
    """Ask nvidia-smi for `fields` and return a row for each GPU. Raises OSError when the driver does not answer."""
    command = [program, f"--query-gpu={fields}", "--format=csv,noheader"]
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # on Windows a console would flash up
    try:
        answer = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout_s, creationflags=flags
        )
    except subprocess.TimeoutExpired:
        raise OSError(f"nothing within {timeout_s:g} s") from None
    lines = answer.stdout.decode("utf-8", "replace").splitlines()
    rows = [[cell.strip() for cell in line.rsplit(",", fields.count(","))] for line in lines if line.strip()]
    if answer.returncode != 0 or not rows or any(len(row) != fields.count(",") + 1 for row in rows):
        said = " ".join([*lines, *answer.stderr.decode("utf-8", "replace").splitlines()])
        raise OSError(f"{said:.200}".strip() or f"code {answer.returncode}")
    return rows


def _amd(platform: str, python: str, sources: Sources) -> Detected | None:
    """Return the proposal by the AMD GPUs that Linux can compute on; None without one."""
    names = tuple(_gfx_names(sources.kfd)) if platform.startswith("linux") else ()
    if not names:
        return None
    gpus = tuple(f"AMD {name}" for name in names)
    try:
        lock = pylock.find(platform, "rocm", python)
    except errors.FcvgError as error:
        return Detected("cpu", f"{gpus[0]} found, but: {error.message}", "", gpus)
    if not set(names) & set(lock.gfx):
        sentence = f"{', '.join(gpus)} found, but PyTorch has no code for it, so the engine computes on the CPU."
        return Detected("cpu", sentence, "", gpus)
    if os.access(sources.kfd_device, os.R_OK | os.W_OK):
        return Detected("rocm", f"{', '.join(gpus)} found: the engine computes on it, by ROCm.", "", gpus)
    warning = (
        f"You may not use {sources.kfd_device} yet. An administrator can add you to the groups render and video; log "
        "in anew afterwards."
    )
    return Detected("rocm", f"{', '.join(gpus)} found. {warning}", "", gpus, (warning,))


def _gfx_names(nodes: Path) -> Iterator[str]:
    """Yield the names of the AMD GPUs that the kernel can compute on, as compilers call them: gfx1100, gfx90a."""
    for path in sorted(nodes.glob("*/properties")):
        try:
            pairs = (line.split() for line in path.read_text("ascii", "replace").splitlines())
            version = int({pair[0]: pair[1] for pair in pairs if len(pair) == 2}.get("gfx_target_version", 0))
        except (OSError, ValueError):  # a node of a GPU that may not be looked at
            continue
        if version:  # CPUs are nodes too, without one
            yield f"gfx{version // 10000}{version // 100 % 100:x}{version % 100:x}"


def _other(platform: str, sources: Sources) -> Detected:
    """Return the CPU as proposal, for computers without NVIDIA's driver and without an AMD GPU that computes. Its
    sentence says what there is, and what would help."""
    if platform.startswith("windows"):
        gpus = tuple(_windows_displays())
        named = f"{gpus[0]} found, but on Windows" if gpus else "On Windows"
        return Detected("cpu", f"{named} the engine can use NVIDIA GPUs only. It computes on the CPU.", "", gpus)
    vendors = set(_vendors(sources.drm))
    gpus = tuple(f"{name} GPU" for vendor, name in _VENDORS.items() if vendor in vendors)
    if _NVIDIA in vendors:
        why = "An NVIDIA GPU found, but not NVIDIA's own driver: install it to compute there instead of on the CPU."
    elif _AMD in vendors:
        why = "An AMD GPU found, but the kernel cannot compute on it (there is no /dev/kfd), so the CPU is used."
    else:
        why = "No NVIDIA or AMD GPU found: the engine computes on the CPU."
    return Detected("cpu", why, "", gpus)


def _vendors(drm: Path) -> Iterator[int]:
    for path in drm.glob("card*/device/vendor"):
        try:
            yield int(path.read_text("ascii"), 16)
        except (OSError, ValueError):
            continue


def _windows_displays() -> list[str]:
    """Return the names of the display adapters in Windows' registry; none on other systems."""
    names: list[str] = []
    if sys.platform == "win32":
        import winreg

        with suppress(OSError), winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _DISPLAYS) as displays:
            for index in range(winreg.QueryInfoKey(displays)[0]):
                # Not every key is an adapter, nor for us to read.
                with suppress(OSError), winreg.OpenKey(displays, winreg.EnumKey(displays, index)) as one:
                    names.append(str(winreg.QueryValueEx(one, "DriverDesc")[0]))
    return names


def _numbers(version: str) -> list[int]:
    """Return a version's numbers, to compare: 580.95.05 is [580, 95, 5]. What is no version, such as [N/A], is less
    than all."""
    parts = version.split(".")
    return [int(part) for part in parts] if all(part.isdecimal() for part in parts) else []
