# SPDX-License-Identifier: GPL-3.0-or-later
"""A model hub on this computer with two small models, and a models folder in which an artist works too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_hub import TOKEN, FakeHub, Repository, entry, use_registry
from published_models import FILM, SVD

from fcvg_engine.models import consent


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
