# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes first, where no sha256 is published: garbage is refused before it is recorded, and the true file can come
afterwards."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
import safetensors
import torch
from fake_hub import FakeHub, entry, use_registry
from published_models import NETWORK, SVD
from safetensors.torch import save

from fcvg_engine.models import checksums, fetching, file_headers, installed, plausible, registry, verifying
from fcvg_engine.models.registry import File
from fcvg_engine.shared.errors import DownloadFailed
from fcvg_engine.transfer.rate import Rate

UNET = "unet/diffusion_pytorch_model.fp16.safetensors"


def quiet(stage: str, rate: Rate) -> None:
    pass


def header(table: object, data: bytes) -> bytes:
    text = json.dumps(table).encode()
    return len(text).to_bytes(8, "little") + text + data


def tensor(first: int, last: int, *shape: int, dtype: str = "F32") -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [first, last]}


TELLING = "down_blocks.0.resnets.0.temporal_res_block.conv1.weight"
GARBAGE = {
    "a hundred bytes": random.Random(1).randbytes(100),
    "a page": b"<!DOCTYPE html><html><title>Sign in</title></html>",
    "an error": b'{"error": "Repository not found", "status": 404}',
    "nothing": b"",
    "a pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 6098682464\n",
    "half of it": NETWORK[: len(NETWORK) // 2],
    "more than it": NETWORK + b"\0",
    "only a header": NETWORK[:-256],
    "another network": save({"weight": torch.zeros(4)}),
    "offsets outside": header({TELLING: tensor(0, 999, 4)}, bytes(16)),
    "a gap": header({TELLING: tensor(8, 24, 4)}, bytes(24)),
    "one over the other": header({TELLING: tensor(0, 16, 4), "b": tensor(8, 24, 4)}, bytes(24)),
    "a wrong shape": header({TELLING: tensor(0, 16, 5)}, bytes(16)),
    "backwards": header({TELLING: tensor(16, 0, 4)}, bytes(16)),
    "a list": header([1, 2], b""),
    "a header without end": (1 << 62).to_bytes(8, "little") + bytes(200),
    "numbers beyond all": header({TELLING: tensor(0, 16, 10**400)}, bytes(16)),
}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE)
def test_garbage_is_refused_and_the_true_file_can_come(published: FakeHub, tmp_path: Path, garbage: bytes) -> None:
    files = published.repositories["maker/svd"].files
    files[UNET] = garbage
    with pytest.raises(DownloadFailed) as caught:
        fetching.download(["svd-xt"], quiet)
    assert "could not be downloaded" in caught.value.message
    models = tmp_path / "models"
    assert checksums.sha256(models, f"svd-xt/{UNET}") == ""
    assert not list(models.rglob("*.safetensors*"))
    assert installed.state(registry.models()["svd-xt"]) != "present"
    files[UNET] = NETWORK
    fetching.download(["svd-xt"], quiet)
    assert verifying.verify("svd-xt", quiet) == "present"


@pytest.mark.parametrize(
    "garbage", [b"<html>", b"", b'{"error": "gone"}', b"[]", b"{}", b"null", b"{", b"\xff\xfe", b"[" * 9999]
)
def test_settings_are_looked_at_too(published: FakeHub, tmp_path: Path, garbage: bytes) -> None:
    files = published.repositories["maker/svd"].files
    files["unet/config.json"] = garbage
    with pytest.raises(DownloadFailed):
        fetching.download(["svd-xt"], quiet)
    assert checksums.sha256(tmp_path / "models", "svd-xt/unet/config.json") == ""


@pytest.mark.parametrize("path", [UNET, "unet/config.json"])
def test_garbage_that_an_earlier_version_has_recorded_is_found_and_replaced(
    published: FakeHub, tmp_path: Path, path: str
) -> None:
    fetching.download(["svd-xt"], quiet)
    file = tmp_path / "models" / "svd-xt" / path
    file.write_bytes(GARBAGE["a hundred bytes"])
    digest = own_digest(file)
    checksums.record(tmp_path / "models", f"svd-xt/{path}", digest, "hub maker/svd")
    assert verifying.verify("svd-xt", quiet) == "damaged"
    fetching.download(["svd-xt"], quiet)
    assert file.read_bytes() == SVD[path]
    assert verifying.verify("svd-xt", quiet) == "present"
    assert not list(file.parent.glob("*yours*")), "it was nobody's work"


def test_a_size_from_a_page_has_to_be_about_right(
    published: FakeHub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    files = [entry(path, pinned=False) for path in SVD]
    for each in files:
        each["about_bytes"] = 50_000_000 if each["path"] == UNET else 0
    source = {"kind": "hub", "where": "maker/svd"}
    use_registry({"svd-xt": {"files": files, "sources": [source]}}, monkeypatch)
    with pytest.raises(DownloadFailed, match="about 50,000,000"):
        fetching.download(["svd-xt"], quiet)
    assert plausible.fault(File(UNET, about_bytes=len(NETWORK) + 30), _written(tmp_path, NETWORK)) == ""


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("a.pth", b"PK\x03\x04 and so on", b"MZ a program"),
        ("a.pt", b"\x80\x02 a pickle", b"{}"),
        ("a.onnx", b"\x08\x07\x12", b"PK\x03\x04"),
        ("a.unknown", b"whatever", b""),
    ],
)
def test_other_kinds_are_told_by_how_they_begin(tmp_path: Path, name: str, good: bytes, bad: bytes) -> None:
    assert plausible.fault(File(name), _written(tmp_path, good)) == ""
    assert plausible.fault(File(name), _written(tmp_path, bad))


@pytest.mark.parametrize("seed", range(300))
def test_what_is_taken_for_a_network_can_be_loaded(tmp_path: Path, seed: int) -> None:
    """The library that reads it later is stricter than any check: whatever passes here has to pass there."""
    chance = random.Random(seed)
    content = bytearray(save({TELLING: torch.arange(6.0).view(2, 3), "b": torch.zeros(3, dtype=torch.float16)}))
    for _ in range(chance.randrange(1, 4)):
        place = chance.randrange(len(content))
        match chance.randrange(4):
            case 0:
                content[place] = chance.randrange(256)
            case 1:
                del content[place : place + chance.randrange(20)]
            case 2:
                content[place:place] = chance.choice((b"0", b"9", b",", b"[", b"\0", b'"', b"-"))
            case 3:
                content[:] = content.replace(b"6", chance.choice((b"7", b"-1", b"1e3", b"06")))
    path = _written(tmp_path, bytes(content))
    try:
        file_headers.shapes(path)
    except file_headers.Unusable:
        return
    with safetensors.safe_open(path, "pt") as opened:
        assert all(opened.get_tensor(name) is not None for name in opened.keys())  # noqa: SIM118 (no mapping)


def own_digest(path: Path) -> str:
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest()


def _written(folder: Path, content: bytes) -> Path:
    (folder / "file").write_bytes(content)
    return folder / "file"
