# SPDX-License-Identifier: GPL-3.0-or-later
"""Odd files beside models, and odd models: what is found, listed, imported and loaded."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import checkpoints
import torch
from fuzz import mutations
from fuzz.engine_cases import Kind, expected

from fcvg_engine.diffusion import networks
from fcvg_engine.examine import speeds
from fcvg_engine.models import catalogue, consent, discovery, importing, misplaced, registry
from fcvg_engine.shared.protocol import ModelList, encode

_TABLES: dict[str, Any] = {
    "recorded.json": {"svd-xt/unet/config.json": {"sha256": "9f86", "date": "2026-11-22", "origin": "hub"}},
    "licences.json": {"svd-xt": {"licence": "Stability AI Community License", "date": "2026-11-22"}},
    "imports.json": {"svd-xt": "/nowhere/svd_xt.safetensors", "fcvg/unet.safetensors": "/nowhere/unet.safetensors"},
    "speeds.json": {"rife cpu": [[11, 960, 540, 5.2], [5, 640, 480, 1.0]]},
}


class Models(Kind):
    """Configs, indices, tables, and the beginnings of weights."""

    def prepare(self) -> None:
        sizes = json.loads((checkpoints.GOLDENS / "fcvg" / "models.json").read_text())
        sizes["unet"] |= {"block_out_channels": [32, 64], "num_attention_heads": [2, 2]}
        sizes["vae"] |= {"block_out_channels": [32, 32, 32, 32]}
        (self.home / "sizes.json").write_text(json.dumps(sizes))
        self._models = checkpoints.write(self.out / "checkpoints", self.home / "sizes.json")
        self._configs = sorted(self._models.rglob("*.json"))
        self._weights = sorted(self._models.rglob("*.safetensors"))
        self._tables = self.out / "models"
        os.environ |= {"FCVG_CHECKPOINTS": str(self._models), "FCVG_MODELS": str(self._tables)}
        os.environ["XDG_DATA_HOME"] = str(self.out / "data")

    def enter(self, rng: random.Random) -> Iterator[str]:
        cases: tuple[Callable[[random.Random], Iterator[str]], ...] = (self._config, self._header, self._index)
        yield from rng.choice((*cases, self._table))(rng)

    def _config(self, rng: random.Random) -> Iterator[str]:
        path = rng.choice(self._configs)
        yield from self._with(path, mutations.of_json(json.loads(path.read_bytes()), rng), rng)

    def _header(self, rng: random.Random) -> Iterator[str]:
        path = rng.choice(self._weights)
        content = path.read_bytes()
        length = int.from_bytes(content[:8], "little")
        if rng.random() < 0.6:
            header = mutations.of_json(json.loads(content[8 : 8 + length]), rng)
            changed = len(header).to_bytes(8, "little") + header + content[8 + length :]
        else:
            changed = mutations.of_bytes(content, rng)
        yield from self._with(path, changed, rng)

    def _index(self, rng: random.Random) -> Iterator[str]:
        part = rng.choice(("unet", "vae"))
        weights = next(path for path in self._weights if path.parent.name == part)
        index = {"metadata": {"total_size": 9}, "weight_map": {"a": weights.name, "b": "other.safetensors"}}
        path = weights.with_name(f"{weights.name}.index.json")
        weights.rename(weights.with_suffix(".away"))
        try:
            yield from self._with(path, mutations.of_json(index, rng), rng)
        finally:
            weights.with_suffix(".away").rename(weights)

    def _table(self, rng: random.Random) -> Iterator[str]:
        name = rng.choice(sorted(_TABLES))
        path = (self.out / "data" / "fcvg" if name == "speeds.json" else self._tables) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        yield from self._with(path, mutations.of_json(_TABLES[name], rng), rng)
        shutil.rmtree(self._tables, ignore_errors=True)

    def _with(self, path: Path, content: bytes, rng: random.Random) -> Iterator[str]:
        """Everything that reads models, while the file has this content."""
        before = path.read_bytes() if path.exists() else None
        if before is not None:
            path.unlink()  # a hard link to another one, maybe
        path.write_bytes(content)
        try:
            yield from expected(self._list)
            yield from expected(self._look)
            if rng.random() < 0.4:
                yield from expected(lambda: self._load(rng.choice(("trf", "fcvg", "gi"))))
        finally:
            path.unlink()
            if before is not None:
                path.write_bytes(before)

    def _list(self) -> None:
        encode(ModelList("job", catalogue.infos()))
        for model in registry.models().values():
            consent.given(model.name)
        speeds.runs("rife", "cpu")

    def _look(self) -> None:
        importing.search(self._models)
        misplaced.search(discovery.folders(), list(registry.models().values()))

    def _load(self, method: str) -> None:
        networks.release()
        networks.load(discovery.find(), method, torch.device("cpu"), torch.float32, lambda stage, fraction: None)
