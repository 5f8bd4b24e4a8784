# SPDX-License-Identifier: GPL-3.0-or-later
"""While an engine is installed, somebody who can write to a studio's folder, or to the downloads, swaps wheels for evil
ones at every opportunity. Nothing of theirs runs or gets into the engine."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

import pytest
from homes import Home, Site, make_site
from hostile_server import HostileServer
from swapper import swapping_process

from fcvg_blender.engine import installed_engines, protocol
from fcvg_blender.installer import pylock

TIMES = 5


@pytest.fixture
def site(server: HostileServer, tmp_path: Path) -> Site:
    return make_site(server, tmp_path / "published", "1.0", [400_000, 1000])


def evil_uv(tmp_path: Path, uv: Path) -> Path:
    """A wheel of uv whose program says that it ran."""
    path, trace = tmp_path / "evil.whl", tmp_path / "it ran"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(pylock.tools(pylock.platform()).uv_binary, f"#!/bin/sh\ntouch '{trace}'\n" + "#" * 1000)
        archive.writestr("noise", os.urandom(max(0, uv.stat().st_size - 3000)))
    return path


def evil_package(tmp_path: Path, good: Path) -> Path:
    """The same wheel, as good a one and of the same size, but for one byte of what is in it."""
    path = tmp_path / f"evil-{good.name}"
    with zipfile.ZipFile(good) as archive, zipfile.ZipFile(path, "w") as made:
        for entry in archive.infolist():
            made.writestr(entry, archive.read(entry).replace(b"VERSION = '1.0'", b"VERSION = '6.0'"))
    assert path.stat().st_size == good.stat().st_size
    return path


def uv_of(folder: Path) -> Path:
    return folder / pylock.tools(pylock.platform()).uv.file


@pytest.mark.parametrize("how", ["anew", "in place"])
@pytest.mark.parametrize("where", ["the studio's folder", "the downloads", "a link of version 0.2.0"])
def test_uv(home: Home, site: Site, uv_folder: Path, tmp_path: Path, where: str, how: str) -> None:
    studio = tmp_path / "studio"
    studio.mkdir()
    shutil.copy(uv_of(uv_folder), uv_of(studio))
    home.options[:2] = ["--wheels", str(studio)]
    good, evil = uv_of(uv_folder), evil_uv(tmp_path, uv_of(uv_folder))
    downloads = home.data / "downloads"
    swapped = uv_of(downloads if where == "the downloads" else studio)
    for _ in range(TIMES):
        if where == "a link of version 0.2.0":
            downloads.mkdir(parents=True, exist_ok=True)
            uv_of(downloads).unlink(missing_ok=True)
            shutil.copy(good, uv_of(studio))
            os.link(uv_of(studio), uv_of(downloads))
        with swapping_process(swapped, good, evil, how == "in place"):
            ended = home.run("repair", "--lock", site.lock)
        assert isinstance(ended.final, protocol.Installed | protocol.Failed), ended.final
        assert not (tmp_path / "it ran").exists()
        if isinstance(ended.final, protocol.Installed):
            assert home.engine() == site.packages
    assert list(home.data.glob("engines/.building-*")) == []


@pytest.mark.parametrize("how", ["anew", "in place"])
def test_a_package_is_swapped_while_uv_unpacks_it(home: Home, site: Site, tmp_path: Path, how: str) -> None:
    good = site.wheels[0]
    evil = evil_package(tmp_path, good)
    home.install(site)
    installed = 0
    for _ in range(2 * TIMES):
        with swapping_process(home.data / "downloads" / good.name, good, evil, how == "in place"):
            ended = home.run("repair", "--lock", site.lock)
        installed += isinstance(ended.final, protocol.Installed)
        assert home.engine() == site.packages, "the new one, or the old one"
        stamp = installed_engines.current()
        assert stamp is not None
        (module,) = stamp.folder.glob("lib/*/site-packages/small0.py")
        assert module.read_text() == "VERSION = '1.0'\n"
    print(f"installed {installed} times of {2 * TIMES}")


def test_a_studios_wheels_stay_as_they_are(home: Home, site: Site, uv_folder: Path, tmp_path: Path) -> None:
    studio = tmp_path / "studio"
    shutil.copytree(uv_folder, studio)
    for wheel in site.wheels:
        shutil.copy(wheel, studio)
    before = {path: (path.read_bytes(), path.stat().st_nlink) for path in studio.glob("*.whl")}
    home.options[:2] = ["--wheels", str(studio)]
    home.install(site)
    home.run("free")
    home.run("remove")
    assert {path: (path.read_bytes(), path.stat().st_nlink) for path in studio.glob("*.whl")} == before
