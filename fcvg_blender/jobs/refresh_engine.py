# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets the engine see what has been installed, downloaded or removed while it was running."""

from __future__ import annotations

from typing import Any

import bpy

from ..engine import errors
from ..i18n.translate import mark
from ..settings import addon_choices
from ..tasks.background import MODELS, background_tasks
from .session import session

_LEAVE_TIMEOUT_S = 5.0


def refresh_engine(restart: bool) -> None:
    """End the engine where something has been installed or fetched since it looked; nothing while jobs run.

    `restart`: start it again at once, and let it say which models it finds. Else the next job starts one.
    """
    if not background_tasks.engine_is_stale or session.jobs:
        return
    background_tasks.engine_is_stale = False
    if not restart:
        session.end_engine(_LEAVE_TIMEOUT_S)
        return
    context: Any = bpy.context
    choices = addon_choices.read(context)
    try:
        session.look_again(choices)
        if not background_tasks.models and MODELS not in background_tasks.running:
            background_tasks.model(MODELS, mark("Looking for models"), choices, "list", quiet=True)
    except errors.MissingPart:  # it has been removed
        if session.client is not None:
            session.client.close()
