# SPDX-License-Identifier: GPL-3.0-or-later
"""The languages that the add-on speaks besides English: a catalogue each, `<language>.po`, as translators know them.

`tools/messages.py` lists what there is to be translated and brings catalogues up to date.
"""

from __future__ import annotations

import json
import string
from functools import cache
from pathlib import Path
from typing import Any

from ... import guard
from ...engine import plain_text, small_files

Catalogue = dict[tuple[str, str], str]  # context, English → translation

DEFAULT, OPERATOR = "*", "Operator"  # Blender's names for no context and for what is on a button
OWN = "FCVG"  # context of our words that Blender's own catalogues have in another sense: `Cuts`, `Hold`
FOLDER = Path(__file__).parent
LIMIT_BYTES = 8 << 20  # of a catalogue


@cache
def catalogues() -> dict[str, Catalogue]:
    """Language (`de`, `pt_BR`) → what it has words for. One that cannot be read is left out, and told in the
    console: the add-on speaks English then."""
    found = {}
    for path in sorted(FOLDER.glob("*.po")):
        with guard.going_on(f"language {path.stem}"):
            found[path.stem] = {key: words for key, words in read(path).items() if _can_stand_for(words, key[1])}
    return found


def read(path: Path) -> Catalogue:
    """The messages of a catalogue that are translated already. Raises OSError, ValueError where it is damaged."""
    found: Catalogue = {}
    entry, field = dict[str, str](), ""
    for number, line in enumerate([*small_files.read_text(path, LIMIT_BYTES).splitlines(), ""], 1):
        try:
            if line.startswith("msg"):
                field, line = line.split(" ", 1)
                entry[field] = ""
            if line.startswith('"'):
                entry[field] += json.loads(line)
            elif not line:
                if entry.get("msgid") and entry["msgstr"]:
                    found[entry.get("msgctxt", DEFAULT), entry["msgid"]] = entry["msgstr"]
                entry = {}
        except (ValueError, LookupError, RecursionError) as error:
            raise ValueError(f"{path.name} is damaged in line {number}.") from error
    return found


def _can_stand_for(words: str, message: str) -> bool:
    """Whether a translation can be shown: it is text, and names no value that its message does not have."""
    try:
        return _values(words) <= _values(message) and words == plain_text.encodable(words)
    except ValueError:  # a brace by itself
        return False


def _values(template: str) -> set[tuple[str, str]]:
    """Names of the values in a template, each with how it is written. Raises ValueError."""
    fields = string.Formatter().parse(template)
    return {(name, f"{how}!{conversion or ''}") for _, name, how, conversion in fields if name is not None}


def register() -> None:
    """Let Blender know all catalogues. A message without a context of its own holds for all of them."""
    known: dict[str, Catalogue] = {}
    for language, catalogue in catalogues().items():
        general = {message: words for (context, message), words in catalogue.items() if context == DEFAULT}
        known[language] = {(context, message): general[message] for context in (OPERATOR, OWN) for message in general}
        known[language].update(catalogue)
    with guard.going_on("languages"):
        _blender().register(__package__, known)


def unregister() -> None:
    """Let it forget them."""
    _blender().unregister(__package__)


def _blender() -> Any:
    import bpy

    return bpy.app.translations
