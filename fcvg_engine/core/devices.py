# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices that networks run on: which there are, how much memory they have, in which precision they compute."""

from __future__ import annotations

import ctypes
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil  # type: ignore[import-untyped]

from ..shared.errors import BadRequest, MissingPart
from ..shared.protocol import DEVICES
from . import loading

if TYPE_CHECKING:
    import torch

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of glibc's mallopt
_KEPT_BYTES = 2**30


@dataclass(frozen=True)
class Device:
    """A device that a request can name. `memory_bytes`: all it has. `free_bytes`: what is free now."""

    name: str
    label: str
    memory_bytes: int
    free_bytes: int


def pick(name: str) -> torch.device:
    """Returns the device called `name`, one of protocol.DEVICES. `auto` is a GPU where there is one.

    Raises BadRequest when the device is not there: the engine never uses another one instead. Raises MissingPart
    without torch.
    """
    require_torch()
    if name not in DEVICES:
        raise BadRequest(f"There is no device {name!r:.100}.", f"Use one of {', '.join(DEVICES)}.")
    # Who asks for the processor may do so because the card fails, and then it cannot be looked at.
    there = ["cpu"] if name == "cpu" else [device.name for device in available()]
    if name == "auto":
        name = next(each for each in ("cuda", "mps", "cpu") if each in there)
    elif name not in there:
        raise BadRequest(
            f"This computer has no {name.upper()} device that the engine can use.",
            f"Choose auto or one of {', '.join(there)}; for a GPU check its driver and the engine's torch.",
        )
    import torch

    return torch.device(name)


def precision(device: torch.device) -> torch.dtype:
    """Returns float16 for GPUs and float32 for the processor, where half precision is slower."""
    import torch

    return torch.float32 if device.type == "cpu" else torch.float16


def available() -> list[Device]:
    """Lists all devices that work on this computer, the processor first. Raises MissingPart without torch."""
    require_torch()
    import torch

    memory = psutil.virtual_memory()
    found = [Device("cpu", f"processor, {torch.get_num_threads()} threads", memory.total, memory.available)]
    if torch.cuda.is_available():
        free, total = torch.cuda.mem_get_info()
        found.append(Device("cuda", torch.cuda.get_device_name(), total, free))
    if torch.backends.mps.is_available():
        found.append(Device("mps", "Apple GPU, shares the computer's memory", memory.total, memory.available))
    return found


def free_bytes(device: torch.device) -> int:
    """Bytes of memory that a job may use on `device`. What this process has reserved there on a GPU counts as free."""
    import torch

    if device.type != "cuda":
        return int(psutil.virtual_memory().available)
    return torch.cuda.mem_get_info()[0] + torch.cuda.memory_reserved(device)


@contextmanager
def memory_kept() -> Iterator[None]:
    """While the block runs, the process keeps the memory of freed tensors for the next ones; then it gives all back.

    By default glibc returns each large block to the system at once, which clears it page by page before it is used
    again, hundreds of times a frame. That takes 5 to 15 % of RIFE's time on two cores. Other C libraries are not
    changed.
    """
    if platform.libc_ver()[0] != "glibc":
        yield
        return
    library = ctypes.CDLL(None)
    library.mallopt(_M_MMAP_THRESHOLD, _KEPT_BYTES)
    library.mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
    try:
        yield
    finally:
        library.malloc_trim(0)


def require_torch() -> None:
    """Raises MissingPart when torch cannot be imported, or hangs."""
    try:
        loading.load("torch")
    except (ImportError, OSError) as error:  # OSError: a shared library of it is missing
        raise MissingPart(f"The engine's torch cannot be loaded: {error}", "Install the engine again.") from error
