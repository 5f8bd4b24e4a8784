# SPDX-License-Identifier: GPL-3.0-or-later
"""FILM (Reda et al., "FILM: Frame Interpolation for Large Motion", ECCV 2022), as the published TorchScript.

The network draws the frame in the middle between two pictures; it was trained for nothing else. So the way from start
to end is halved again and again: a frame at k/64 is the middle of the two frames whose distance to it is the lowest set
bit of k (24/64 lies between 16/64 and 32/64). A time becomes the nearest of 1/64 … 63/64, which is off by at most 1/128
of the way; halves, quarters and so on are exact. The rule does not depend on the other times of a chart, so a chart
that is continued later gets the same frames. A middle that several frames need is drawn once.

The network takes opaque colours in [0, 1]. Where there is transparency, alpha goes through the network as a grey
picture of its own. So do highlights, the part of the colours above 1. Each costs another evaluation. Colours are
premultiplied, that is, seen over black.

It computes in float32 everywhere. The script computes sampling positions in the precision of its input, and half
precision would be off by up to 0.4 pixels at a width of 1920.
"""

from __future__ import annotations

import hashlib
import io
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch

from ..core import pictures
from ..core.method_contract import Options, ReportProgress, draft_method
from ..models import discovery, installed, registry
from ..shared import small_files
from ..shared.errors import MissingModel
from . import fades

MULTIPLE = 64  # height and width must be multiples of this: the pyramid has seven levels

_LARGEST_BYTES = 1 << 29  # of the file; the published one has a quarter of that
_PATIENCE_S = 60.0  # with a slow disk
_END = 64  # the end key's place; the start's is 0
_MIDDLE = 0.5
_SAME = "FILM draws at most {} different frames between two keys: some that are close together are the same."

# Two pictures [1, 3, H, W] in [0, 1] and the time between them [1, 1] → the picture at that time.
Network = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]

_warm: dict[tuple[str, torch.device], Network] = {}


@draft_method
def inbetween(
    start: torch.Tensor, end: torch.Tensor, times: Sequence[float], options: Options, report: ReportProgress
) -> Iterator[torch.Tensor]:
    """See `core.method_contract.Method`. Raises MissingModel when the network's file is not there or not the published
    one."""
    if not options.as_published and fades.is_one(start, end):
        options.note(fades.NOTE)
        yield from fades.frames(start, end, times, report)
        return
    report("Loading FILM", 0.0)
    network = _network(options.device)
    places = [place(time) for time in times]
    if len(set(places)) < len(set(times)):
        options.note(_SAME.format(_END - 1))
    layers = Layers.of(start, end)
    drawn = {0: layers.split(start.to(options.device)), _END: layers.split(end.to(options.device))}
    order = _order(places)
    needed = Counter(places) + Counter(parent for each in order for parent in parents(each))
    todo = iter(enumerate(order))
    for wanted in places:
        while wanted not in drawn:
            done, each = next(todo)
            first, last = parents(each)
            middles = []
            for before, after in zip(drawn[first], drawn[last], strict=True):
                report("Drawing inbetweens", done / len(order))
                middles.append(_middle(network, before, after))
            drawn[each] = middles
            _release(drawn, needed, first, last)
        yield layers.join(drawn[wanted]).cpu()
        _release(drawn, needed, wanted)


def place(time: float) -> int:
    """Returns the number of 64ths nearest to `time` in (0, 1); never that of a key."""
    return min(max(1, math.floor(time * _END + 0.5)), _END - 1)


def parents(place: int) -> tuple[int, int]:
    """Returns the two places between which `place` (1 … 63) is the middle."""
    step = place & -place
    return place - step, place + step


def _order(places: Sequence[int]) -> list[int]:
    """The places to draw for `places`, each once, parents first, and no earlier than needed."""
    order: dict[int, None] = {}

    def add(place: int) -> None:
        if 0 < place < _END and place not in order:
            for parent in parents(place):
                add(parent)
            order[place] = None

    for each in places:
        add(each)
    return list(order)


def _release(drawn: dict[int, list[torch.Tensor]], needed: Counter[int], *places: int) -> None:
    """Counts down one use of each of `places`, and forgets pictures that nothing needs any more."""
    for each in places:
        needed[each] -= 1
        if not needed[each]:
            del drawn[each]


def _middle(network: Network, first: torch.Tensor, last: torch.Tensor) -> torch.Tensor:
    """Draws the middle of two pictures [1, 3, H, W] in [0, 1]."""
    height, width = first.shape[-2:]
    time = first.new_full((1, 1), _MIDDLE)
    middle = network(pictures.padded(first, MULTIPLE), pictures.padded(last, MULTIPLE), time)
    return pictures.finite(middle[..., :height, :width], "drawing").clamp(0, 1)


@dataclass(frozen=True)
class Layers:
    """Splits pictures [C, H, W] into layers [1, 3, H, W] in [0, 1], which the network can take, and joins them again.

    The layers are colours up to 1, then alpha if anything is `clear`, then highlights if `peak`, the brightest colour,
    is above 1.
    """

    channels: int
    clear: bool
    peak: float

    @classmethod
    def of(cls, start: torch.Tensor, end: torch.Tensor) -> Layers:
        """Returns the layers that both keys need."""
        clear = start.shape[0] == 4 and bool((start[3] < 1).any() or (end[3] < 1).any())
        return cls(start.shape[0], clear, max(float(start[:3].max()), float(end[:3].max()), 1.0))

    def split(self, picture: torch.Tensor) -> list[torch.Tensor]:
        """Splits a picture [C, H, W] into layers."""
        colours = picture[:3]
        layers = [colours]
        if self.clear:
            layers.append(picture[3:].expand(3, -1, -1))
        if self.peak > 1:
            layers.append((colours - 1) / (self.peak - 1))
        return [layer[None].clamp(0, 1) for layer in layers]

    def join(self, layers: Sequence[torch.Tensor]) -> torch.Tensor:
        """Joins layers into a picture [C, H, W]."""
        colours, *more = (layer[0] for layer in layers)
        alpha = more.pop(0).mean(0, keepdim=True) if self.clear else torch.ones_like(colours[:1])
        if more:
            colours = colours + more[0] * (self.peak - 1)
        return torch.cat((colours, alpha))[: self.channels]


def _network(device: torch.device) -> Network:
    """Loads the published network; the same one next time.

    A TorchScript file holds a program. So it is opened only when its hash is the one in the registry, or that of the
    first download, and the bytes that are opened are the bytes that were hashed.
    """
    (copy,) = installed.copies(registry.models()["film"])
    path = discovery.find().film
    if path is None:
        raise MissingModel(
            f"The model of FILM is not there ({copy.own.name}).",
            f"Download FILM in the preferences, or put that file into {copy.own.parent}.",
        )
    if (copy.expected, device) not in _warm:
        try:
            content = small_files.read(path, _LARGEST_BYTES, _PATIENCE_S)
        except OSError as error:
            raise MissingModel(f"{path} cannot be read: {error.strerror or error}.", "Download FILM again.") from error
        if hashlib.sha256(content).hexdigest() != copy.expected:
            raise MissingModel(
                f"{path} is not known to be the published model of FILM, so it was not opened.",
                "Delete it, then download FILM in the preferences.",
            )
        network = torch.jit.load(io.BytesIO(content), map_location=device)  # type: ignore[no-untyped-call]
        _warm[copy.expected, device] = network.eval()
    return _warm[copy.expected, device]
