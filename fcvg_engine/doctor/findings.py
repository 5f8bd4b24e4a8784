# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the doctor's finding about each thing, each thing after those that it needs."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

from .. import __version__
from ..shared import amounts
from ..shared.protocol import Finding
from .facts import DRAFTS, Facts
from .libraries import Installed

_REPAIR = "Use Repair engine in the preferences of FCVG Inbetween."
_BUILDS = {"cpu": "the processor only", "cuda": "CUDA", "rocm": "ROCm", "metal": "Metal"}
_LITTLE_MEMORY_BYTES = 2_000_000_000
_STATES = {"present": "ok", "missing": "info"}


def all_findings(facts: Facts, blender: str) -> list[Finding]:
    """Returns a finding for each thing. `blender`: the version of Blender that asks, or empty."""
    return [*_engine(blender), *_libraries(facts), *_hardware(facts), *_disks(facts), *_models(facts)]


def _engine(blender: str) -> Iterator[Finding]:
    if blender:
        yield Finding("Blender", blender)
    yield Finding("system", platform.platform())
    yield Finding("engine", f"{__version__} in {Path(__file__).parents[2]}")
    python = f"{platform.python_version()} in {sys.prefix}"
    if sys.flags.isolated:
        yield Finding("Python", f"{python}, isolated")
    else:
        bent = [name for name in ("PYTHONPATH", "PYTHONHOME") if os.environ.get(name)]
        text = ", ".join([f"{python}, not isolated", *(f"{name} is set" for name in bent)])
        yield Finding("Python", text, "info", "Blender starts it with -I, so that no other Python's packages get in.")


def _libraries(facts: Facts) -> Iterator[Finding]:
    for each in facts.libraries:
        yield _library(each)
    torch = facts.torch
    if torch.problem:
        yield Finding("torch build", f"cannot be told: {torch.problem}", "error", _REPAIR)
    else:
        yield Finding("torch build", f"made for {_BUILDS[torch.build]} {torch.toolkit}".strip())


def _library(each: Installed) -> Finding:
    name, serves = each.library.name, each.library.serves
    if not each.version:
        if serves:
            return Finding(name, f"missing; without it these cannot be used: {serves}", "warning", _REPAIR)
        return Finding(name, f"The engine's library {name} is missing.", "error", _REPAIR)
    if each.foreign:
        return Finding(name, f"The engine's library {name} comes {each.foreign}: {each.origin}", "error", _REPAIR)
    if each.too_old:
        text = f"{each.version}, but {each.library.least} or newer is needed"
        return Finding(name, text, "warning", "Use Update engine in the preferences of FCVG Inbetween.")
    return Finding(name, each.version)


def _hardware(facts: Facts) -> Iterator[Finding]:
    if facts.cards.problem:
        yield Finding("graphics card", facts.cards.problem, "warning", "Install NVIDIA's driver again.")
    for card in facts.cards.cards:
        driver = f", driver {card.driver}" if card.driver else ""
        yield Finding("graphics card", f"{card.name}, {amounts.in_words(card.memory_bytes)}{driver}")
    for each in facts.torch.devices:
        kind = (
            "sm_{}{}, ".format(*facts.torch.capability) if each.name == "cuda" and any(facts.torch.capability) else ""
        )
        text = f"{each.label}, {kind}{amounts.in_words(each.free_bytes)} of {amounts.in_words(each.memory_bytes)} free"
        yield Finding(f"device {each.name}", text)
    if facts.memory:
        text = f"{amounts.in_words(facts.memory.free_bytes)} of {amounts.in_words(facts.memory.total_bytes)} free"
        if facts.memory.free_bytes < _LITTLE_MEMORY_BYTES:
            yield Finding("memory", text, "warning", "Close other programs.")
        else:
            yield Finding("memory", text)


def _disks(facts: Facts) -> Iterator[Finding]:
    for each in facts.places:
        text = f"{each.folder}: {amounts.in_words(each.free_bytes)} free" + (
            "" if each.writable else ", cannot be written to"
        )
        hint = "" if each.state == "ok" else "Free some space, or choose a folder that you may write to."
        yield Finding(f"disk for {each.purpose}", text, each.state, hint)


def _models(facts: Facts) -> Iterator[Finding]:
    for each in facts.models:
        text, hint = f"{each.title}: {each.state}, {each.path}", ""
        if each.state == "missing":
            text = f"{each.title}: missing; needed for {', '.join(each.enables)}"
            hint = "It is downloaded when it is first used." if each.name in DRAFTS else ""
        elif each.state != "present":
            hint = "Download it again in the preferences of FCVG Inbetween; what is whole is kept."
        yield Finding(f"model {each.name}", text, _STATES.get(each.state, "warning"), hint)
    yield Finding("network", "may be used" if facts.online else "may not be used", "ok" if facts.online else "info")
