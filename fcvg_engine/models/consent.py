# SPDX-License-Identifier: GPL-3.0-or-later
"""Licences that were accepted, once each, before a model was downloaded or imported. No torch.

They stand in licences.json. In the models folder it counts for all who share that folder (a studio's administrator
accepts once); where that may not be written to, it lies in the user's own data. Registry name → what was accepted,
and when::

    {"svd-xt": {"licence": "Stability AI Community License", "date": "2026-11-22"}}

When a licence has got another name since, it counts as another licence and is asked for again.
"""

from __future__ import annotations

import datetime
from pathlib import Path

from ..shared.errors import DiskError, LicenceRefused
from . import discovery, registry
from .registry import Model
from .writing import Table, is_texts

FILE = "licences.json"

_TABLE = Table(lambda name, accepted: is_texts(accepted, "licence", "date"))


def given(name: str) -> str:
    """Return the ISO date on which today's licence of the model `name` was accepted; empty when it was not."""
    licence = registry.models()[name].licence.name
    for path in _places():
        accepted = _TABLE.load(path).get(name, {})
        if accepted.get("licence") == licence:
            return str(accepted.get("date", ""))
    return ""


def give(name: str) -> None:
    """Record that the user has read and accepts the licence of the model `name`. Raises DiskError."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    accepted = {"licence": registry.models()[name].licence.name, "date": today}
    shared, own = _places()
    try:
        _write(shared, name, accepted)
    except DiskError:
        _write(own, name, accepted)


def give_once(model: Model) -> None:
    """Record consent to the licence of `model` where it is needed and has not been given. Raises DiskError."""
    if model.licence.consent and not given(model.name):
        give(model.name)


def require(model: Model) -> None:
    """Raise LicenceRefused when the licence of `model` has to be accepted first and nobody has accepted it."""
    if model.licence.consent and not given(model.name):
        raise LicenceRefused(
            f"The licence of {model.title} ({model.licence.name}) has not been accepted yet.",
            f"Read it ({model.licence.url}) and accept it in the preferences, or with: models accept {model.name}",
        )


def _places() -> tuple[Path, Path]:
    """The file for all, and the user's own."""
    return discovery.weights_folder() / FILE, discovery.user_data() / FILE


def _write(path: Path, name: str, accepted: dict[str, str]) -> None:
    with _TABLE.changed(path) as content:
        content[name] = accepted
