"""The inbetweening methods. Adding one is adding a file here and a line to `METHODS`; each is imported when used."""

from __future__ import annotations

import importlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import BadRequest

if TYPE_CHECKING:
    from .base import Method


@dataclass(frozen=True)
class Entry:
    """What the user is told about a method. `name` is its module and its word on the command line."""

    name: str
    label: str
    purpose: str
    licence: str


METHODS = {
    entry.name: entry
    for entry in (
        Entry("rife", "RIFE 4.6", "films, renderings, small to large motion", "MIT"),
        Entry("gmfss", "GMFSS-Fortuna", "drawings, flat colour, clean lines", "MIT"),
        Entry("dissolve", "Dissolve", "a cross-fade, needs no model", "GPL-3.0-or-later"),
        Entry("fcvg", "FCVG", "large motion, guided by matched lines and poses", "unclear: ask the authors"),
        Entry("trf", "TRF", "large motion, one video model from both ends", "Stability AI Community"),
        Entry("vibid", "ViBiDSampler", "the same in fewer steps", "Stability AI Community"),
        Entry("gi", "Generative Inbetweening", "the same with a network for going back", "Stability AI Community"),
    )
}
_DUMMY = Entry("dummy", "Dummy", "fault tests", "GPL-3.0-or-later")


def entry(name: str) -> Entry:
    """The method called `name`. Raises BadRequest. The dummy is there for tests only (`FCVG_DUMMY=1`)."""
    if name == "dummy" and os.environ.get("FCVG_DUMMY") == "1":
        return _DUMMY
    if name not in METHODS:
        raise BadRequest(f"There is no method {name!r:.100}.", f"Use auto, {', '.join(METHODS)}.")
    return METHODS[name]


def load(name: str) -> Method:
    """The function that makes the drawings. Raises BadRequest, and ImportError when a library is missing."""
    method: Method = importlib.import_module(f"{__name__}.{entry(name).name}").inbetween
    return method
