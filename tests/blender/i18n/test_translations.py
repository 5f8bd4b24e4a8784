# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on's languages are whole: every message has its words, and every message is one that can have some."""

from __future__ import annotations

import string
from pathlib import Path

import bpy
import pytest

import fcvg_blender
from fcvg_blender.i18n import catalogues
from tools import messages

LANGUAGES = sorted(catalogues.catalogues())


@pytest.fixture(scope="module")
def said() -> set[str]:
    """Everything that the add-on says."""
    return set(messages.messages())


def values(text: str) -> list[str]:
    """Names of what is filled in; plain ones, because what is known again in a sentence of the engine is text."""
    found = [(name, how) for _, name, how, _ in string.Formatter().parse(text) if name is not None]
    assert all(name and not how for name, how in found), text
    return sorted(name for name, _ in found)


def test_german_ships() -> None:
    assert "de" in LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_whole(language: str, said: set[str]) -> None:
    translated = {message for _, message in catalogues.catalogues()[language]}
    hint = f"run tools/messages.py {language}"
    assert sorted(said - translated) == [], hint
    assert sorted(translated - said) == [], hint


@pytest.mark.parametrize("language", LANGUAGES)
def test_same_values_in_both(language: str) -> None:
    catalogue = catalogues.catalogues()[language]
    assert [words for (_, message), words in catalogue.items() if values(message) != values(words)] == []


def test_nothing_is_said_that_cannot_be_translated() -> None:
    assert messages.joins() == []


def test_plain_names_and_sentences_of_all_kinds_are_found(said: set[str]) -> None:
    assert {
        "Generate Inbetweens",  # an operator
        "Centred on the Cut",  # a choice
        "Lay half of the inbetweens over each of the two strips",  # its description
        "Nothing is selected.",  # an error
        "“{name}” is muted.",  # one with a value
        "{count} inbetweens, frames {first}–{last}, channel {channel}, {method}",
        "Looking for motion",  # of the engine
    } <= said


def test_a_catalogue_that_is_brought_up_to_date_keeps_what_it_has(tmp_path: Path, said: set[str]) -> None:
    path = tmp_path / "xx.po"
    path.write_text(
        'msgid "Generate Inbetweens"\nmsgstr "„Zwischen\\"\\n"\n\nmsgctxt "Operator"\nmsgid "Remove"\nmsgstr "Weg"\n\n'
        'msgid "What nothing says any more."\nmsgstr "Ein"\n"malig"\n',
        encoding="utf-8",
    )
    messages.write(path, messages.messages())
    assert catalogues.read(path) == {("*", "Generate Inbetweens"): '„Zwischen"\n', ("Operator", "Remove"): "Weg"}
    assert path.read_text("utf-8").count("\nmsgid ") == len(said) + 2  # its header, and `Remove` on buttons


def test_off_and_on_again() -> None:
    fcvg_blender.unregister()
    try:
        assert not hasattr(bpy.types.Scene, "fcvg")
    finally:
        fcvg_blender.register()
    assert hasattr(bpy.types.Scene, "fcvg")
