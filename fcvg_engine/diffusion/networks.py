"""The networks of one method, read from their published files and kept warm for the next job."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from diffusers import AutoencoderKLTemporalDecoder, EulerDiscreteScheduler, UNetSpatioTemporalConditionModel
from torch import nn
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

from ..models import discovery, layouts
from ..nets.controlnext import ControlNeXt
from ..shared.errors import MissingModel
from . import gi_backward_unet, safetensors_loading, single_file

if TYPE_CHECKING:
    from ..core.method import ReportProgress


@dataclass(frozen=True)
class Models:
    """What denoises: SVD's own networks, GI's second UNet (None for other methods) and FCVG's ControlNeXt (the same).

    They compute on `device`, but lie in main memory until `place` brings them there. `dtype` is that of all but the
    VAE's encoder, which stays float32: half precision is too little for it, and it sees two pictures only.
    """

    unet: UNetSpatioTemporalConditionModel
    backward_unet: UNetSpatioTemporalConditionModel | None
    controlnext: ControlNeXt | None
    vae: AutoencoderKLTemporalDecoder
    image_encoder: CLIPVisionModelWithProjection
    scheduler_config: dict[str, Any]
    device: torch.device
    dtype: torch.dtype

    def place(self, *wanted: nn.Module | None, offload: bool) -> None:
        """Bring the networks `wanted` to the device; with `offload`, send all others back to main memory first."""
        if offload:
            for network in (self.unet, self.backward_unet, self.controlnext, self.vae, self.image_encoder):
                if network is not None and not any(network is each for each in wanted):
                    network.to("cpu")
            if self.device.type == "cuda":
                torch.cuda.empty_cache()
        for network in wanted:
            if network is not None:
                network.to(self.device)


_warm: dict[object, Models] = {}  # one at most


def load(
    found: discovery.Found, method: str, device: torch.device, dtype: torch.dtype, report: ReportProgress
) -> Models:
    """The networks of `method` (one of shared.methods.GENERATIVE); the same ones next time, until another set is asked
    for: then the old is released first.

    Raises MissingModel when a file is not there, not whole or not what was published, and whatever `report` raises.
    """
    kind = "svd" if method in ("trf", "vibid") else method
    key = (kind, found, device, dtype)
    if key not in _warm:
        release()
        lacking = discovery.lacking(found).get(method)
        if lacking:
            raise MissingModel("This method's models are not all there.", lacking)
        _warm[key] = _load(found, kind, device, dtype, report)
    return _warm[key]


def release() -> None:
    """Forget the networks that are kept, so that their memory is free once nobody uses them."""
    _warm.clear()


def _load(
    found: discovery.Found, kind: str, device: torch.device, dtype: torch.dtype, report: ReportProgress
) -> Models:
    def part(begin: float, end: float) -> safetensors_loading.OnTensor:
        return lambda share: report("Loading the models", begin + share * (end - begin))

    svd = _there(found.svd)
    image_encoder = _image_encoder(svd, dtype, part(0.0, 0.25))
    vae = _empty(AutoencoderKLTemporalDecoder, svd, "vae")
    safetensors_loading.fill(vae, _located(svd, "vae", vae, torch.float32), torch.float32, part(0.25, 0.3))
    vae.decoder.to(dtype)
    unet = _empty(UNetSpatioTemporalConditionModel, svd, "unet")
    where = _unet_weights(unet, svd, found.unet if kind == "fcvg" else None, dtype)
    safetensors_loading.fill(unet, where, dtype, part(0.3, 0.9))
    controlnext, backward_unet = None, None
    if kind == "fcvg":
        with torch.device("meta"):
            controlnext = ControlNeXt()
        safetensors_loading.fill(
            controlnext, safetensors_loading.located([_there(found.controlnext)]), dtype, part(0.9, 1.0)
        )
    elif kind == "gi":
        tuned, base = (_tuned(_there(place), unet, dtype) for place in (found.gi_unet, found.gi_base))
        backward_unet = gi_backward_unet.backward_unet(unet, tuned, base)
    scheduler_config = _config(svd, "scheduler")
    with _explained(svd, "scheduler"):
        EulerDiscreteScheduler.from_config(scheduler_config)
    return Models(unet, backward_unet, controlnext, vae, image_encoder, scheduler_config, device, dtype)


def _there(path: Path | None) -> Path:
    if path is None:
        raise MissingModel("A model file that was there is gone.", "Look into the model folder and try again.")
    return path


def _config(svd: Path, part: str) -> dict[str, Any]:
    """The sizes of a network in `svd`, which is a folder in diffusers' layout or the authors' single file."""
    return single_file.config(part) if svd.is_file() else safetensors_loading.read_json(_config_file(svd, part))


def _config_file(svd: Path, part: str) -> Path:
    return svd / part / ("scheduler_config.json" if part == "scheduler" else "config.json")


def _located(svd: Path, part: str, net: nn.Module, dtype: torch.dtype) -> safetensors_loading.Located:
    """Where the weights of `net`, the `part` of `svd`, lie."""
    if svd.is_file():
        return single_file.located(svd, part, net.state_dict())
    return safetensors_loading.located(safetensors_loading.published(svd / part, layouts.STEMS[part], dtype))


def _unet_weights(unet: nn.Module, svd: Path, tuned: Path | None, dtype: torch.dtype) -> safetensors_loading.Located:
    """Where each tensor lies: in `tuned` what it holds, and only what it lacks in SVD's own file.

    FCVG's was published whole, so that SVD's UNet need not even be on this computer.
    """
    where = safetensors_loading.located([tuned]) if tuned else {}
    if unet.state_dict().keys() <= where.keys():
        return where
    return _located(svd, "unet", unet, dtype) | where


def _tuned(place: Path, unet: nn.Module, dtype: torch.dtype) -> safetensors_loading.State:
    """What GI's training changed, or began with, in a network built like `unet`."""
    where = _located(place, "unet", unet, dtype)
    return safetensors_loading.read(
        {key: each for key, each in where.items() if gi_backward_unet.is_tuned(key)}, torch.float32
    )


def _empty(cls: Any, svd: Path, part: str) -> Any:
    """A network of diffusers with the sizes in `svd`, on the meta device: its weights take no memory or time."""
    config = _config(svd, part)
    with _explained(svd, part), torch.device("meta"):
        return cls.from_config(config)


def _image_encoder(
    svd: Path, dtype: torch.dtype, on_tensor: safetensors_loading.OnTensor
) -> CLIPVisionModelWithProjection:
    config = _config(svd, "image_encoder")
    with _explained(svd, "image_encoder"), torch.device("meta"):
        net = CLIPVisionModelWithProjection(CLIPVisionConfig.from_dict(config))
    safetensors_loading.fill(net, _located(svd, "image_encoder", net, dtype), dtype, on_tensor)
    embeddings = net.vision_model.embeddings
    embeddings.position_ids = torch.arange(embeddings.num_positions)[None]  # no weight, so still on the meta device
    return net


@contextlib.contextmanager
def _explained(svd: Path, part: str) -> Iterator[None]:
    """Whatever the libraries raise on a config that they cannot use is MissingModel."""
    try:
        yield
    except Exception as error:
        message = f"The file {_config_file(svd, part)} cannot be used: {error!s:.200}"
        raise MissingModel(message, "Download its folder again.") from error
