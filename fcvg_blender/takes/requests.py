# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine is asked for: by the artist's choices, or by what a strip remembers of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from .. import compat
from ..edit import gaps, take_files
from ..engine import errors, folder_record, methods, protocol
from ..i18n.translate import mark, rpt
from ..settings import generative, menu_choices
from ..settings.addon_choices import Choices
from ..settings.protocols import StripRecord, Take
from . import commercial_use

DRAWN_TOGETHER = mark(
    "This method draws all frames of a chart together. Make a new take to have them drawn for this timing."
)


def chosen(settings: Any, shot: gaps.Shot, choices: Choices, timed_as: StripRecord | None = None) -> protocol.Request:
    """The inbetweens of `shot` as the scene's settings say; `placed` gives the request its paths.

    With `timed_as` they are timed as that strip is. Raises BadRequest on a timing chart that does not fit and on edited
    matches that are not there, LicenceRefused where only commercial-safe models may be used and these are not.
    """
    if timed_as is None:
        timing, hold = settings.engine_timing(shot.count, shot.first - 1, shot.last + 1), settings.hold_frames()
    else:
        timing, hold = timed_as.timing_for(shot.count), timed_as.hold
    method = menu_choices.engine_word(settings.method)
    request = protocol.Request(
        start="",
        end="",
        out="",
        count=shot.count,
        method=method,
        timing=timing,
        hold=hold,
        seed=settings.engine_seed(),
        format=_format(settings),
        device=choices.device,
        # Without a window there is nobody to be asked.
        refuse_cuts=settings.cuts == "LEAVE_OUT" or (settings.cuts == "ASK" and compat.has_window()),
        commercial_only=choices.commercial_only,
    )
    if not methods.is_generative(method):
        commercial_use.refuse(request)
        return request
    conditions = protocol.ConditionSettings()
    weight = protocol.SamplingSettings.control_weight
    if methods.is_conditioned(method):
        conditions, weight = settings.conditions.engine(), settings.conditions.control_weight
    request = replace(request, conditions=conditions, sampling=settings.sampling.engine(weight))
    commercial_use.refuse(request)
    return request


def _format(settings: Any) -> str:
    """The engine's word for the format. Of 8 bits there are none where the edit takes their numbers as they are: the
    frames would be shown through its colours twice."""
    word = menu_choices.engine_word(settings.format)
    takes_numbers = settings.id_data.sequencer_colorspace_settings.name == compat.NO_COLOUR
    return "png16" if takes_numbers and word in menu_choices.OF_8_BITS else word


def draft_of(request: protocol.Request, choices: Choices) -> protocol.Request:
    """The same inbetweens by a quick method, to be shown while a slow one draws them."""
    return replace(
        request,
        method="auto",
        conditions=protocol.ConditionSettings(),
        sampling=protocol.SamplingSettings(),
        commercial_only=choices.commercial_only,
    )


def remembered(record: StripRecord, take: Take, folder: Path, choices: Choices) -> protocol.Request:
    """A take of a strip as the take and the strip's `record` remember it; `placed` gives the request its paths.

    Drawings join those in `folder`, the take's. A method that draws all frames together goes on with the chart that it
    has begun, however the strip is timed by now. Raises LicenceRefused as `chosen` does.
    """
    conditions, sampling = generative.recalled(take.generation)
    conditions = replace(conditions, matches=take.matches)
    count, timing, hold = record.count, record.engine_timing(), record.hold
    begun = take_files.read_manifest(folder).get("identity", {}) if methods.is_generative(take.method) else {}
    request = protocol.Request(
        start="",
        end="",
        out="",
        count=begun.get("count", count),
        method=take.method,
        timing=begun.get("timing", timing),
        hold=begun.get("hold", hold),
        seed=take.seed,
        format=take.format,
        device=choices.device,
        extend=not methods.is_generative(take.method),
        redo_yours=take.redo_yours,
        refuse_cuts=not take.cuts_allowed,
        commercial_only=choices.commercial_only,
        conditions=conditions,
        sampling=sampling,
    )
    commercial_use.refuse(request)
    return request


def placed(request: protocol.Request, folder: Path) -> protocol.Request:
    """The request for the keys in `folder`, its frames to be written there.

    Edited matches are copied there first, so that the take keeps them as they are now. Raises DiskError.
    """
    start, end = take_files.key_files(request.format)
    matches = folder / take_files.KEY_MATCHES
    if request.conditions.matches and not matches.is_file():
        try:
            folder_record.FolderRecord(folder).copy(Path(request.conditions.matches), matches.name)
        except OSError as error:
            raise errors.DiskError(
                rpt("The edited matches could not be copied: {reason}.").format(reason=error.strerror or error),
                rpt("See whether {folder} is full.").format(folder=folder),
            ) from error
    return replace(
        request,
        start=str(folder / start),
        end=str(folder / end),
        out=str(folder),
        conditions=replace(request.conditions, matches=str(matches) if matches.is_file() else ""),
    )


def can_be_extended(record: StripRecord) -> bool:
    """Whether drawings can be added to the take that a strip shows; if not, DRAWN_TOGETHER says why."""
    return not methods.is_generative(record.method)
