# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line's `models`: list, download, verify, import, remove, licence, accept, report, login, logout."""

from __future__ import annotations

import typer

from ..options import Action, AsJson, Debug
from .change import accept, download, remove, verify
from .delivery import report_models
from .hub import login, logout
from .import_models import import_models
from .show import licence, list_models, listing

app = typer.Typer(rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def _default(context: typer.Context, as_json: AsJson = False, debug: Debug = False) -> Action | None:
    """The trained models: what is there, what may be done with it, and how to get more. Without a word: list."""
    return None if context.invoked_subcommand else listing(as_json)


app.command("list")(list_models)
app.command()(download)
app.command()(verify)
app.command("import")(import_models)
app.command()(remove)
app.command()(licence)
app.command()(accept)
app.command("report")(report_models)
app.command()(login)
app.command()(logout)
