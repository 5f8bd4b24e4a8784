# SPDX-License-Identifier: GPL-3.0-or-later
"""Says which method suits two keys, and writes the sentence that an artist reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..models import registry
from ..shared import amounts
from ..shared.methods import GENERATIVE, METHODS, is_generative
from ..shared.protocol import Estimate
from . import CUT
from .finding import LARGE, Finding

_HARDLY, _SMALL = 0.01, 0.05
_BEST_FIRST = sorted(GENERATIVE, key=lambda name: METHODS[name].rank)


@dataclass(frozen=True)
class Choice:
    """A method, and the reason in a sentence or two."""

    method: str
    reason: str


def suggest(draft: Choice, finding: Finding, device: str, lacking: Mapping[str, str], allowed: Sequence[str]) -> Choice:
    """Returns the method that suits: `draft`, or, where much happens, the best of the generative ones that can run.

    `device`: cpu, cuda or mps. `lacking`: method → what it still needs. `allowed`: generative methods that the request
    may use.
    """
    if finding.same or finding.is_cut or not finding.is_large:
        return draft
    free = [method for method in _BEST_FIRST if method in allowed]
    ready = next((method for method in free if device != "cpu" and method not in lacking), None)
    if ready is not None:
        label = registry.label(ready)
        return Choice(ready, f"{label}, since things move too far or change too much for a draft method.")
    if not free:
        return Choice(draft.method, f"{draft.reason} Large motion: expect a rough draft.")
    label = registry.label(free[0])
    needs = [*(["a graphics card"] if device == "cpu" else []), *(["its models"] if free[0] in lacking else [])]
    return Choice(
        draft.method,
        f"{draft.reason} Large motion: expect a rough draft; {label} would draw it, but needs {' and '.join(needs)}.",
    )


def line(
    wanted: Estimate, suggested: Estimate, finding: Finding, device: str, free_memory: int, disk: tuple[int, int]
) -> tuple[str, str]:
    """Returns the state (ok, warning, error) and the sentence about the gravest thing.

    `wanted`: the estimate of the method that will be used. `suggested`: that of the method that suits. `free_memory`:
    bytes on the device. `disk`: bytes needed and bytes free.
    """
    label = registry.label(wanted.method)
    if wanted.lacking:
        return "error", f"{label} cannot run yet. {wanted.lacking}"
    if disk[0] > disk[1]:
        needed, free = amounts.compared(*disk)
        return "error", f"The disk has {free} free; the frames need about {needed}."
    if finding.is_cut:
        return "warning", CUT
    cost = f"{label}, about {duration(wanted.seconds)}"
    if not wanted.fits:
        kind = "memory" if device == "cpu" else "graphics memory"
        needed, free = amounts.compared(wanted.memory_bytes, free_memory)
        return "warning", f"{label} needs {needed} of {kind}, {free} are free."
    if finding.same:
        return "ok", f"Both keys are the same: {cost}."
    if finding.fades:
        return "ok", f"Nothing moves between the keys: {cost}."
    if not finding.known:
        return "ok", f"{cost[0].upper()}{cost[1:]}."
    if finding.is_large and not is_generative(wanted.method):
        if is_generative(suggested.method):
            better = f"{registry.label(suggested.method)} suits it better, about {duration(suggested.seconds)}"
            return "warning", f"Large motion: {cost}, a rough draft; {better}."
        return "warning", f"Large motion: expect a rough draft ({cost})."
    return "ok", f"Same shot, {_amount(finding)}: {cost}."


def duration(seconds: float) -> str:
    """Writes a duration: 4 s, 3 min, 2.5 h."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"


def _amount(finding: Finding) -> str:
    if finding.is_large:
        return "large motion"
    far = finding.motion.far
    if far >= LARGE:
        return "a large camera move"
    return "hardly any motion" if far < _HARDLY else "small motion" if far < _SMALL else "medium motion"
