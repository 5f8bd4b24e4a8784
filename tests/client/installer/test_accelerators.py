# SPDX-License-Identifier: GPL-3.0-or-later
"""What is proposed on which computer: real programs and folders stand where the system's would."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fcvg_blender.installer import pylock
from fcvg_blender.installer.accelerators import Detected, Sources, detect

LINUX, WINDOWS, MAC = "linux-x86_64", "windows-x86_64", "macos-arm64"


class Computer:
    """A computer to look at: without a GPU, until it gets one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("bin", "kfd", "drm"):
            (folder / name).mkdir()
        self.sources = Sources(str(folder / "bin"), folder / "kfd", folder / "dev_kfd", folder / "drm", timeout_s=20.0)

    def nvidia(self, *gpus: str, driver: str = "580.95.05", capability: str = "8.9") -> None:
        rows = {"driver_version": driver, "compute_cap": capability}
        cases = [
            f"*name,{field}*) " + "; ".join(f"echo '{gpu}, {value}'" for gpu in gpus) + ";;"
            for field, value in rows.items()
        ]
        self.nvidia_smi('case "$1" in\n' + "\n".join(cases) + "\nesac")

    def nvidia_smi(self, script: str) -> None:
        program = self.folder / "bin" / "nvidia-smi"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)

    def amd(self, *versions: int, usable: bool = True) -> None:
        """Nodes as the kernel shows them: the CPU first, then a GPU of each `gfx_target_version`."""
        for index, version in enumerate((0, *versions)):
            node = self.folder / "kfd" / str(index)
            node.mkdir()
            (node / "properties").write_text(f"cpu_cores_count 0\ngfx_target_version {version}\nvendor_id 4098\n")
        if usable:
            (self.folder / "dev_kfd").touch()

    def card(self, vendor: int) -> None:
        device = self.folder / "drm" / "card0" / "device"
        device.mkdir(parents=True)
        (device / "vendor").write_text(f"{vendor:#06x}\n")

    def detect(self, platform: str = LINUX, python: str = "3.11") -> Detected:
        return detect(platform, python, self.sources)


@pytest.fixture
def computer(tmp_path: Path) -> Computer:
    return Computer(tmp_path)


def test_without_a_gpu_it_is_the_cpu(computer: Computer):
    found = computer.detect()
    assert (found.accelerator, found.gpus, found.driver) == ("cpu", (), "")
    assert "No NVIDIA or AMD GPU" in found.sentence


@pytest.mark.parametrize("platform", [LINUX, WINDOWS])
@pytest.mark.parametrize("python", ["3.11", "3.13"])
def test_an_nvidia_gpu_with_a_new_driver_is_cuda(computer: Computer, platform: str, python: str):
    computer.nvidia("NVIDIA GeForce RTX 4090")
    found = computer.detect(platform, python)
    assert (found.accelerator, found.driver) == ("cuda", "580.95.05")
    assert found.gpus == ("NVIDIA GeForce RTX 4090",)
    assert "NVIDIA GeForce RTX 4090" in found.sentence
    assert not found.warnings


def test_every_nvidia_gpu_is_named(computer: Computer):
    computer.nvidia("NVIDIA RTX A6000", "NVIDIA T1000")
    assert computer.detect().gpus == ("NVIDIA RTX A6000", "NVIDIA T1000")


@pytest.mark.parametrize("driver", ["470.256.02", "525.60.11", "9.99"])
def test_an_old_driver_is_named_with_the_one_that_is_needed(computer: Computer, driver: str):
    computer.nvidia("NVIDIA GeForce RTX 3060", driver=driver)
    found = computer.detect()
    assert (found.accelerator, found.driver) == ("cpu", driver)
    assert f"its driver {driver} is too old" in found.sentence
    assert "525.60.13 or newer" in found.sentence


@pytest.mark.parametrize(("platform", "least"), [(LINUX, "525.60.13"), (WINDOWS, "528.33")])
@pytest.mark.parametrize("newest", [False, True], ids=["the oldest", "the newest"])
def test_with_a_driver_of_cuda_12_it_is_the_engine_for_that(
    computer: Computer, platform: str, least: str, newest: bool
):
    computer.nvidia("NVIDIA GeForce RTX 3060", driver="579.99" if newest else least, capability="8.6")
    found = computer.detect(platform)
    assert (found.accelerator, found.warnings) == ("cuda12", ())
    assert "NVIDIA GeForce RTX 3060 found" in found.sentence
    assert "the engine for CUDA 12 suits it" in found.sentence
    assert "With a driver 580 or newer" in found.sentence


@pytest.mark.parametrize(
    ("gpu", "capability"), [("GTX 1080", "6.1"), ("GTX 970", "5.2"), ("GTX 750 Ti", "5.0"), ("TITAN V", "7.0")]
)
@pytest.mark.parametrize("driver", ["550.120", "580.95.05"])
def test_older_gpus_get_the_engine_for_cuda_12(computer: Computer, gpu: str, capability: str, driver: str):
    computer.nvidia(f"NVIDIA {gpu}", driver=driver, capability=capability)
    found = computer.detect()
    assert (found.accelerator, found.driver) == ("cuda12", driver)
    assert f"NVIDIA {gpu} found, driver {driver}: the engine for CUDA 12 suits it." in found.sentence
    assert "newer" not in found.sentence, "a newer driver would not help"


def test_an_older_gpu_with_too_old_a_driver_is_told_the_one_that_is_enough(computer: Computer):
    computer.nvidia("NVIDIA GeForce GTX 1080", driver="470.256.02", capability="6.1")
    found = computer.detect()
    assert found.accelerator == "cpu"
    assert "525.60.13 or newer" in found.sentence


def test_a_gpu_too_new_for_cuda_12_needs_the_newer_driver(computer: Computer):
    computer.nvidia("NVIDIA GeForce RTX 5090", driver="575.64", capability="12.0")
    found = computer.detect()
    assert found.accelerator == "cpu"
    assert "580 or newer" in found.sentence


def test_a_gpu_pytorch_has_no_code_for_any_more_is_not_proposed(computer: Computer):
    computer.nvidia("NVIDIA GeForce GTX 680", driver="470.256.02", capability="3.0")
    found = computer.detect()
    assert found.accelerator == "cpu"
    assert "NVIDIA GeForce GTX 680 is older" in found.sentence


def test_one_usable_gpu_beside_an_old_one_is_enough(computer: Computer):
    computer.nvidia_smi(
        "case \"$1\" in *driver_version*) printf 'Quadro P400, 581.15\\nNVIDIA RTX 4000, 581.15\\n';;"
        " *) printf 'Quadro P400, 6.1\\nNVIDIA RTX 4000, 7.5\\n';; esac"
    )
    assert computer.detect(WINDOWS).accelerator == "cuda"


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo 'NVIDIA-SMI has failed because it could not communicate with the driver.'; exit 9", "not communicate"),
        ("exit 0", "code 0"),
        ("echo 'No devices were found'", "No devices"),
    ],
    ids=["fails", "silent", "no device"],
)
def test_a_driver_that_does_not_answer_is_told(computer: Computer, script: str, reason: str):
    computer.nvidia_smi(script)
    found = computer.detect()
    assert found.accelerator == "cpu"
    assert "NVIDIA's driver does not answer" in found.sentence
    assert reason in found.sentence


def test_a_driver_that_hangs_is_not_waited_for(computer: Computer):
    computer.nvidia_smi("exec sleep 60")
    computer.sources = replace(computer.sources, timeout_s=0.3)
    found = computer.detect()
    assert found.accelerator == "cpu"
    assert "nothing within 0.3 s" in found.sentence


def test_a_python_without_a_lock_is_told(computer: Computer):
    computer.nvidia("NVIDIA GeForce RTX 4090")
    found = computer.detect(python="3.10")
    assert found.accelerator == "cpu"
    assert "Python 3.10" in found.sentence


@pytest.mark.parametrize(("version", "name"), [(110000, "gfx1100"), (90010, "gfx90a"), (120001, "gfx1201")])
def test_an_amd_gpu_is_rocm_on_linux(computer: Computer, version: int, name: str):
    computer.amd(version)
    found = computer.detect()
    assert (found.accelerator, found.gpus, found.warnings) == ("rocm", (f"AMD {name}",), ())
    assert name in found.sentence


def test_an_amd_gpu_without_code_for_it_is_told(computer: Computer):
    computer.amd(100302)
    found = computer.detect()
    assert (found.accelerator, found.gpus) == ("cpu", ("AMD gfx1032",))
    assert "gfx1032 found, but PyTorch has no code" in found.sentence


def test_an_amd_gpu_that_may_not_be_used_says_who_can_help(computer: Computer):
    computer.amd(110000, usable=False)
    found = computer.detect()
    assert found.accelerator == "rocm"
    assert "groups render and video" in found.warnings[0]
    assert found.warnings[0] in found.sentence


def test_nvidia_goes_before_the_processors_own_amd_gpu(computer: Computer):
    computer.nvidia("NVIDIA GeForce RTX 4090")
    computer.amd(110003)
    assert computer.detect().accelerator == "cuda"


def test_with_an_old_nvidia_driver_a_usable_amd_gpu_is_proposed_and_the_driver_told(computer: Computer):
    computer.nvidia("NVIDIA GeForce RTX 3060", driver="470.256.02")
    computer.amd(110000)
    found = computer.detect()
    assert found.accelerator == "rocm"
    assert "525.60.13 or newer" in found.warnings[0]


def test_with_an_old_nvidia_driver_the_processors_unusable_amd_gpu_does_not_hide_it(computer: Computer):
    computer.nvidia("NVIDIA GeForce RTX 3060", driver="470.256.02")
    computer.amd(100306)
    found = computer.detect()
    assert found.accelerator == "cpu"
    assert "525.60.13 or newer" in found.sentence


@pytest.mark.parametrize(
    ("vendor", "advice"),
    [(0x10DE, "NVIDIA's own driver: install it"), (0x1002, "no /dev/kfd"), (0x8086, "No NVIDIA or AMD GPU")],
)
def test_a_graphics_card_that_cannot_be_used_is_told(computer: Computer, vendor: int, advice: str):
    computer.card(vendor)
    found = computer.detect()
    assert found.accelerator == "cpu"
    assert advice in found.sentence
    assert len(found.gpus) == 1


def test_windows_without_nvidia_says_why_it_is_the_cpu(computer: Computer):
    computer.amd(110000)
    found = computer.detect(WINDOWS)
    assert found.accelerator == "cpu"
    assert "NVIDIA GPUs only" in found.sentence


def test_apple_silicon_is_metal_and_an_intel_mac_is_not(computer: Computer):
    assert computer.detect(MAC).accelerator == "metal"
    assert computer.detect("macos-x86_64").accelerator == "cpu"


def test_this_computer_is_looked_at_without_arguments():
    found = detect()
    assert found.accelerator in pylock.PREFERRED
    assert found.sentence
