"""What the dialogs share: their width, their rows, and when the engine can be worked on."""

from __future__ import annotations

from typing import Any

from ..i18n.translate import rpt, translate_sentence
from ..settings import addon_choices
from ..tasks import engine_state
from ..tasks.background import ENGINE, background_tasks
from . import text_layout

WIDTH_PX = 560
_MARGIN_PX = 50


def can_install(operator: Any, context: Any, *kinds: str) -> bool:
    """Whether the installer may run, and the engine is of one of `kinds` where any are given; the reason why not
    becomes the button's tooltip."""
    state = engine_state.read_state(addon_choices.read(context).engine_python)
    if ENGINE in background_tasks.running:
        operator.poll_message_set("An installation is running already.")
    elif state.chosen:
        operator.poll_message_set(
            rpt("Another engine is chosen: {engine}").format(engine=translate_sentence(state.text))
        )
    elif kinds and state.kind not in kinds:
        operator.poll_message_set(translate_sentence(state.text))
    else:
        return True
    return False


def has_engine(operator: Any, context: Any) -> bool:
    """Whether there is an engine that commands can be given to."""
    if engine_state.read_state(addon_choices.read(context).engine_python).python is None:
        operator.poll_message_set("Install the engine first.")
        return False
    return True


def room_px(context: Any) -> float:
    """Width of the lines in a dialog."""
    return float((WIDTH_PX - _MARGIN_PX) * context.preferences.system.ui_scale)


def wrapped(context: Any, text: str) -> list[str]:
    """`text` in lines that fit a dialog."""
    return text_layout.lines(context, text, room_px(context))


def fact(context: Any, layout: Any, name: str, text: str) -> None:
    """A row of a dialog's table."""
    text_layout.fact(context, layout, name, text, room_px(context))
