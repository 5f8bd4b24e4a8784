# SPDX-License-Identifier: GPL-3.0-or-later
"""Methods that draw new pictures: what the artist chooses reaches the engine, and the strip remembers it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bpy
import pytest
from artist import DONE, INCOMPLETE, ours, save, status, turn_until, two_strips
from drawn_panels import drawn
from edits import Edit

from fcvg_blender.edit import gaps, lay_strip, strips, take_files
from fcvg_blender.engine import find_python, methods, protocol
from fcvg_blender.jobs import reports, timer
from fcvg_blender.jobs.job import Job
from fcvg_blender.jobs.publish import publish_jobs
from fcvg_blender.jobs.session import session
from fcvg_blender.settings import addon_choices, generative, menu_choices
from fcvg_blender.settings.addon_choices import Choices
from fcvg_blender.takes import requests
from fcvg_blender.tasks import error_report
from fcvg_blender.ui.panels import generative as panels_generative
from fcvg_blender.ui.panels import strip as panels_strip
from fcvg_blender.ui.panels import tab

AUTO = Choices()


@pytest.fixture
def fcvg(edit: Edit) -> Edit:
    """Two strips, and FCVG as the method."""
    two_strips(edit)
    edit.settings.method = "FCVG"
    return edit


@pytest.fixture
def no_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An engine that finds no model file at all; the folder in which it looks."""
    session.end_engine(60)
    folder = tmp_path / "no models"
    folder.mkdir()
    monkeypatch.setenv("FCVG_MODELS", str(folder))
    monkeypatch.delenv("FCVG_CHECKPOINTS", raising=False)
    yield folder
    session.end_engine(60)
    publish_jobs()


def strip_of(edit: Edit, request: protocol.Request, folder: Path) -> Any:
    """A strip that a click would have made, without the engine."""
    folder.mkdir(exist_ok=True)
    shot = gaps.from_selection(edit.scene, edit.select("A", "B"), edit.settings)
    return lay_strip.insert(edit.scene, shot, folder, "abc", request)


def chosen(edit: Edit, choices: Choices = AUTO) -> protocol.Request:
    """What the engine would be asked for between A and B."""
    shot = gaps.from_selection(edit.scene, edit.select("A", "B"), edit.settings)
    return requests.chosen(edit.settings, shot, choices)


def remembered(strip: Any, folder: Path) -> protocol.Request:
    """What the engine would be asked for to go on with the strip."""
    return requests.remembered(strip.fcvg, strip.fcvg, folder, AUTO)


def test_what_the_artist_leaves_alone_is_as_published(fcvg: Edit) -> None:
    request = chosen(fcvg)
    assert request == protocol.Request("", "", "", 6, "fcvg")


def test_every_choice_reaches_the_engine(fcvg: Edit, tmp_path: Path) -> None:
    edited = tmp_path / "edited.json"
    edited.write_text("{}")
    conditions, sampling = fcvg.settings.conditions, fcvg.settings.sampling
    conditions.lines, conditions.pose = "GLUESTICK", "NONE"
    conditions.control_weight, conditions.matches = 0.7, str(edited)
    sampling.preset, sampling.steps = "LOW", 12
    sampling.guidance_min, sampling.guidance_max = 1.1, 2.5
    sampling.motion_bucket, sampling.noise_augmentation, sampling.fps = 90, 0.05, 12
    sampling.work_width, sampling.work_height = 500, 320
    fcvg.settings.seed = 7
    request = chosen(fcvg, Choices(device="cpu"))
    assert request.conditions == protocol.ConditionSettings("gluestick", "none", str(edited))
    assert request.sampling == protocol.SamplingSettings(12, 1.1, 2.5, 0.7, 90, 0.05, 12, "512x320", "low")
    assert (request.seed, request.device) == (7, "cpu")


def test_one_side_of_the_work_size_alone_chooses_none(fcvg: Edit) -> None:
    fcvg.settings.sampling.work_width = 512
    assert chosen(fcvg).sampling.work_size == ""


@pytest.mark.parametrize(
    ("identifier", "word"), [("FCVG", "fcvg"), ("TRF", "trf"), ("VIBID", "vibid"), ("GI", "gi"), ("RIFE", "rife")]
)
def test_each_method_is_told_only_what_it_heeds(fcvg: Edit, identifier: str, word: str) -> None:
    fcvg.settings.method = identifier
    fcvg.settings.conditions.lines, fcvg.settings.conditions.control_weight = "NONE", 0.5
    fcvg.settings.sampling.steps = 9
    request = chosen(fcvg)
    assert request.method == word
    assert request.sampling.steps == (9 if word in methods.GENERATIVE else 0)
    assert request.conditions.lines == ("none" if word == "fcvg" else "auto")
    assert request.sampling.control_weight == (0.5 if word == "fcvg" else 1.0)


def test_seed_minus_one_is_a_new_one_each_time_and_can_be_typed_in_again(fcvg: Edit) -> None:
    fcvg.settings.seed = -1
    seeds = {chosen(fcvg).seed for _ in range(5)}
    assert len(seeds) > 1
    for seed in seeds:
        fcvg.settings.seed = seed
        assert chosen(fcvg).seed == seed


def test_resuming_asks_for_the_same_again(fcvg: Edit, tmp_path: Path) -> None:
    edited = tmp_path / "edited.json"
    edited.write_text('{"version": 1}')
    fcvg.settings.seed, fcvg.settings.hold = 11, "TWOS"
    fcvg.settings.conditions.lines, fcvg.settings.conditions.matches = "FLOW", str(edited)
    fcvg.settings.sampling.steps, fcvg.settings.sampling.preset = 3, "TURBO"
    folder = tmp_path / "frames"
    folder.mkdir()
    asked = requests.placed(chosen(fcvg), folder)
    strip = strip_of(fcvg, asked, folder)
    edited.write_text("changed since")
    assert requests.placed(remembered(strip, folder), folder) == asked
    assert Path(asked.conditions.matches).read_text() == '{"version": 1}', "the strip keeps the matches it was made of"

    moved = folder.rename(tmp_path / "moved")
    again = requests.placed(remembered(strip, moved), moved)
    assert again.conditions.matches == str(moved / take_files.KEY_MATCHES)
    assert again.sampling == asked.sampling


def test_a_strip_of_another_version_can_be_resumed(fcvg: Edit, tmp_path: Path) -> None:
    strip = strip_of(fcvg, protocol.Request("", "", "", 6, "fcvg"), tmp_path / "frames")
    strip.fcvg.generation = json.dumps({"sampling": {"steps": 4, "colour": "blue"}, "light": 1})
    request = remembered(strip, tmp_path / "frames")
    assert request.sampling == replace(protocol.SamplingSettings(), steps=4)
    assert request.conditions == protocol.ConditionSettings()


def test_other_methods_leave_nothing_to_remember(edit: Edit, tmp_path: Path) -> None:
    two_strips(edit)
    edit.settings.sampling.steps = 9
    strip = strip_of(edit, chosen(edit), tmp_path / "frames")
    assert generative.remembered(remembered(strip, tmp_path / "frames")) == strip.fcvg.generation == ""


def test_edited_matches_that_are_gone_are_an_error_before_anything_happens(fcvg: Edit, tmp_path: Path) -> None:
    save(fcvg)
    fcvg.settings.conditions.matches = "//gone.json"
    with pytest.raises(RuntimeError, match=r"matches is missing: .*gone.json"):
        bpy.ops.fcvg.generate_inbetweens()
    assert ours() is None
    assert not list(tmp_path.glob("inbetweens/*"))


def test_the_model_folder_becomes_the_engines(edit: Edit, tmp_path: Path) -> None:
    save(edit)
    addon = bpy.context.preferences.addons.new()
    try:
        addon.module = addon_choices.ADDON_ID
        addon.preferences.checkpoints = str(tmp_path / "checkpoints")
        launch = addon_choices.read(bpy.context).launch()
        assert launch.environment({"HOME": "/"})["FCVG_CHECKPOINTS"] == str(tmp_path / "checkpoints")
        addon.preferences.checkpoints = ""
        other = addon_choices.read(bpy.context).launch()
        assert "FCVG_CHECKPOINTS" not in other.environment({"HOME": "/"})
        assert other != launch, "so the client starts another engine with the next job"
    finally:
        bpy.context.preferences.addons.remove(addon)


def test_before_the_engine_has_spoken_nothing_is_claimed(fcvg: Edit, no_models: Path) -> None:
    publish_jobs()
    sheet = drawn(tab.FCVG_PT_inbetween)
    assert "FCVG needs model files. Are they there?" in sheet.texts
    assert "fcvg.check_models" in sheet.buttons
    assert not any("cannot be used" in text for text in sheet.texts)


@pytest.mark.parametrize("method", ["FCVG", "TRF", "VIBID", "GI"])
def test_the_engine_says_what_each_method_lacks(fcvg: Edit, no_models: Path, method: str) -> None:
    assert bpy.ops.fcvg.check_models() == {"FINISHED"}
    fcvg.settings.method = method
    sheet = drawn(tab.FCVG_PT_inbetween)
    label = next(label for name, label, _, _ in menu_choices.METHODS if name == method)
    assert f"{label} cannot be used yet." in sheet.texts
    assert any("Stable Video Diffusion XT 1.1 (4.5 GB" in text for text in sheet.texts), sheet.texts
    assert {"fcvg.get_models", "fcvg.check_models"} <= set(sheet.buttons)


def test_draft_methods_need_no_such_words(edit: Edit, no_models: Path) -> None:
    two_strips(edit)
    bpy.ops.fcvg.check_models()
    for method in ("AUTO", "RIFE", "DISSOLVE"):
        edit.settings.method = method
        sheet = drawn(tab.FCVG_PT_inbetween)
        assert sheet.buttons[0] == "fcvg.generate_inbetweens"
        assert not {"fcvg.get_models", "fcvg.check_models"} & set(sheet.buttons)
        assert not any("model" in text for text in sheet.texts)


def lack(method: str) -> str:
    """What the panel is told of a method."""
    return next(need.text for need in status().lacking if need.name == method)


def test_checking_again_sees_what_was_added_since(fcvg: Edit, no_models: Path) -> None:
    bpy.ops.fcvg.check_models()
    assert "and FCVG (6.1 GB" in lack("fcvg")
    for file in ("unet.safetensors", "controlnext.safetensors"):
        (no_models / file).touch()
    bpy.ops.fcvg.check_models()
    assert "and FCVG" not in lack("fcvg")


def test_checking_with_a_window_shows_the_answer_by_itself(fcvg: Edit, no_models: Path, monkeypatch) -> None:
    session.look_again(addon_choices.read(bpy.context))
    publish_jobs()
    assert not status().greeted
    turn_until(lambda: status().greeted)
    assert {need.name for need in status().lacking} == {*methods.GENERATIVE, "film"}
    assert timer.tick() is None, "and the timer rests again"


def test_an_engine_that_cannot_start_is_an_error_of_the_check(fcvg: Edit, no_models: Path, monkeypatch) -> None:
    broken = no_models / "python"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv(find_python.VARIABLE, str(broken))
    bpy.ops.fcvg.check_models()
    assert "stopped while it started" in status().error_message
    assert not status().greeted
    session.error_panel.clear()


def test_generating_without_models_says_what_to_put_where(fcvg: Edit, no_models: Path) -> None:
    save(fcvg)
    fcvg.settings.draft_first = False
    before = fcvg.layout()
    with pytest.raises(RuntimeError, match=r"Download Stable Video Diffusion XT 1\.1"):
        bpy.ops.fcvg.generate_inbetweens()
    assert fcvg.layout() == before
    assert "online" not in status().error_hint, "these files are not downloaded"
    session.error_panel.clear()


def test_the_draft_is_there_and_stays_where_the_slow_method_cannot_be_used(fcvg: Edit) -> None:
    """The other take says why; the artist can resume it once the models are there."""
    save(fcvg)
    with pytest.raises(RuntimeError, match=r"Download Stable Video Diffusion XT 1\.1"):
        bpy.ops.fcvg.generate_inbetweens()
    record = ours().fcvg
    assert (record.state, record.method, record.made) == (DONE, "auto", 6)
    assert record.method_used in {"rife", "gmfss", "dissolve"}
    assert [(take.method, take.state, take.made) for take in record.others] == [("fcvg", INCOMPLETE, 0)]
    assert "models of fcvg" in record.others[0].error
    assert {element.filename for element in ours().elements} == {f"000{number}.png" for number in range(1, 7)}
    assert "Download" in status().error_message + status().error_hint
    session.error_panel.clear()


def test_sections_are_there_for_the_methods_that_heed_them(fcvg: Edit) -> None:
    shown = {}
    for method in ("RIFE", "FCVG", "TRF"):
        fcvg.settings.method = method
        sections = (panels_generative.FCVG_PT_conditions, panels_generative.FCVG_PT_sampling)
        shown[method] = [section.poll(SimpleNamespace(scene=fcvg.scene)) for section in sections]
    assert shown == {"RIFE": [False, False], "FCVG": [True, True], "TRF": [False, True]}
    conditions = drawn(panels_generative.FCVG_PT_conditions)
    assert conditions.choices == ["lines", "pose", "matches", "control_weight"]
    assert conditions.buttons == ["fcvg.preview_conditions"]
    sampling = [*drawn(panels_generative.FCVG_PT_sampling).choices, *drawn(panels_generative.FCVG_PT_advanced).choices]
    offered = {name for name in generative.FCVG_Sampling.__annotations__ if name in sampling}
    assert offered == set(generative.FCVG_Sampling.__annotations__), "every setting can be reached"
    assert "seed" in sampling


def test_a_report_tells_the_settings_within(fcvg: Edit) -> None:
    fcvg.settings.sampling.steps = 17
    assert error_report.settings(fcvg.settings)["sampling.steps"] == "17"


def test_long_waits_are_told_in_hours() -> None:
    assert Job("A → B", eta_s=3.2 * 3600).eta() == "3.2 h left"


def test_the_step_of_what_is_denoised_is_told_while_it_runs(fcvg: Edit, tmp_path: Path) -> None:
    strip = strip_of(fcvg, protocol.Request("", "", "", 6, "fcvg"), tmp_path / "frames")
    job = Job("A → B", strip.fcvg.id, tmp_path / "frames")
    session.jobs[job.id] = job
    reports.handle(protocol.Preview(job.id, "preview.png", 5, 25))
    publish_jobs()
    assert "Step 5 of 25" in drawn(panels_strip.FCVG_PT_strip).texts
    reports.handle(protocol.Failed(job.id, "numeric", "It broke."))
    publish_jobs()
    assert not status().jobs
    assert INCOMPLETE not in [each.fcvg.state for _, each in strips.ours()]
    session.error_panel.clear()
