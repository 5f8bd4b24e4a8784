# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes and times as an artist reads them."""

from __future__ import annotations

import pytest

from fcvg_blender.engine import protocol

Progress = protocol.Progress

from fcvg_blender.i18n import amounts


@pytest.mark.parametrize(
    ("size_bytes", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (21_236_864, "21 MB"), (6_100_000_000, "6.1 GB"), (512_000_000_000, "512 GB")],
)
def test_sizes(size_bytes: int, words: str) -> None:
    assert amounts.size(size_bytes) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, ""), (0, ""), (0.2, "1 s left"), (40, "40 s left"), (600, "10 min left"), (11_520, "3.2 h left")],
)
def test_times(seconds: float | None, words: str) -> None:
    assert amounts.time_left(seconds) == words


@pytest.mark.parametrize(
    ("progress", "words"),
    [
        (Progress(None, "", 0.5, 40.0, 412_000_000, 896_000_000, 11_000_000.0), "412 of 896 MB, 11 MB/s, 40 s left"),
        (Progress(None, "", 0.0, None, 0, 3_400_000_000, 0.0), "0.0 of 3.4 GB"),
        (Progress(None, "", 0.0, None, 5_000_000, 0, 1_000_000.0), "5 MB, 1 MB/s"),
        (Progress(None, "", 0.9), ""),
    ],
)
def test_progress(progress: Progress, words: str) -> None:
    assert amounts.progress(progress) == words
