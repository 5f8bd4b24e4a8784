# SPDX-License-Identifier: GPL-3.0-or-later
"""Gathers the facts that the doctor judges; `findings` and `mistakes` say what they mean."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ..core import loading
from ..models import catalogue, discovery, hub, registry
from ..models.misplaced import Suspect, search
from ..shared.errors import MissingPart
from ..shared.protocol import ModelInfo
from ..transfer import package_index
from . import cards, disk_places, libraries
from .cards import Cards
from .disk_places import Place
from .libraries import Installed
from .probe import Probe

if TYPE_CHECKING:
    from ..core.devices import Device

_T = TypeVar("_T")

Report = Callable[[str, float], None]  # a stage and its fraction of the whole, in [0, 1]; may raise Cancelled

DRAFTS = ("rife", "gmfss")  # the models that draft methods need


@dataclass(frozen=True)
class Torch:
    """What torch was built for, and what it can use.

    `build`: cpu, cuda, rocm or metal. `toolkit`: the version of CUDA or ROCm, or empty.
    `usable`: it finds an accelerator.
    `capability`: the compute capability of the first NVIDIA card. `kernels`: those that torch has for NVIDIA cards.
    `problem`: why it could not be imported, else empty.
    `devices`: all devices that it can compute on.
    """

    build: str = "cpu"
    toolkit: str = ""
    usable: bool = False
    capability: tuple[int, int] = (0, 0)
    kernels: tuple[str, ...] = ()
    problem: str = ""
    devices: tuple[Device, ...] = ()


@dataclass(frozen=True)
class Memory:
    """The computer's main memory."""

    total_bytes: int
    free_bytes: int


@dataclass(frozen=True)
class Facts:
    """Everything that the doctor knows.

    `folder_problem`: what is wrong with a folder of models that an environment variable names, a sentence, else empty.
    `online`: the network may be used. `token`: there is a token for gated models.
    """

    torch: Torch
    cards: Cards
    memory: Memory | None
    libraries: Sequence[Installed]
    leftovers: Sequence[str]
    places: Sequence[Place]
    models: Sequence[ModelInfo]
    suspects: Sequence[Suspect]
    folder_problem: str
    online: bool
    token: bool

    @property
    def lacks_drafts(self) -> bool:
        """Whether the draft methods cannot start without a download."""
        return any(each.state != "present" for each in self.models if each.name in DRAFTS)


def gather(report: Report) -> Facts:
    """Gathers all facts. Takes a few seconds, most of them for importing torch. Makes no connection."""
    with ThreadPoolExecutor(1) as side, ExitStack() as probes:
        ask = _begun(side, cards.cards)  # a driver may take its time
        report("Looking at the libraries", 0.0)
        found = libraries.libraries()
        problem = _not_ours(found)
        probe = None if problem else probes.enter_context(Probe("import torch; torch.cuda.is_available()"))
        report("Looking at models and disks", 0.1)
        models = catalogue.infos()
        missing = [registry.models()[each.name] for each in models if each.state != "present"]
        report("Starting torch", 0.2)
        if probe and probe.hangs(lambda: report("Starting torch", 0.2)):
            problem = loading.did_not_load("torch").message
        return Facts(
            torch=Torch(problem=problem) if problem else _torch(),
            cards=ask(),
            memory=_memory(),
            libraries=found,
            leftovers=libraries.leftovers(),
            places=disk_places.places(any(each.name in DRAFTS for each in missing)),
            models=models,
            suspects=search(discovery.folders(), missing),
            folder_problem=_folder_problem(),
            online=not package_index.places().offline,
            token=hub.has_token(),
        )


def _begun(side: ThreadPoolExecutor, work: Callable[[], _T]) -> Callable[[], _T]:
    """Begins the work beside this thread where the system gives another one; returns what gives its result."""
    try:
        return side.submit(work).result
    except RuntimeError:
        return work


def _not_ours(found: Sequence[Installed]) -> str:
    """Why torch is not to be imported: it is missing, or from outside of the engine's environment, so it may be
    anything. Empty when it may be imported."""
    (library,) = (each for each in found if each.library.name == "torch")
    if not library.version:
        return "It is missing."
    return f"It comes {library.foreign}." if library.foreign else ""


def _torch() -> Torch:
    """What torch says of itself."""
    try:
        from ..core import devices

        there = devices.available()
    except (MissingPart, ImportError, RuntimeError) as error:  # RuntimeError: the card's driver does not answer
        return Torch(problem=str(error).partition("\n")[0])
    import torch

    usable = {each.name for each in there} - {"cpu"}
    build = "cuda" if torch.version.cuda else "rocm" if torch.version.hip else "cpu"
    if build == "cpu" and torch.backends.mps.is_built():
        build = "metal"
    if build == "cuda" and usable:
        capability = torch.cuda.get_device_capability()
        kernels = tuple(torch.cuda.get_arch_list())
        return Torch(build, torch.version.cuda or "", True, capability, kernels, devices=tuple(there))
    return Torch(build, torch.version.cuda or torch.version.hip or "", bool(usable), devices=tuple(there))


def _memory() -> Memory | None:
    try:
        import psutil  # type: ignore[import-untyped]
    except ImportError:
        return None
    memory = psutil.virtual_memory()
    return Memory(memory.total, memory.available)


def _folder_problem() -> str:
    """What is wrong with a folder of models that an environment variable names; empty when nothing is."""
    for variable in ("FCVG_CHECKPOINTS", "FCVG_MODELS"):
        named = os.environ.get(variable)
        try:
            # The models folder may be empty: downloads fill it.
            is_empty = bool(named) and next(Path(named or "").iterdir(), None) is None
            if is_empty and variable == "FCVG_CHECKPOINTS":
                return f"The folder of models {named} is empty."
        except FileNotFoundError:
            return f"The folder of models {named} (named by {variable}) is not there."
        except NotADirectoryError:
            return f"{named} (named by {variable} as folder of models) is a file."
        except OSError as error:
            return f"The folder of models {named} cannot be looked into: {error.strerror}."
    return ""
