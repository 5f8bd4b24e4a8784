# SPDX-License-Identifier: GPL-3.0-or-later
"""What a wheel's name and its zip directory tell: where it runs, how large it is unpacked. The directory is read by
HTTP range, a few hundred KB even of a wheel of 2 GB."""

from __future__ import annotations

import io
import re
import urllib.request
import zipfile
from collections.abc import Sequence
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from packaging import tags
from packaging.utils import parse_wheel_filename

_BLOCK_BYTES = 1 << 18
_OLD_NAMES = {(2, 17): "manylinux2014", (2, 12): "manylinux2010", (2, 5): "manylinux1"}
_LEAST = {"linux": re.compile(r"manylinux_(\d+)_(\d+)_"), "macos": re.compile(r"macosx_(\d+)_(\d+)_")}


def file_name(url: str) -> str:
    return unquote(PurePosixPath(urlsplit(url).path).name)


def platform_tags(platform: str) -> list[str]:
    """Platform tags that wheels for `platform` may have, the best first: glibc up to 2.28, macOS up to 14.0."""
    if platform == "windows-x86_64":
        return ["win_amd64"]
    if platform == "macos-arm64":
        return list(tags.mac_platforms((14, 0), "arm64"))
    names = []
    for minor in range(28, 4, -1):
        names.append(f"manylinux_2_{minor}_x86_64")
        if (2, minor) in _OLD_NAMES:
            names.append(f"{_OLD_NAMES[2, minor]}_x86_64")
    return [*names, "linux_x86_64"]


def best(urls: Sequence[str], platform: str, python: str) -> str:
    """The wheel an installer would choose there, by its tags. Raises LookupError when none of them runs."""
    major, minor = map(int, python.split("."))
    platforms = platform_tags(platform)
    interpreter = f"cp{major}{minor}"
    supported = [
        *tags.cpython_tags((major, minor), [interpreter], platforms),
        *tags.compatible_tags((major, minor), interpreter, platforms),
    ]
    rank = {tag: index for index, tag in enumerate(supported)}
    ranked = [(min((rank[tag] for tag in _tags(url) if tag in rank), default=None), url) for url in urls]
    usable = [(index, url) for index, url in ranked if index is not None]
    if not usable:
        raise LookupError(f"no wheel for {platform}, Python {python} among {[file_name(url) for url in urls]}")
    return min(usable)[1]


def least_system(url: str, platform: str) -> tuple[int, int] | None:
    """The oldest glibc or macOS the wheel says it runs on, None where it says nothing of it."""
    pattern = _LEAST.get(platform.split("-")[0])
    names = {tag.platform for tag in _tags(url)} & set(platform_tags(platform)) if pattern else set()
    for version, old in _OLD_NAMES.items():
        names = {re.sub(f"^{old}_", f"manylinux_{version[0]}_{version[1]}_", name) for name in names}
    found = [match for name in names if pattern and (match := pattern.match(name))]
    return min(((int(match[1]), int(match[2])) for match in found), default=None)


def members(url: str, size_bytes: int) -> list[zipfile.ZipInfo]:
    with _open(url, size_bytes) as archive:
        return archive.infolist()


def dependencies(url: str, size_bytes: int) -> list[str]:
    """The wheel's Requires-Dist lines, as they are."""
    with _open(url, size_bytes) as archive:
        name = next(each for each in archive.namelist() if each.endswith(".dist-info/METADATA"))
        header = archive.read(name).decode().split("\n\n", 1)[0]
    return [line.partition(": ")[2] for line in header.splitlines() if line.startswith("Requires-Dist: ")]


def _tags(url: str) -> frozenset[tags.Tag]:
    return parse_wheel_filename(file_name(url))[3]


def _open(url: str, size_bytes: int) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BufferedReader(_Remote(url, size_bytes), _BLOCK_BYTES))


class _Remote(io.RawIOBase):
    """A file on a server that answers ranges, for zipfile to find its way in."""

    def __init__(self, url: str, size_bytes: int) -> None:
        self._url, self._size, self._at = url, size_bytes, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        end = min(self._at + len(buffer), self._size)
        if end <= self._at:
            return 0
        request = urllib.request.Request(self._url, headers={"Range": f"bytes={self._at}-{end - 1}"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            if answer.status != 206:
                raise OSError(f"{self._url} does not answer ranges")
            content = answer.read()
        buffer[: len(content)] = content
        self._at += len(content)
        return len(content)
