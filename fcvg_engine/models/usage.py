# SPDX-License-Identifier: GPL-3.0-or-later
"""Which models a job uses, and whether it may use them. No torch.

Features are those of the registry: a method (`fcvg`), a way to match lines (`lines:flow`) or to find people
(`pose:dwpose`). One that the registry does not know, such as `lines:none`, needs no model.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

from ..shared.errors import LicenceRefused
from ..shared.protocol import Request, UsedModel
from . import registry


def lines(by: str) -> str:
    """Return the feature that matches lines `by` flow, gluestick, …"""
    return f"lines:{by}"


def pose(by: str) -> str:
    """Return the feature that finds people `by` dwpose, …"""
    return f"pose:{by}"


def used(features: Iterable[str]) -> list[UsedModel]:
    """Return the models that `features` need, each once, in the registry's order."""
    names = {name for feature in features for name in registry.needs().get(feature, ())}
    return [
        UsedModel(name, model.title, model.licence.name, model.commercial)
        for name, model in registry.models().items()
        if name in names
    ]


def record(facts: dict[str, Any], features: Iterable[str]) -> None:
    """Add the models that `features` need to those in a manifest's `facts`. Models recorded before stay, even if their
    licence has another name today: they made frames that are still there."""
    known = {each["name"]: each for each in facts.get("models", ())}
    known = {model.name: asdict(model) for model in used(features)} | known
    order = {name: place for place, name in enumerate(registry.models())}
    facts["models"] = sorted(known.values(), key=lambda each: order.get(each["name"], -1))


def recorded(facts: dict[str, Any]) -> list[UsedModel]:
    """Return the models in a manifest's `facts`; none for a manifest from before models were recorded."""
    return [UsedModel(**each) for each in facts.get("models", ())]


def allowed(request: Request, feature: str) -> bool:
    """Whether `request` may use `feature`."""
    return not (request.commercial_only and registry.not_commercial(feature))


def narrowed(request: Request) -> Request:
    """Return `request` without the automatic choices that it may not use: where `auto` would match lines or find people
    with a model that is refused, it becomes `none`."""
    conditions = request.conditions
    if conditions.lines == "auto" and not allowed(request, lines("flow")):
        conditions = replace(conditions, lines="none")
    if conditions.pose == "auto" and not allowed(request, pose("dwpose")):
        conditions = replace(conditions, pose="none")
    return replace(request, conditions=conditions)


def refuse(request: Request, feature: str, remedy: str) -> None:
    """Raise LicenceRefused if `request` may not use `feature`. `remedy`: what the artist can do instead."""
    if not allowed(request, feature):
        label = registry.label(feature)
        raise LicenceRefused(
            f"{label[0].upper()}{label[1:]} may not be used while only commercial-safe models are wanted. "
            f"{registry.not_commercial(feature)}",
            f"{remedy}, or turn off Commercial-safe models only in the preferences.",
        )
