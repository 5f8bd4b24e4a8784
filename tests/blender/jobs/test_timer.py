# SPDX-License-Identifier: GPL-3.0-or-later
"""The timer goes on, whatever an engine says and whatever fails, which is told of once and costs one job at most."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy
import pytest
from artist import INCOMPLETE, save, status, turn_until, two_strips
from edits import Edit
from fuzz import scripted_engine
from laid_strips import insert, strip_of

from fcvg_blender import guard
from fcvg_blender.edit import conditions_strip, strip_pictures, strips
from fcvg_blender.engine import protocol
from fcvg_blender.jobs import begin_take, key_watcher, preview_icons, publish, reports, timer
from fcvg_blender.jobs.job import Job
from fcvg_blender.jobs.session import session
from fcvg_blender.settings.addon_choices import Choices
from fcvg_blender.tasks.background import background_tasks

ODD = "\ud800\x1b[31m\u202e\x00end"
SURVIVED = "cancelled"  # what the engine says at the end


@pytest.fixture(autouse=True)
def nothing_runs() -> Iterator[None]:
    session.end_engine(60)
    session.client = None
    yield
    session.jobs.clear()
    session.end_engine(60)
    session.error_panel.clear()
    guard.forget()


@pytest.fixture
def begin(edit: Edit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Job]:
    """Begins the job of a strip with an engine that says these lines, and then that it has cancelled."""
    two_strips(edit, gap=4)
    save(edit)
    _, folder = insert(edit, "A", "B")
    strip_of().fcvg.state = "RUNNING"

    def begin(*said: dict[str, Any] | bytes, **how: Any) -> Job:
        lines = [each if isinstance(each, bytes) else json.dumps({**each, "job": "JOB"}).encode() for each in said]
        launch = scripted_engine.saying(tmp_path / "engine", [scripted_engine.hello(lacking={"fcvg": ODD}), *lines])
        monkeypatch.setattr(Choices, "launch", lambda _: launch)
        request = protocol.Request(str(folder / "key_start.png"), str(folder / "key_end.png"), str(folder), 4)
        job = Job("A → B", "id1", folder, **how)
        kind = protocol.Condition if job.overlay else protocol.Start
        session.begin(job, kind(job.id, request), Choices())
        return job

    return begin


def frame(number: int, **fields: Any) -> dict[str, Any]:
    return {"type": "frame", "index": number, "hold": 1, "file": f"{number:04d}.png", "time": number / 5, **fields}


def progress(stage: str) -> dict[str, Any]:
    return {"type": "progress", "stage": stage, "fraction": 0.5, "eta_s": 1e300}


def ended() -> bool:
    return not session.jobs


def test_lone_surrogates_and_escapes_in_every_text_stop_nothing(begin: Callable[..., Job]) -> None:
    begin(
        {"type": "queued", "ahead": 10**9},
        progress(ODD),
        {"type": "done", "method": ODD, "device": ODD, "frames": 4, "reused": 0, "seconds": 1.0, "engine": ODD}
        | {"notes": [ODD] * 5, "models": [dict.fromkeys(("name", "title", "licence", "commercial"), ODD)]},
    )
    turn_until(ended)
    timer.tick()
    assert not status().error_message
    record = strip_of().fcvg
    assert "\\ud800\\x1b[31m\\u202e\\x00end" in record.notes
    assert record.notes.isprintable()
    assert guard.failures() == ""


def test_an_error_of_the_engines_is_shown_plain(begin: Callable[..., Job]) -> None:
    begin({"type": "failed", "code": ODD, "message": ODD, "hint": ODD * 2000, "detail": f"{ODD}\n" * 9000})
    turn_until(ended)
    timer.tick()
    assert status().error_message == "\\ud800\\x1b[31m\\u202e\\x00end"
    assert len(status().error_hint) < 10_000
    assert guard.failures() == ""


@pytest.mark.parametrize(
    "said",
    [
        frame(1, file="../../x.png"),
        frame(1, file="/etc/passwd"),
        frame(1, hold=10**9),
        frame(2**31 - 1),
        {"type": "preview", "file": "../key.png", "step": 1, "steps": 2},
        {"type": "done", "method": "m", "device": "d", "frames": 10**9, "reused": 0, "seconds": 1.0, "engine": "e"},
    ],
)
def test_what_is_none_of_its_job_ends_it_with_a_sentence(begin: Callable[..., Job], said: dict[str, Any]) -> None:
    before = [element.filename for element in strip_of().elements]
    begin(said)
    turn_until(ended)
    assert status().error_message.startswith("The engine sent a ")
    assert status().error_message.endswith(", so it was stopped.")
    found = strips.find("id1")
    if found is not None:
        assert [element.filename for element in found[1].elements] == before
    begin()  # and the next one works
    turn_until(ended)


def test_an_engine_that_never_stops_telling_fills_no_memory(begin: Callable[..., Job]) -> None:
    told = [frame(1 + number % 4, time=(1 + number % 997) / 998) for number in range(3000)]
    job = begin(*told)
    turn_until(ended)
    assert len(job.drawings) <= 4
    assert len(job.unshown) <= 4


@pytest.mark.parametrize("overlay", [False, True])
def test_frames_that_cannot_be_shown_fail_their_job_alone(
    begin: Callable[..., Job], monkeypatch: pytest.MonkeyPatch, overlay: bool
) -> None:
    def stumble(*_: object) -> None:
        raise ZeroDivisionError(f"a mistake {ODD}")

    monkeypatch.setattr(conditions_strip if overlay else strip_pictures, "show", stumble)
    other = Job("Another", on_final=lambda _: None)
    told = frame(2, file="condition_0001.png") if overlay else frame(1)
    job = begin(told, overlay=overlay)
    session.jobs[other.id] = other
    turn_until(lambda: job.id not in session.jobs)
    assert strip_of().fcvg.state == INCOMPLETE
    assert "a mistake \\ud800" in strip_of().fcvg.error
    assert "a mistake \\ud800" in status().error_message
    assert list(session.jobs) == [other.id]


STEPS = (
    *((background_tasks, "listen"), (session, "poll"), (begin_take, "step"), (publish, "publish_all")),
    *((publish, "is_behind"), (preview_icons, "refresh"), (session, "drop_lost"), (timer, "refresh_engine")),
    *((reports, "show_frames_of_all"), (session.discarded, "tidy")),
)


@pytest.mark.parametrize(("owner", "name"), STEPS, ids=[name for _, name in STEPS])
def test_a_step_that_fails_is_told_of_once_and_the_others_are_done(
    begin: Callable[..., Job], owner: Any, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    begin(progress("Drawing"), frame(1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, lambda *_: 1 / 0)
        turn_until(lambda: "division by zero" in status().error_message)
        session.error_panel.clear()
        for _ in range(20):
            timer.tick()
        assert capfd.readouterr().err.count("FCVG Inbetween, ") == 1
        assert not status().error_message, "what was dismissed does not come back"
    turn_until(ended)
    timer.tick()
    begin(progress("Drawing"))
    turn_until(ended)


def test_the_watcher_of_keys_survives_prints_that_are_none(edit: Edit) -> None:
    two_strips(edit)
    insert(edit, "A", "B")
    record = strip_of().fcvg
    record.state = "DONE"
    for print_start in ("x", "-", "a-b", "a-b-c-d", "\u202e", "--"):
        record.print_start = record.print_end = print_start
        assert key_watcher.tick() == key_watcher.INTERVAL_S
    assert guard.failures() == ""
    bpy.data.scenes[0].sequence_editor_clear()
    assert key_watcher.tick() == key_watcher.INTERVAL_S
