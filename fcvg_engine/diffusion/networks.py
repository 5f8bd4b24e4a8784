# SPDX-License-Identifier: GPL-3.0-or-later
"""Loads the networks of a method from their published files, and keeps them for the next job."""

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
from ..shared.methods import METHODS, MethodTraits
from . import gi_backward_unet, safetensors_loading, single_file

if TYPE_CHECKING:
    from ..core.method_contract import ReportProgress

_MOST_LAYERS = 128  # of a network, or heads of one layer; the published ones have 32 at most
_WIDEST = 1 << 16  # of any other number in a config


@dataclass(frozen=True)
class Models:
    """The networks of a method. `backward_unet` and `controlnext` are None for methods that do not have them.

    They compute on `device`, but lie in main memory until `place` brings them there. All have `dtype` except the VAE's
    encoder: it stays float32, since half precision is too little for it and it sees two pictures only.
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
        """Moves the networks `wanted` to the device; with `offload`, moves all others to main memory first."""
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
    """Loads the networks of `method`, one of shared.methods.GENERATIVE.

    They are kept, and returned again, until a method asks for other networks; then they are released first. Raises
    MissingModel when a file is missing, not whole or not what was published, and whatever `report` raises.
    """
    traits = METHODS[method]
    key = (traits.conditioned, traits.backward_unet, found, device, dtype)
    if key not in _warm:
        release()
        lacking = discovery.lacking(found).get(method)
        if lacking:
            raise MissingModel("This method's models are not all there.", lacking)
        _warm[key] = _load(found, traits, device, dtype, report)
    return _warm[key]


def release() -> None:
    """Forgets the networks that are kept: their memory is free once nobody uses them."""
    _warm.clear()


def _load(
    found: discovery.Found, traits: MethodTraits, device: torch.device, dtype: torch.dtype, report: ReportProgress
) -> Models:
    def span(begin: float, end: float) -> safetensors_loading.OnTensor:
        return lambda share: report("Loading the models", begin + share * (end - begin))

    svd = _there(found.svd)
    image_encoder = _image_encoder(svd, dtype, span(0.0, 0.25))
    vae = _empty(AutoencoderKLTemporalDecoder, svd, "vae")
    safetensors_loading.fill(vae, _located(svd, "vae", vae, torch.float32), torch.float32, span(0.25, 0.3))
    vae.decoder.to(dtype)
    unet = _empty(UNetSpatioTemporalConditionModel, svd, "unet")
    where = _unet_weights(unet, svd, found.unet if traits.conditioned else None, dtype)
    safetensors_loading.fill(unet, where, dtype, span(0.3, 0.9))
    controlnext, backward_unet = None, None
    if traits.conditioned:
        with torch.device("meta"):
            controlnext = ControlNeXt()
        where = safetensors_loading.located([_there(found.controlnext)])
        safetensors_loading.fill(controlnext, where, dtype, span(0.9, 1.0))
    if traits.backward_unet:
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


def _config(svd: Path, name: str) -> dict[str, Any]:
    """The config of the network `name` of `svd`, which is a folder in diffusers' layout or the authors' single file."""
    if svd.is_file():
        return single_file.config(name)
    path = _config_file(svd, name)
    config = safetensors_loading.read_json(path)
    for setting, value in config.items():
        if not _is_buildable(setting, value):
            raise MissingModel(f"The file {path} says {setting} is {value!r:.50}.", "Download its folder again.")
    return config


def _is_buildable(setting: str, value: object) -> bool:
    """Whether a network with this setting can be put together at all: a million layers take a day."""
    if isinstance(value, list):
        return len(value) <= _MOST_LAYERS and all(_is_buildable(setting, each) for each in value)
    counts = "layers" in setting or "heads" in setting
    return not isinstance(value, int) or abs(value) <= (_MOST_LAYERS if counts else _WIDEST)


def _config_file(svd: Path, name: str) -> Path:
    return svd / name / ("scheduler_config.json" if name == "scheduler" else "config.json")


def _located(svd: Path, name: str, net: nn.Module, dtype: torch.dtype) -> safetensors_loading.Located:
    """Where the weights of `net`, the network `name` of `svd`, lie."""
    if svd.is_file():
        return single_file.located(svd, name, net.state_dict())
    return safetensors_loading.located(safetensors_loading.published(svd / name, layouts.STEMS[name], dtype))


def _unet_weights(unet: nn.Module, svd: Path, tuned: Path | None, dtype: torch.dtype) -> safetensors_loading.Located:
    """Where the UNet's tensors lie: in the file `tuned`, and only what that lacks in SVD's own.

    FCVG's was published whole, so SVD's UNet need not be on this computer.
    """
    where = safetensors_loading.located([tuned]) if tuned else {}
    if unet.state_dict().keys() <= where.keys():
        return where
    return _located(svd, "unet", unet, dtype) | where


def _tuned(place: Path, unet: nn.Module, dtype: torch.dtype) -> safetensors_loading.State:
    """Reads from `place`, a model with a network like `unet`, the tensors that GI's training changes."""
    where = _located(place, "unet", unet, dtype)
    return safetensors_loading.read(
        {key: each for key, each in where.items() if gi_backward_unet.is_tuned(key)}, torch.float32
    )


def _empty(cls: Any, svd: Path, name: str) -> Any:
    """A network of diffusers, built as `svd` says, on the meta device: its weights take no memory or time yet."""
    config = _config(svd, name)
    with _explained(svd, name), torch.device("meta"):
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
def _explained(svd: Path, name: str) -> Iterator[None]:
    """Turns whatever the libraries raise on a config that they cannot use into MissingModel."""
    try:
        yield
    except Exception as error:
        message = f"The file {_config_file(svd, name)} cannot be used: {error!s:.200}"
        raise MissingModel(message, "Download its folder again.") from error
