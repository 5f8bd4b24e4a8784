"""Which models a job uses, and whether it may. No torch.

Parts are the registry's: a method (`fcvg`), a way to match lines (`lines:flow`) or to find people (`pose:dwpose`).
Others, such as `lines:none`, need no model.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

from ..shared.errors import LicenceRefused
from ..shared.protocol import Request, UsedModel
from . import registry


def lines(by: str) -> str:
    """The part that matches lines `by` flow, gluestick, …"""
    return f"lines:{by}"


def pose(by: str) -> str:
    """The part that finds people `by` dwpose, …"""
    return f"pose:{by}"


def used(parts: Iterable[str]) -> list[UsedModel]:
    """The models behind `parts`, each once, in the registry's order."""
    names = {name for part in parts for name in registry.needs().get(part, ())}
    return [
        UsedModel(name, model.title, model.licence.name, model.commercial)
        for name, model in registry.models().items()
        if name in names
    ]


def record(facts: dict[str, Any], parts: Iterable[str]) -> None:
    """Add the models behind `parts` to those of a manifest's `facts`. Those recorded before stay, even if a licence has
    another name today: they made frames that are still there."""
    known = {each["name"]: each for each in facts.get("models", ())}
    known = {model.name: asdict(model) for model in used(parts)} | known
    order = {name: place for place, name in enumerate(registry.models())}
    facts["models"] = sorted(known.values(), key=lambda each: order.get(each["name"], -1))


def recorded(facts: dict[str, Any]) -> list[UsedModel]:
    """The models in a manifest's `facts`; none where it is from before they were recorded."""
    return [UsedModel(**each) for each in facts.get("models", ())]


def allowed(request: Request, part: str) -> bool:
    """Whether `request` may use `part`."""
    return not (request.commercial_only and registry.not_commercial(part))


def narrowed(request: Request) -> Request:
    """`request` with what is chosen by itself limited to what may be used: lines and people that `auto` would look for
    with a refused model are not looked for."""
    conditions = request.conditions
    if conditions.lines == "auto" and not allowed(request, lines("flow")):
        conditions = replace(conditions, lines="none")
    if conditions.pose == "auto" and not allowed(request, pose("dwpose")):
        conditions = replace(conditions, pose="none")
    return replace(request, conditions=conditions)


def refuse(request: Request, part: str, remedy: str) -> None:
    """Raises LicenceRefused where `request` may not use `part`; `remedy` is what the artist can do instead."""
    if not allowed(request, part):
        label = registry.label(part)
        raise LicenceRefused(
            f"{label[0].upper()}{label[1:]} may not be used while only commercial-safe models are wanted. "
            f"{registry.not_commercial(part)}",
            f"{remedy}, or turn off Commercial-safe models only in the preferences.",
        )
