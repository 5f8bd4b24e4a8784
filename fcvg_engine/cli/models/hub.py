# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands about the model hub's token: login, logout."""

from __future__ import annotations

import getpass
import logging
import sys
from typing import TextIO

from ..options import Action, AsJson, Debug, start_log
from .output import print_state

_LONGEST_TOKEN = 1000  # characters


def login(as_json: AsJson = False, debug: Debug = False) -> Action:
    """Save a token of the model hub, read from standard input, where the hub's own tools keep it."""

    def action(output: TextIO) -> None:
        from ...models import hub

        start_log(logging.CRITICAL)
        print_state([], as_json, output, [hub.log_in(_read_token())])

    return action


def logout(as_json: AsJson = False, debug: Debug = False) -> Action:
    """Forget the saved token of the model hub."""

    def action(output: TextIO) -> None:
        from ...models import hub

        start_log(logging.CRITICAL)
        print_state([], as_json, output, [hub.log_out()])

    return action


def _read_token() -> str:
    """Reads a line of standard input; at a terminal it is not shown."""
    if sys.stdin.isatty():
        return getpass.getpass("Token: ").strip()
    return sys.stdin.readline(_LONGEST_TOKEN).strip()
