# SPDX-License-Identifier: GPL-3.0-or-later
"""The languages that the add-on speaks besides English: a catalogue each, `<language>.po`, as translators know them.

`tools/messages.py` lists what there is to be translated and brings catalogues up to date.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

Catalogue = dict[tuple[str, str], str]  # context, English → translation

DEFAULT, OPERATOR = "*", "Operator"  # Blender's names for no context and for what is on a button
OWN = "FCVG"  # context of our words that Blender's own catalogues have in another sense: `Cuts`, `Hold`
FOLDER = Path(__file__).parent


@cache
def catalogues() -> dict[str, Catalogue]:
    """Language (`de`, `pt_BR`) → what it has words for."""
    return {path.stem: read(path) for path in sorted(FOLDER.glob("*.po"))}


def read(path: Path) -> Catalogue:
    """The messages of a catalogue that are translated already."""
    found: Catalogue = {}
    entry, field = dict[str, str](), ""
    for line in [*path.read_text(encoding="utf-8").splitlines(), ""]:
        if line.startswith("msg"):
            field, line = line.split(" ", 1)
            entry[field] = ""
        if line.startswith('"'):
            entry[field] += json.loads(line)
        elif not line:
            if entry.get("msgid") and entry["msgstr"]:
                found[entry.get("msgctxt", DEFAULT), entry["msgid"]] = entry["msgstr"]
            entry = {}
    return found


def register() -> None:
    """Let Blender know all catalogues. A message without a context of its own holds for all of them."""
    known: dict[str, Catalogue] = {}
    for language, catalogue in catalogues().items():
        general = {message: words for (context, message), words in catalogue.items() if context == DEFAULT}
        known[language] = {(context, message): general[message] for context in (OPERATOR, OWN) for message in general}
        known[language].update(catalogue)
    _blender().register(__package__, known)


def unregister() -> None:
    """Let it forget them."""
    _blender().unregister(__package__)


def _blender() -> Any:
    import bpy

    return bpy.app.translations
