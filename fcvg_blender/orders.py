"""What the engine is asked for: by the artist's choices, or by what a strip remembers of them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from . import generative, keyframes, licences, properties
from .engine import errors, protocol
from .preferences import Choices

MATCHES = "key_matches.json"  # the artist's own, beside the keys


def chosen(settings: Any, count: int, choices: Choices) -> protocol.Request:
    """`count` inbetweens as the scene's settings say; `placed` gives it its paths.

    Raises BadRequest on a timing chart that does not fit and on edited matches that are not there, LicenceRefused where
    only commercial-safe models may be used and these are not.
    """
    method = properties.engine_word(settings.method)
    request = protocol.Request(
        start="",
        end="",
        out="",
        count=count,
        method=method,
        timing=settings.engine_timing(count),
        hold=settings.hold_frames(),
        seed=settings.engine_seed(),
        format=properties.engine_word(settings.format),
        device=choices.device,
        commercial_only=choices.commercial_only,
    )
    if method not in protocol.GENERATIVE:
        licences.refuse(request)
        return request
    conditions = protocol.ConditionSettings()
    weight = protocol.SamplingSettings.control_weight
    if method == generative.CONDITIONED:
        conditions, weight = settings.conditions.engine(), settings.conditions.control_weight
    request = replace(request, conditions=conditions, sampling=settings.sampling.engine(weight))
    licences.refuse(request)
    return request


def remembered(record: Any, choices: Choices) -> protocol.Request:
    """The same inbetweens once more, from what their strip remembers; `placed` gives it its paths. Raises
    LicenceRefused as `chosen` does."""
    conditions, sampling = generative.recalled(record.generation)
    request = protocol.Request(
        start="",
        end="",
        out="",
        count=record.count,
        method=record.method,
        timing=record.engine_timing(),
        hold=record.hold,
        seed=record.seed,
        format=record.format,
        device=choices.device,
        commercial_only=choices.commercial_only,
        conditions=conditions,
        sampling=sampling,
    )
    licences.refuse(request)
    return request


def placed(request: protocol.Request, folder: Path) -> protocol.Request:
    """The request for the keys in `folder`, its frames to be written there.

    Edited matches are copied there first, so that the strip keeps them as they are now and takes them along.
    Raises DiskError.
    """
    suffix = keyframes.suffix(request.format)
    matches = folder / MATCHES
    if request.conditions.matches:
        try:
            shutil.copyfile(request.conditions.matches, matches)
        except OSError as error:
            raise errors.DiskError(
                f"The edited matches could not be copied: {error.strerror or error}.", f"See whether {folder} is full."
            ) from error
    return replace(
        request,
        start=str(folder / (keyframes.START + suffix)),
        end=str(folder / (keyframes.END + suffix)),
        out=str(folder),
        conditions=replace(request.conditions, matches=str(matches) if matches.is_file() else ""),
    )
