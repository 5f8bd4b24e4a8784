"""Which Python runs the engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from fcvg_blender.engine import errors, locate


@pytest.fixture
def python(tmp_path: Path) -> Path:
    path = tmp_path / "environment" / "bin" / "python"
    path.parent.mkdir(parents=True)
    path.touch()
    return path


@pytest.fixture(autouse=True)
def no_installation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(locate, "user_data", lambda: tmp_path / "user")
    monkeypatch.setattr(locate, "root", lambda: tmp_path / "root")


def test_preference_wins_over_the_variable(python: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.touch()
    assert locate.find(str(python), {locate.VARIABLE: str(other)}).path == python


def test_an_environment_folder_will_do(python: Path) -> None:
    assert locate.find(str(python.parents[1]), {}).path == python


def test_variable_is_used_without_a_preference(python: Path) -> None:
    found = locate.find("", {locate.VARIABLE: str(python)})
    assert found.path == python
    assert locate.VARIABLE in found.source


def test_links_are_kept_because_an_environment_python_is_one(python: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(python)
    assert locate.find(str(link), {}).path == link


def test_own_environment_comes_before_the_checkouts(tmp_path: Path) -> None:
    for folder in (tmp_path / "user" / "engine", tmp_path / "root" / ".venv"):
        (folder / "bin").mkdir(parents=True)
        (folder / "bin" / "python").touch()
    assert locate.find("", {}).path == tmp_path / "user" / "engine" / "bin" / "python"
    (tmp_path / "user" / "engine" / "bin" / "python").unlink()
    assert locate.find("", {}).path == tmp_path / "root" / ".venv" / "bin" / "python"


def test_a_wrong_preference_is_an_error_not_a_fallback(python: Path, tmp_path: Path) -> None:
    with pytest.raises(errors.MissingPart) as caught:
        locate.find(str(tmp_path / "gone"), {locate.VARIABLE: str(python)})
    assert "gone" in caught.value.message
    assert "preferences" in caught.value.hint


def test_nothing_there_says_what_to_do() -> None:
    with pytest.raises(errors.MissingPart) as caught:
        locate.find("", {})
    assert "not installed" in caught.value.message
    assert caught.value.hint
