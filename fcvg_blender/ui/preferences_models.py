"""The preferences' section *Models*: what each costs, what it may be used for and where it came from. Draws only."""

from __future__ import annotations

from typing import Any

from ..engine import registry
from ..i18n import amounts
from ..i18n.translate import mark, rpt, translate_sentence, translate_sentences
from ..takes import commercial_use
from ..tasks import engine_state
from .preferences_engine import MARGIN_PX, draw_chore, draw_notes, draw_trouble
from .text_layout import fact, lines, paragraph, room_px

COLUMNS = (0.26, 0.33, 0.16, 0.36, 0.24)  # of _HEADINGS, each of what is left of the row
COMMERCIAL = {
    "yes": ("CHECKMARK", mark("Free for commercial work.")),
    "conditional": ("ERROR", mark("Commercial work on conditions.")),
    "no": ("CANCEL", mark("Not for commercial work.")),
    "unclear": ("QUESTION", mark("Unclear whether for commercial work.")),
}

_HEADINGS = (mark("Model"), mark("For"), mark("Size"), mark("Licence"), mark("Paid Work"))


def draw(context: Any, layout: Any, preferences: Any, engine_python: str) -> None:
    """The whole section."""
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
    draw_chore(layout, status, "models")
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
    box = layout.box().column()
    for text in commercial_use.switched_off():
        paragraph(box, lines(context, text, room_px(context, MARGIN_PX)), "CANCEL", dimmed=True)


def _draw_model(layout: Any, status: Any, model: registry.Model, commercial_only: bool) -> None:
    known = status.models.get(model.name)
    size = (known.size if known else "") or (amounts.size(model.size_bytes) if model.size_bytes else "")
    active = model.commercial == "yes" or not commercial_only
    row = _row(layout, (model.title, ", ".join(_labels(model)), size, model.licence.name), active)
    split = row.split(factor=COLUMNS[-1])
    split.label(text="", icon=COMMERCIAL[model.commercial][0])
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
    """What can be done about a model in the state that it is in."""
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
    """A row that begins with `cells` and has room for more."""
    row = layout.row()
    row.active = active
    for text, share in zip(cells, COLUMNS, strict=False):
        row = row.split(factor=share)
        row.active = active
        row.label(text=text)
    row = row.row()
    row.active = active
    return row


def _labels(model: registry.Model) -> list[str]:
    return [translate_sentence(registry.label(part)) for part in registry.enabled_by(model.name)]


def draw_card(context: Any, layout: Any, model: registry.Model, width_px: float) -> None:
    """Everything that is to be known of a model before it is taken."""
    icon, words = COMMERCIAL[model.commercial]
    source = model.source
    mirror = rpt("{place}, a mirror: not the authors' own").format(place=translate_sentence(source.where))
    facts = [
        ("For", ", ".join(_labels(model))),
        ("Size", amounts.size(model.size_bytes) if model.size_bytes else mark("not known before the download")),
        (mark("From"), mirror if source.mirror else source.where),
        (mark("Training data"), model.training_data),
    ]
    column = layout.column()
    for name, text in facts:
        fact(context, column, name, text, width_px)
    column.separator()
    licence = f"{translate_sentence(model.licence.name)}. {translate_sentence(model.licence.summary)}".strip()
    fact(context, column, "Licence", licence, width_px)
    fact(context, column, "", translate_sentences((words, model.commercial_why)), width_px, icon)
    row = column.row()
    row.operator("fcvg.open_licence", icon="URL").name = model.name
