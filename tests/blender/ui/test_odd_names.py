# SPDX-License-Identifier: GPL-3.0-or-later
"""Names, paths and sentences of unknown origin are shown plain, and an endless one does not hold up a panel."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import bpy
import pytest
from artist import save, two_strips
from drawn_panels import drawn, drawn_preferences
from edits import Edit
from fuzz import odd, watching
from fuzz.seen import look
from laid_strips import insert, strip_of

from fcvg_blender import guard
from fcvg_blender.edit import gap_refusals
from fcvg_blender.engine import errors, plain_text, protocol
from fcvg_blender.jobs import operator_result, publish
from fcvg_blender.jobs.session import session
from fcvg_blender.tasks import background
from fcvg_blender.ui.panels import queue, tab

ODD = "x\x1b]0;pwned\x07\u202egnp.exe\u2028\r\n\u200b"


@pytest.fixture(autouse=True)
def nothing_runs() -> Iterator[None]:
    yield
    session.left_out = []
    session.error_panel.clear()
    background.background_tasks.findings = None
    background.background_tasks.troubles.clear()
    background.background_tasks.models.clear()
    publish.publish_all()
    guard.forget()


def assert_plain(texts: list[str]) -> None:
    for text in texts:
        assert plain_text.plain(text) == text
        assert len(text) < 5000


def test_what_a_strip_says_of_itself_is_shown_plain(edit: Edit) -> None:
    two_strips(edit)
    save(edit)
    insert(edit, "A", "B")
    chance = random.Random(4)
    texts = [each.identifier for each in strip_of().fcvg.bl_rna.properties if each.type == "STRING"]
    for name in ("A", "B"):
        edit.named(name).name = f"{name}{ODD}"
    for _ in range(30):
        strip = strip_of()
        for name in texts:
            if name not in {"id", "name"}:
                setattr(strip.fcvg, name, odd.text(chance, surrogates=False))
        strip.fcvg.state = chance.choice(("WAITING", "ASKING", "INCOMPLETE", "DONE", "RUNNING"))
        bpy.context.window_manager.fcvg.paused = True
        problems: list[str] = []
        look(problems)
        assert problems == []


def test_what_the_session_says_is_shown_plain(edit: Edit) -> None:
    two_strips(edit)
    session.left_out = [ODD, ODD * 2000]
    session.error_panel.show(ODD, ODD, ODD)
    tasks = background.background_tasks
    info = protocol.ModelInfo("rife", *([ODD] * 5), "no", *([ODD] * 5), 5, ODD, ODD)
    finding = protocol.Finding(ODD, ODD, ODD, ODD)
    for message in (protocol.ModelList(None, [info], [ODD]), protocol.Findings(None, [finding], [finding])):
        task = background.BackgroundTask("x", "Looking", command=Said(message))  # type: ignore[arg-type]
        tasks.running["x"] = task
        tasks.listen(1e12)
    tasks.troubles["engine"] = protocol.Failed(None, "x", ODD, ODD, ODD)
    publish.publish_all()
    for panel in (tab.FCVG_PT_inbetween, queue.FCVG_PT_queue):
        assert_plain(drawn(panel).texts)
    for section in ("ENGINE", "MODELS"):
        assert_plain(drawn_preferences(section).texts)


class Said:
    """A command that has said one thing."""

    def __init__(self, message: protocol.Message) -> None:
        self._messages = [message]

    def poll(self) -> protocol.Message | None:
        return self._messages.pop() if self._messages else None


@pytest.mark.parametrize("text", [ODD, "\ud800", "A" * 200_000, "a. " * 50_000])
def test_what_operators_report_is_plain_and_ends(edit: Edit, text: str) -> None:
    """Also in the console, where Blender writes it, and as the tooltip of a button."""
    told: list[str] = []

    class Operator:
        def report(self, _kind: set[str], sentence: str) -> None:
            told.append(sentence)

    problems: list[str] = []
    with watching.bounded(problems):
        for kind in (errors.BadRequest, gap_refusals.ShotProblem):
            operator_result.refuse(Operator(), kind(text, text))
    assert problems == []
    assert all(plain_text.plain(each, lines=True) == each for each in told)
    for each in told:
        each.encode()
    shown: Any = bpy.context.window_manager.fcvg.error_message
    assert plain_text.plain(shown, lines=True) == shown
    with watching.bounded(problems):
        drawn(tab.FCVG_PT_inbetween)
    assert problems == []
