# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuses requests for models that may not be used, where only commercial-safe models are wanted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..models import usage
from ..shared.methods import is_conditioned
from ..shared.protocol import ConditionSettings, Request


def check(request: Request) -> None:
    """Raises LicenceRefused when `request` asks for a model that it may not use; the error names it and says why.

    May read the file of matches that the request names. Raises BadRequest when that file cannot be used.
    """
    if request.commercial_only:
        usage.refuse(request, request.method, "Choose another method")
        if is_conditioned(request.method):
            check_conditions(request)


def check_conditions(request: Request) -> None:
    """Does the same for a job that only draws conditions: its method does not matter."""
    if request.commercial_only:
        settings = _found_by(request.conditions)
        usage.refuse(request, usage.lines(settings.lines), "Match lines by flow")
        usage.refuse(request, usage.pose(settings.pose), "Choose no poses")


def _found_by(settings: ConditionSettings) -> ConditionSettings:
    """How lines and people are found, or, with a file of matches, how those in it were found."""
    if not settings.matches:
        return settings
    from ..conditions import matches_file

    found = matches_file.read(Path(settings.matches))
    return replace(settings, lines=found.lines_by, pose=found.pose_by)
