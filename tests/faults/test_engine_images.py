# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults 25 to 28 through the whole command: broken keys are refused with their path and leave nothing behind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from engine_process import run_engine
from pictures import png_bytes, write_png

GOOD = np.full((24, 32, 3), 90, np.uint8)


def generate(start: Path, end: Path, out: Path) -> tuple[int, str]:
    done = run_engine("inbetween", str(start), str(end), "--count", "1", "--out", str(out), "--method", "dummy")
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.png", b""),
        ("page.jpg", b"<html><body>Sign in to continue</body></html>"),
        ("cut.png", png_bytes(32, 24, 8, 2, [bytes(96)] * 24)[:60]),
        ("huge.png", png_bytes(60000, 60000, 8, 2, [bytes(99)])),
    ],
)
def test_a_broken_key_is_named_and_no_folder_is_made(tmp_path: Path, name: str, content: bytes):
    good = write_png(tmp_path / "good.png", GOOD)
    broken = tmp_path / name
    broken.write_bytes(content)
    for pair in ((good, broken), (broken, good)):
        code, stderr = generate(*pair, tmp_path / "out")
        assert code == 2
        assert str(broken) in stderr
        assert "Traceback" not in stderr
        assert not list((tmp_path / "out").glob("[0-9]*"))


def test_a_key_cut_off_behind_its_header_is_refused_before_the_method_is_asked(tmp_path: Path):
    good = write_png(tmp_path / "good.png", GOOD)
    cut = tmp_path / "cut.png"
    cut.write_bytes(
        write_png(
            tmp_path / "whole.png", np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)
        ).read_bytes()[:500]
    )
    code, stderr = generate(good, cut, tmp_path / "out")
    assert code == 2
    assert str(cut) in stderr


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (33, 17)])
def test_odd_and_tiny_keys_work(tmp_path: Path, size: tuple[int, int]):
    for name in ("a.png", "b.png"):
        write_png(tmp_path / name, np.zeros((*size, 4), np.uint8))
    assert generate(tmp_path / "a.png", tmp_path / "b.png", tmp_path / "out") == (0, "")


def test_grey_meets_sixteen_bit_colour_with_alpha(tmp_path: Path):
    write_png(tmp_path / "a.png", np.full((4, 6, 1), 200, np.uint8))
    write_png(tmp_path / "b.png", np.full((4, 6, 4), 30000, np.uint16))
    assert generate(tmp_path / "a.png", tmp_path / "b.png", tmp_path / "out") == (0, "")
