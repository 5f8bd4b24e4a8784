"""What the engine is asked for: by the artist's choices, or by what a strip remembers of them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from . import generative, keyframes, properties
from .engine import errors, protocol

MATCHES = "key_matches.json"  # the artist's own, beside the keys


def chosen(settings: Any, count: int, device: str) -> protocol.Request:
    """`count` inbetweens as the scene's settings say; `placed` gives it its paths.

    Raises BadRequest on a timing chart that does not fit and on edited matches that are not there.
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
        device=device,
    )
    if method not in protocol.GENERATIVE:
        return request
    conditions = protocol.ConditionSettings()
    weight = protocol.SamplingSettings.control_weight
    if method == generative.CONDITIONED:
        conditions, weight = settings.conditions.engine(), settings.conditions.control_weight
    return replace(request, conditions=conditions, sampling=settings.sampling.engine(weight))


def remembered(record: Any, device: str) -> protocol.Request:
    """The same inbetweens once more, from what their strip remembers; `placed` gives it its paths."""
    conditions, sampling = generative.recalled(record.generation)
    return protocol.Request(
        start="",
        end="",
        out="",
        count=record.count,
        method=record.method,
        timing=record.engine_timing(),
        hold=record.hold,
        seed=record.seed,
        format=record.format,
        device=device,
        conditions=conditions,
        sampling=sampling,
    )


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
