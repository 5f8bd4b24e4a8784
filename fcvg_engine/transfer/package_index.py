# SPDX-License-Identifier: GPL-3.0-or-later
"""Wheels of pinned packages: from a folder, from their published address, or from a studio's own package index."""

from __future__ import annotations

import functools
import hashlib
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from ..shared import own_files, small_files
from ..shared.errors import DownloadFailed
from ..shared.folder_record import TEMPORARY, FolderRecord
from . import disk
from .addresses import login_of
from .download import PATIENCE, Download, Patience, is_offline, is_on
from .http_requests import Web
from .index_page import Link, Page
from .parallel import Halt, side_by_side

_PUBLIC = ("pypi.org", "pypi.python.org")  # where the wheels' own addresses are found: no index of a studio
_PIECE_BYTES = 1 << 20
_INDEXES = ("FCVG_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL")


@dataclass(frozen=True)
class Wheel:
    """A pinned wheel file. `url`: where it is published. `size_bytes`: 0 is not known."""

    package: str
    version: str
    file: str
    url: str
    sha256: str
    size_bytes: int = 0


@dataclass(frozen=True)
class Places:
    """Where wheels may come from: first `folders`, then `index` (the URL of a simple API) or, where that is empty, the
    wheel's own address. `offline`: only the folders. `proxy`: a URL, for http and https."""

    folders: tuple[Path, ...] = ()
    index: str = ""
    proxy: str = ""
    offline: bool = False


def places(environment: Mapping[str, str] = os.environ) -> Places:
    """Return the places that environment variables name.

    Folders: FCVG_WHEELS, UV_FIND_LINKS and PIP_FIND_LINKS together. Index: the first that is set of FCVG_INDEX_URL,
    UV_DEFAULT_INDEX, UV_INDEX_URL and PIP_INDEX_URL; PyPI counts as none, since the wheels' own addresses lead there.
    Proxy: FCVG_PROXY. Offline: FCVG_OFFLINE or PIP_NO_INDEX.
    """
    folders = [
        *environment.get("FCVG_WHEELS", "").split(os.pathsep),
        *environment.get("UV_FIND_LINKS", "").split(","),
        *_pip_links(environment.get("PIP_FIND_LINKS", "")),
    ]
    index = next((environment[name].strip() for name in _INDEXES if environment.get(name, "").strip()), "")
    index = re.sub(r"^[\w.-]+=(?=\w+://)", "", index)  # uv lets it have a name
    return Places(
        folders=tuple(dict.fromkeys(path for text in folders if (path := _folder(text.strip())))),
        index="" if urlsplit(index).hostname in _PUBLIC else index,
        proxy=environment.get("FCVG_PROXY", ""),
        offline=is_offline(environment) or is_on(environment.get("PIP_NO_INDEX", "")),
    )


def locate(
    wheels: Sequence[Wheel],
    into: Path,
    where: Places,
    on_tick: Callable[[], None] = lambda: None,
    *,
    patience: Patience = PATIENCE,
) -> list[Download]:
    """Bring copies of the wheels that lie in a folder of `where` into the folder `into`, and return downloads for the
    others.

    Wheels that are in `into` already stay. All are verified. A wheel that the index lacks is to be downloaded from its
    own address. The list in `into` (see `folder_record`) names what was brought; something else under the name of a
    wheel is put aside. `on_tick` is called a few times a second on the caller's thread and may raise Cancelled.

    Raises DownloadFailed when the index cannot be reached, has another file under a wheel's name, or wheels cannot be
    had, which it names; DiskError, and whatever `on_tick` raises.
    """
    with disk.disk_errors(into / "wheels"):
        into.mkdir(parents=True, exist_ok=True)
    search = _Search(into, where, patience)
    found = side_by_side(search.find, wheels, on_tick, parallel=4)
    if lacking := [wheel.file for wheel, each in zip(wheels, found, strict=True) if each is _NOWHERE]:
        names = ", ".join(lacking[:5]) + (f" and {len(lacking) - 5} more" if len(lacking) > 5 else "")
        raise DownloadFailed(
            f"Without downloads these packages cannot be had: {names}.",
            "Allow online access, or put these files, unchanged, into the folder of wheels"
            + (f" ({', '.join(map(str, where.folders))})." if where.folders else " (FCVG_WHEELS)."),
        )
    return [each for each in found if each and each is not _NOWHERE]


_NOWHERE = Download("", Path())


class _Search:
    """Looks for wheels; `find` is called from several threads."""

    def __init__(self, into: Path, where: Places, patience: Patience) -> None:
        self._into = into
        self._where = where
        self._patience = patience
        self._index_folder = _folder(where.index) if where.index.startswith("file:") else None

    @functools.cached_property
    def _web(self) -> Web:
        return Web(self._where.proxy, self._patience.stall_s)

    def find(self, wheel: Wheel, halt: Halt) -> Download | None:
        """Return the download of the wheel; None when it is in `into` now, `_NOWHERE` when it cannot be had."""
        target = self._into / wheel.file
        if _is(target, wheel, halt):
            with suppress(OSError):  # where nothing may be written, nothing is to be deleted later
                FolderRecord(self._into).note(target, wheel.sha256)
            return None
        for folder in self._where.folders:
            if self._bring(folder / wheel.file, wheel, halt):
                return None
        url, headers = wheel.url, {}
        link = self._link(wheel, halt)
        if link:
            if link.sha256 and link.sha256 != wheel.sha256:
                raise DownloadFailed(
                    f"The package index has another {wheel.file} than the one that was pinned.",
                    "Ask who keeps the index to take the file from its publisher, or use another index.",
                )
            url = link.url
            if login := link.login or login_of(url):
                headers = {"Authorization": login}
        if path := _folder(url) if url.startswith("file:") else None:
            return None if self._bring(path, wheel, halt) else _NOWHERE
        if self._where.offline or not url:
            return _NOWHERE
        title = f"{wheel.package} {wheel.version}"
        return Download(url, target, wheel.sha256, wheel.size_bytes, title, headers, record=FolderRecord(self._into))

    def _bring(self, source: Path, wheel: Wheel, halt: Halt) -> bool:
        """Copy the file `source` if it is the pinned one; return whether it is.

        A link would be no copy: whoever can write to that folder could change it after it was verified.
        """
        if not _is(source, wheel, halt):
            return False
        target, record = self._into / wheel.file, FolderRecord(self._into)
        with disk.disk_errors(target):
            own_files.make_way(target, record)
            try:
                own_files.write(target, _pinned(source, wheel, halt), record, TEMPORARY + target.name)
            except _Swapped:
                return False
        return True

    def _link(self, wheel: Wheel, halt: Halt) -> Link | None:
        """Return the wheel's link in the index; None when there is no index, or not this wheel in it."""
        package = re.sub(r"[-_.]+", "-", wheel.package).lower()  # as indexes spell it
        if self._index_folder:
            page = Page.of_folder(self._index_folder / package)
        elif self._where.index and not self._where.offline:
            page = Page.fetch(self._web, self._where.index, package, halt, self._patience)
        else:
            return None
        return page.link(wheel.file)


def _is(path: Path, wheel: Wheel, halt: Halt) -> bool:
    """Whether the file is there and is the pinned one."""
    try:
        if wheel.size_bytes and path.stat().st_size != wheel.size_bytes:
            return False
        return disk.digest_of(path, lambda _: halt.check()) == wheel.sha256
    except OSError:
        return False


def _pinned(source: Path, wheel: Wheel, halt: Halt) -> Iterator[bytes]:
    """Yield the file in pieces. Raises _Swapped when these were not the pinned ones, at the end."""
    digest = hashlib.sha256()
    try:
        with small_files.open_file(source) as file:
            while piece := file.read(_PIECE_BYTES):
                halt.check()
                digest.update(piece)
                yield piece
    except OSError:
        raise _Swapped from None
    if digest.hexdigest() != wheel.sha256:
        raise _Swapped


class _Swapped(Exception):
    """The file was another one when it was copied than when it was looked at."""


def _pip_links(text: str) -> list[str]:
    """Split pip's list, which blanks separate, unless it is the name of one folder with blanks in it."""
    return [text] if _folder(text.strip()) else text.split()


def _folder(text: str) -> Path | None:
    """Return the path that `text` names, a path or a file's URL; None when it is not there."""
    if text.startswith("file:"):
        text = url2pathname(urlsplit(text).path)
    path = Path(text).expanduser()
    return path if text and "://" not in text and path.exists() else None
