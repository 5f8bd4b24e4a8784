# SPDX-License-Identifier: GPL-3.0-or-later
"""A catalogue that is damaged costs its language and nothing else, and says so in the console."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from fuzz import odd, watching

import fcvg_blender
from fcvg_blender import guard
from fcvg_blender.engine import errors
from fcvg_blender.i18n import catalogues, translate

GERMAN = (catalogues.FOLDER / "de.po").read_bytes()
ENTRY = 'msgid "Take {number} is whole."\nmsgstr "{}"\n\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the languages lie."""
    monkeypatch.setattr(catalogues, "FOLDER", tmp_path)
    catalogues.catalogues.cache_clear()
    yield tmp_path
    monkeypatch.undo()
    catalogues.catalogues.cache_clear()
    guard.forget()


def enable_again() -> None:
    """As an artist does who has put another catalogue there."""
    fcvg_blender.unregister()
    catalogues.catalogues.cache_clear()
    fcvg_blender.register()


def test_a_catalogue_that_ends_anywhere_does_not_keep_the_addon_from_starting(folder: Path) -> None:
    """Most ends leave half an entry, which is damage; some leave whole ones, which is none."""
    (folder / "fr.po").write_text('msgid "Take"\nmsgstr "Prise"\n\n', encoding="utf-8")
    chance = random.Random(7)
    damaged = 0
    for _ in range(12):
        (folder / "de.po").write_bytes(GERMAN[: chance.randrange(1, len(GERMAN))])
        enable_again()
        assert catalogues.catalogues()["fr"]["*", "Take"] == "Prise"
        damaged += "de" not in catalogues.catalogues()
    assert damaged


def test_any_damage_is_told_once(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    chance = random.Random(8)
    for number in range(40):
        path = folder / "de.po"
        content = bytearray(GERMAN[:4000])
        for _ in range(chance.randint(1, 30)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        path.write_bytes(
            chance.choice((bytes(content), b"msgid\n", b'msgid "x"\n', b'"x"\n', b'msgid "a"\nmsgstr "\n'))
        )
        guard.forget()
        catalogues.catalogues.cache_clear()
        found = catalogues.catalogues()
        catalogues.catalogues()
        assert capfd.readouterr().err.count("FCVG Inbetween, language de") == ("de" not in found), number
        for catalogue in found.values():
            for (context, message), words in catalogue.items():
                (context + message + words).encode()


@pytest.mark.parametrize(
    ("words", "is_kept"),
    [
        ("Take {number} ist ganz.", True),
        ("Dieser Take ist ganz.", True),
        ("Take {nummer} ist ganz.", False),
        ("Take {} ist ganz.", False),
        ("Take {0} ist ganz.", False),
        ("Take {number.__class__} ist ganz.", False),
        ("Take {number:>99999999} ist ganz.", False),
        ("Take {number!r} ist ganz.", False),
        ("Take {number ist ganz.", False),
        ("Take }{ ist ganz.", False),
        ("Take \\ud800 ist ganz.", False),
    ],
)
def test_a_translation_with_other_values_is_left_out(folder: Path, words: str, is_kept: bool) -> None:
    (folder / "de.po").write_text(ENTRY.replace('"{}"', f'"{words}"'), encoding="utf-8")
    assert (("*", "Take {number} is whole.") in catalogues.catalogues()["de"]) == is_kept


@pytest.mark.parametrize("number", range(8))
def test_what_is_no_file_is_no_language(folder: Path, number: int) -> None:
    end = odd.put_something_else(random.Random(number), folder / "de.po")
    problems: list[str] = []
    with watching.bounded(problems):
        enable_again()
        assert "de" not in catalogues.catalogues()
    end()
    assert problems == []


def test_a_sentence_without_end_is_known_again_or_not_in_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """In German, where sentences of the engine are looked for among all templates."""
    german = {english: words for (_, english), words in catalogues.catalogues()["de"].items()}
    blender = SimpleNamespace(locale="de_DE", pgettext_rpt=lambda text: german.get(text, text))
    monkeypatch.setattr(translate, "_blender", blender)
    templates = [each for each in german if each.count("{") > 1]
    problems: list[str] = []
    with watching.bounded(problems, 60):
        for template in templates[:60]:
            pieces = template.replace("{", "\0").replace("}", "\0").split("\0")[::2]
            translate.translate_sentence("".join(f"{piece}x" * 40 for piece in pieces) * 3)
            translate.translate_sentence(template.format_map(Nested(template, 300)))
    assert problems == []
    error = errors.BadRequest("“\x1b[2J” is muted.", "Unmute it\u202e.")
    assert translate.error_sentence(error) == "„\\x1b[2J“ ist stummgeschaltet. Unmute it\\u202e."


class Nested(dict[str, str]):
    """Values that are sentences with values, and so on."""

    def __init__(self, template: str, deep: int) -> None:
        super().__init__()
        self._text = template
        for _ in range(min(deep, 8)):
            self._text = self._text.replace("{", "").replace("}", "")[:400] + template

    def __missing__(self, name: str) -> str:
        return self._text


def test_the_addon_speaks_english_where_all_languages_are_gone(folder: Path) -> None:
    assert list(folder.iterdir()) == []
    enable_again()
    assert catalogues.catalogues() == {}
    assert translate.translate_sentence("Nothing is selected.") == "Nothing is selected."
