# SPDX-License-Identifier: GPL-3.0-or-later
"""What an artist reads, in the language that Blender is set to.

Blender itself translates names and descriptions of operators, properties and panels, and whatever is given to a layout
or to a report whole. The rest comes through here: templates before they are filled, sentences before they are joined or
broken into lines. The engine speaks English; `translate_sentence` recognises its sentences.

Without a window everything stays English: what a command writes is read by programs and far from here.
"""

from __future__ import annotations

import re
import string
import sys
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any

from ..engine import errors, plain_text
from . import catalogues

_bpy: Any = sys.modules.get("bpy")  # not there where parts of the add-on are used outside Blender
_blender: Any = _bpy.app.translations if _bpy and not _bpy.app.background else None

_FEWEST_LETTERS = 6  # of a template that is known again in a sentence
_DEEPEST = 4  # sentences in sentences
_ENDS = re.compile(r"(?<=[.?!]) ")  # of sentences that stand one after the other


def rpt(sentence: str) -> str:
    """A sentence, or a template of one: `rpt("Frames {first}–{last} are gone.").format(first=1, last=9)`."""
    return str(_blender.pgettext_rpt(sentence)) if _blender else sentence


def iface(words: str) -> str:
    """Words of a button or of a label that are not given to it whole."""
    return str(_blender.pgettext_iface(words)) if _blender else words


def tip(sentence: str) -> str:
    """A sentence of a tooltip."""
    return str(_blender.pgettext_tip(sentence)) if _blender else sentence


def mark(words: str) -> str:
    """The words as they are, marked for translators. They are translated where they are shown."""
    return words


def plural(one: str, many: str, count: int) -> str:
    """The template for `count`, translated: `one` for 1, else `many`. The caller fills in values with `format`."""
    return rpt(one if count == 1 else many)


def translate_sentence(sentence: str) -> str:
    """Translate a sentence, or several, of the add-on or the engine, and make it plain: see `plain_text`.

    A sentence with values in it is recognised by its template.
    """
    return _translated(plain_text.plain(sentence, lines=True), _DEEPEST)


def translate_sentences(sentences: Iterable[str]) -> str:
    """Translate sentences and join them; empty ones are left out."""
    return " ".join(translate_sentence(each) for each in sentences if each)


def error_sentence(error: errors.FcvgError) -> str:
    """What went wrong and what to do about it, in one line."""
    return translate_sentences((error.message, error.hint))


def _translated(sentence: str, deepest: int) -> str:
    translated = rpt(sentence)
    if translated != sentence or not deepest or not _speaks_another():
        return translated
    template, values = _recognised(sentence)
    translated = rpt(template)
    if translated != template:
        return translated.format(**{name: _translated(value, deepest - 1) for name, value in values.items()})
    parts = _ENDS.split(sentence)
    return " ".join(_translated(each, deepest - 1) for each in parts) if len(parts) > 1 else sentence


def _speaks_another() -> bool:
    """Whether there is a catalogue for the language that Blender is set to."""
    language = _blender.locale.partition("_")[0] if _blender else ""
    return any(name.partition("_")[0] == language for name in catalogues.catalogues())


@lru_cache(maxsize=256)
def _recognised(sentence: str) -> tuple[str, dict[str, str]]:
    """The template that the sentence follows, and the values in it by their names; ('', {}) without one.

    Of several templates the one with most words counts.
    """
    for template in _templates():
        values = _values(template, sentence)
        if values is not None:
            return template, values
    return "", {}


@cache
def _templates() -> list[str]:
    """Templates that can be recognised, most words first. `{made} of {count}` has too few: many sentences follow it."""
    templates = {message for catalogue in catalogues.catalogues().values() for _, message in catalogue}
    words = {each: len(re.sub(r"\{.*?\}", "", each)) for each in templates if "{" in each}
    return sorted((each for each in words if words[each] >= _FEWEST_LETTERS), key=lambda each: -words[each])


@cache
def _pieces(template: str) -> tuple[list[str], list[str]]:
    """The words of a template before, between and after its values, and the names of these."""
    words, names = [""], list[str]()
    for literal, name, _, _ in string.Formatter().parse(template):
        words[-1] += literal
        if name:
            names.append(name)
            words.append("")
    return words, names


def _values(template: str, sentence: str) -> dict[str, str] | None:
    """The values in a sentence that follows the template; None where it does not. A value that comes twice is the same
    both times.

    Each piece of the template is looked for after the one before it, the last one at the end, so that an endless
    sentence takes no longer than it is long.
    """
    (head, *middle, tail), names = _pieces(template)
    if not names or not sentence.startswith(head) or not sentence.endswith(tail):
        return None
    values: dict[str, str] = {}
    begin, last = len(head), len(sentence) - len(tail)
    for name, words in zip(names, (*middle, None), strict=True):
        end = last if words is None else sentence.find(words, begin + 1, last)
        if end <= begin or values.setdefault(name, sentence[begin:end]) != sentence[begin:end]:
            return None
        begin = end + len(words or "")
    return values
