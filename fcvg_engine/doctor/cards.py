# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists the graphics cards of this computer by asking their drivers; torch may not know of them."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_SMI_TIMEOUT_S = 10.0
_AMD = "0x1002"  # the vendor's number on the bus
_OWN_MEMORY_BYTES = 4 << 30  # an AMD chip with less is part of the processor


@dataclass(frozen=True)
class Card:
    """A graphics card that its driver knows. `driver`: the driver's version, empty where it is part of the system."""

    maker: str
    name: str
    memory_bytes: int
    driver: str = ""


@dataclass(frozen=True)
class Cards:
    """All graphics cards. `problem`: a sentence, when NVIDIA's driver is installed and does not answer."""

    cards: tuple[Card, ...] = ()
    problem: str = ""


def cards() -> Cards:
    """Asks NVIDIA's driver for its cards, and on Linux the system for those of AMD."""
    nvidia, problem = _nvidia_cards()
    return Cards((*nvidia, *amd_cards()), problem)


def amd_cards(devices: Path = Path("/sys/class/drm")) -> list[Card]:
    """Lists AMD's cards with memory of their own; `devices` is the folder in which Linux lists cards."""
    found = []
    for each in sorted(devices.glob("card[0-9]*/device")):
        try:
            memory_bytes = int((each / "mem_info_vram_total").read_text())
            if (each / "vendor").read_text().strip() == _AMD and memory_bytes >= _OWN_MEMORY_BYTES:
                found.append(Card("AMD", "AMD graphics card", memory_bytes))
        except (OSError, ValueError):  # another maker's, or an output of a card
            continue
    return found


def _nvidia_cards() -> tuple[list[Card], str]:
    program = shutil.which("nvidia-smi")
    if program is None:
        return [], ""
    query = [program, "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(query, capture_output=True, encoding="utf-8", errors="replace", timeout=_SMI_TIMEOUT_S)
    except (OSError, subprocess.TimeoutExpired):
        return [], "NVIDIA's driver does not answer."
    if done.returncode != 0:
        said = " ".join((done.stdout + done.stderr).split())
        return [], f"NVIDIA's driver does not work: {said:.200}"
    found = []
    for line in done.stdout.splitlines():
        name, driver, mebibytes = (each.strip() for each in [*line.rsplit(",", 2), "", ""][:3])
        found.append(Card("NVIDIA", name, int(mebibytes) << 20 if mebibytes.isdigit() else 0, driver))
    return found, ""
