# SPDX-License-Identifier: GPL-3.0-or-later
"""A model hub on this computer with two small models, and a models folder in which an artist works too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from fake_hub import TOKEN, FakeHub, Repository, entry, use_registry
from safetensors.torch import save

from fcvg_engine.models import consent

FILM = b"PK\x03\x04" + bytes(range(256)) * 40
NETWORK = save({"down_blocks.0.resnets.0.temporal_res_block.conv1.weight": torch.arange(64.0)})
SVD = {
    "unet/config.json": json.dumps({"_class_name": "UNetSpatioTemporalConditionModel", "num_frames": 25}).encode(),
    "unet/diffusion_pytorch_model.fp16.safetensors": NETWORK,
    "vae/config.json": b'{"_class_name": "AutoencoderKLTemporalDecoder"}',
}


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """`svd-xt` with three files for which no sha256 is published, and `film`, whose one is. Licences are accepted."""
    with FakeHub({"maker/svd": Repository(dict(SVD))}) as hub:
        for name, value in hub.environment(tmp_path, TOKEN).items():
            monkeypatch.setenv(name, value)
        folder = hub.release("/releases/film_net_fp32.pt", FILM).rpartition("/")[0]
        changes: dict[str, Any] = {
            "svd-xt": {
                "files": [entry(path, pinned=False) for path in SVD],
                "sources": [{"kind": "hub", "where": "maker/svd"}],
            },
            "film": {
                "files": [entry("film_net_fp32.pt", FILM, role="film")],
                "sources": [{"kind": "github", "where": "maker/film", "url": folder}],
            },
        }
        use_registry(changes, monkeypatch)
        consent.give("svd-xt")
        yield hub
