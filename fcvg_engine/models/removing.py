# SPDX-License-Identifier: GPL-3.0-or-later
"""Removes models from this computer: what a download has brought or we have made, as long as it is just that."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from ..shared import own_files
from ..shared.errors import BadRequest
from ..shared.file_records import Found, Written
from ..transfer.partial_file import PartialFile
from . import checksums, discovery, import_links, installed, registry, verifying
from .checksums import OurModels
from .exclusive import held_model
from .installed import Copy
from .registry import Model
from .reporting import Report
from .writing import disk_errors

_EMPTY = Written(hashlib.sha256(b"").hexdigest())
_MOST_NAMED = 5


def remove(name: str, report: Report) -> list[str]:
    """Delete the model's files that were downloaded or made and are as they were, and forget its links to files
    elsewhere, which stay. Return notes about what else stays in its folder, in sentences.

    Raises BadRequest when the model is still there, because somebody else has put it there or changed it; DiskError,
    and what `report` raises while another program uses the model and while large files are compared.
    """
    model = registry.known(name)
    folder = discovery.weights_folder()
    with held_model(model, report):
        import_links.forget(folder, model.name)
        copies = installed.copies(model, discovery.Found())
        with disk_errors(folder):
            stays = [sentence for each in copies if (sentence := _remove(model, each, report))]
            for each in copies:
                _delete_empty_folders(folder, each.own)
            notes = list(_notes(folder / model.name))
    found = discovery.find()
    if elsewhere := installed.elsewhere(model, found):
        stays.append(_elsewhere(model, elsewhere))
    stays += [
        _elsewhere(model, each.path)
        for each in installed.copies(model, found)
        if each.path != each.own and each.path.is_file()
    ]
    stays = list(dict.fromkeys(stays))
    if stays:
        more = [f"So do {len(stays) - 1} more of its files."] if len(stays) > 1 else []
        raise BadRequest(" ".join([stays[0], *more]), "Delete it there, if you do not need it any more.")
    return notes


def _remove(model: Model, copy: Copy, report: Report) -> str:
    """Delete one file of the model, what was made of it, and parts of it. Return what stays and why, a sentence; empty
    when nothing does."""
    folder = discovery.weights_folder()
    known = OurModels(folder, digest=lambda found: found.digest(_reading(model, found, report)))
    was_ours = checksums.is_ours(folder, copy.place)
    if link := checksums.link_before(folder, copy.own):
        return _behind_link(model, link) if os.path.lexists(copy.own) else ""
    PartialFile(copy.own).discard()
    own_files.delete(copy.begun[-1], _EMPTY)  # its lock
    if model.name in verifying.PICKLED:
        kept = installed.kept(copy.own)
        if own_files.delete(kept, known):
            checksums.forget(folder, kept.relative_to(folder).as_posix())
        _delete_empty_folders(folder, kept)
    is_gone = own_files.delete(copy.own, known) or (copy.file.member and own_files.delete(copy.own, _made(copy)))
    checksums.forget(folder, copy.place)
    if is_gone:
        return ""
    if own_files.is_link(copy.own):
        return _behind_link(model, copy.own)
    if was_ours:
        return f"{model.title} still lies in {copy.own}: it was changed since it was downloaded, so it is yours."
    return f"{model.title} still lies in {copy.own}, and nothing says that a download has put it there."


def _made(copy: Copy) -> Written:
    """The record of a file that only we make: its sha256 is that of what comes out of the wheel."""
    return Written(copy.file.sha256)


def _reading(model: Model, found: Found, report: Report) -> verifying.OnBytes:
    return verifying.reading(model, found.path, found.status.st_size, report)


def _elsewhere(model: Model, left: Path) -> str:
    return f"{model.title} still lies in {left}, where neither a download nor an import has put it."


def _behind_link(model: Model, link: Path) -> str:
    return f"{model.title} still lies in {link}: that is a link, and what it leads to is not ours."


def _delete_empty_folders(folder: Path, path: Path) -> None:
    """Delete the folders inside `folder` that `path` was in and that are empty now."""
    if checksums.link_before(folder, path) is None:
        for parent in path.relative_to(folder).parents[:-1]:
            own_files.delete_empty_folder(folder / parent)


def _notes(home: Path) -> Iterator[str]:
    """Yield sentences about files in the model's own folder that no download has put there."""
    if own_files.is_link(home) or not home.is_dir():
        return
    left = [path for path in sorted(home.rglob("*")) if own_files.is_link(path) or not path.is_dir()]
    for path in left[:_MOST_NAMED]:
        yield f"{path} stays: it is not ours."
    if len(left) > _MOST_NAMED:
        yield f"So do {len(left) - _MOST_NAMED} more files in {home}."
