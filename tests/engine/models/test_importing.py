# SPDX-License-Identifier: GPL-3.0-or-later
"""*Import from disk*: models are found in whatever layout the artist has them, used from there, and left as they are.

The files are tiny, but their layouts and contents are those of the published ones (`checkpoints`, `single_files`).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import checkpoints
import pytest
import single_files
import torch
from safetensors.torch import load_file, save_file

from fcvg_engine.diffusion import networks, single_file
from fcvg_engine.models import consent, discovery, import_links, registry
from fcvg_engine.models.bounded_walk import Limit
from fcvg_engine.models.importing import Candidate, adopt, search
from fcvg_engine.shared.errors import BadRequest, Cancelled, DiskError, LicenceRefused, MissingModel
from fcvg_engine.transfer.rate import Rate

XT, BASE, TUNED = (
    "stable-video-diffusion-img2vid-xt-1-1",
    "stable-video-diffusion-img2vid",
    "svd_reverse_motion_with_attnflip",
)
WHOLE = "diffusion_pytorch_model.safetensors"
LFS_POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 6098682464\n"
PAGE = b"<!DOCTYPE html><html><title>Sign in</title></html>"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoints.write(tmp_path_factory.mktemp("published"))


@pytest.fixture(scope="module")
def single(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return single_files.write(published, tmp_path_factory.mktemp("single") / "svd_xt_1_1.safetensors")


@pytest.fixture(autouse=True)
def models_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty models folder of an artist who has accepted all licences."""
    monkeypatch.setattr(single_file, "CONFIGS", checkpoints.GOLDENS / "fcvg" / "models.json")
    monkeypatch.delenv("FCVG_CHECKPOINTS", raising=False)
    monkeypatch.setenv("FCVG_MODELS", str(tmp_path / "models"))
    for name in registry.models():
        consent.give(name)
    return tmp_path / "models"


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """The artist's own disk, empty."""
    (tmp_path / "disk").mkdir()
    return tmp_path / "disk"


@pytest.fixture
def pinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str, bytes], None]]:
    """Changes the registry so that a file of a model is published with the given content."""
    content = json.loads(registry.FILE.read_text("utf-8"))
    caches = (registry.models, registry.needs, registry._content)

    def pin(name: str, path: str, data: bytes) -> None:
        (entry,) = (each for each in content["models"][name]["files"] if each["path"] == path)
        entry |= {"size_bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        (tmp_path / "registry.json").write_text(json.dumps(content), "utf-8")
        for cache in caches:
            cache.cache_clear()

    monkeypatch.setattr(registry, "FILE", tmp_path / "registry.json")
    yield pin
    monkeypatch.undo()
    for cache in caches:
        cache.cache_clear()


def linked(source: Path, target: Path) -> Path:
    """The tree `source` at `target`, its files hard links: as good as copies, and made at once."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(source, target, copy_function=os.link) if source.is_dir() else target.hardlink_to(source)
    return target


def found(place: Path) -> dict[str, Candidate]:
    return {each.name: each for each in search(place)}


def import_all(place: Path) -> list[str]:
    return [note for each in search(place) for note in adopt(each)]


def states(tree: Path) -> dict[Path, tuple[int, ...]]:
    """Of everything in a folder: which file it is, how often it is linked, its size and when it was changed."""
    numbers = {path: path.lstat() for path in tree.rglob("*")}
    return {path: (each.st_ino, each.st_nlink, each.st_size, each.st_mtime_ns) for path, each in numbers.items()}


def hub(source: Path, cache: Path, repository: str, commit: str, *, main: bool = True) -> Path:
    """`source` as the hub's client keeps it: a snapshot of links to files that are named by their content."""
    home = cache / f"models--{repository.replace('/', '--')}"
    for path in source.rglob("*"):
        if path.is_file():
            blob = home / "blobs" / hashlib.sha256(str(path).encode()).hexdigest()
            if not blob.exists():
                linked(path, blob)
            link = home / "snapshots" / commit / path.relative_to(source)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(os.path.relpath(blob, link.parent))
    if main:
        (home / "refs").mkdir(exist_ok=True)
        (home / "refs" / "main").write_text(commit, "ascii")
    return home / "snapshots" / commit


def load(method: str) -> networks.Models:
    networks.release()
    return networks.load(discovery.find(), method, torch.device("cpu"), torch.float32, lambda stage, share: None)


# Layouts


def test_authors_layout(published: Path, disk: Path) -> None:
    linked(published, disk / "FCVG-main" / "checkpoints")
    candidates = found(disk)
    assert {name: each.layout for name, each in candidates.items()} == {
        "svd-xt": "diffusers",
        "fcvg": "authors",
        "svd": "diffusers",
        "gi": "authors",
    }
    assert all(each.complete and not each.missing for each in candidates.values())
    assert candidates["gi"].path.name == TUNED and candidates["svd"].path.name == BASE
    assert "1.1 in folders (149 MB)" in candidates["svd-xt"].what
    assert candidates["fcvg"].size_bytes == sum(
        (published / f"{name}.safetensors").stat().st_size for name in ("unet", "controlnext")
    )
    import_all(disk)
    assert set(discovery.lacking(discovery.find())) & {"fcvg", "trf", "vibid", "gi"} == set()
    assert load("gi").backward_unet is not None


def test_comfyui_layout(published: Path, single: Path, disk: Path) -> None:
    comfy = disk / "ComfyUI" / "models"
    linked(single, comfy / "checkpoints" / "video" / "svd_xt_1_1.safetensors")
    linked(single, comfy / "checkpoints" / "svd.safetensors")
    linked(published / "unet.safetensors", comfy / "diffusion_models" / "FCVG" / "fcvg_unet (1).safetensors")
    linked(published / "controlnext.safetensors", comfy / "controlnet" / "fcvg.safetensors")
    candidates = found(disk)
    assert candidates["svd-xt"].layout == candidates["svd"].layout == "single file"
    assert candidates["svd-xt"].path == comfy / "checkpoints" / "video" / "svd_xt_1_1.safetensors"
    assert "single file" in candidates["svd-xt"].what and all(each.complete for each in candidates.values())
    import_all(disk)
    there = discovery.find()
    assert there.svd == candidates["svd-xt"].path and there.gi_base == candidates["svd"].path
    assert there.controlnext == comfy / "controlnet" / "fcvg.safetensors"
    assert there.unet is not None and there.unet.name == "fcvg_unet (1).safetensors"
    assert load("fcvg").controlnext is not None


def test_hub_snapshots(published: Path, disk: Path) -> None:
    cache = disk / "huggingface" / "hub"
    hub(published / XT, cache, f"stabilityai/{XT}", "a1", main=False)
    newest = hub(published / XT, cache, f"stabilityai/{XT}", "0b")
    hub(published / TUNED, cache, "someone/svd_keyframe_interpolation", "c3")
    candidates = found(disk)
    assert {each.layout for each in candidates.values()} == {"hub snapshot"}
    assert candidates["svd-xt"].path == newest and set(candidates) == {"svd-xt", "gi"}
    import_all(disk)
    assert discovery.find().svd == newest
    assert load("trf").unet is not None
    missing = next(path for path in (newest / "vae").iterdir() if path.suffix == ".safetensors")
    missing.resolve().unlink()  # what a download leaves that was cut
    again = found(newest.parent.parent)["svd-xt"]
    assert not again.complete and "vae" in again.missing


@pytest.mark.parametrize("variant", ["", ".fp16"])
def test_weights_in_several_files(published: Path, disk: Path, variant: str) -> None:
    vae = linked(published / XT, disk / "svd-xt") / "vae"
    state = load_file(vae / WHOLE)
    (vae / WHOLE).unlink()
    weight_map = {}
    for number, keys in enumerate((sorted(state)[::2], sorted(state)[1::2]), 1):
        file = f"diffusion_pytorch_model{variant}-0000{number}-of-00002.safetensors"
        save_file({key: state[key] for key in keys}, vae / file)
        weight_map |= dict.fromkeys(keys, file)
    index = vae / f"diffusion_pytorch_model{variant}.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": weight_map}), "utf-8")
    assert found(disk)["svd-xt"].complete
    (vae / file).unlink()
    missing = found(disk)["svd-xt"].missing
    assert f"vae/{file}" in missing and "not there" in missing


def test_half_precision_alone_is_enough(published: Path, disk: Path) -> None:
    unet = linked(published / XT, disk / "svd-xt") / "unet"
    (unet / WHOLE).rename(unet / "diffusion_pytorch_model.fp16.safetensors")
    assert found(disk)["svd-xt"].complete


def test_a_file_or_the_very_folder_can_be_chosen(published: Path, single: Path) -> None:
    assert set(found(single)) == {"svd-xt"}
    assert set(found(published / XT)) == {"svd-xt"}
    assert set(found(published / "controlnext.safetensors")) == {"fcvg"}


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("svd.safetensors", "svd"),
        ("stable-video-diffusion-img2vid.safetensors", "svd"),
        ("svd_xt.safetensors", "svd-xt"),
        ("stableVideoDiffusion_img2vidXt.safetensors", "svd-xt"),
        ("model.safetensors", "svd-xt"),
    ],
)
def test_single_files_for_14_and_25_frames_are_told_by_their_names(
    single: Path, disk: Path, file: str, name: str
) -> None:
    linked(single, disk / file)
    (candidate,) = search(disk)
    assert candidate.name == name
    assert ("as far as its name tells" in candidate.what) == (file == "model.safetensors")


@pytest.mark.parametrize(
    ("where", "name"),
    [
        (f"checkpoints/{BASE}", "svd"),
        (f"svd_keyframe_interpolation-main/checkpoints/{BASE}", "svd"),
        (f"svd_keyframe_interpolation-main/checkpoints/{TUNED}/checkpoint-30000", "gi"),
        ("models/svd_keyframe_interpolation", "gi"),
        ("models/14 frames", "svd"),
    ],
)
def test_what_was_tuned_from_14_frames_is_told_by_the_nearest_name(
    published: Path, disk: Path, where: str, name: str
) -> None:
    linked(published / BASE, disk / where)
    assert set(found(disk)) == {name}


def test_the_better_of_two_is_taken(published: Path, single: Path, disk: Path) -> None:
    linked(published / XT, disk / "older" / "svd-xt")
    linked(published / XT, disk / "far" / "below" / "in" / XT)
    linked(single, disk / "svd_xt_1_1.safetensors")
    assert found(disk)["svd-xt"].path == disk / "far" / "below" / "in" / XT  # 1.1, which most programs can use
    for config in (disk / "far").rglob("scheduler_config.json"):
        config.unlink()
    assert found(disk)["svd-xt"].path == disk / "svd_xt_1_1.safetensors"


def test_other_models_are_nobodys(disk: Path) -> None:
    save_file({"lora_up.weight": torch.zeros(2)}, disk / "lora.safetensors")
    (disk / "sd15" / "unet").mkdir(parents=True)
    (disk / "sd15" / "unet" / "config.json").write_text('{"_class_name": "UNet2DConditionModel"}', "utf-8")
    (disk / "broken" / "unet").mkdir(parents=True)
    (disk / "broken" / "unet" / "config.json").write_text("[" * 100_000, "utf-8")
    (disk / "portrait.pth").write_bytes(b"nothing of ours")
    assert search(disk) == []
    with pytest.raises(BadRequest, match="no file or folder"):
        search(disk / "gone")


# Nothing is copied, nothing is touched


def test_nothing_is_copied_and_the_originals_stay_as_they_are(
    published: Path, single: Path, disk: Path, models_folder: Path
) -> None:
    linked(published, disk / "checkpoints")
    linked(single, disk / "ComfyUI" / "models" / "checkpoints" / "svd.safetensors")
    before, own_before = states(disk), sum(path.stat().st_size for path in models_folder.rglob("*"))
    import_all(disk)
    load("fcvg")
    assert states(disk) == before
    assert sum(path.stat().st_size for path in models_folder.rglob("*")) - own_before < 4096


def test_what_is_moved_away_is_missing_until_it_is_back(published: Path, disk: Path, models_folder: Path) -> None:
    linked(published / XT, disk / XT)
    import_all(disk)
    assert "trf" not in discovery.lacking(discovery.find())
    (disk / XT).rename(disk.parent / "elsewhere")
    assert discovery.find().svd is None
    assert "Stable Video Diffusion XT" in discovery.lacking(discovery.find())["trf"]
    assert import_links.gone(models_folder) == {"svd-xt": disk / XT}
    (disk.parent / "elsewhere").rename(disk / XT)
    assert discovery.find().svd == disk / XT and import_links.gone(models_folder) == {}


def test_licences_come_first(published: Path, disk: Path, models_folder: Path) -> None:
    linked(published / XT, disk / XT)
    (models_folder / consent.FILE).unlink()
    with pytest.raises(LicenceRefused, match="Stability AI"):
        import_all(disk)
    assert import_links.recorded(models_folder) == {}


# Damaged, unfinished, false


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (LFS_POINTER, "pointer of Git LFS"),
        (PAGE, "web page"),
        (b"", "is empty"),
        (None, "cut off"),
        (b"\xff" * 64, "damaged"),
    ],
    ids=["pointer", "page", "empty", "cut", "noise"],
)
@pytest.mark.parametrize("name", ["unet.safetensors", f"{XT}/vae/{WHOLE}", "svd_xt_1_1.safetensors"])
def test_false_files_are_named_as_what_they_are(
    published: Path, single: Path, disk: Path, models_folder: Path, content: bytes | None, words: str, name: str
) -> None:
    original = single if name == single.name else published / name
    if XT in name:
        linked(published / XT, disk / XT)
        (disk / name).unlink()
    (disk / name).write_bytes(original.read_bytes()[:-1000] if content is None else content)
    (candidate,) = search(disk)
    assert (
        not candidate.complete
        and words in candidate.missing
        and name in candidate.missing.replace("file vae", f"file {XT}/vae")
    )
    with pytest.raises(MissingModel, match=words) as caught:
        adopt(candidate)
    assert caught.value.hint
    assert import_links.recorded(models_folder) == {}


def test_single_files_that_lack_something_say_what(published: Path, disk: Path) -> None:
    path = single_files.write(
        published, disk / "svd_xt_image_decoder.safetensors", without="first_stage_model.decoder.conv_out.time_mix_conv"
    )
    assert "decoder of single pictures" in found(path)["svd-xt"].missing
    path = single_files.write(published, disk / "merged.safetensors", without="conditioner.embedders.3")
    assert "saved it anew" in found(path)["svd-xt"].missing
    path = single_files.write(published, disk / "svd.safetensors", without="conditioner.embedders.3")
    assert found(path)["svd"].complete  # only its UNet is looked at


@pytest.mark.parametrize(
    "gone", ["vae", "unet/config.json", "scheduler/scheduler_config.json", "image_encoder/model.safetensors"]
)
def test_folders_that_lack_something_say_what(published: Path, disk: Path, gone: str) -> None:
    path = linked(published / XT, disk / XT) / gone
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    candidates = found(disk)
    if gone == "unet/config.json":
        assert candidates == {}  # nothing says what it is
    else:
        assert gone.split("/")[0] in candidates["svd-xt"].missing and not candidates["svd-xt"].places


def test_a_model_in_two_places_is_imported_in_two_steps(published: Path, disk: Path) -> None:
    linked(published / "unet.safetensors", disk / "one" / "unet.safetensors")
    linked(published / "controlnext.safetensors", disk / "two" / "controlnext.safetensors")
    half = found(disk / "one")["fcvg"]
    assert not half.complete and half.missing == "controlnext.safetensors was not found."
    assert half.missing in adopt(half)
    assert discovery.find().unet == disk / "one" / "unet.safetensors" and discovery.find().controlnext is None
    adopt(found(disk / "two")["fcvg"])
    assert None not in (discovery.find().unet, discovery.find().controlnext)


# What was published


def test_pickles_that_are_not_the_published_ones_are_refused(disk: Path, models_folder: Path) -> None:
    (disk / "superpoint_v1.pth").write_bytes(b"\x80\x04cos\nsystem\n.")
    (disk / "film_net_fp32.pt").write_bytes(b"PK\x03\x04")
    (disk / "yolox_l.onnx").write_bytes(b"\x08\x07")
    candidates = search(disk)
    assert [each.name for each in candidates] == ["film", "superpoint", "dwpose"]
    for candidate in candidates:
        with pytest.raises(MissingModel, match="not the published file"):
            adopt(candidate)
    assert import_links.recorded(models_folder) == {}


def test_published_files_are_told_by_their_content(disk: Path, pinned: Callable[[str, str, bytes], None]) -> None:
    people, pose = b"onnx" * 40, b"onnx" * 50
    pinned("dwpose", "yolox_l.onnx", people)
    pinned("dwpose", "dw-ll_ucoco_384.onnx", pose)
    (disk / "detector.onnx").write_bytes(people)
    (disk / "dw-ll_ucoco_384 (1).onnx").write_bytes(pose)
    (candidate,) = search(disk)
    assert candidate.complete and adopt(candidate) == []
    assert (
        discovery.find().people == disk / "detector.onnx" and discovery.find().pose == disk / "dw-ll_ucoco_384 (1).onnx"
    )
    (disk / "detector.onnx").write_bytes(people[::-1])
    with pytest.raises(MissingModel, match=r"detector\.onnx is not the published file"):
        adopt(candidate)


def test_somebodys_own_tuning_is_used_and_said_so(
    published: Path, disk: Path, pinned: Callable[[str, str, bytes], None]
) -> None:
    path = linked(published / "controlnext.safetensors", disk / "controlnext.safetensors")
    pinned("fcvg", "controlnext.safetensors", path.read_bytes())
    assert not any("published" in note for note in import_all(disk))
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert any("controlnext.safetensors is not the published file" in note for note in import_all(disk))
    assert discovery.find().controlnext == path


def test_comparing_can_be_followed_and_stopped(
    disk: Path, models_folder: Path, pinned: Callable[[str, str, bytes], None]
) -> None:
    content = os.urandom(5 << 20)
    pinned("film", "film_net_fp32.pt", content)
    (disk / "film_net_fp32.pt").write_bytes(content)
    (candidate,) = search(disk)
    told: list[tuple[str, Rate]] = []
    adopt(candidate, lambda stage, rate: told.append((stage, rate)))
    assert told[0][0] == "Checking FILM" and told[0][1].total_bytes == len(content)
    import_links.forget(models_folder, "film")
    (disk / "film_net_fp32.pt").touch()  # it may be another by now

    def stop(stage: str, rate: Rate) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        adopt(candidate, stop)
    assert import_links.recorded(models_folder) == {}


# Bounds


def test_links_in_circles_end(published: Path, disk: Path) -> None:
    linked(published / XT, disk / "a" / XT)
    (disk / "a" / "b").symlink_to(disk, target_is_directory=True)
    (disk / "c").symlink_to(disk / "a", target_is_directory=True)
    (disk / "nowhere").symlink_to(disk / "gone")
    (disk / "self").symlink_to(disk / "self")
    looked: list[str] = []
    assert [each.name for each in search(disk, report=lambda stage, rate: looked.append(stage))] == ["svd-xt"]
    assert len(looked) == 2 + 6  # the disk, a or c, and the model's own folders, once each


def test_huge_trees_are_searched_within_bounds(published: Path, disk: Path) -> None:
    for number in range(40):
        (disk / f"{number:02d}").mkdir()
    linked(published / XT, disk / "39" / "deep" / XT)
    with pytest.raises(MissingModel, match="holds more than can be searched") as caught:
        search(disk, Limit(folders=20))
    assert "the folder with the models" in caught.value.hint
    with pytest.raises(MissingModel, match="holds more than can be searched"):
        search(disk, Limit(time_s=0.0))
    linked(published / XT, disk / "00" / XT)
    assert [each.path for each in search(disk, Limit(folders=45))] == [disk / "00" / XT]


def test_searching_can_be_stopped(disk: Path) -> None:
    def stop(stage: str, rate: Rate) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        search(disk, report=stop)


# The note itself


def test_the_note_survives_damage(models_folder: Path, disk: Path) -> None:
    (disk / "x").write_bytes(b"x")
    for content in (b"", b"[]", b'{"svd": 1, "": ""}', b"[" * 100_000, b"\xff"):
        (models_folder / import_links.FILE).write_bytes(content)
        assert import_links.recorded(models_folder) == {}
        import_links.record(models_folder, "film/film_net_fp32.pt", disk / "x")
        assert import_links.recorded(models_folder) == {"film/film_net_fp32.pt": disk / "x"}


def test_two_imports_at_once_are_both_noted(models_folder: Path, disk: Path) -> None:
    places = [f"fcvg/{number}" for number in range(24)]
    with ThreadPoolExecutor(4) as crew:
        list(crew.map(lambda place: import_links.record(models_folder, place, disk), places))
    assert import_links.recorded(models_folder) == dict.fromkeys(places, disk)


def test_places_are_found_below_a_noted_folder(models_folder: Path, disk: Path) -> None:
    (disk / "unet").mkdir()
    (disk / "unet" / "config.json").write_bytes(b"{}")
    import_links.record(models_folder, "svd", disk)
    assert import_links.where(models_folder, "svd") == disk
    assert import_links.where(models_folder, "svd/unet/config.json") == disk / "unet" / "config.json"
    assert import_links.where(models_folder, "svd/vae/config.json") is None
    assert import_links.where(models_folder, "svd-xt") is None
    import_links.record(models_folder, "svd-xt", disk)
    import_links.forget(models_folder, "svd")
    assert import_links.recorded(models_folder) == {"svd-xt": disk}


def test_a_models_folder_that_cannot_be_written_is_said(disk: Path) -> None:
    (disk / "models").write_bytes(b"a file")
    with pytest.raises(DiskError, match="could not be written"):
        import_links.record(disk / "models", "svd", disk)
