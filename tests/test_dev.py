# SPDX-License-Identifier: GPL-3.0-or-later
"""`tools/dev.py`: what the Makefile offers, environments that are made once and made anew when they have to be."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
from tools import dev


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The programs that are started, in a checkout of its own, instead of starting them."""
    commands: list[tuple[str, ...]] = []

    def run(*command: str) -> None:
        commands.append(command)
        if "venv" in command:
            (tmp_path / command[-1]).mkdir(exist_ok=True)

    monkeypatch.setattr(dev, "ROOT", tmp_path)
    monkeypatch.setattr(dev, "run", run)
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    return commands


def made(environment: dev.Environment) -> dev.Environment:
    """As a program that is started anew would make it."""
    dev.make.cache_clear()
    return dev.make(environment)


def test_make_offers_the_same_and_hands_options_on():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    (line,) = (line for line in makefile.splitlines() if line.startswith("TARGETS :="))
    assert set(line.split()[2:]) == set(dev.targets)
    assert "tools/dev.py $@ $(ARGS)" in makefile


def test_help_says_what_every_target_does():
    done = subprocess.run([sys.executable, str(ROOT / "tools" / "dev.py")], capture_output=True, text=True, check=True)
    listed = [line.split(maxsplit=1) for line in done.stdout.splitlines()]
    assert [name for name, _ in listed] == list(dev.targets)
    assert all(len(said) > 5 and said != "None" for _, said in listed)


@pytest.mark.parametrize(("words", "said"), [(["nope"], "no target nope"), (["clean", "all"], "takes no options")])
def test_a_mistake_in_the_command_is_told_in_a_sentence(words: list[str], said: str):
    done = subprocess.run([sys.executable, str(ROOT / "tools" / "dev.py"), *words], capture_output=True, text=True)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_an_environment_is_made_once(started: list[tuple[str, ...]]):
    made(dev.ENGINE)
    assert any("--editable" in command for command in started)
    started.clear()
    made(dev.ENGINE)
    assert started == []


def test_a_changed_pyproject_makes_the_engines_environment_anew(started: list[tuple[str, ...]], tmp_path: Path):
    made(dev.ENGINE)
    made(dev.BLENDER)
    started.clear()
    os.utime(tmp_path / "pyproject.toml")  # touched is not changed
    made(dev.ENGINE)
    assert started == []
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'other'\n")
    made(dev.ENGINE)
    assert any("--editable" in command for command in started)
    started.clear()
    made(dev.BLENDER)
    assert started == []


def test_another_blender_makes_its_environment_anew(started: list[tuple[str, ...]]):
    made(dev.BLENDER)
    started.clear()
    made(replace(dev.BLENDER, steps=dev.blender_environment("", "9.9.9").steps))
    assert any("bpy==9.9.9" in command for command in started)


def test_an_environment_that_was_not_completed_is_not_taken_for_one(
    started: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
):
    fine = dev.run

    def run(*command: str) -> None:
        fine(*command)
        if "--editable" in command:
            raise SystemExit(1)

    monkeypatch.setattr(dev, "run", run)
    with pytest.raises(SystemExit):
        made(dev.ENGINE)
    monkeypatch.setattr(dev, "run", fine)
    started.clear()
    made(dev.ENGINE)
    assert any("--editable" in command for command in started)


def test_pythons_of_environments_are_found_on_windows_too(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dev, "WINDOWS", True)
    assert dev.ENGINE.python == dev.ROOT / ".venv" / "Scripts" / "python.exe"


def test_what_fails_ends_with_its_own_exit_code():
    with pytest.raises(SystemExit) as ended:
        dev.run(sys.executable, "-c", "raise SystemExit(7)")
    assert ended.value.code == 7


def test_a_program_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        dev.run(str(ROOT / "no such program"))
    assert "no such program cannot be started" in str(ended.value.code)
