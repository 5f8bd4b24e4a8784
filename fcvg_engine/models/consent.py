"""Licences that were accepted, once each, before a model was downloaded or imported. No torch.

licences.json in the models folder, where it counts for all who share that folder (a studio's administrator accepts
once); in the user's own data where the models folder may not be written to. Registry name → what was accepted when::

    {"svd-xt": {"licence": "Stability AI Community License", "date": "2026-11-22"}}

A licence that has another name since is another licence, and asked for again.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ..shared.errors import DiskError, LicenceRefused
from . import discovery, registry
from .registry import Model
from .writing import write_whole

FILE = "licences.json"


def given(name: str) -> str:
    """When the licence of the model `name` was accepted, an ISO date; empty when it was not, or was another."""
    licence = registry.models()[name].licence.name
    for path in _places():
        accepted = _load(path).get(name, {})
        if accepted.get("licence") == licence:
            return accepted.get("date", "")
    return ""


def give(name: str) -> None:
    """The user has read the licence of the model `name` and accepts it. Raises DiskError."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    accepted = {"licence": registry.models()[name].licence.name, "date": today}
    shared, own = _places()
    try:
        _write(shared, name, accepted)
    except DiskError:
        _write(own, name, accepted)


def require(model: Model) -> None:
    """Raises LicenceRefused when `model` has a licence to be accepted first and nobody has."""
    if model.licence.consent and not given(model.name):
        raise LicenceRefused(
            f"The licence of {model.title} ({model.licence.name}) has not been accepted yet.",
            f"Read it ({model.licence.url}) and accept it in the preferences, or with: models accept {model.name}",
        )


def _places() -> tuple[Path, Path]:
    """The file for all, and the user's own."""
    return discovery.weights_folder() / FILE, discovery.user_data() / FILE


def _load(path: Path) -> dict[str, dict[str, str]]:
    with suppress(OSError, ValueError, RecursionError):
        content = json.loads(path.read_bytes())
        if isinstance(content, dict):
            return dict(_entries(content))
    return {}


def _entries(content: dict[str, object]) -> Iterator[tuple[str, dict[str, str]]]:
    for name, entry in content.items():
        if isinstance(entry, dict):
            yield name, {key: value for key, value in entry.items() if isinstance(value, str)}


def _write(path: Path, name: str, accepted: dict[str, str]) -> None:
    content = _load(path) | {name: accepted}
    write_whole(path, json.dumps(content, indent=1, sort_keys=True).encode())
