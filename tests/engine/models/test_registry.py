# SPDX-License-Identifier: GPL-3.0-or-later
"""The registry: every entry whole, true to the code that uses it, and nothing in it that nobody uses."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path, PurePosixPath

import pytest

from fcvg_engine import methods
from fcvg_engine.models import registry
from fcvg_engine.models.discovery import Found
from fcvg_engine.models.registry import Model
from fcvg_engine.shared.protocol import COMMERCIAL, LINES, METHODS, POSES

ROOT = Path(__file__).resolve().parents[3]
MODELS = registry.models()
EACH = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS.keys())

SHA256 = re.compile("[0-9a-f]{64}")
COMMIT = re.compile("[0-9a-f]{40}")
URL = re.compile(r"https://[a-z0-9.-]+(/[\w./@%-]*)?")


def sentences(text: str) -> int:
    """How many, of a text that ends with one."""
    return len(re.findall(r"[.?!](?= [A-Z]|$)", text))


@EACH
def test_everything_about_a_model_is_told(model: Model) -> None:
    assert model.title and model.files and model.sources and model.licence.name
    assert model.commercial in COMMERCIAL
    for text in (model.commercial_why, model.training_data):
        assert not text[0].islower() and text.endswith(".") and sentences(text) == 1, text
    assert sentences(model.licence.summary) == 2
    assert URL.fullmatch(model.licence.url)


@EACH
def test_a_licence_that_is_not_free_is_accepted_first(model: Model) -> None:
    assert model.licence.consent == (model.commercial != "yes")


@EACH
def test_files_are_named_as_published_and_pinned(model: Model) -> None:
    paths = [file.path for file in model.files]
    assert len(set(paths)) == len(paths)
    for file in model.files:
        path = PurePosixPath(file.path)
        assert not path.is_absolute() and ".." not in path.parts and "\\" not in file.path
        assert not file.sha256 or SHA256.fullmatch(file.sha256)
        assert not (file.size_bytes and file.about_bytes), "known exactly or about"
        if path.suffix != ".json" and model.name not in ("fcvg", "gi"):
            assert file.sha256 or file.size_bytes, "large files can be told from pages of an error"


@EACH
def test_sources_can_be_used(model: Model) -> None:
    for source in model.sources:
        assert source.kind in ("wheel", "hub", "github", "manual")
        assert source.where
        assert URL.fullmatch(source.url)
        assert not source.revision or COMMIT.fullmatch(source.revision)
        if source.kind == "wheel":
            assert SHA256.fullmatch(source.sha256) and source.size_bytes and source.url.endswith(".whl")
            assert all(file.member and file.sha256 and file.size_bytes for file in model.files)
        if source.kind == "hub":
            assert re.fullmatch(r"[\w-]+/[\w.-]+", source.where) and source.url.endswith(source.where)
            assert source.revision or source.mirror, "an official repository is pinned"
        if source.kind == "github":
            assert source.url.startswith("https://github.com/") and source.url.endswith("/")
    assert model.source.kind != "manual"
    mirrors = [source.mirror for source in model.sources]
    assert mirrors == sorted(mirrors), "the authors' own come first"


def test_what_the_design_knows_of_the_files_is_there() -> None:
    pinned = {file.path: file.sha256 for model in MODELS.values() for file in model.files}
    assert pinned["dw-ll_ucoco_384.onnx"].startswith("724f4ff2")
    assert pinned["yolox_l.onnx"].startswith("7860ae79")
    assert pinned["superpoint_v1.pth"].startswith("52b67086")
    assert MODELS["svd-xt"].source.gated
    assert [source.kind for source in MODELS["fcvg"].sources] == ["manual", "hub"]
    assert {name: MODELS[name].commercial for name in MODELS} == {
        **dict.fromkeys(("rife", "gmfss", "film", "gluestick", "dwpose"), "yes"),
        **dict.fromkeys(("svd-xt", "svd", "gi"), "conditional"),
        "fcvg": "unclear",
        "superpoint": "no",
    }


def test_every_part_is_known_and_every_model_needed() -> None:
    parts = {*METHODS, *(f"lines:{name}" for name in LINES), *(f"pose:{name}" for name in POSES)}
    chosen = {"auto", "lines:auto", "lines:none", "pose:auto", "pose:none"}
    assert registry.needs().keys() == parts - chosen
    needed = {name for names in registry.needs().values() for name in names}
    assert needed == MODELS.keys()
    assert all(registry.label(part) != part for part in registry.needs())
    assert registry.enabled_by("svd-xt") == ("fcvg", "trf", "vibid", "gi")


def test_methods_and_registry_agree() -> None:
    assert {"auto", *methods.METHODS} == set(METHODS)
    assert registry.label("vibid") == "ViBiDSampler"


def test_each_kind_of_file_the_engine_looks_for_is_one_of_the_registrys() -> None:
    roles = Counter(
        role for model in MODELS.values() for role in (model.role, *(file.role for file in model.files)) if role
    )
    assert roles == {each.name: 1 for each in dataclasses.fields(Found)}


def test_parts_that_are_not_for_commercial_work_name_every_reason() -> None:
    for part in ("rife", "gmfss", "film", "dissolve", "lines:flow", "lines:none", "pose:dwpose"):
        assert registry.not_commercial(part) == ""
    why = registry.not_commercial("fcvg")
    assert "Stable Video Diffusion XT 1.1: " in why and "one million" in why
    assert "FCVG: " in why and "ask the authors" in why
    assert "SuperPoint: " in registry.not_commercial("lines:gluestick")
    assert "GlueStick" not in registry.not_commercial("lines:gluestick")


def test_it_is_read_without_any_library() -> None:
    """The add-on shows licences before there is an engine; -S leaves out everything but the standard library."""
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); "
        "from fcvg_engine.models import registry; print(len(registry.models()))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script, str(ROOT)], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) == len(MODELS)
