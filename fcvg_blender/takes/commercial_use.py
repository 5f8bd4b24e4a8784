# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be used for commercial work, and which models made a strip. No bpy."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict

from ..engine import arrivals, errors, methods, protocol, registry, small_files
from ..i18n.translate import mark, rpt, translate_sentence

HINT = mark("Choose another method, or switch Commercial-Safe Models Only off in the preferences.")


def refuse(request: protocol.Request) -> None:
    """Raises LicenceRefused when only commercial-safe models are wanted and `request` asks for others.

    Where the request leaves a choice to the engine, the engine chooses by the same rule.
    """
    if not request.commercial_only:
        return
    conditions = request.conditions
    conditioned = methods.is_conditioned(request.method)
    found_by = (f"lines:{conditions.lines}", f"pose:{conditions.pose}") if conditioned else ()
    for part in (request.method, *found_by):
        if reason(part):
            raise errors.LicenceRefused(reason(part), HINT)


def reason(part: str) -> str:
    """Why a part of the registry is off where only commercial-safe models may be used, '' when it is not."""
    needed = (registry.models()[name] for name in registry.needs().get(part, ()))
    why = " ".join(
        f"{model.title}: {translate_sentence(model.commercial_why)}" for model in needed if model.commercial != "yes"
    )
    label = translate_sentence(registry.label(part))
    if not why:
        return ""
    off = rpt("{part} is off while only commercial-safe models may be used. {why}")
    return off.format(part=label[:1].upper() + label[1:], why=translate_sentence(why))


def switched_off() -> list[str]:
    """What is off where only commercial-safe models may be used: a sentence or two for each model that is not."""
    found = []
    for model in registry.models().values():
        labels = ", ".join(translate_sentence(registry.label(part)) for part in registry.enabled_by(model.name))
        if model.commercial != "yes" and labels:
            off = rpt("Off because of {model}: {parts}. {why}")
            found.append(off.format(model=model.title, parts=labels, why=translate_sentence(model.commercial_why)))
    return found


def recorded(models: Iterable[protocol.UsedModel]) -> str:
    """The models that made a take, as JSON for its record; '' without any."""
    found = [asdict(model) for model in models]
    return json.dumps(found) if found else ""


def recalled(text: str) -> list[str]:
    """Words for each model that `recorded` kept, such as `RIFE 4.6 (MIT)`. [] for what cannot be read."""
    try:
        models = small_files.parse_json(text) if text else []
        return [f"{model['title']} ({model['licence']})" for model in models[: arrivals.MOST_ITEMS]]
    except (ValueError, TypeError, KeyError):
        return []
