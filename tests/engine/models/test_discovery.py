# SPDX-License-Identifier: GPL-3.0-or-later
"""Where model files are looked for, which of several counts, and that a huge folder does not hold the greeting up."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from fcvg_engine.models import discovery, import_links, registry

SVD_XT = registry.models()["svd-xt"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The models folder; no other is looked into."""
    monkeypatch.delenv("FCVG_CHECKPOINTS", raising=False)
    monkeypatch.setenv("FCVG_MODELS", str(tmp_path / "models"))
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


def write(path: Path, content: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def svd(folder: Path, frames: int = 25, leave_out: str = "") -> Path:
    """A folder as a download leaves it, but for the content of what is large."""
    for file in SVD_XT.files:
        if file.path != leave_out:
            write(folder / file.path, json.dumps({"num_frames": frames}) if file.path.endswith(".json") else "")
    return folder


def test_the_models_folder_is_the_users_own_or_the_one_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("FCVG_MODELS", raising=False)
    assert discovery.weights_folder().parts[-2:] == ("fcvg", "models")
    monkeypatch.setenv("FCVG_MODELS", str(tmp_path))
    assert discovery.weights_folder() == tmp_path
    monkeypatch.setenv("FCVG_CHECKPOINTS", str(tmp_path / "more"))
    assert discovery.folders() == [tmp_path / "more", tmp_path]


# Which of several counts


def test_downloads_come_before_imports_and_those_before_what_lies_around(folder: Path, tmp_path: Path) -> None:
    around = write(folder / "from a friend" / "superpoint_v1.pth")
    assert discovery.find().superpoint == around
    linked = write(tmp_path / "elsewhere" / "sp.pth")
    import_links.record(folder, "superpoint/superpoint_v1.pth", linked)
    assert discovery.find().superpoint == linked
    downloaded = write(folder / "superpoint" / "superpoint_v1.pth")
    assert discovery.find().superpoint == downloaded
    downloaded.unlink()
    linked.unlink()
    assert discovery.find().superpoint == around


def test_whole_models_are_found_in_the_same_order(folder: Path, tmp_path: Path) -> None:
    around = svd(folder / "hub")
    assert discovery.find().svd == around
    single = write(tmp_path / "ComfyUI" / "svd_xt.safetensors")
    import_links.record(folder, "svd-xt", single)
    assert discovery.find().svd == single
    downloaded = svd(folder / "svd-xt")
    assert discovery.find().svd == downloaded


def test_the_folder_named_for_checkpoints_is_asked_first(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder / "film" / "film_net_fp32.pt")
    mine = write(tmp_path / "mine" / "film_net_fp32.pt")
    monkeypatch.setenv("FCVG_CHECKPOINTS", str(mine.parent))
    assert discovery.find().film == mine


def test_base_and_tuned_model_are_told_apart(folder: Path) -> None:
    base, tuned = svd(folder / "svd 14", 14), svd(folder / "svd_reverse_motion_with_attnflip", 14)
    found = discovery.find()
    assert (found.gi_base, found.gi_unet, found.svd) == (base, tuned, None)


@pytest.mark.parametrize("name", ["svd-xt", "by hand"])
def test_what_is_still_on_its_way_is_not_there(folder: Path, name: str) -> None:
    weights = "unet/diffusion_pytorch_model.fp16.safetensors"
    svd(folder / name, leave_out=weights)
    part = write(folder / name / f"{weights}.part", "begun")
    assert discovery.find().svd is None
    part.rename(part.with_suffix(""))
    assert discovery.find().svd == folder / name


def test_broken_configs_and_loops_of_links_are_passed_over(folder: Path) -> None:
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "nowhere").symlink_to(folder / "gone")
    for number, config in enumerate(("{", "[]", "[" * 100_000)):
        write(folder / str(number) / "unet" / "config.json", config)
    there = write(folder / "z" / "unet.safetensors")
    assert discovery.find() == discovery.Found(unet=there)


# Somebody's whole home


def test_no_more_folders_are_looked_at_than_said(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(discovery.MOST_FOLDERS):
        (folder / f"{number:04d}").mkdir()
    write(folder / "zz" / "unet.safetensors")
    first = write(folder / "0000" / "controlnext.safetensors")
    downloaded = write(folder / "film" / "film_net_fp32.pt")
    with caplog.at_level(logging.WARNING):
        assert discovery.find() == discovery.Found(controlnext=first, film=downloaded)
    assert str(folder) in caplog.text


def test_a_slow_folder_is_given_up_but_not_what_was_downloaded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder / "unet.safetensors")
    downloaded = write(folder / "film" / "film_net_fp32.pt")
    monkeypatch.setattr(discovery, "LONGEST_S", -1.0)  # the time is over before the first folder
    assert discovery.find() == discovery.Found(film=downloaded)


# What is missing


def test_what_is_lacking_tells_what_to_do_and_what_it_costs(folder: Path) -> None:
    lacking = discovery.lacking(discovery.find())
    assert lacking.keys() == {"film", "fcvg", "trf", "vibid", "gi"}
    assert lacking["trf"] == (
        "Download Stable Video Diffusion XT 1.1 (4.5 GB, licence: Stability AI Community License) in the preferences, "
        "or import it from disk."
    )
    assert "FCVG (6.1 GB, licence: none stated)" in lacking["fcvg"] and "import them" in lacking["fcvg"]
    write(folder / "film_net_fp32.pt")
    svd(folder / "svd-xt")
    write(folder / "fcvg" / "unet.safetensors")
    lacking = discovery.lacking(discovery.find())
    assert lacking.keys() == {"fcvg", "gi"}
    assert "FCVG" in lacking["fcvg"] and "XT 1.1" not in lacking["fcvg"]
    write(folder / "fcvg" / "controlnext.safetensors")
    assert "fcvg" not in discovery.lacking(discovery.find())


def test_matchers_and_detectors_say_it_too(folder: Path) -> None:
    write(folder / "gluestick" / "checkpoint_GlueStick_MD.tar")
    wish = discovery.wish("lines:gluestick", discovery.find())
    assert "SuperPoint (5 MB" in wish and "GlueStick" not in wish
    assert "DWPose (351 MB, licence: Apache-2.0)" in discovery.wish("pose:dwpose", discovery.find())
    assert discovery.wish("dissolve", discovery.find()) == ""
