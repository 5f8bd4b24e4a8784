# SPDX-License-Identifier: GPL-3.0-or-later
"""A home folder whose name has blanks and letters beyond ASCII, and a copy of the add-on like the installed one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from homes import Home
from hostile_server import HostileServer

from fcvg_blender.engine import transfer
from fcvg_blender.installer import pylock

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def extension(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The add-on's code where no checkout is around it, as after an installation."""
    folder = tmp_path_factory.mktemp("blender") / "extensions" / "fcvg inbetween"
    for package in ("fcvg_blender", "fcvg_engine"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.fixture(scope="session")
def uv_folder(pytestconfig: pytest.Config) -> Path:
    """A folder with the pinned wheel of uv, which is fetched once and kept from one test run to the next."""
    folder = pytestconfig.cache.mkdir("uv") if pytestconfig.cache else Path()
    missing = transfer.locate([pylock.tools(pylock.platform()).uv], folder, transfer.places())
    transfer.fetch(missing, lambda rate: None)
    return folder


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with HostileServer() as server:
        yield server


@pytest.fixture
def home(tmp_path: Path, extension: Path, uv_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A fresh user, whom neither this computer's indexes nor its engine concern."""
    folder = tmp_path / "Zoë's home, Größe 12"
    for name in list(os.environ):
        if name.startswith(("FCVG_", "PIP_", "UV_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(folder))
    options = ["--wheels", str(uv_folder), "--no-weights", "--self-test", "none"]
    return Home(folder, extension, dict(os.environ), options)
