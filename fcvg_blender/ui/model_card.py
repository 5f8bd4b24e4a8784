# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be known of a model before it is downloaded, as dialogs and the preferences show it."""

from __future__ import annotations

from typing import Any

from ..engine import registry
from ..i18n import amounts
from ..i18n.translate import mark, rpt, translate_sentence, translate_sentences
from .text_layout import fact

# Commercial use, as the registry says it → icon, sentence.
COMMERCIAL = {
    "yes": ("CHECKMARK", mark("Free for commercial work.")),
    "conditional": ("ERROR", mark("Commercial work on conditions.")),
    "no": ("CANCEL", mark("Not for commercial work.")),
    "unclear": ("QUESTION", mark("Unclear whether for commercial work.")),
}


def draw(context: Any, layout: Any, model: registry.Model, width_px: float) -> None:
    """Draw a model's methods, size, source, training data and licence, `width_px` wide."""
    icon, words = COMMERCIAL[model.commercial]
    source = model.source
    mirror = rpt("{place}, a mirror: not the authors' own").format(place=translate_sentence(source.where))
    facts = [
        ("For", ", ".join(labels(model))),
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


def labels(model: registry.Model) -> list[str]:
    """Return what the model is for: the names of the methods and features that need it, translated."""
    return [translate_sentence(registry.label(part)) for part in registry.enabled_by(model.name)]
