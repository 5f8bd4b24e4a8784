# SPDX-License-Identifier: GPL-3.0-or-later
"""Text of unknown origin, made safe to show: names, paths, what files and other programs say. Standard library only.

A terminal obeys escapes, and bidirectional marks let a name read as another one. A lone surrogate, half of a character,
is an error wherever text becomes bytes: in Blender's properties, in files, on a terminal.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST = 2000  # characters of a sentence

_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))  # controls, formats, surrogates, separators of lines and paragraphs
# Letters and marks that show nothing: fillers, joiners and blanks of several scripts.
_BLANK = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0d\uffa0\U000e0100-\U000e01ef"
_MAYBE = re.compile(rf"[^\x20-\x7e\xa1-\xac\xae-\u02ff]|[{_BLANK}]")
_ONLY_BLANK = re.compile(f"[{_BLANK}]")
_LINES = "\n\t"


def plain(text: str, *, lines: bool = False) -> str:
    r"""Return `text` with all that shows nothing, or changes how the rest shows, written out: `\x1b`, `\u202e`.

    These are controls, escapes, line breaks, bidirectional and zero-width characters, and lone surrogates. With `lines`
    the text may have several lines, and tabs.
    """
    if lines:
        text = text.replace("\r\n", "\n")
    kept = _LINES if lines else ""
    return _MAYBE.sub(lambda found: found[0] if found[0] in kept else _written_out(found[0]), text)


def sentence(text: str) -> str:
    """Return a text as one line that can be shown anywhere, cut where it is endless."""
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]} …"
    return text if text.isascii() and text.isprintable() else plain(" ".join(text.split()))


def encodable(text: str) -> str:
    """Return `text` with a replacement character for each lone surrogate, so that it can be encoded."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _written_out(character: str) -> str:
    if unicodedata.category(character) not in _UNSEEN and not _ONLY_BLANK.match(character):
        return character
    number = ord(character)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
