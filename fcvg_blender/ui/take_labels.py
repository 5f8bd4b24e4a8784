# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts about a take: a title for a row of a list, its state, and everything for a tooltip."""

from __future__ import annotations

from typing import Any

from ..engine import methods, plain_text
from ..i18n.translate import plural, rpt, tip, translate_sentence
from ..settings import menu_choices, strip_record

LONGEST = 2000  # letters of what a tooltip says of a take


def title(record: Any, take: Any) -> str:
    """Return the title of a take among those of its strip, such as `2  FCVG, seed 7` or `1  Draft, RIFE`.

    It names the format of the frames where other takes have another.
    """
    every = (record, *record.others)
    words = [method(take)]
    if methods.is_generative(take.method):
        words.append(rpt("seed {number}").format(number=take.seed))
    elif any(methods.is_generative(each.method) for each in every):
        words.insert(0, rpt("Draft"))
    if any(each.format != take.format for each in every):
        words.append(_format(take))
    return f"{take.number}  {', '.join(words)}"


def method(take: Any) -> str:
    """Return the label of the method that made its frames, or is to make them."""
    return menu_choices.method_label(take.method_used or take.method)


def state(record: Any, take: Any, fraction: float) -> str:
    """Return how far a take is, '' where it is whole or not begun. `fraction`: of a running take's work, in [0, 1]."""
    if take.state == strip_record.RUNNING:
        return f"{fraction:.0%}"
    if take.state in strip_record.UNFINISHED or take.made == record.count:
        return ""
    return rpt("{made} of {count}").format(made=take.made, count=record.count)


def yours(take: Any) -> str:
    """Return how many of its drawings the artist has painted over."""
    return plural("1 yours", "{count} yours", take.yours)


def everything(record: Any, take: Any) -> str:
    """Return all that there is to know of a take, for its tooltip."""
    shown = tip("Show take {take}. {made} of {count} frames, {format}").format(
        take=title(record, take), made=take.made, count=record.count, format=_format(take)
    )
    facts = [shown]
    if take.engine_version:
        facts.append(tip("engine {version}").format(version=plain_text.sentence(take.engine_version)))
    waits = tip("It waits for its turn") if take.state == strip_record.WAITING else ""
    sentences = [
        ", ".join(facts),
        plural(
            "1 drawing is yours: it was painted over", "{count} drawings are yours: they were painted over", take.yours
        )
        if take.yours
        else "",
        waits,
        translate_sentence(take.error[:LONGEST]).rstrip("."),
        translate_sentence(take.key_notes[:LONGEST]).rstrip("."),
        translate_sentence(take.notes[:LONGEST]).rstrip("."),
    ]
    return ".\n".join(filter(None, sentences))


def _format(take: Any) -> str:
    """Return the label of the format of its frames."""
    return menu_choices.label_of(menu_choices.FORMATS, take.format)
