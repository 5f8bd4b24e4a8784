# SPDX-License-Identifier: GPL-3.0-or-later
"""The error that the panel shows: one at a time, until it is dismissed or until something works."""

from __future__ import annotations

from ..engine import plain_text
from ..settings.status import panel_status


class ErrorPanel:
    """Writes the newest error where the panel reads it. `code` is that error's code, '' without an error."""

    def __init__(self) -> None:
        self.code = ""

    def show(self, message: str, hint: str = "", detail: str = "", code: str = "") -> None:
        """Show an error in place of the one before."""
        self.code = code
        status = panel_status()
        texts = (plain_text.plain(text, lines=True) for text in (message, hint, detail))
        status.error_message, status.error_hint, status.error_detail = texts

    def clear(self) -> None:
        """Show no error any more."""
        self.show("")
