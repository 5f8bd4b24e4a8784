# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on's client against real processes, in the engine's environment (no bpy)."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from talk import HANG_S, ROOT

from fcvg_blender.engine.client import Client
from fcvg_blender.engine.engine_process import Launch


@pytest.fixture
def launch(tmp_path: Path) -> Launch:
    """The real engine of this checkout."""
    return Launch(Path(sys.executable), ROOT, tmp_path / "logs")


@pytest.fixture
def connect() -> Iterator[Callable[..., Client]]:
    """Makes clients and ends them after the test."""
    clients: list[Client] = []

    def make(launch: Launch, **options: float) -> Client:
        clients.append(Client(launch, **options))
        return clients[-1]

    yield make
    for client in clients:
        assert client.close(timeout_s=HANG_S)


@pytest.fixture
def scripted(tmp_path: Path) -> Callable[[str], Launch]:
    """An engine tree whose `__main__.py` is the given program: an engine that is broken in one chosen way."""

    def make(program: str, **options: float) -> Launch:
        package = tmp_path / "scripted" / "fcvg_engine"
        package.mkdir(parents=True)
        (package / "__main__.py").write_text(program, encoding="utf-8")
        return Launch(Path(sys.executable), package.parent, tmp_path / "logs", **options)

    return make


@pytest.fixture
def copied_engine(tmp_path: Path) -> Path:
    """A copy of the engine's sources that a test may change; the folder that holds `fcvg_engine`."""
    shutil.copytree(ROOT / "fcvg_engine", tmp_path / "copy" / "fcvg_engine", ignore=shutil.ignore_patterns("*.pyc"))
    return tmp_path / "copy"
