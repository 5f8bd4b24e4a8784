"""What is said of a take where there is room for a few words, and what where there is room for all."""

from __future__ import annotations

from typing import Any

from . import properties, takes
from .engine import protocol
from .words import rpt, tip, told


def title(record: Any, take: Any) -> str:
    """A take among those of its strip: `2  FCVG, seed 7`, `1  Draft, RIFE`; with its format where others differ."""
    every = takes.all_of(record)
    words = [method(take)]
    if take.method in protocol.GENERATIVE:
        words.append(rpt("seed {number}").format(number=take.seed))
    elif any(each.method in protocol.GENERATIVE for each in every):
        words.insert(0, rpt("Draft"))
    if any(each.format != take.format for each in every):
        words.append(_format(take))
    return f"{take.number}  {', '.join(words)}"


def method(take: Any) -> str:
    """What made its frames, or is to make them."""
    return properties.method_label(take.method_used or take.method)


def state(record: Any, take: Any, fraction: float) -> str:
    """How far a take is, '' where it is whole or not begun; `fraction` of the work is done while it is being made."""
    if take.state == properties.RUNNING:
        return f"{fraction:.0%}"
    if take.state in properties.UNFINISHED or take.made == record.count:
        return ""
    return rpt("{made} of {count}").format(made=take.made, count=record.count)


def everything(record: Any, take: Any) -> str:
    """A take for who points at it."""
    shown = tip("Show take {take}. {made} of {count} frames, {format}").format(
        take=title(record, take), made=take.made, count=record.count, format=_format(take)
    )
    facts = [shown]
    if take.engine_version:
        facts.append(tip("engine {version}").format(version=take.engine_version))
    waits = tip("It waits for its turn") if take.state == properties.WAITING else ""
    sentences = [", ".join(facts), waits, told(take.error).rstrip("."), told(take.notes).rstrip(".")]
    return ".\n".join(filter(None, sentences))


def _format(take: Any) -> str:
    word = take.format
    return rpt(next((label for name, label, *_ in properties.FORMATS if properties.engine_word(name) == word), ""))
