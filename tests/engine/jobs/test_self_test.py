# SPDX-License-Identifier: GPL-3.0-or-later
"""The self-test works in a folder of its own among other programs' temporary files, and leaves nothing behind."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from fcvg_engine.jobs.self_test import self_test
from fcvg_engine.shared import scratch
from fcvg_engine.shared.protocol import Message

OLD_S = 7200.0


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    monkeypatch.setenv("FCVG_MODELS", str(tmp_path / "models"))
    (tmp_path / "tmp").mkdir()
    return tmp_path / "tmp"


def ignore(message: Message) -> None:
    """Progress that nobody reads."""


def test_it_leaves_nothing_and_takes_what_killed_engines_left(temporary: Path, tmp_path: Path) -> None:
    left = scratch.make(temporary / "fcvg-self-test-killed")
    (left / "start.png").write_bytes(b"half")
    (tmp_path / "original").mkdir()
    (tmp_path / "original" / "drawing.kra").write_bytes(b"mine")
    (left / "link").symlink_to(tmp_path / "original")
    running = scratch.make(temporary / "fcvg-self-test-running")
    named = temporary / "fcvg-self-test-notes"
    named.mkdir()
    (named / "notes.txt").write_bytes(b"mine")
    (temporary / "fcvg-self-test-link").symlink_to(tmp_path / "original")
    long_ago_s = time.time() - OLD_S
    for path in (left, named):
        os.utime(path, (long_ago_s, long_ago_s))
    done = self_test("cpu", "j", ignore, lambda: False)
    assert "made a frame" in done.notes[0]
    assert {path.name for path in temporary.iterdir()} == {running.name, named.name, "fcvg-self-test-link"}
    assert (named / "notes.txt").read_bytes() == b"mine"
    assert (tmp_path / "original" / "drawing.kra").read_bytes() == b"mine"
