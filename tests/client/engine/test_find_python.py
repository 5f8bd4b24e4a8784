# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Python runs the engine."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from fuzz import odd, watching

from fcvg_blender.engine import errors, find_python, installed_engines, places


@pytest.fixture
def python(tmp_path: Path) -> Path:
    path = tmp_path / "environment" / "bin" / "python"
    path.parent.mkdir(parents=True)
    path.touch()
    return path


@pytest.fixture(autouse=True)
def no_installation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(places, "user_data", lambda: tmp_path / "user")
    monkeypatch.setattr(places, "root", lambda: tmp_path / "root")


def test_preference_wins_over_the_variable(python: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.touch()
    assert find_python.find(str(python), {find_python.VARIABLE: str(other)}).path == python


def test_an_environment_folder_will_do(python: Path) -> None:
    assert find_python.find(str(python.parents[1]), {}).path == python


def test_variable_is_used_without_a_preference(python: Path) -> None:
    found = find_python.find("", {find_python.VARIABLE: str(python)})
    assert found.path == python
    assert find_python.VARIABLE in found.source


def test_links_are_kept_because_an_environment_python_is_one(python: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(python)
    assert find_python.find(str(link), {}).path == link


def install(data: Path, name: str = "cpu-1") -> Path:
    """What the installer leaves in the folder `data`, as far as finding it goes."""
    folder = data / "engines" / name
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").touch()
    (folder / "pyvenv.cfg").write_text(f"home = {data}\n")
    stamp = installed_engines.EngineStamp(name, "", "cpu", "3.11.7", {}, "2026-11-22", "", 0)
    (folder / "engine.json").write_text(json.dumps(vars(stamp)))
    (data / "engine.json").write_text(json.dumps({"engine": name}))
    return folder / "bin" / "python"


def test_the_installed_engine_comes_before_one_made_by_hand(tmp_path: Path) -> None:
    by_hand = tmp_path / "user" / "engine" / "bin" / "python"
    by_hand.parent.mkdir(parents=True)
    by_hand.touch()
    installed = install(tmp_path / "user")
    assert find_python.find("", {}).path == installed
    assert find_python.find(str(by_hand), {}).path == by_hand


def test_one_engine_may_be_installed_for_many_and_updated_under_them(tmp_path: Path) -> None:
    environment = {find_python.VARIABLE: str(tmp_path / "server")}
    assert find_python.find("", environment | {find_python.VARIABLE: str(install(tmp_path / "server"))})
    assert find_python.find("", environment).path == tmp_path / "server" / "engines" / "cpu-1" / "bin" / "python"
    updated = install(tmp_path / "server", "cpu-2")
    assert find_python.find("", environment).path == updated


@pytest.mark.parametrize("pointer", ["", "{}", '{"engine": "../../elsewhere"}', '{"engine": "gone"}', "[" * 1000])
def test_an_installed_engine_that_cannot_run_is_an_error_not_a_fallback(tmp_path: Path, pointer: str) -> None:
    install(tmp_path / "user")
    by_hand = tmp_path / "user" / "engine" / "bin" / "python"
    by_hand.parent.mkdir(parents=True)
    by_hand.touch()
    (tmp_path / "user" / "engine.json").write_text(pointer)
    with pytest.raises(errors.MissingPart) as caught:
        find_python.find("", {})
    assert "Repair" in caught.value.hint


def test_an_engine_whose_python_is_gone_says_which(tmp_path: Path) -> None:
    python = install(tmp_path / "user")
    stamp = json.loads((python.parents[1] / "engine.json").read_text())
    stamp["base_python"] = "/blender-4.2/python/bin/python3.11"
    (python.parents[1] / "engine.json").write_text(json.dumps(stamp))
    (python.parents[1] / "pyvenv.cfg").write_text("home = /blender-4.2/python/bin\n")
    with pytest.raises(errors.MissingPart) as caught:
        find_python.find("", {})
    assert "blender-4.2" in caught.value.message


def test_own_environment_comes_before_the_checkouts(tmp_path: Path) -> None:
    for folder in (tmp_path / "user" / "engine", tmp_path / "root" / ".venv"):
        (folder / "bin").mkdir(parents=True)
        (folder / "bin" / "python").touch()
    assert find_python.find("", {}).path == tmp_path / "user" / "engine" / "bin" / "python"
    (tmp_path / "user" / "engine" / "bin" / "python").unlink()
    assert find_python.find("", {}).path == tmp_path / "root" / ".venv" / "bin" / "python"


def test_a_wrong_preference_is_an_error_not_a_fallback(python: Path, tmp_path: Path) -> None:
    with pytest.raises(errors.MissingPart) as caught:
        find_python.find(str(tmp_path / "gone"), {find_python.VARIABLE: str(python)})
    assert "gone" in caught.value.message
    assert "preferences" in caught.value.hint


def test_nothing_there_says_what_to_do() -> None:
    with pytest.raises(errors.MissingPart) as caught:
        find_python.find("", {})
    assert "not installed" in caught.value.message
    assert "Install Engine" in caught.value.hint


@pytest.mark.parametrize("number", range(10))
@pytest.mark.parametrize("name", ["engine.json", "engines/one/engine.json", "engines/one/pyvenv.cfg"])
def test_what_is_no_file_is_no_engine_and_holds_nobody(tmp_path: Path, name: str, number: int) -> None:
    """In place of the pointer, of an engine's stamp, of its configuration."""
    data = tmp_path / "user"
    (data / "engines" / "one").mkdir(parents=True)
    (data / "engine.json").write_text('{"engine": "one"}')
    (data / "engines" / "one" / "pyvenv.cfg").write_text("home = /usr/bin")
    end = odd.put_something_else(random.Random(number), data / name)
    problems: list[str] = []
    with watching.bounded(problems):
        assert installed_engines.current() is None
        with pytest.raises(errors.MissingPart):
            find_python.find(environment={})
    end()
    assert problems == []


def test_a_stamp_of_odd_types_is_none(tmp_path: Path) -> None:
    stamp = {
        "lock_sha256": "aa",
        "accelerator": "cpu",
        "python": "3.11.7",
        "packages": {"torch": "2"},
        "made": "2026-01-01",
        "base_python": "/usr/bin/python3",
        "size_bytes": 5,
    }
    (tmp_path / "engine.json").write_text(json.dumps(stamp))
    assert installed_engines.stamp_of(tmp_path) is not None
    chance = random.Random(3)
    for _ in range(500):
        (tmp_path / "engine.json").write_bytes(odd.content(chance, stamp))
        found = installed_engines.stamp_of(tmp_path)
        if found is not None:
            assert isinstance(found.sentence(), str)
