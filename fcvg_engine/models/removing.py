# SPDX-License-Identifier: GPL-3.0-or-later
"""Removes models from this computer."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

from ..shared.errors import BadRequest
from . import discovery, import_links, installed, registry
from .discovery import Found
from .exclusive import held_model
from .reporting import Report
from .verifying import PICKLED
from .writing import disk_errors


def remove(name: str, report: Report) -> None:
    """Delete the model's files that were downloaded or made, and forget its links to files elsewhere, which stay.

    Raises BadRequest when there is a copy that somebody else has put there, DiskError, and what `report` raises while
    another program uses the model.
    """
    model = registry.known(name)
    folder = discovery.weights_folder()
    with held_model(model, report):
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


def _delete(paths: Sequence[Path], folder: Path) -> None:
    """Delete files, and the folders inside `folder` that are empty then."""
    for path in paths:
        path.unlink(missing_ok=True)
    for path in paths:
        for parent in path.relative_to(folder).parents[:-1]:
            with contextlib.suppress(OSError):  # there are files in it that are not ours
                (folder / parent).rmdir()
