# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds models that the artist has already, wherever they lie, and lets the engine use them there.

Nothing is copied, moved or changed: an imported model is recorded (see `import_links`) and read from where it is. When
the artist moves it away, it is missing again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..shared import amounts
from ..shared.errors import BadRequest, FcvgError, MissingModel
from . import consent, discovery, import_links, recognise, registry, verifying
from .bounded_walk import Limit, Walk
from .recognise import Piece
from .registry import File, Model
from .reporting import NO_BYTES, Report, to_nobody

_NUMBERS_ONLY = (".safetensors", ".json")  # cannot hold a program, whoever made them
# Whole models in single files, which the registry's files are not: size, sha256.
_SINGLE_FILES = {9_559_625_980: "b2652c23d64a1da5f14d55011b9b6dce55f2e72e395719f1cd1f8a079b00a451"}


@dataclass(frozen=True)
class Candidate:
    """A model that was found; of several copies the best.

    `name` is the registry's, `path` the folder or file (of several files the first), `layout` one of those in
    `recognise`, `what` a few words for the artist. `complete`: all that the engine needs is there; if not, `missing`
    says what is wrong, in sentences. `places`: what would be recorded, see `import_links`; empty when nothing is
    usable.
    """

    name: str
    path: Path
    layout: str
    what: str
    size_bytes: int
    complete: bool
    missing: str
    places: tuple[tuple[str, Path], ...] = ()


def search(place: Path, limit: Limit = Limit(), report: Report = to_nobody) -> list[Candidate]:  # noqa: B008 - frozen
    """Return the models in the folder `place` and all folders below it, or the one that the file `place` is, in the
    registry's order.

    Only the beginnings of files are read. Raises BadRequest when there is no such place, MissingModel when the limit
    was reached before a whole model was found, and whatever `report` raises.
    """
    if not place.exists():
        raise BadRequest(f"There is no file or folder {place}.", "Check the path.")
    place = place.absolute()  # the names of the folders above tell something too
    pieces: list[Piece] = []
    walk = Walk(limit)
    if place.is_file():
        pieces += recognise.file(place)
    else:
        for folder, names, inner in walk.folders(place):
            report(f"Looking into {folder.name}", NO_BYTES)
            pieces += recognise.folder(folder, inner)
            for name in names:
                if walk.is_over():
                    break
                pieces += recognise.file(folder / name)
    found = [_candidate(model, own) for model in registry.models().values() if (own := _of(model, pieces))]
    if walk.cut_short and not any(each.complete for each in found):
        raise MissingModel(
            f"{place} holds more than can be searched, and no whole model was among what was looked at.",
            "Choose the folder with the models itself.",
        )
    return found


def adopt(candidate: Candidate, report: Report = to_nobody) -> list[str]:
    """Use the model from where it lies, from now on. Return notes for the artist, in sentences.

    Files whose sha256 has been published are compared first. One that differs is refused if it could hold more than
    numbers (pickles, TorchScript, ONNX). A safetensors file may well be somebody's own tuning, so it is used.

    Raises LicenceRefused, MissingModel when nothing of it can be used, DiskError, and whatever `report` raises; then
    nothing is recorded.
    """
    model = registry.models()[candidate.name]
    consent.require(model)
    if not candidate.places:
        raise MissingModel(f"{candidate.what} cannot be used. {candidate.missing}", "Download it again, whole.")
    notes = [candidate.missing] if candidate.missing else []
    for place, path in candidate.places:
        notes += _check(model, place, path, report)
    folder = discovery.weights_folder()
    try:
        for place, path in candidate.places:
            import_links.record(folder, place, path)
        verifying.keep_as_safetensors(model.name)
    except FcvgError:
        for place, _ in candidate.places:
            import_links.forget(folder, place)
        raise
    return notes


def _of(model: Model, pieces: list[Piece]) -> list[Piece]:
    """Return the best piece that is the whole model if there is one, else the best for each of its files."""
    own = [piece for piece in pieces if piece.model is model]
    whole = [piece for piece in own if piece.place == model.name]
    if whole:
        return [max(whole, key=lambda piece: piece.rank)]
    # What lies together belongs together: of two downloads, not one file of each.
    homes = [piece.path.parent for piece in own if not piece.missing]
    by_place: dict[str, Piece] = {}
    for piece in own:
        best = by_place.get(piece.place)
        if best is None or _in_company(piece, homes) > _in_company(best, homes):
            by_place[piece.place] = piece
    return list(by_place.values())


def _in_company(piece: Piece, homes: list[Path]) -> tuple[object, ...]:
    return not piece.missing, homes.count(piece.path.parent), piece.rank


def _candidate(model: Model, pieces: list[Piece]) -> Candidate:
    usable = [piece for piece in pieces if not piece.missing]
    faults = [piece.missing for piece in pieces if piece.missing]
    if all(piece.place != model.name for piece in pieces):
        there = {piece.place for piece in pieces}
        faults += [f"{each.path} was not found." for each in model.files if f"{model.name}/{each.path}" not in there]
    first = min(usable or pieces, key=lambda piece: piece.place)
    size_bytes = sum(piece.size_bytes for piece in usable)
    what = first.what if len(pieces) == 1 else f"{model.title}, {len(pieces)} files"
    size = f" ({amounts.in_words(size_bytes)})"
    places = tuple((piece.place, piece.path) for piece in usable)
    return Candidate(
        model.name,
        first.path,
        first.layout,
        what + (size if usable else ""),
        size_bytes,
        not faults,
        " ".join(faults),
        places,
    )


def _check(model: Model, place: str, path: Path, report: Report) -> list[str]:
    """Compare the file or folder `path` with what was published. Return notes, raise MissingModel, see `adopt`."""
    notes = []
    pinned = list(_pinned(model, place, path))
    for each, published in pinned:
        if _is_published(model, each, published, report):
            continue
        if each.suffix not in _NUMBERS_ONLY:
            raise MissingModel(
                f"{each} is not the published file of {model.title}, so it was not opened.",
                "Download it again, or import it from elsewhere.",
            )
        notes.append(f"{each.name} is not the published file: somebody's own tuning, or damaged. It is used as it is.")
    if not pinned:
        notes.append(f"No sha256 of {path.name} has been published, so it could not be compared.")
    return notes


def _pinned(model: Model, place: str, path: Path) -> Iterator[tuple[Path, File]]:
    """Yield those files of a place whose sha256 was published, with what was."""
    if place == model.name and path.is_file():
        for size_bytes, sha256 in _SINGLE_FILES.items():
            if path.stat().st_size == size_bytes:
                yield path, File(path.name, size_bytes, sha256)
    for each in model.files:
        own = path / each.path if place == model.name else path
        if each.sha256 and place in (model.name, f"{model.name}/{each.path}") and own.is_file():
            yield own, each


def _is_published(model: Model, path: Path, file: File, report: Report) -> bool:
    """Whether what lies at `path` is the published `file`. One of another size is not read. Raises MissingModel."""
    try:
        if verifying.is_too_large(file, path) or (file.size_bytes and path.stat().st_size != file.size_bytes):
            return False
    except OSError as error:
        raise MissingModel(f"{path} cannot be read: {error.strerror or error}.", "Check the file.") from error
    return verifying.sha256_of(model, path, report) == file.sha256
