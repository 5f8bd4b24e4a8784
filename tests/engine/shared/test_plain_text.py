# SPDX-License-Identifier: GPL-3.0-or-later
"""Text of unknown origin: whatever it holds, what is shown can be shown, is one line, and hides nothing."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fcvg_engine.shared.plain_text import encodable, plain

anything = st.text(st.characters())  # lone surrogates too


@given(anything, st.booleans())
def test_what_is_shown_has_nothing_unseen(text: str, lines: bool):
    shown = plain(text, lines=lines)
    shown.encode("utf-8")
    for character in shown:
        assert (lines and character in "\n\t") or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert plain(shown, lines=lines) == shown


@pytest.mark.parametrize(
    "name",
    [
        "Bäckerei, 日本語 (2) – “x”.png",
        "C:\\Users\\Zoë",
        "😀 ❤️ é e\u0301",
        "Bildschirmfoto 9.41\u202fAM.png",
        "نص עברית",
    ],
)
def test_names_that_people_give_stay_as_they_are(name: str):
    assert plain(name) == name
    assert encodable(name) == name


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x1b]0;title\x07", r"\x1b[2J\x1b]0;title\x07"),
        ("\x9b31m\x7f\0", r"\x9b31m\x7f\x00"),
        ("\u202egnp.exe\u2066\u200f", r"\u202egnp.exe\u2066\u200f"),
        ("one\ntwo\r\tthree\u2028\u2029", r"one\x0atwo\x0d\x09three\u2028\u2029"),
        ("a\u200bb\ufeffc\u00add\u3164", r"a\u200bb\ufeffc\xadd\u3164"),
        ("\ud800 \udcff", r"\ud800 \udcff"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_what_would_change_a_terminal_or_hide_is_written_out(text: str, shown: str):
    assert plain(text) == shown


def test_lines_are_kept_where_there_may_be_several():
    assert plain("one\r\n\ttwo\x1b\rthree\n", lines=True) == "one\n\ttwo\\x1b\\x0dthree\n"


@given(anything)
def test_lone_surrogates_are_replaced_and_nothing_else(text: str):
    encodable(text).encode("utf-8")
    if not any("\ud800" <= each <= "\udfff" for each in text):
        assert encodable(text) == text


def test_a_lone_surrogate_becomes_the_replacement_character():
    assert encodable("a\ud800b\udcffc") == "a\ufffdb\ufffdc"
