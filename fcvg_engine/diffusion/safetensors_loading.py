# SPDX-License-Identifier: GPL-3.0-or-later
"""Fills networks from published safetensors files.

The files must have exactly the network's tensors, each of its shape; otherwise an error names those that differ.
Pickles, which could run code, are never read.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from torch import nn

from ..models import layouts
from ..shared import small_files
from ..shared.errors import MissingModel

Change = Callable[[torch.Tensor], torch.Tensor]
OnTensor = Callable[[float], None]  # called with the share in [0, 1] that has been read; may raise Cancelled
State = dict[str, torch.Tensor]
Net = TypeVar("Net", bound=nn.Module)


@dataclass(frozen=True)
class Place:
    """Where a tensor lies: in the file `path`, under the name `key`.

    `change` turns it into the network's own tensor, where the file was published in another layout.
    """

    path: Path
    key: str
    change: Change | None = None


Located = dict[str, Place]  # the network's key → where its tensor lies

_LARGEST_CONFIG_BYTES = 4 << 20
_NAMED = 4  # keys that an error names
_AGAIN = "Download it again, whole and as published."
# Buffers that some versions of a library saved beside the weights, though they hold none.
_IGNORED = ("position_ids",)


def published(folder: Path, stem: str, dtype: torch.dtype) -> list[Path]:
    """Finds the files of a network in diffusers' or transformers' layout: one, or several that an index lists.

    There are two variants, full precision and fp16; the one nearer to `dtype` is preferred. Raises MissingModel.
    """
    try:
        return layouts.weights(folder, stem, half=dtype != torch.float32)
    except layouts.NoWeights as error:
        raise MissingModel(str(error), "Download this folder again, whole.") from error


def located(paths: Iterable[Path]) -> Located:
    """Lists the tensors in the files. Raises MissingModel for a file that is missing or not whole."""
    found: Located = {}
    for path in paths:
        with _opened(path) as file:
            found |= {key: Place(path, key) for key in file.keys()}  # noqa: SIM118 - the file is no mapping
    return {key: place for key, place in found.items() if not key.endswith(_IGNORED)}


def _ignore(share: float) -> None:
    """For callers that do not ask how far reading is."""


def read(where: Mapping[str, Place], dtype: torch.dtype, on_tensor: OnTensor = _ignore) -> State:
    """Reads the tensors onto the CPU. Raises MissingModel when a file is not whole, and what `on_tensor` raises."""
    state: State = {}
    for path in sorted({place.path for place in where.values()}):
        with _opened(path) as file:
            for key in sorted(key for key, place in where.items() if place.path == path):
                place = where[key]
                tensor = file.get_tensor(place.key)
                state[key] = (place.change(tensor) if place.change else tensor).to(dtype)
                on_tensor(len(state) / len(where))
    return state


def fill(net: Net, where: Mapping[str, Place], dtype: torch.dtype, on_tensor: OnTensor = _ignore) -> Net:
    """Gives `net`, made on the meta device, its weights in `dtype` on the CPU, and returns it ready to use.

    Raises MissingModel naming tensors that are missing, that `net` does not have, or that have another shape, and
    whatever `on_tensor` raises.
    """
    own = net.state_dict()
    name = " and ".join(sorted({str(place.path) for place in where.values()})) or "nothing"
    _agree(own.keys() - where.keys(), f"{name} lacks weights")
    _agree(where.keys() - own.keys(), f"{name} has weights that do not belong there")
    state = read(where, dtype, on_tensor)
    _agree([key for key in own if state[key].shape != own[key].shape], f"{name} has weights of another shape")
    net.load_state_dict(state, assign=True)
    return net.eval().requires_grad_(False)


def read_json(path: Path) -> dict[str, Any]:
    """Reads a JSON file that holds an object. Raises MissingModel."""
    try:
        content = small_files.read_json(path, _LARGEST_CONFIG_BYTES)
    except (OSError, ValueError) as error:
        raise MissingModel(f"The file {path} cannot be read: {error!s:.200}", _AGAIN) from error
    if not isinstance(content, dict):
        raise MissingModel(f"The file {path} is no JSON object.", _AGAIN)
    return content


def _agree(keys: Iterable[str], problem: str) -> None:
    names = sorted(keys)
    if names:
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        raise MissingModel(f"{problem}: {', '.join(names[:_NAMED])}{more}.", _AGAIN)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Opens a safetensors file. Its errors, when it is opened and later, become MissingModel."""
    try:
        small_files.require_file(path)  # a pipe under this name would hold the library for ever
        with safe_open(path, framework="pt", device="cpu") as file:
            yield file
    except FileNotFoundError as error:
        raise MissingModel(f"There is no file {path}.", _AGAIN) from error
    except (SafetensorError, OSError) as error:
        raise MissingModel(f"The file {path} is damaged or not whole: {error!s:.200}", _AGAIN) from error
