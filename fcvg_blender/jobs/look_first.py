# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks at two keys before a job: how hard the pair is, why, and what time and memory each method would take.

Small pictures of the keys are enough for that, so looking costs a fraction of a click on Generate.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy

from ..edit import gaps
from ..engine import errors, protocol
from ..i18n import amounts
from ..i18n.translate import mark, rpt
from ..keys import render_keys
from ..settings import menu_choices
from ..settings.addon_choices import Choices
from ..settings.status import panel_status
from ..takes import commercial_use, requests
from .job import Job
from .session import session

WIDTH_PX = 480  # of the pictures that are looked at


def about(shot: gaps.Shot, settings: Any) -> str:
    """Return a text that changes whenever what is known of a pair may not hold any more."""
    chosen = settings.method, settings.timing, settings.hold, settings.format
    return repr((shot.start_strip, shot.end_strip, shot.start_frame, shot.end_frame, shot.count, *chosen))


def begin(scene: Any, shot: gaps.Shot, choices: Choices) -> Job:
    """Let the engine look at the keys of `shot`; return the job. What it finds comes into the status. Raises
    FcvgError."""
    settings = scene.fcvg
    wanted = requests.chosen(settings, shot, choices)
    session.engine(choices)
    render = scene.render
    scratch = tempfile.TemporaryDirectory(prefix="fcvg-", dir=bpy.app.tempdir, ignore_cleanup_errors=True)
    folder = Path(scratch.name)
    status = panel_status().preflight

    def on_final(final: protocol.Message) -> None:
        scratch.cleanup()
        _show(final)

    try:
        percentage = max(1, min(100, 100 * WIDTH_PX // render.resolution_x))
        render_keys.write_keys(scene, shot, folder, "png", percentage)
        request = replace(requests.placed(replace(wanted, format="png"), folder), format=wanted.format)
        job = Job(mark("Looking at the keys"), on_final=on_final)
        message = protocol.Examine(job.id, request, render.resolution_x, render.resolution_y)
        session.begin(job, message, choices)
    except BaseException:
        scratch.cleanup()
        raise
    status.about, status.running, status.sentence = about(shot, settings), True, ""
    return job


def _show(final: protocol.Message) -> None:
    """Write a final report into the status."""
    status = panel_status().preflight
    status.running = False
    status.estimates.clear()
    if isinstance(final, protocol.Failed):
        status.state, status.sentence, status.reason, status.suggested = "error", final.message, final.hint, ""
    if not isinstance(final, protocol.Examined):
        return
    status.state, status.sentence = final.state, final.sentence
    status.suggested, status.reason = final.suggested, final.reason
    for each in final.estimates:
        row = status.estimates.add()
        row.name, row.label = each.method, menu_choices.method_label(each.method)
        seconds = amounts.duration(each.seconds)
        row.seconds = seconds if each.measured else rpt("about {time}").format(time=seconds)
        row.memory = amounts.size(each.memory_bytes)
        row.hint = each.lacking or commercial_use.reason(each.method)
        row.usable = each.fits and not each.lacking


def refuse(error: errors.FcvgError) -> None:
    """Show in the status what stands in the way of looking."""
    _show(protocol.Failed(None, error.code, error.message, error.hint))
