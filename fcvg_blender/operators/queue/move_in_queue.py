# SPDX-License-Identifier: GPL-3.0-or-later
"""Change the order in which inbetweens are made."""
# mypy: disable-error-code="valid-type"
# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

from typing import Any

from bpy.props import EnumProperty

from ...i18n.translate import mark
from ...jobs import queue_commands, timer
from ...jobs.operator_result import Result
from ...settings import strip_record
from .._base import TakeOperator

DIRECTIONS = [
    ("FIRST", "Make Next", "Make these inbetweens before all others that wait", 0),
    ("UP", "Earlier", "Make these inbetweens one place earlier", 1),
    ("DOWN", "Later", "Make these inbetweens one place later", 2),
]
_PLACES = {"FIRST": -1_000_000, "UP": -1, "DOWN": 1}


class FCVG_OT_move_in_queue(TakeOperator):
    """Change when the chosen inbetweens of the queue are made"""

    bl_idname = "fcvg.move_in_queue"
    bl_label = "Move in the Queue"
    # The order is saved in the file, so it can be undone as strips can; many clicks are undone in one step.
    bl_options = {"INTERNAL", "UNDO_GROUPED"}

    direction: EnumProperty(
        name="Direction", description="Where to in the queue", items=DIRECTIONS, default="UP", options={"SKIP_SAVE"}
    )

    @classmethod
    def description(cls, _context: Any, properties: Any) -> str:
        """Blender calls this."""
        return next(text for name, _, text, _ in DIRECTIONS if name == properties.direction)

    @classmethod
    def why_not(cls, context: Any) -> str:
        """Return why it cannot run now, '' where it can."""
        status = context.window_manager.fcvg
        row = status.queue_row
        waits = 0 <= row < len(status.queue) and status.queue[row].state == strip_record.WAITING
        return "" if waits else mark("Choose inbetweens in the list that wait for their turn.")

    def act(self, context: Any) -> Result:
        """Move them; they stay the chosen row of the list."""
        status = context.window_manager.fcvg
        take_id = status.queue[status.queue_row].take
        queue_commands.move(take_id, _PLACES[self.direction])
        timer.wake()
        status.queue_row = next((row for row, item in enumerate(status.queue) if item.take == take_id), 0)
        return {"FINISHED"}
