# SPDX-License-Identifier: GPL-3.0-or-later
"""What FCVG costs: seconds and memory of each stage, for each preset. No checkpoint is needed.

    python -m benchmarks.fcvg [--size WxH] [--steps N] [--presets fast,…] [--device cuda]

The networks have the published sizes; their weights are drawn from generators seeded by the weights' names, right on
the device. That costs what the trained ones cost, but shows nothing. 25 frames are generated. Without a GPU the
networks, picture and number of steps are small, which the report says. Loading, finding conditions, and the drawings
between the 25 frames are not counted.

"Distance" is how far a preset's latents are from the first one's, mean absolute difference over their deviation: with
untrained weights a sign of what is exact and what is not, no measure of what is seen. Prints Markdown.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from fcvg_engine.core import devices
from fcvg_engine.diffusion import decode, encode, memory, sizes
from fcvg_engine.diffusion.denoiser import SvdDenoiser
from fcvg_engine.diffusion.memory import MemoryPlan
from fcvg_engine.diffusion.networks import Models
from fcvg_engine.diffusion.samplers import fcvg as sampler
from fcvg_engine.nets.controlnext import ControlNeXt
from fcvg_engine.shared.protocol import SamplingSettings

PRESETS = "fast,balanced,low,turbo"
_UNET: dict[str, Any] = {"num_frames": 25}  # diffusers' defaults are Stable Video Diffusion's
_VAE: dict[str, Any] = {
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "block_out_channels": (128, 256, 512, 512),
    "layers_per_block": 2,
}
_IMAGE_ENCODER: dict[str, Any] = {
    "hidden_size": 1280,
    "intermediate_size": 5120,
    "projection_dim": 1024,
    "num_hidden_layers": 32,
    "num_attention_heads": 16,
    "patch_size": 14,
}
_SMALL_UNET = {"block_out_channels": (320, 64, 64, 64), "num_attention_heads": (5, 2, 2, 2), "layers_per_block": 1}
_SMALL_VAE = {"block_out_channels": (32, 32, 64, 64), "layers_per_block": 1}
_SMALL_IMAGE_ENCODER = {"hidden_size": 64, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
# As published with Stable Video Diffusion.
_SCHEDULER = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "prediction_type": "v_prediction",
    "use_karras_sigmas": True,
    "sigma_min": 0.002,
    "sigma_max": 700.0,
    "timestep_spacing": "leading",
    "timestep_type": "continuous",
    "steps_offset": 1,
}


@dataclass(frozen=True)
class Measured:
    """One generation: seconds of each stage, the most bytes at once, and its latents [1, 25, 4, h, w]."""

    encode_s: float
    denoise_s: float
    decode_s: float
    peak_bytes: int
    latents: torch.Tensor


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="", help="WIDTHxHEIGHT (default 1024x576; without a GPU 64x64)")
    parser.add_argument("--steps", type=int, default=0, help="(default 25; without a GPU 2)")
    parser.add_argument("--presets", default=PRESETS, help=f"(default {PRESETS})")
    parser.add_argument("--device", default="auto", help="auto, cuda, mps or cpu")
    parser.add_argument("--dtype", default="", help="float16, bfloat16 or float32 (default: as the engine does)")
    parser.add_argument("--compile", action="store_true", help="torch.compile the UNet")
    options = parser.parse_args(arguments)

    device = devices.pick(options.device)
    small = device.type == "cpu"
    dtype = getattr(torch, options.dtype) if options.dtype else devices.precision(device)
    size = sizes.working(1024, 576, options.size or ("64x64" if small else "1024x576"))
    steps = options.steps or (2 if small else sampler.OPTIONS.steps)
    _print_head(device, dtype, size, steps, small)
    models = build(device, dtype, small)
    first: Measured | None = None
    for preset in options.presets.split(","):
        plan = memory.plan(preset, 0, size, "fcvg", value_bytes=dtype.itemsize, on_gpu=not small)
        plan = replace(plan, compiled=options.compile)
        if not small:
            measure(models, plan, size, 1)  # what is done once, like compiling, is not counted
        measured = measure(models, plan, size, steps)
        first = first or measured
        estimate = None if small else memory.estimate(plan, size, "fcvg", dtype.itemsize)
        _print_row(preset, measured, first, steps, estimate)


def build(device: torch.device, dtype: torch.dtype, small: bool) -> Models:
    """FCVG's networks, filled with numbers, on `device`."""
    from diffusers import AutoencoderKLTemporalDecoder, UNetSpatioTemporalConditionModel
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    with torch.device("meta"):
        unet = UNetSpatioTemporalConditionModel(**_UNET | (_SMALL_UNET if small else {}))
        vae = AutoencoderKLTemporalDecoder(**_VAE | (_SMALL_VAE if small else {}))
        config = CLIPVisionConfig(**_IMAGE_ENCODER | (_SMALL_IMAGE_ENCODER if small else {}))
        image_encoder = CLIPVisionModelWithProjection(config)
        controlnext = ControlNeXt()
    filled(vae, device, torch.float32).decoder.to(dtype)  # as the engine has it
    return Models(
        unet=filled(unet, device, dtype),
        backward_unet=None,
        controlnext=filled(controlnext, device, dtype),
        vae=vae,
        image_encoder=filled(image_encoder, device, dtype),
        scheduler_config=_SCHEDULER,
        device=device,
        dtype=dtype,
    )


def filled(network: Any, device: torch.device, dtype: torch.dtype) -> Any:
    """`network`, from the meta device, with weights that keep activations at their size."""
    torch.nn.Module.to(network, "meta", dtype)  # not their own: diffusers warns of what is meant here
    network.to_empty(device=device).eval().requires_grad_(False)
    generator = torch.Generator(device)
    for name, weight in network.named_parameters():
        generator.manual_seed(zlib.crc32(name.encode()))
        if weight.dim() > 1:
            weight.normal_(0, (weight.numel() / len(weight)) ** -0.5, generator=generator)
        else:
            weight.normal_(1.0 if name.endswith("weight") else 0.0, 0.05, generator=generator)
    for name, buffer in network.named_buffers():
        if name.endswith("position_ids"):
            buffer.copy_(torch.arange(buffer.numel()).view(buffer.shape))
    return network


def measure(models: Models, plan: MemoryPlan, size: tuple[int, int], steps: int) -> Measured:
    """One generation with all its stages."""
    width, height = size
    draw = torch.Generator().manual_seed(0)
    keys = torch.rand(2, 3, height, width, generator=draw)
    conditions = (torch.rand(memory.FRAMES, 3, height, width, generator=draw) > 0.98).float()
    augmentation = torch.randn(1, 3, height, width, generator=draw)
    noise = torch.randn(1, memory.FRAMES, 4, height // 8, width // 8, generator=draw)
    settings = SamplingSettings()
    models.place(offload=True)
    if models.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()

    if not plan.offload:
        models.place(models.unet, models.controlnext, models.vae, models.image_encoder, offload=False)

    def timed(work: Callable[[], Any]) -> tuple[Any, float]:
        synchronise(models.device)
        began = time.perf_counter()
        result = work()
        synchronise(models.device)
        return result, time.perf_counter() - began

    def denoise() -> torch.Tensor:
        denoiser = SvdDenoiser(models, encoded, conditions, settings, steps, plan, memory.FRAMES)
        return sampler.sample(denoiser, lambda: noise, sampler.OPTIONS, lambda step, of, latents: None)

    encoded, encode_s = timed(lambda: encode.encode(models, *keys, settings, augmentation, plan))
    latents, denoise_s = timed(denoise)
    _, decode_s = timed(lambda: decode.decode(models, latents, plan))
    return Measured(encode_s, denoise_s, decode_s, peak_bytes(models.device), latents.float().cpu())


def synchronise(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()
    elif device.type == "mps":
        torch.mps.synchronize()


def peak_bytes(device: torch.device) -> int:
    """On a GPU since its statistics were reset; without, of the whole process so far."""
    if device.type == "cuda":
        return torch.cuda.max_memory_reserved()
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _print_head(device: torch.device, dtype: torch.dtype, size: tuple[int, int], steps: int, small: bool) -> None:
    name = torch.cuda.get_device_name() if device.type == "cuda" else f"{os.cpu_count()} cores, {platform.machine()}"
    precision = str(dtype).removeprefix("torch.")
    print(f"{name}, torch {torch.__version__}, {precision}, 25×{size[0]}×{size[1]}, {steps} steps\n")
    if small:
        print("No GPU is used: small networks and pictures, which tell nothing of real times or memory.\n")
    print("| preset | encode, s | a step, s | decode, s | all, s | peak, GB | estimate, GB | distance |")
    print("|---|---|---|---|---|---|---|---|", flush=True)


def _print_row(preset: str, measured: Measured, first: Measured, steps: int, estimate: int | None) -> None:
    all_s = measured.encode_s + measured.denoise_s + measured.decode_s
    distance = (measured.latents - first.latents).abs().mean() / first.latents.std()
    numbers = (measured.encode_s, measured.denoise_s / steps, measured.decode_s, all_s, measured.peak_bytes / 1e9)
    cells = [preset, *(f"{number:.3g}" for number in numbers)]
    cells += ["–" if estimate is None else f"{estimate / 1e9:.3g}", f"{float(distance):.1e}"]
    print("|", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main()
