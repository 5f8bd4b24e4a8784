# SPDX-License-Identifier: GPL-3.0-or-later
"""A report can be shown to anyone."""

from __future__ import annotations

from pathlib import Path

import pytest

from fcvg_blender.tasks import error_report


@pytest.fixture(autouse=True)
def ada(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: Path("/home/ada"))
    monkeypatch.setattr("getpass.getuser", lambda: "ada")


def test_a_report_names_versions_settings_and_the_error_but_nobody() -> None:
    text = error_report.text(
        blender="5.2.2",
        blend_file="/films/ada/secret film/shot.blend",
        client=None,
        error=("It broke.", "Mend it.", "File /home/ada/.venv/lib/x.py\n/films/ada/secret film/inbetweens/0001.png"),
        settings={"method": "RIFE", "count": "12"},
        strip={},
    )
    for wanted in ("5.2.2", "method: RIFE", "count: 12", "It broke.", "Mend it.", "~/.venv/lib/x.py"):
        assert wanted in text
    assert "<project>/inbetweens/0001.png" in text
    for unwanted in ("ada", "secret film"):
        assert unwanted not in text


def test_other_users_folders_of_the_same_name_are_covered_too() -> None:
    assert error_report.without_names("/mnt/ada/shot.png, adaptive", []) == "/mnt/<user>/shot.png, adaptive"
