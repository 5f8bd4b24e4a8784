# SPDX-License-Identifier: GPL-3.0-or-later
"""What reports of the engine say in the panel."""

from __future__ import annotations

from collections.abc import Iterator

import bpy
import pytest
from artist import status
from edits import Edit

from fcvg_blender.engine import errors, protocol
from fcvg_blender.jobs import reports
from fcvg_blender.jobs.job import Job
from fcvg_blender.jobs.session import session


@pytest.fixture
def job(edit: Edit) -> Iterator[Job]:
    job = Job("A job")
    session.jobs[job.id] = job
    yield job
    session.jobs.clear()
    session.error_panel.clear()


def test_offline_a_failed_download_says_how_to_go_online(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bpy.context.preferences.system, "use_online_access", False)
    reports.handle(protocol.Failed(job.id, errors.DownloadFailed.code, "Not here.", "Fetch it."))
    assert status().error_message == "Not here."
    assert status().error_hint.startswith("Blender is set to stay offline.")
    assert not session.jobs


@pytest.mark.parametrize(("online", "code"), [(True, errors.DownloadFailed.code), (False, errors.MissingModel.code)])
def test_other_failures_keep_their_hint(job: Job, monkeypatch: pytest.MonkeyPatch, online: bool, code: str) -> None:
    monkeypatch.setattr(bpy.context.preferences.system, "use_online_access", online)
    reports.handle(protocol.Failed(job.id, code, "It was downloaded and is broken.", "Fetch it."))
    assert status().error_hint == "Fetch it."


def test_an_engine_that_does_not_start_is_told(edit: Edit) -> None:
    reports.handle(protocol.Failed(None, "missing_part", "There is no engine.", "Install it."))
    assert (status().error_message, session.error_panel.code) == ("There is no engine.", "missing_part")
    session.error_panel.clear()
    assert (status().error_message, session.error_panel.code) == ("", "")
