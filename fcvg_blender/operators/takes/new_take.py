# SPDX-License-Identifier: GPL-3.0-or-later
"""Make another take of the selected inbetweens."""

from __future__ import annotations

from typing import Any

from ... import compat
from ...edit import selection, strip_takes, take_folders
from ...engine import errors
from ...i18n.translate import rpt, translate_sentences
from ...jobs import enqueue, launch, operator_result
from ...jobs.operator_result import Result
from ...jobs.session import session
from ...settings import addon_choices
from ...takes import new_take
from .._base import SelectedInbetweensOperator


class FCVG_OT_new_take(SelectedInbetweensOperator):
    """Make another take of the selected inbetweens with the method, seed and settings of this tab, from the keys as
    they are now. The takes that there are stay; the new one is shown when it is done, unless the strip is pinned"""

    bl_idname = "fcvg.new_take"
    bl_label = "New Take"
    bl_options = {"REGISTER", "UNDO"}

    def act(self, context: Any) -> Result:
        """With a window, it returns at once; without one, when all frames are there. Strips that cannot have
        another take are left out; where that is all of them, it is an error."""
        scene, choices = compat.sequencer_scene(context), addon_choices.read(context)
        laid: list[str] = []
        problems: list[errors.FcvgError] = []
        try:
            session.engine(choices)  # first, so that its cold start overlaps with what follows
        except errors.FcvgError as error:
            return operator_result.refuse(self, error)
        for alike in _alike(selection.selected(context)):
            try:
                request = new_take.wanted(scene, alike[0], choices)
            except errors.FcvgError as error:
                problems.append(error)
                continue
            laid.append(enqueue.add_take(alike[0], scene, request, choices))
            for strip in alike[1:]:
                _share(laid[-1], alike[0], strip, request)
        if not laid:
            return operator_result.refuse(self, problems[0])
        if problems:
            sentences = translate_sentences(problem.message for problem in problems)
            self.report({"INFO"}, rpt("Left out: {sentences}").format(sentences=sentences))
        return launch.go(self, context, laid, at_once=len(laid) == 1)


def _alike(chosen: list[Any]) -> list[list[Any]]:
    """Group the strips by the take that they show: parts of a strip that was split show the same one."""
    found: dict[str, list[Any]] = {}
    for strip in chosen:
        found.setdefault(strip.fcvg.id, []).append(strip)
    return list(found.values())


def _share(take_id: str, strip: Any, other: Any, request: Any) -> None:
    """Add the new take of `strip` to `other` too, which is another part of the same split strip."""
    take = next(each for each in strip_takes.all_of(strip.fcvg) if each.id == take_id)
    strip_takes.add(other, request, take_id, take_folders.of_take(strip, take)).place = take.place
