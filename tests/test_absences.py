# SPDX-License-Identifier: GPL-3.0-or-later
"""What the project does not bring is named in one sentence when it is missing, with exit code 2 and no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

WITHOUT = """
import runpy, sys
for name in sys.argv[1].split():
    sys.modules[name] = None  # as if it were not installed
module = sys.argv[2]
sys.argv[:3] = ["-m"]  # as it is while Python looks for the module that -m names
runpy.run_module(module, run_name="__main__", alter_sys=True)
"""


def run(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Python with an empty PATH: no program is found."""
    environment = os.environ | {"PATH": "", "PYTHONPATH": str(ROOT)} | variables
    return subprocess.run([sys.executable, *words], cwd=ROOT, env=environment, capture_output=True, text=True)


def is_one_sentence(done: subprocess.CompletedProcess[str], *said: str) -> None:
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    for part in said:
        assert part in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("-m", "benchmarks.draft"),
        ("-m", "benchmarks.draft", "--methods", "rife,minterpolate"),
        ("-m", "benchmarks.quality"),
        ("tools/check_system.py", "programs", "ffmpeg"),
    ],
    ids=" ".join,
)
def test_ffmpeg_is_named_before_anything_is_measured(words: tuple[str, ...]):
    done = run(*words)
    is_one_sentence(done, "ffmpeg", "apt-get install ffmpeg")
    assert "|" not in done.stdout  # no row of a table


def test_a_program_is_named_where_it_was_not_looked_for_before():
    code = "from benchmarks.minterpolate import *; minterpolate(torch.zeros(3, 8, 8), torch.ones(3, 8, 8), [0.5])"
    hook = "from tools import check_system; check_system.explain_absences()"
    is_one_sentence(run("-c", f"{hook}\n{code}"), "ffmpeg", "apt-get install ffmpeg")


@pytest.mark.parametrize("module", ["demo.edit", "benchmarks.toon_shot", "benchmarks.cartoons", "benchmarks.retime"])
def test_what_needs_blender_says_which_python_has_it(module: str):
    is_one_sentence(run("-c", WITHOUT, "bpy", module), "bpy", ".venv-blender", "make setup")


@pytest.mark.parametrize(
    ("module", "lacking"),
    [
        ("demo.contact_sheet", "flip_evaluator"),
        ("benchmarks.quality", "cv2"),
        ("benchmarks.cuts", "torch"),
        ("benchmarks.reliability", "psutil"),
    ],
)
def test_what_needs_the_engines_packages_says_where_they_are(module: str, lacking: str):
    is_one_sentence(run("-c", WITHOUT, lacking, module), lacking, "the one in .venv,", "make setup")


def test_a_window_can_be_built_on_debian_only():
    done = run("tools/check_system.py", "window")
    is_one_sentence(done, "Debian")


def test_locks_are_made_with_uv():
    done = run("-c", "from tools import check_system; check_system.need('uv')")
    is_one_sentence(done, "pip install uv packaging")


def test_a_board_is_measured_with_a_named_blender():
    done = run("-m", "benchmarks.storyboard")
    assert done.returncode == 2
    assert "--blender" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_mistake_of_our_own_keeps_its_traceback():
    hook = "from tools import check_system; check_system.explain_absences()"
    done = run("-c", f"{hook}\nimport fcvg_engine.nothing_of_this_name")
    assert done.returncode == 1
    assert "Traceback" in done.stderr
