# SPDX-License-Identifier: GPL-3.0-or-later
"""Pipes, devices, folders, sockets and giants under the names of files: no job and no command hangs or fills memory."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import odd_files
import pytest
from engine_process import Worker, run_engine
from odd_files import ODD_FILES

from fcvg_engine.shared import manifest, protocol
from fcvg_engine.shared.protocol import Condition, ConditionSettings, Examine, Failed, Start

pytestmark = pytest.mark.skipif(os.name != "posix", reason="such files are made on POSIX only")

Keys = tuple[Path, Path]
RequestOf = Callable[..., protocol.Request]

UNEXPECTED = "did not expect"
# What the engine may find in a folder of models, by published names and names of our own.
IN_MODELS = (
    "recorded.json",
    "licences.json",
    "imports.json",
    "rife.safetensors",
    "gmfss-fusion.safetensors",
    "film/film_net_fp32.pt",
    "unet.safetensors",
    "controlnext.safetensors",
    "superpoint/superpoint_v1.pth",
    "gluestick/checkpoint_GlueStick_MD.tar",
    "gluestick/superpoint_v1.safetensors",
    "dwpose/yolox_l.onnx",
    "svd/model_index.json",
    "svd/unet/config.json",
    "svd/unet/diffusion_pytorch_model.safetensors.index.json",
    "svd/vae/diffusion_pytorch_model.safetensors",
    "svd/image_encoder/config.json",
    "svd_xt.safetensors",
    "half.part",
    "film/film_net_fp32.pt.part.json",
)


def failure(worker: Worker, message: protocol.Message) -> Failed:
    worker.send(message)
    final = worker.until_final(message.job)[-1]
    assert isinstance(final, Failed), final
    assert UNEXPECTED not in final.message
    return final


@pytest.mark.parametrize("what", ODD_FILES)
def test_a_job_says_which_of_its_files_is_none(
    warm_worker: Worker, request_of: RequestOf, keys: Keys, tmp_path: Path, what: str
):
    odd = odd_files.put(what, tmp_path / "odd.json")
    matches = ConditionSettings(matches=str(odd))
    jobs: list[tuple[str, protocol.Message]] = [
        ("matches", Condition("matches", request_of(method="fcvg", conditions=matches))),
        ("matches", Start("fcvg", request_of(method="fcvg", conditions=matches))),
    ]
    if "larger" not in what:  # keys may be large
        jobs += [
            ("key", Start("start", replace(request_of(), start=str(odd)))),
            ("key", Examine("end", replace(request_of(), end=str(odd)), 32, 24)),
        ]
    for field, message in jobs:
        told = failure(warm_worker, message).message
        assert what in told, field
        assert "odd.json" in told


@pytest.mark.parametrize("what", ODD_FILES)
def test_an_odd_manifest_is_told_and_stays(warm_worker: Worker, request_of: RequestOf, tmp_path: Path, what: str):
    odd = odd_files.put(what, tmp_path / "out" / manifest.NAME)
    before = odd.lstat()
    failure(warm_worker, Start("manifest", request_of()))
    assert (odd.lstat().st_ino, odd.lstat().st_size) == (before.st_ino, before.st_size)


@pytest.mark.parametrize("what", ODD_FILES)
def test_an_odd_job_file_is_told(tmp_path: Path, what: str):
    done = run_engine("run", str(odd_files.put(what, tmp_path / "job.json")))
    assert done.returncode == 2
    assert what in done.stderr


@pytest.mark.parametrize("what", ODD_FILES)
def test_models_that_are_no_files_are_told_or_passed_over(tmp_path: Path, what: str):
    models = tmp_path / "models"
    for name in IN_MODELS:
        odd_files.put(what, models / name)
    odd_files.put(what, tmp_path / "hub" / "token")
    odd_files.put(what, tmp_path / "data" / "fcvg" / "licences.json")
    env = {
        "FCVG_MODELS": str(models),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "HF_HOME": str(tmp_path / "hub"),
        "FCVG_OFFLINE": "1",
    }
    wheel = odd_files.put(what, tmp_path / "models.whl")
    for command in (
        ("list", "--json"),
        ("verify",),
        ("import", str(models)),
        ("import", str(wheel)),
        ("logout",),
        ("report", str(tmp_path)),
    ):
        done = run_engine("models", *command, env=env)
        assert done.returncode in (0, 2, 3, 5), (command, done.stderr)
        assert UNEXPECTED not in done.stderr, command
        assert "Traceback" not in done.stderr, command


@pytest.mark.parametrize("what", ["it is a pipe", "it is a device", "it is a folder"])
def test_the_doctor_looks_at_models_that_are_no_files(tmp_path: Path, what: str):
    models = tmp_path / "models"
    for name in IN_MODELS:
        odd_files.put(what, models / name)
    odd_files.put(what, tmp_path / "hub" / "token")
    odd_files.put(what, tmp_path / "data" / "fcvg" / "speeds.json")
    env = {"FCVG_MODELS": str(models), "XDG_DATA_HOME": str(tmp_path / "data"), "HF_HOME": str(tmp_path / "hub")}
    done = run_engine("doctor", env={**env, "FCVG_OFFLINE": "1"})
    assert done.returncode in (0, 3), done.stderr
    assert UNEXPECTED not in done.stdout + done.stderr
    assert "self-test" in done.stdout
