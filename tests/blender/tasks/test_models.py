# SPDX-License-Identifier: GPL-3.0-or-later
"""Models from inside Blender: the table, downloads from a fake hub by the real engine, licences, commercial safety."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import pytest
from artist import DONE, HANG_S, idle, ours, save, status, turn_until, two_strips
from drawn_panels import drawn, drawn_preferences
from edits import Edit

from fcvg_blender.edit import strip_pictures, strips
from fcvg_blender.engine import errors, find_python, protocol, registry
from fcvg_blender.jobs import operator_result, timer
from fcvg_blender.jobs.session import session
from fcvg_blender.settings import addon_choices
from fcvg_blender.settings.addon_choices import Choices
from fcvg_blender.takes import commercial_use, requests
from fcvg_blender.tasks import background, engine_state
from fcvg_blender.tasks.background import background_tasks
from fcvg_blender.ui import model_card
from fcvg_blender.ui.panels import record, tab

TESTS = Path(__file__).resolve().parents[2]
START = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); from pathlib import Path; "
    "from fcvg_engine.models import registry; registry.FILE = Path(sys.argv.pop(1)); "
    "from fcvg_engine.__main__ import main; main()"
)
SAFE = Choices(commercial_only=True)


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    forget()
    yield
    background_tasks.close(HANG_S)
    forget()


def forget() -> None:
    background_tasks.troubles.clear()
    background_tasks.models.clear()
    background_tasks.model_notes.clear()
    background_tasks.findings, background_tasks.engine_is_stale = None, False
    engine_state.forget()
    background_tasks.publish()


@pytest.fixture
def hub(edit: Edit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """A hub with small models, and an engine that knows of them; online access is allowed."""
    monkeypatch.setattr(bpy.context.preferences.system, "use_online_access", True)
    python = str(find_python.find().path)
    arguments = [python, "-I", str(TESTS / "hub_process.py"), str(tmp_path)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        told: dict[str, Any] = json.loads(process.stdout.readline())
        for name, value in told["environment"].items():
            monkeypatch.setenv(name, value)
        start = [python, "-I", "-c", START, str(TESTS.parent), told["registry"]]
        monkeypatch.setattr(background, "_engine", lambda choices, *words: [*start, *words])
        yield told
        process.communicate()


@pytest.fixture
def with_a_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """Operators return at once, and the test turns the timer."""

    def settle(operator: Any, task: background.BackgroundTask) -> operator_result.Result:
        timer.wake()
        return {"FINISHED"}

    monkeypatch.setattr(operator_result, "settle_task", settle)


def state_of(name: str) -> str:
    return str(status().models[name].state)


def test_the_table_tells_licences_before_there_is_an_engine(edit: Edit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(find_python.VARIABLE, "/nowhere/python")
    sheet = drawn_preferences("MODELS")
    for model in registry.models().values():
        assert {model.title, model.licence.name} <= set(sheet.texts)
    assert "fcvg.download_model" not in sheet.buttons
    assert not bpy.ops.fcvg.list_models.poll()


def test_every_model_can_be_told_about(edit: Edit) -> None:
    for model in registry.models().values():
        assert model.commercial in model_card.COMMERCIAL
        assert model.commercial == "yes" or model.commercial_why


def test_with_an_engine_each_model_has_its_state_and_its_button(hub: dict[str, Any]) -> None:
    assert bpy.ops.fcvg.list_models() == {"FINISHED"}
    assert {info.name for info in status().models} == set(registry.models())
    assert state_of("film") == "missing"
    assert drawn_preferences("MODELS").buttons.count("fcvg.download_model") > 3


def test_a_download_ends_with_the_model_and_verifying_and_removing_it_work(hub: dict[str, Any]) -> None:
    assert bpy.ops.fcvg.download_model(name="film") == {"FINISHED"}
    assert state_of("film") == "present"
    buttons = drawn_preferences("MODELS").buttons
    assert {"fcvg.verify_model", "fcvg.remove_model"} <= set(buttons)
    path = Path(status().models["film"].path)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    bpy.ops.fcvg.verify_model(name="film")
    assert state_of("film") in {"damaged", "incomplete", "missing"}
    bpy.ops.fcvg.download_model(name="film")
    bpy.ops.fcvg.verify_model(name="film")
    assert state_of("film") == "present"
    bpy.ops.fcvg.remove_model(name="film")
    assert state_of("film") == "missing"
    assert not path.exists()


def test_a_restricted_licence_has_to_be_accepted_once(hub: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RuntimeError, match=r"Stable Video Diffusion XT 1\.1 can be downloaded once its licence"):
        bpy.ops.fcvg.download_model(name="svd-xt")
    monkeypatch.setenv("HF_TOKEN", hub["token"])
    assert bpy.ops.fcvg.download_model(name="svd-xt", accept=True) == {"FINISHED"}
    assert state_of("svd-xt") == "present"
    assert status().models["svd-xt"].consent[:2] == "20", "a date"
    bpy.ops.fcvg.remove_model(name="svd-xt")
    assert bpy.ops.fcvg.download_model(name="svd-xt") == {"FINISHED"}, "not asked again"


def test_a_licence_can_be_accepted_for_files_that_are_here(hub: dict[str, Any]) -> None:
    bpy.ops.fcvg.list_models()
    assert status().models["svd-xt"].consent == "needed"
    bpy.ops.fcvg.accept_licence(name="svd-xt")
    assert status().models["svd-xt"].consent[:2] == "20"


def test_a_gated_model_asks_for_an_account_and_signing_in_opens_it(hub: dict[str, Any], monkeypatch) -> None:
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(RuntimeError):
        bpy.ops.fcvg.download_model(name="svd-xt", accept=True)
    assert "svd-xt" in {each.name for each in status().troubles}
    assert status().troubles["svd-xt"].hint
    assert status().troubles["svd-xt"].message in drawn_preferences("MODELS").texts
    assert bpy.ops.fcvg.hub_login(token=hub["token"]) == {"FINISHED"}
    assert "REGISTER" not in bpy.types.FCVG_OT_hub_login.bl_options, "the Info editor would show the token"
    assert bpy.ops.fcvg.download_model(name="svd-xt", accept=True) == {"FINISHED"}
    assert not status().troubles


def test_a_download_can_be_watched_and_cancelled_and_others_run_beside_it(hub, with_a_window) -> None:
    bpy.ops.fcvg.download_model(name="dwpose")
    bpy.ops.fcvg.download_model(name="film")
    turn_until(lambda: any(each.name == "dwpose" and each.words for each in status().chores))
    assert "MB" in next(each.words for each in status().chores if each.name == "dwpose")
    assert "fcvg.cancel_chore" in drawn_preferences("MODELS").buttons
    turn_until(lambda: "film" in status().models and state_of("film") == "present")
    bpy.ops.fcvg.cancel_chore(key="dwpose")
    turn_until(lambda: not background_tasks.running)
    assert not status().troubles
    with pytest.raises(errors.BadRequest, match="running already"):
        for _ in range(2):
            background_tasks.model("film", "Verifying", Choices(), "verify", "film")
    turn_until(idle)


def test_offline_a_download_says_what_to_allow(hub: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bpy.context.preferences.system, "use_online_access", False)
    with pytest.raises(RuntimeError, match=r"(?i)online access"):
        bpy.ops.fcvg.download_model(name="film")


def test_files_from_disk_are_used_where_they_lie(hub: dict[str, Any], tmp_path: Path) -> None:
    bpy.ops.fcvg.download_model(name="film")
    found = Path(status().models["film"].path)
    mine = tmp_path / "my models"
    mine.mkdir()
    shutil.move(found, mine / found.name)
    bpy.ops.fcvg.list_models()
    assert state_of("film") != "present"
    assert bpy.ops.fcvg.import_models(filepath=str(mine)) == {"FINISHED"}
    assert state_of("film") == "present"
    assert any("used from" in text for text in drawn_preferences("MODELS").texts)
    with pytest.raises(RuntimeError, match="No model"):
        (tmp_path / "empty").mkdir()
        bpy.ops.fcvg.import_models(filepath=str(tmp_path / "empty"))


def test_the_strip_tells_the_models_that_made_it_and_a_delivery_their_list(edit: Edit, tmp_path: Path) -> None:
    two_strips(edit)
    save(edit)
    edit.settings.method = "RIFE"
    bpy.ops.fcvg.generate_inbetweens()
    assert ours().fcvg.state == DONE
    (model,) = json.loads(ours().fcvg.models)
    assert model["name"] == "rife"
    assert "RIFE 4.6 (MIT)" in drawn(record.FCVG_PT_record).texts
    folder = strips.folder(ours()).parent
    assert bpy.ops.fcvg.models_report(directory=str(folder)) == {"FINISHED"}
    table = (folder / "models.csv").read_text("utf-8")
    assert "RIFE 4.6" in table
    assert "MIT" in table


def test_a_strip_whose_job_was_lost_has_its_models_from_the_manifest(edit: Edit) -> None:
    two_strips(edit)
    save(edit)
    edit.settings.method = "RIFE"
    bpy.ops.fcvg.generate_inbetweens()
    told = ours().fcvg.models
    ours().fcvg.models = ""
    strip_pictures.sync(ours())
    assert json.loads(ours().fcvg.models) == json.loads(told)


@pytest.mark.parametrize(
    ("method", "model"), [("FCVG", "FCVG"), ("TRF", "Stable Video Diffusion"), ("GI", "Stable Video")]
)
def test_commercial_safe_methods_that_are_off_say_why(edit: Edit, monkeypatch, method: str, model: str) -> None:
    two_strips(edit)
    edit.settings.method = method
    monkeypatch.setattr(addon_choices, "read", lambda context: SAFE)
    shown = " ".join(drawn(tab.FCVG_PT_inbetween).texts)
    assert "is off while only commercial-safe models may be used" in shown
    assert model in shown
    before = edit.layout()
    with pytest.raises(RuntimeError, match="is off while only commercial-safe models may be used"):
        bpy.ops.fcvg.generate_inbetweens()
    assert edit.layout() == before
    session.error_panel.clear()


def test_commercial_safe_the_rest_works_and_the_engine_is_told(edit: Edit, monkeypatch: pytest.MonkeyPatch) -> None:
    two_strips(edit)
    edit.settings.method = "RIFE"
    monkeypatch.setattr(addon_choices, "read", lambda context: SAFE)
    assert not any("is off" in text for text in drawn(tab.FCVG_PT_inbetween).texts)
    bpy.ops.fcvg.generate_inbetweens()
    assert ours().fcvg.state == DONE
    assert requests.remembered(ours().fcvg, ours().fcvg, strips.folder(ours()), SAFE).commercial_only


def test_commercial_safe_covers_matchers_too() -> None:
    assert "SuperPoint" in commercial_use.reason("lines:gluestick")
    with pytest.raises(errors.LicenceRefused):
        commercial_use.refuse(protocol.Request("", "", "", 3, "fcvg", commercial_only=True))
    commercial_use.refuse(protocol.Request("", "", "", 3, "rife", commercial_only=True))
    commercial_use.refuse(protocol.Request("", "", "", 3, "fcvg"))


def test_the_switch_names_all_that_it_turns_off(edit: Edit) -> None:
    off = " ".join(commercial_use.switched_off())
    for model in registry.models().values():
        assert (f"because of {model.title}:" in off) == (model.commercial != "yes")


def test_the_doctor_tells_what_it_finds(edit: Edit, tmp_path: Path) -> None:
    assert bpy.ops.fcvg.run_doctor() == {"FINISHED"}
    subjects = {finding.subject for finding in status().findings}
    assert "torch" in subjects
    sheet = drawn_preferences("ENGINE")
    assert "torch" in sheet.texts
    wrong = [each.text for each in status().findings if each.is_mistake or each.state in {"warning", "error"}]
    assert ("All is well." in sheet.texts) == (not wrong), wrong
    assert "fcvg.copy_doctor_report" in sheet.buttons
    assert bpy.ops.fcvg.copy_doctor_report() == {"FINISHED"}
    assert os.fspath(Path.home()) not in bpy.context.window_manager.clipboard


def test_unreadable_notes_of_models_are_left_out() -> None:
    assert commercial_use.recalled("") == commercial_use.recalled("{}") == commercial_use.recalled("nonsense") == []
    assert commercial_use.recalled('[{"title": "RIFE 4.6", "licence": "MIT"}]') == ["RIFE 4.6 (MIT)"]
