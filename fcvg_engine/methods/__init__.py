# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds a method's function by its name.

The table of methods is `shared.methods`, their contract is `core.method_contract`. Generative methods are in this
folder, draft methods in `draft/`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..core import loading
from ..shared.errors import BadRequest
from ..shared.methods import METHODS, MethodTraits

if TYPE_CHECKING:
    from ..core.method_contract import Method

_DUMMY = MethodTraits("dummy", "fault tests", "draft.dummy")


def find(name: str) -> MethodTraits:
    """Returns the traits of the method `name`. Raises BadRequest. The dummy is for tests only (`FCVG_DUMMY=1`)."""
    if name == "dummy" and os.environ.get("FCVG_DUMMY") == "1":
        return _DUMMY
    if name not in METHODS:
        raise BadRequest(f"There is no method {name!r:.100}.", f"Use auto, {', '.join(METHODS)}.")
    return METHODS[name]


def load(name: str) -> Method:
    """Imports the function that makes the drawings. Raises BadRequest, ImportError when a library is missing,
    MissingPart when one hangs, Cancelled."""
    method: Method = loading.load_own(find(name).module).inbetween
    return method
