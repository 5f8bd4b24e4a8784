# SPDX-License-Identifier: GPL-3.0-or-later
"""Licences are accepted once, with a date, and again when they change."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest

from fcvg_engine.models import consent, registry
from fcvg_engine.shared.errors import LicenceRefused

SVD_XT = registry.models()["svd-xt"]


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The models folder; the user's own data is beside it."""
    monkeypatch.setenv("FCVG_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(consent.discovery, "user_data", lambda: tmp_path / "data")
    return tmp_path / "models"


def test_a_restricted_model_waits_for_consent(shared: Path) -> None:
    with pytest.raises(LicenceRefused) as caught:
        consent.require(SVD_XT)
    assert caught.value.code == "licence" and caught.value.exit_code == 3
    assert SVD_XT.title in caught.value.message and SVD_XT.licence.name in caught.value.message
    assert SVD_XT.licence.url in caught.value.hint
    consent.require(registry.models()["rife"])
    assert consent.given("rife") == ""


def test_consent_is_kept_with_its_date_and_for_one_model_only(shared: Path) -> None:
    today = {datetime.datetime.now(datetime.UTC).date().isoformat()}
    consent.give("svd-xt")
    today.add(datetime.datetime.now(datetime.UTC).date().isoformat())
    consent.require(SVD_XT)
    assert consent.given("svd-xt") in today
    assert consent.given("svd") == "", "the same licence, but another model"
    consent.give("superpoint")
    kept = json.loads((shared / "licences.json").read_text())
    assert kept["svd-xt"] == {"licence": SVD_XT.licence.name, "date": consent.given("svd-xt")}
    assert kept.keys() == {"svd-xt", "superpoint"}


def test_another_licence_is_asked_for_again(shared: Path) -> None:
    shared.mkdir()
    older = {"svd-xt": {"licence": "Stable Video Diffusion Non-Commercial", "date": "2024-01-01"}}
    (shared / "licences.json").write_text(json.dumps(older))
    with pytest.raises(LicenceRefused):
        consent.require(SVD_XT)
    consent.give("svd-xt")
    consent.require(SVD_XT)


def test_an_administrator_accepts_for_all_who_share_the_folder(shared: Path) -> None:
    shared.mkdir()
    accepted = {"svd-xt": {"licence": SVD_XT.licence.name, "date": "2026-02-03"}}
    (shared / "licences.json").write_text(json.dumps(accepted))
    assert consent.given("svd-xt") == "2026-02-03"


def test_where_the_models_may_not_be_written_it_is_kept_with_the_user(shared: Path, tmp_path: Path) -> None:
    shared.write_text("a file where the folder should be")  # refuses everybody, an administrator too
    consent.give("fcvg")
    consent.require(registry.models()["fcvg"])
    assert (tmp_path / "data" / "licences.json").is_file()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"svd-xt": 3}', '{"svd-xt": {"licence": 3}}'])
def test_a_damaged_file_asks_again_and_is_mended(shared: Path, content: str) -> None:
    shared.mkdir()
    (shared / "licences.json").write_text(content)
    assert consent.given("svd-xt") == ""
    consent.give("svd-xt")
    consent.require(SVD_XT)
