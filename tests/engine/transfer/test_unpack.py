# SPDX-License-Identifier: GPL-3.0-or-later
"""Fault 32: one file out of an archive, whatever else is in it."""

from __future__ import annotations

import os
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from fcvg_engine.shared.errors import DownloadFailed
from fcvg_engine.transfer import member


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "tool.whl"


def make(archive: Path, *entries: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("tool/__init__.py", b"")
        for name, content in entries:
            made.writestr(name, content)
    return archive


def kind(name: str, mode: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = mode << 16
    return entry


def test_the_file_that_is_wanted(archive: Path):
    content = os.urandom(100_000)
    make(archive, (kind("tool.data/scripts/tool", stat.S_IFREG | 0o755), content), ("tool/", b""))
    assert member(archive, "tool.data/scripts/tool", 100_000) == content


@pytest.mark.parametrize(
    "name", ["../evil", "a/../../evil", "/etc/evil", "..\\evil", "a\\evil", "C:/evil", "c:evil", "..", "a/.."]
)
def test_an_archive_that_leads_out_of_itself(archive: Path, name: str):
    make(archive, (name, b"evil"), ("tool/good", b"good"))
    for wanted in (name, "tool/good"):
        with pytest.raises(DownloadFailed, match="leads out of it"):
            member(archive, wanted, 1000)


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices(archive: Path, mode: int):
    make(archive, (kind("tool/good", mode | 0o777), b"/etc/passwd"))
    with pytest.raises(DownloadFailed):
        member(archive, "tool/good", 1000)


def test_a_bomb(archive: Path):
    make(archive, ("tool/good", b"\0" * 50_000_000))
    assert archive.stat().st_size < 100_000
    with pytest.raises(DownloadFailed, match="larger than 1000000 bytes"):
        member(archive, "tool/good", 1_000_000)


@pytest.mark.parametrize("stated", [10, 999_999])
def test_a_bomb_that_understates_itself(archive: Path, stated: int):
    make(archive, ("tool/good", b"\0" * 5_000_000))
    content = archive.read_bytes()
    truth = struct.pack("<I", 5_000_000)
    assert content.count(truth) == 2  # beside the file, and in the list of files
    archive.write_bytes(content.replace(truth, struct.pack("<I", stated)))
    with pytest.raises(DownloadFailed):
        member(archive, "tool/good", 1_000_000)


def test_not_there_or_a_folder(archive: Path):
    make(archive, ("tool/folder/", b""))
    for name in ("tool/none", "tool/folder/", "tool/folder", ""):
        with pytest.raises(DownloadFailed, match="has no"):
            member(archive, name, 1000)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_twice(archive: Path):
    make(archive, ("tool/good", b"good"), ("tool/good", b"evil"))
    with pytest.raises(DownloadFailed, match="more than one"):
        member(archive, "tool/good", 1000)


def test_damaged(archive: Path):
    make(archive, ("tool/good", bytes(range(256)) * 10))
    content = archive.read_bytes()
    at = content.index(b"tool/good") + 20
    for broken in (content[:-30], b"", b"<html>", content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]):
        archive.write_bytes(broken)
        with pytest.raises(DownloadFailed, match=r"tool\.whl cannot be used"):
            member(archive, "tool/good", 10_000)


def test_encrypted(archive: Path):
    make(archive, ("tool/good", b"good"))
    content = bytearray(archive.read_bytes())
    for start in (content.index(b"PK\x03\x04", 10) + 6, content.index(b"tool/good", content.index(b"PK\x01\x02")) - 38):
        content[start] |= 1
    archive.write_bytes(content)
    with pytest.raises(DownloadFailed):
        member(archive, "tool/good", 1000)
