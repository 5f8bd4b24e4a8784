# SPDX-License-Identifier: GPL-3.0-or-later
"""Plain `pytest` takes the tests that its Python can run and says what it leaves out; nothing is left out unsaid."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import runs_in

ROOT = Path(__file__).resolve().parents[1]

WITHOUT = """
import sys
for name in sys.argv.pop(1).split():
    sys.modules[name] = None  # as if it were not installed
import pytest
sys.exit(pytest.main(sys.argv[1:]))
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A small project with a test of each kind, and `bpy` and `torch` to be found.

    Its folder has a name that no Python package may have, and an `__init__.py`, as the extension format needs it.
    """
    checkout = tmp_path / "fcvg-in between"
    files = {
        "__init__.py": "from .fcvg_blender import register, unregister\n",
        "pyproject.toml": '[tool.pytest.ini_options]\ntestpaths = ["tests"]\npythonpath = ["."]\naddopts = "-q"\n',
        "bpy.py": "",
        "torch.py": "",
        "tests/deep/test_engine.py": "import torch\n\ndef test_one(): pass\n",
        "tests/deep/test_pipes.py": "import fcntl\n\ndef test_one(): pass\n",
        "tests/addon/conftest.py": 'import bpy\n\nRUNS_IN = "blender"\n',
        "tests/addon/strips/test_strips.py": "import bpy\n\ndef test_one(): pass\n",
        "tests/screen/conftest.py": 'RUNS_IN = "window"\n',
        "tests/screen/test_click.py": "raise SystemExit\n",
    }
    for name, text in files.items():
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_text(text)
    for name in ("conftest.py", "runs_in.py"):
        shutil.copy(ROOT / "tests" / name, checkout / "tests")
    return checkout


def run_pytest(checkout: Path, *arguments: str, without: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", WITHOUT, without, "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True)


def test_the_engines_python_runs_the_engines_tests(checkout: Path):
    done = run_pytest(checkout, without="bpy")
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout
    assert "left out here: 1 that need bpy (make test-blender), 1 that need a window of Blender (make window)" in (
        done.stdout
    )


def test_blenders_python_runs_the_addons_tests(checkout: Path):
    done = run_pytest(checkout, without="torch")
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
    assert "2 that need torch (make test-engine)" in done.stdout


def test_windows_leaves_out_what_only_unix_has(checkout: Path):
    done = run_pytest(checkout, without="bpy fcntl")
    assert "1 passed" in done.stdout
    assert "1 that need Unix" in done.stdout


def test_a_python_with_neither_runs_nothing_and_does_not_call_that_a_success(checkout: Path):
    done = run_pytest(checkout, without="bpy torch")
    assert done.returncode == pytest.ExitCode.NO_TESTS_COLLECTED
    assert "make test-blender" in done.stdout
    assert "make test-engine" in done.stdout


def test_nothing_is_said_of_what_was_not_asked_for(checkout: Path):
    done = run_pytest(checkout, "tests/deep/test_engine.py::test_one", without="bpy")
    assert "1 passed" in done.stdout
    assert "left out" not in done.stdout


def test_what_is_asked_for_by_name_is_never_left_out(checkout: Path):
    done = run_pytest(checkout, "tests/addon/strips/test_strips.py", without="bpy")
    assert done.returncode != 0
    assert "bpy" in done.stdout + done.stderr


def test_a_kind_that_nothing_runs_is_an_error(checkout: Path):
    (checkout / "tests/screen/conftest.py").write_text('RUNS_IN = "windows"\n')
    done = run_pytest(checkout)
    assert done.returncode != 0
    assert "'windows'" in done.stdout + done.stderr


def test_every_kind_has_tests_and_a_command_that_runs_them():
    targets = (ROOT / "Makefile").read_text("utf-8")
    kinds = {runs_in.kind(path) for path in runs_in.test_files()}
    assert {"engine", "blender", "window"} <= kinds
    for kind in kinds - {"unix"}:
        command = runs_in.KINDS[kind][1]
        assert command.removeprefix("make ") in targets.split()


def test_window_tests_are_found_wherever_they_lie():
    command = [sys.executable, str(ROOT / "tests" / "runs_in.py"), "window"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    steps = {path.relative_to(ROOT).as_posix() for path in runs_in.test_files() if "stage.perform" in path.read_text()}
    assert set(listed) == steps - {"tests/test_runs_in.py"}
