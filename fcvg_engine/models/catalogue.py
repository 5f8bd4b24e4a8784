# SPDX-License-Identifier: GPL-3.0-or-later
"""All models, as the registry and this computer know them: what `models list` prints and the preferences show.

The registry is the same everywhere; the catalogue adds what is here, and which licences were accepted.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..shared.protocol import ModelInfo
from . import checksums, consent, discovery, hub, import_links, installed, registry
from .discovery import Found
from .registry import Model

_SOURCES = {"wheel": "Python package", "hub": "model hub", "github": "GitHub", "manual": "by hand"}


def infos() -> list[ModelInfo]:
    """Return one entry for each model, in the registry's order. Fast: it looks at sizes and reads only small files."""
    found = discovery.find()
    return [_info(model, found) for model in registry.models().values()]


def _info(model: Model, found: Found) -> ModelInfo:
    source = model.source
    return ModelInfo(
        name=model.name,
        title=model.title,
        enables=[registry.label(feature) for feature in registry.enabled_by(model.name)],
        state=installed.state(model, found),
        licence=model.licence.name,
        licence_url=model.licence.url,
        commercial=model.commercial,
        commercial_why=model.commercial_why,
        consent=(consent.given(model.name) or "needed") if model.licence.consent else "not needed",
        training_data=model.training_data,
        source=source.kind,
        origin=f"{_SOURCES[source.kind]}: {source.where}",
        size_bytes=model.size_bytes,
        path=str(_path(model, found)),
        note=" ".join(_notes(model, found)),
    )


def _path(model: Model, found: Found) -> Path:
    """Return the model's file, or the folder of its files."""
    place = installed.elsewhere(model, found)
    if place:
        return place
    listed = installed.copies(model, found)
    return listed[0].path if len(listed) == 1 else listed[0].path.parents[listed[0].file.path.count("/")]


def _notes(model: Model, found: Found) -> Iterator[str]:
    folder = discovery.weights_folder()
    listed = installed.copies(model, found)
    if any(place.split("/")[0] == model.name for place in import_links.recorded(folder)):
        yield "Linked: its files stay where they were imported from."
    elif installed.elsewhere(model, found) or any(each.path != each.own for each in listed):
        yield "Found in another folder."
    if model.source.gated:
        yield f"Accept the licence at {hub.page(model.source)} and give a token of that account first."
    if model.source.kind == "manual":
        yield f"Fetch it by hand from {model.source.url}, then import it from disk."
    if model.source.mirror and model.source.kind != "wheel":
        yield "Not published by the authors themselves."
    unpinned = [each for each in listed if not each.file.sha256]
    if unpinned:
        what = "all its files" if len(unpinned) == len(listed) else f"{len(unpinned)} of its {len(listed)} files"
        dates = sorted(filter(None, (checksums.date(folder, each.place) for each in unpinned)))
        kept = f"that of the first download was recorded on {dates[0]}" if dates else "the first download's is recorded"
        yield f"For {what} no sha256 is published: {kept}."
