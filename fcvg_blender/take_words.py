"""What is said of a take where there is room for a few words, and what where there is room for all."""

from __future__ import annotations

from typing import Any

from . import properties, takes
from .engine import protocol


def title(record: Any, take: Any) -> str:
    """A take among those of its strip: `2  FCVG, seed 7`, `1  Draft, RIFE`."""
    words = [method(take)]
    if take.method in protocol.GENERATIVE:
        words.append(f"seed {take.seed}")
    elif any(each.method in protocol.GENERATIVE for each in takes.all_of(record)):
        words.insert(0, "Draft")
    return f"{take.number}  {', '.join(words)}"


def method(take: Any) -> str:
    """What made its frames, or is to make them."""
    return properties.method_label(take.method_used or take.method)


def state(record: Any, take: Any, fraction: float) -> str:
    """How far a take is, '' where it is whole; `fraction` of the work is done while it is being made."""
    if take.state == properties.RUNNING:
        return f"{fraction:.0%}"
    if take.state == properties.WAITING:
        return "Waits"
    if take.state == properties.ASKING:
        return "Asks"
    return "" if take.made == record.count else f"{take.made} of {record.count}"


def everything(record: Any, take: Any) -> str:
    """A take for who points at it."""
    frame_format = next(label for name, label, *_ in properties.FORMATS if properties.engine_word(name) == take.format)
    facts = [f"Show take {title(record, take)}. {take.made} of {record.count} frames, {frame_format}"]
    if take.engine_version:
        facts.append(f"engine {take.engine_version}")
    sentences = [", ".join(facts), take.error.rstrip("."), take.notes.rstrip(".")]
    return ".\n".join(filter(None, sentences))
