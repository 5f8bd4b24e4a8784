"""The inbetweening methods. Adding one is adding a file here and a line to `METHODS`; each is imported when used."""

from __future__ import annotations

import importlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import BadRequest
from ..models import registry

if TYPE_CHECKING:
    from .base import Method


@dataclass(frozen=True)
class Entry:
    """What the user is told about a method. `name` is its module and its word on the command line; the registry knows
    its models and their licences under the same name."""

    name: str
    purpose: str

    @property
    def label(self) -> str:
        """What people call it."""
        return registry.label(self.name)


METHODS = {
    entry.name: entry
    for entry in (
        Entry("rife", "films, renderings, small to large motion"),
        Entry("gmfss", "drawings, flat colour, clean lines"),
        Entry("film", "films, renderings, large motion; slow"),
        Entry("dissolve", "a cross-fade, needs no model"),
        Entry("fcvg", "large motion, guided by matched lines and poses"),
        Entry("trf", "large motion, one video model from both ends"),
        Entry("vibid", "the same in fewer steps"),
        Entry("gi", "the same with a network for going back"),
    )
}
_DUMMY = Entry("dummy", "fault tests")


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
