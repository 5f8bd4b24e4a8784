# SPDX-License-Identifier: GPL-3.0-or-later
"""The preferences' section *Models*: what each costs, what it may be used for and where it came from. Draws only."""

from __future__ import annotations

from typing import Any

from ..engine import registry
from ..i18n import amounts
from ..i18n.translate import mark, translate_sentence
from ..takes import commercial_use
from ..tasks import engine_state
from . import model_card
from .command_boxes import draw_notes, draw_progress, draw_trouble
from .text_layout import PREFERENCES_MARGIN_PX, lines, paragraph, room_px

_SHARES = (0.26, 0.33, 0.16, 0.36, 0.24)  # of the columns, each of what the columns before it leave of the row
_HEADINGS = (mark("Model"), mark("For"), mark("Size"), mark("Licence"), mark("Paid Work"))


def draw(context: Any, layout: Any, preferences: Any, engine_python: str) -> None:
    """Draw the whole section. `engine_python`: the artist's own engine, '' for the one that is installed."""
    status = context.window_manager.fcvg
    has_engine = engine_state.read_state(engine_python).python is not None
    layout.prop(preferences, "commercial_only")
    box = layout.box().column(align=True)
    _row(box, _HEADINGS[:-1], active=False).label(text=_HEADINGS[-1])
    for model in registry.models().values():
        _draw_model(box, status, model, preferences.commercial_only)
        draw_trouble(context, box, status, model.name)
    if not has_engine:
        paragraph(box, ["Models can be downloaded once the engine is installed."], "INFO", dimmed=True)
    draw_progress(layout, status, "models")
    draw_trouble(context, layout, status, "models")
    draw_notes(context, layout, status.model_notes)
    row = layout.row()
    row.active = has_engine
    row.operator("fcvg.import_models", icon="FILE_FOLDER")
    row.operator("fcvg.models_report", icon="TEXT")
    row.operator("fcvg.list_models", icon="FILE_REFRESH")
    if preferences.commercial_only:
        _draw_reasons(context, layout)


def _draw_reasons(context: Any, layout: Any) -> None:
    """Draw which methods are switched off while only commercial-safe models may be used, and why."""
    box = layout.box().column()
    for text in commercial_use.switched_off():
        paragraph(box, lines(context, text, room_px(context, PREFERENCES_MARGIN_PX)), "CANCEL", dimmed=True)


def _draw_model(layout: Any, status: Any, model: registry.Model, commercial_only: bool) -> None:
    """Draw the row of a model: what it is, its progress where a command is about it, else what can be done."""
    known = status.models.get(model.name)
    size = (known.size if known else "") or (amounts.size(model.size_bytes) if model.size_bytes else "")
    active = model.commercial == "yes" or not commercial_only
    row = _row(layout, (model.title, ", ".join(model_card.labels(model)), size, model.licence.name), active)
    split = row.split(factor=_SHARES[-1])
    split.label(text="", icon=model_card.COMMERCIAL[model.commercial][0])
    buttons = split.row(align=True)
    chore = next((each for each in status.chores if each.name == model.name), None)
    if chore is not None:
        buttons.progress(factor=chore.fraction, text=f"{chore.fraction:.0%}")
        buttons.operator("fcvg.cancel_chore", text="", icon="X").key = model.name
        paragraph(layout, [f"{translate_sentence(chore.stage)}: {chore.words}".rstrip(": ")], "BLANK1", dimmed=True)
    elif known is not None:
        _draw_verbs(buttons, known, model)
    buttons.operator("fcvg.show_model", text="", icon="INFO").name = model.name


def _draw_verbs(layout: Any, known: Any, model: registry.Model) -> None:
    """Draw what can be done about a model that is in this state."""
    if known.state == "present":
        layout.operator("fcvg.verify_model", text="Verify").name = model.name
        layout.operator("fcvg.remove_model", text="", icon="TRASH").name = model.name
    elif model.source.kind == "manual":
        layout.operator("wm.url_open", text="Web Page", icon="URL").url = model.source.url
    else:
        again = {"incomplete": mark("Go On"), "damaged": mark("Replace")}
        word = again.get(known.state, mark("Download"))
        layout.operator("fcvg.download_model", text=word, icon="IMPORT").name = model.name


def _row(layout: Any, cells: tuple[str, ...], active: bool) -> Any:
    """Draw a row of `cells`. Return the part of it that is left for more; not `active`, it is dimmed."""
    row = layout.row()
    row.active = active
    for text, share in zip(cells, _SHARES, strict=False):
        row = row.split(factor=share)
        row.active = active
        row.label(text=text)
    row = row.row()
    row.active = active
    return row
