# SPDX-License-Identifier: GPL-3.0-or-later
"""How much memory a generation needs, which plan fits into what is free, and which plan to try when memory ran out.

The estimate adds up what lies on the device at the worst moment. The numbers come from the published networks of Stable
Video Diffusion XT; a test traces their forward passes tensor by tensor:

* Weights: UNet 1525 M numbers, image encoder 632 M, VAE 98 M (its encoder in 32 bits), ControlNeXt 3.5 M; Generative
  Inbetweening's second UNet has 25 M of its own. When offloaded, only those at work lie on the device.
* UNet: its first and last levels are the largest. T, one tensor there, has 25 frames · 320 channels · width/8 ·
  height/8. While a feed-forward layer multiplies, 16 T are its own (8 in, 4 gate, 4 product) and 12 T are its input,
  residuals and skip tensors. Its own shrink when it works on fewer frames at a time. Each branch of a batch needs this.
* ControlNeXt's embedded conditions, kept for all steps unless offloaded: 25 frames · 128 channels · width/2 · height/2.
* Generative Inbetweening's kept attention over time: 254 M numbers at 1024×576 for each guidance half (see
  `gi_backward_unet`). Its directions have a network each, so at most two branches make a batch.
* VAE: for each frame that is decoded at once, 8 tensors of 128 channels · width · height; while a key is encoded, 5 in
  32 bits.

Standard library only: estimates are made before torch is imported.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..shared.methods import METHODS

FRAMES = 25
STAGES = ("encoding", "denoising", "decoding")

_UNET, _IMAGE_ENCODER, _CONTROLNEXT, _GI_OWN = 1_524_623_082, 632_076_800, 3_526_400, 24_793_280
_VAE_ENCODER, _VAE_DECODER = 34_163_664, 63_579_183
_LAYER_TENSORS, _FEED_FORWARD_TENSORS = 12.2, 16
_CHUNKED_TENSORS = 16.2  # however small the pieces are, elsewhere so many are alive at once
_DECODER_TENSORS, _ENCODER_TENSORS = 8, 5
_KEPT_ATTENTION = 254e6 / (1024 * 576)  # numbers a pixel, for each branch of a batch
_FRAGMENTATION = 1.1  # of activations: the allocator's rounding and gaps
_CONTEXT_BYTES = 500_000_000  # the device's own libraries
_TILE = 384 * 384  # pixels of a decoder's tile
_SINGLE = 4  # bytes of what is in 32 bits always


@dataclass(frozen=True)
class MemoryPlan:
    """One way to use memory.

    `branches`: how many of the four network evaluations of a step (two directions, two guidance halves) run as one
    batch: 4, 2 or 1.
    `offload`: networks lie in main memory and visit the device one at a time.
    `decode_chunk`: frames that are decoded at once.
    `forward_chunk`: frames that a feed-forward layer works on at once; 0 for all.
    `tiled`: frames are decoded in tiles.
    `compiled`: the UNet is compiled with torch.compile.
    `late_guidance`: the share of the steps after which guidance is skipped; 1 for never.
    """

    name: str
    branches: int = 4
    offload: bool = False
    decode_chunk: int = 8
    forward_chunk: int = 0
    tiled: bool = False
    compiled: bool = False
    late_guidance: float = 1.0


PLANS = {
    plan.name: plan
    for plan in (
        # FCVG's authors decode 2 frames at once; all presets do, so that they give one picture.
        MemoryPlan("low", branches=1, offload=True, decode_chunk=2, forward_chunk=5),
        MemoryPlan("balanced", branches=2, decode_chunk=2),
        MemoryPlan("fast", branches=4, decode_chunk=2),
        # From there on the noise is below 1.4: what guidance decides is decided.
        MemoryPlan("turbo", branches=4, decode_chunk=2, late_guidance=0.7),
    )
}
_AUTOMATIC = ("fast", "balanced", "low")


def plan(
    preset: str, free_bytes: int, size: tuple[int, int], method: str, *, value_bytes: int = 2, on_gpu: bool = True
) -> MemoryPlan:
    """The plan of `preset`, one of protocol.PRESETS. "auto" is the fastest plan that fits into `free_bytes`, but turbo.

    `size`: the working size (width, height). `method`: one of shared.methods.GENERATIVE. `value_bytes`: bytes of a
    number in the networks.

    On a processor nothing is offloaded, since the networks lie in its memory anyway. There "auto" makes no batches,
    which would gain nothing.
    """
    if not on_gpu:
        if preset != "auto":
            return replace(PLANS[preset], offload=False)
        whole = MemoryPlan("low", branches=1, decode_chunk=2)  # chunks would take longer
        fits = estimate(whole, size, method, value_bytes) <= free_bytes
        return whole if fits else replace(PLANS["low"], offload=False)
    if preset != "auto":
        return PLANS[preset]
    fitting = (name for name in _AUTOMATIC if estimate(PLANS[name], size, method, value_bytes) <= free_bytes)
    return PLANS[next(fitting, "low")]


def estimate(plan: MemoryPlan, size: tuple[int, int], method: str, value_bytes: int = 2) -> int:
    """Bytes on the device at the worst moment of a generation at the working `size` (width, height)."""
    return max(stages(plan, size, method, value_bytes).values())


def stages(plan: MemoryPlan, size: tuple[int, int], method: str, value_bytes: int = 2) -> dict[str, int]:
    """Bytes on the device in each of `STAGES`, see `estimate`."""
    traits = METHODS[method]
    pixels = size[0] * size[1]
    unet = (_UNET + _CONTROLNEXT * traits.conditioned + _GI_OWN * traits.backward_unet) * value_bytes
    vae = _VAE_ENCODER * _SINGLE + _VAE_DECODER * value_bytes
    image_encoder = _IMAGE_ENCODER * value_bytes
    everything = unet + vae + image_encoder
    weights = {"encoding": max(image_encoder, vae), "denoising": unet, "decoding": vae}

    tensor = FRAMES * 320 * pixels // 64 * value_bytes
    tensors = _LAYER_TENSORS + _FEED_FORWARD_TENSORS * (plan.forward_chunk or FRAMES) / FRAMES
    branches = min(plan.branches, 2) if traits.backward_unet else plan.branches
    kept = 0.0
    if traits.conditioned and not plan.offload:
        kept += FRAMES * 128 * pixels / 4 * value_bytes
    if traits.backward_unet:
        kept += branches * _KEPT_ATTENTION * pixels * value_bytes
    channels = 128 * (_TILE if plan.tiled else pixels)
    activations = {
        "encoding": _ENCODER_TENSORS * 128 * pixels * _SINGLE,
        "denoising": branches * max(tensors, _CHUNKED_TENSORS) * tensor + kept,
        "decoding": plan.decode_chunk * _DECODER_TENSORS * channels * value_bytes,
    }
    return {
        stage: round((weights[stage] if plan.offload else everything) + _FRAGMENTATION * activations[stage])
        + _CONTEXT_BYTES
        for stage in STAGES
    }


def easier(plan: MemoryPlan, stage: str, on_gpu: bool = True) -> tuple[MemoryPlan, str] | None:
    """The next plan to try when memory ran out in `stage`, and what changes, in words for an artist; None: there is
    none.

    The picture stays the same within rounding. Only frames that are decoded in smaller chunks or in tiles differ
    slightly.
    """
    if stage == "decoding":
        if plan.decode_chunk > 1:
            chunk = plan.decode_chunk // 2
            return replace(plan, decode_chunk=chunk), f"{chunk} frame{'s' * (chunk > 1)} at a time"
        if not plan.tiled:
            return replace(plan, tiled=True), "frames in tiles"
    if stage == "denoising":
        if plan.branches > 1:
            return replace(plan, branches=plan.branches // 2), f"{plan.branches // 2} of 4 evaluations at a time"
        if not plan.forward_chunk:
            return replace(plan, forward_chunk=5), "layers in pieces"
    if on_gpu and not plan.offload:
        return replace(plan, offload=True), "networks that are not at work wait in main memory"
    return None
