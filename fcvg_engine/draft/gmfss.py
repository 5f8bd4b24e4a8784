# SPDX-License-Identifier: GPL-3.0-or-later
"""GMFSS-Fortuna "union": slow, best on drawn pictures, whose flat colours give other methods nothing to match.

Once for each pair: dense matching both ways (GMFlow), how much each pixel counts (MetricNet), features (FeatureNet).
Then for each frame: both keys' pictures and features are thrown forward along the flow (softmax splatting), RIFE adds
its own draft, and FusionNet paints the frame from all of them.

FusionNet needs much memory. It paints opaque colours in [0, 1], slightly different from those of the keys. So for keys
that have alpha or highlights above 1, are larger than `MOST_PIXELS`, or look drawn, the full-size keys are carried
along the same motion. The difference between the painted and the carried picture is enlarged and added as a correction,
where the result is opaque:

    frame = carried + opaque · enlarged(painted − seen(carried))

With other keys this formula gives exactly the painted frame, and only that is computed. With drawn keys, differences of
a few levels are left out, so that flat areas keep the exact colour of the keys (on drawn pairs the FLIP error is 23 %
smaller). With rendered keys that would cost detail.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from ..core import pictures
from ..core.method_contract import Options, ReportProgress, draft_method
from ..core.warp import backward_warp
from ..nets.splat import Splat
from . import choose_method, fades, fading_parts, networks, still

MOST_PIXELS = 2_100_000  # that are painted; larger keys are reduced for painting (1920×1088 is not)
_MULTIPLE = 64  # GMFlow sees half the size and needs multiples of 32
_TINY = 1e-6
_ALIKE = 0.005  # mean difference in colour at which a view of the frame counts 1/e
_KEPT, _REPAINTED = 4 / 255, 12 / 255  # with drawn keys: smaller corrections are left out, larger ones made in full
_OPAQUE_FROM = 0.98  # alpha at which the painted correction begins to count; at 1 it counts fully


@dataclass(frozen=True)
class Side:
    """One key, and what the networks found about it that does not depend on time.

    `picture` [1, 3, h, w], `flow` [1, 2, h, w] to the other key and `metric` [1, 1, h, w] are at half the painted size;
    `features` are at 1/2, 1/4 and 1/8 of it.
    """

    picture: torch.Tensor
    flow: torch.Tensor
    metric: torch.Tensor
    features: tuple[torch.Tensor, torch.Tensor, torch.Tensor]


@draft_method
def inbetween(
    start: torch.Tensor, end: torch.Tensor, times: Sequence[float], options: Options, report: ReportProgress
) -> Iterator[torch.Tensor]:
    """See `core.method_contract.Method`."""
    if not options.as_published and fades.is_one(start, end):
        options.note(fades.NOTE)
        yield from fades.frames(start, end, times, report)
        return
    report("Loading GMFSS", 0.0)
    painter = Painter(options, report)
    keys = start[None].to(options.device), end[None].to(options.device)
    ground = pictures.backdrop(start, end)
    drawn = not options.as_published and choose_method.is_drawn_pair(start, end)
    factor = pictures.bounding_factor(start, MOST_PIXELS)
    small = [pictures.reduced(pictures.composite(key, ground), factor) for key in keys]
    carried_too = drawn or factor > 1 or start.shape[0] == 4 or bool((start > 1).any() or (end > 1).any())
    share = 1 / (len(times) + 1)
    sides = painter.sides(small[0], small[1], lambda: report("Looking for motion", 0.0))
    size = (small[0].shape[2], small[0].shape[3])
    ways = [2 * _doubled(side.flow, size) for side in sides]
    held = None if options.as_published else still.find(*keys, *ways)
    fading = None if options.as_published else fading_parts.find(*keys, *ways)
    if fading is not None:
        options.note(fading_parts.NOTE)
    for done, time in enumerate(times):
        fraction = (done + 1) * share

        def tick(fraction: float = fraction) -> None:
            report("Drawing inbetweens", fraction)

        painted, motion = painter.paint(sides, time, tick)
        pictures.finite(painted, "painting")
        frame = painted[..., : size[0], : size[1]]
        if carried_too:
            carried = pictures.carry(motion.moves(*keys, painted, time, size))
            frame = _corrected(carried, frame, ground, drawn)
        if held is not None:
            frame = torch.where(held, torch.lerp(*keys, time), frame)
        if fading is not None:
            frame = torch.lerp(frame, torch.lerp(*keys, time), fading)
        yield frame[0].cpu()


def _corrected(carried: torch.Tensor, painted: torch.Tensor, ground: float, drawn: bool) -> torch.Tensor:
    """Corrects the carried picture [1, C, H, W] towards the painted one [1, 3, h, w], where it is opaque."""
    as_seen = pictures.composite(carried, ground)
    size = painted.shape[-2:]
    if size != carried.shape[-2:]:
        as_seen = F.interpolate(as_seen, size=size, mode="bilinear", antialias=True)
    correction = painted - as_seen
    if drawn:
        largest = correction.abs().amax(1, keepdim=True)
        correction *= ((largest - _KEPT) / (_REPAINTED - _KEPT)).clamp(0, 1)
    if size != carried.shape[-2:]:
        correction = F.interpolate(correction, size=carried.shape[-2:], mode="bilinear")
    if carried.shape[1] == 4:
        correction *= ((carried[:, 3:] - _OPAQUE_FROM) / (1 - _OPAQUE_FROM)).clamp(0, 1)
    carried[:, :3] += correction
    return carried.clamp_(min=0)


class Painter:
    """Paints frames with five networks on one device."""

    def __init__(self, options: Options, report: ReportProgress) -> None:
        device, dtype = options.device, options.dtype
        # Matching takes means over thousands of places, which half precision cannot do. It runs once for each pair.
        self._flow = networks.network("gmflow", device, torch.float32, report)
        self._metric = networks.network("metric", device, torch.float32, report)
        self._feature = networks.network("feature", device, dtype, report)
        self._fusion = networks.network("fusion", device, dtype, report)
        self._rife = networks.network("rife", device, dtype, report)
        self._dtype = dtype

    def sides(self, start: torch.Tensor, end: torch.Tensor, tick: pictures.Tick) -> tuple[Side, Side]:
        """Finds what does not depend on time, for keys [1, 3, H, W] in [0, 1]. `tick` may raise."""
        start, end = pictures.padded(start, _MULTIPLE), pictures.padded(end, _MULTIPLE)
        near, far = F.avg_pool2d(start, 2), F.avg_pool2d(end, 2)
        flow_start, flow_end = self._flow(near, far, tick)
        pictures.finite(flow_start + flow_end, "matching the keyframes")
        tick()
        metric_start, metric_end = self._metric(near, far, flow_start, flow_end)
        pictures.finite(metric_start + metric_end, "weighing the matches")
        tick()
        return (
            Side(near, flow_start, metric_start, self._feature(start.to(self._dtype))),
            Side(far, flow_end, metric_end, self._feature(end.to(self._dtype))),
        )

    def paint(self, sides: tuple[Side, Side], time: float, tick: pictures.Tick) -> tuple[torch.Tensor, Motion]:
        """Paints the frame at `time`, [1, 3, h, w] in [0, 1], of the padded size; also returns the motion in it.

        `tick` may raise.
        """
        (near, features_near), (far, features_far) = _thrown(sides[0], time, tick), _thrown(sides[1], 1 - time, tick)
        tick()
        flow, mask = self._rife(sides[0].picture, sides[1].picture, time)
        warped = backward_warp(sides[0].picture, flow[:, :2]), backward_warp(sides[1].picture, flow[:, 2:])
        draft = torch.lerp(warped[1], warped[0], torch.sigmoid(mask))
        drafts = torch.cat((near[:, :3], draft, far[:, :3]), 1).to(self._dtype)
        features = [torch.cat(pair, 1) for pair in zip(features_near, features_far, strict=True)]
        painted = self._fusion(drafts, *features, tick).float().clamp_(0, 1)
        # A pixel that was thrown by v comes from -v, seen from the place where it landed.
        motion = Motion(
            views=(near[:, :3], far[:, :3], *warped),
            flows=(-near[:, 3:5], -far[:, 3:5], flow[:, :2], flow[:, 2:]),
            landed=(near[:, 5:], far[:, 5:], torch.ones_like(mask), torch.ones_like(mask)),
        )
        return painted, motion


@dataclass(frozen=True)
class Motion:
    """Four views of a frame, at half the painted size: start and end splatted, start and end warped by RIFE.

    For each view: its picture in `views` [1, 3, h, w], the flow back to the key in `flows` [1, 2, h, w], and `landed`
    [1, 1, h, w], which is 0 where the view has no pixel.
    """

    views: tuple[torch.Tensor, ...]
    flows: tuple[torch.Tensor, ...]
    landed: tuple[torch.Tensor, ...]

    def moves(
        self, start: torch.Tensor, end: torch.Tensor, painted: torch.Tensor, time: float, size: tuple[int, int]
    ) -> list[pictures.Move]:
        """Returns how to carry the keys [1, C, H, W] so that the result looks like `painted`.

        At each place a view counts the more, the closer it is to `painted`. `size` is (height, width) of `painted`
        without its padding.
        """
        goal = F.avg_pool2d(painted, 2)
        likeness = []
        for view, landed, prior in zip(self.views, self.landed, (1 - time, time) * 2, strict=True):
            gap = F.avg_pool2d((view - goal).abs().mean(1, keepdim=True), 3, 1, 1)
            likeness.append(prior * landed * torch.exp(-gap / _ALIKE) + _TINY)
        shares = torch.cat(likeness, 1)
        shares = shares / shares.sum(1, keepdim=True)
        return [
            pictures.Move(key, 2 * _doubled(flow, size), _doubled(shares[:, index : index + 1], size))
            for index, (key, flow) in enumerate(zip((start, end) * 2, self.flows, strict=True))
        ]


def _doubled(field: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Enlarges [1, C, h, w] to twice its size and crops it to `size` (height, width)."""
    return F.interpolate(field, scale_factor=2, mode="bilinear")[..., : size[0], : size[1]]


def _thrown(side: Side, share: float, tick: pictures.Tick) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """Throws one key along `share` of its flow.

    Returns [1, 6, h, w] (colours, the vector by which each pixel was thrown, 1 where something landed), and the key's
    features at three sizes.
    """
    flow, metric = side.flow * share, side.metric * share
    tick()
    splat = Splat(flow, metric)
    moved = splat(torch.cat((side.picture, flow, torch.ones_like(metric)), 1))
    features = [splat(side.features[0])]
    for level in (1, 2):
        tick()
        scale = 0.5**level
        small = F.interpolate(flow, scale_factor=scale, mode="bilinear") * scale
        splat = Splat(small, F.interpolate(metric, scale_factor=scale, mode="bilinear"))
        features.append(splat(side.features[level]))
    return moved, features
