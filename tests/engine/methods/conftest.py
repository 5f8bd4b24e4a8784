# SPDX-License-Identifier: GPL-3.0-or-later
"""Small networks for the generative methods, in the files' official layout."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import checkpoints
import pytest

from fcvg_engine.diffusion import networks as models


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A model folder with the smallest networks that still have every part; FCVG's need more channels."""
    folder = tmp_path_factory.mktemp("models")
    sizes = json.loads((checkpoints.GOLDENS / "fcvg" / "models.json").read_text())
    sizes["unet"] |= {"block_out_channels": [32, 64], "num_attention_heads": [2, 2]}
    sizes["vae"] |= {"block_out_channels": [32, 32, 32, 32]}
    (folder / "sizes.json").write_text(json.dumps(sizes))
    yield checkpoints.write(folder / "checkpoints", folder / "sizes.json")
    models.release()


@pytest.fixture(autouse=True)
def found(networks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FCVG_CHECKPOINTS", str(networks))
