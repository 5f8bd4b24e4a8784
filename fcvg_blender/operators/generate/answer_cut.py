# SPDX-License-Identifier: GPL-3.0-or-later
"""Answer whether two keys that look like different shots are to be joined by inbetweens."""
# mypy: disable-error-code="valid-type"
# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

from typing import Any

from bpy.props import BoolProperty, EnumProperty, StringProperty

from ...edit import strip_takes
from ...i18n.translate import tip
from ...jobs import cut_questions, timer
from ...jobs.operator_result import Result
from .._base import TakeOperator

ANSWERS = [
    ("MAKE", "Make Anyway", "Make these inbetweens although the keys look like two shots", 0),
    ("LEAVE_OUT", "Leave Out", "Make no inbetweens here: it is a cut. Their strip leaves the edit", 1),
]


class FCVG_OT_answer_cut(TakeOperator):
    """Say whether these keys, which look like two shots, are to be joined by inbetweens"""

    bl_idname = "fcvg.answer_cut"
    bl_label = "Answer About a Cut"
    bl_options = {"INTERNAL", "UNDO"}

    take: StringProperty(name="Take", description="Id of the take that asks", options={"SKIP_SAVE"})
    answer: EnumProperty(name="Answer", description="What to do", items=ANSWERS, options={"SKIP_SAVE"})
    for_all: BoolProperty(
        name="For All", description="Give the same answer for all pairs of this edit", options={"SKIP_SAVE"}
    )

    @classmethod
    def description(cls, _context: Any, properties: Any) -> str:
        """Blender calls this."""
        text = next(text for name, _, text, _ in ANSWERS if name == properties.answer)
        if not properties.for_all:
            return tip(text)
        more = tip("{what}. The same for all pairs that ask, and for later ones of this edit; see Cuts under Output")
        return more.format(what=tip(text))

    def act(self, context: Any) -> Result:
        """Pass the answer to the queue, which has gone on with other takes meanwhile."""
        holder = next(strip_takes.holders(self.take), None)
        if holder is None:
            self.report({"WARNING"}, "These inbetweens are not in the edit any more.")
            return {"CANCELLED"}
        make = self.answer == "MAKE"
        if self.for_all:
            cut_questions.answer_all(holder[0], make)
        else:
            cut_questions.answer(self.take, make)
        timer.wake()
        return {"FINISHED"}
