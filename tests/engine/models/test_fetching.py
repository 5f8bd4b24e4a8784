# SPDX-License-Identifier: GPL-3.0-or-later
"""Models from a hub and a release that misbehave: fetched whole and verified, or not at all (faults 29 to 31)."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from fake_hub import STRANGER, TOKEN, FakeHub, Repository, entry, sha256, use_registry
from hostile_server import Page

from fcvg_engine.models import (
    catalogue,
    checksums,
    consent,
    fetching,
    import_links,
    installed,
    registry,
    removing,
    verifying,
)
from fcvg_engine.nets.superpoint import SuperPoint
from fcvg_engine.shared.errors import BadRequest, Cancelled, DownloadFailed, LicenceRefused, MissingModel
from fcvg_engine.shared.protocol import ModelInfo
from fcvg_engine.transfer.rate import Rate

CONFIG = b'{"num_frames": 25}'
UNET = bytes(range(256)) * 1200
VAE = bytes(reversed(range(256))) * 700
FILES = {"unet/config.json": CONFIG, "unet/model.safetensors": UNET, "vae/model.safetensors": VAE}


def quiet(stage: str, rate: Rate) -> None:
    pass


def info(name: str) -> ModelInfo:
    (found,) = (each for each in catalogue.infos() if each.name == name)
    return found


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """A hub with a gated model of three files, one without a published sha256, and a release with a film model."""
    with FakeHub({"maker/svd": Repository(FILES, gated=True)}) as hub:
        for name, value in hub.environment(tmp_path, TOKEN).items():
            monkeypatch.setenv(name, value)
        release = hub.release("/releases/v1/film_net_fp32.pt", VAE).rpartition("/")[0]
        files = [entry(path, content, path != "unet/config.json") for path, content in FILES.items()]
        changes: dict[str, Any] = {
            "svd-xt": {"files": files, "sources": [{"kind": "hub", "where": "maker/svd", "gated": True}]},
            "film": {
                "files": [entry("film_net_fp32.pt", VAE, role="film")],
                "sources": [{"kind": "github", "where": "maker/film", "url": release}],
            },
        }
        use_registry(changes, monkeypatch)
        consent.give("svd-xt")
        yield hub


def files_in(folder: Path) -> set[str]:
    """All but what is hidden, and the records."""
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return {path for path in found if not path.startswith(".") and path not in ("licences.json", "recorded.json")}


class TestHub:
    def test_a_model_is_there_when_all_its_files_are(self, hub: FakeHub, tmp_path: Path) -> None:
        assert info("svd-xt").state == "missing"
        told: list[tuple[str, Rate]] = []
        fetching.download(["svd-xt"], lambda stage, rate: told.append((stage, rate)))
        assert files_in(tmp_path / "models") == {f"svd-xt/{path}" for path in FILES}
        for path, content in FILES.items():
            assert (tmp_path / "models" / "svd-xt" / path).read_bytes() == content
        assert info("svd-xt").state == "present"
        assert told[0][0] == "Asking for Stable Video Diffusion XT 1.1"
        assert told[-1][1].done_bytes == told[-1][1].total_bytes == sum(map(len, FILES.values()))
        (tmp_path / "models" / "svd-xt" / "vae" / "model.safetensors").unlink()
        assert info("svd-xt").state == "incomplete"

    def test_the_token_goes_to_the_hub_and_nowhere_else(self, hub: FakeHub) -> None:
        fetching.download(["svd-xt"], quiet)
        asked = {request.headers.get("Authorization") for request in hub.hub.requests}
        assert asked == {f"Bearer {TOKEN}"}
        assert hub.storage.requests
        assert hub.tokens_seen() == set()
        assert all("torch" not in request.headers.get("User-Agent", "") for request in hub.hub.requests), "telemetry"

    def test_bytes_come_from_the_commit_that_was_asked_about(self, hub: FakeHub) -> None:
        fetching.download(["svd-xt"], quiet)
        gets = [request.path for request in hub.hub.requests if request.method == "GET"]
        assert gets
        assert all("/resolve/5e1a" in path for path in gets)

    @pytest.mark.parametrize(
        ("token", "words"),
        [
            ("", ("accepted its licence", "/maker/svd", "settings/tokens", "models login")),
            (STRANGER, ("may not download", "/maker/svd", "that account")),
            ("hf_expired", ("does not accept the token", "settings/tokens")),
        ],
    )
    def test_a_closed_door_says_how_to_open_it(
        self, hub: FakeHub, monkeypatch: pytest.MonkeyPatch, token: str, words: tuple[str, ...]
    ) -> None:
        monkeypatch.setenv("HF_TOKEN", token)
        with pytest.raises(DownloadFailed) as caught:
            fetching.download(["svd-xt"], quiet)
        said = f"{caught.value.message} {caught.value.hint}"
        assert all(word in said for word in words), said
        assert hub.hub.url() in said
        assert not token or token not in said

    def test_a_model_that_is_gone_says_so(self, hub: FakeHub) -> None:
        hub.repositories.clear()
        with pytest.raises(DownloadFailed, match="not published") as caught:
            fetching.download(["svd-xt"], quiet)
        assert "from disk" in caught.value.hint

    def test_of_a_free_model_that_is_gone_nobody_says_that_it_is_locked(
        self, hub: FakeHub, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        free = {"sources": [{"kind": "hub", "where": "maker/gone"}], "licence": {"name": "", "url": "", "summary": ""}}
        use_registry({"svd-xt": free}, monkeypatch)
        monkeypatch.setenv("HF_TOKEN", "")
        hub.hub.pages["/maker/gone/resolve/main/model_index.json"] = Page(
            b"", status=401, headers={"X-Error-Code": "RepoNotFound"}
        )
        with pytest.raises(DownloadFailed, match="not published"):
            fetching.download(["svd-xt"], quiet)

    def test_a_hub_that_cannot_be_reached_says_so(self, hub: FakeHub) -> None:
        hub.hub.close()
        with pytest.raises(DownloadFailed, match="cannot be reached") as caught:
            fetching.download(["svd-xt"], quiet)
        assert "HF_ENDPOINT" in caught.value.hint

    def test_a_hub_that_hiccups_is_asked_again(self, hub: FakeHub) -> None:
        answer = hub.hub.answer
        assert answer
        hiccups = [503, 429]

        def hiccup(seen: Any) -> Any:
            page = answer(seen)
            if page and hiccups:
                page.failures = [(hiccups.pop(), {})]
            return page

        hub.hub.answer = hiccup
        fetching.download(["svd-xt"], quiet)
        assert info("svd-xt").state == "present"

    def test_files_may_lie_deeper_in_the_repository(self, hub: FakeHub) -> None:
        hub.repositories["maker/svd"].inside = "checkpoints/svd/"
        hub.repositories["maker/svd"].besides = {"checkpoints/base/unet/config.json": b"{}"}
        fetching.download(["svd-xt"], quiet)
        assert info("svd-xt").state == "present"
        assert installed.copies(registry.models()["svd-xt"])[0].path.read_bytes() == CONFIG

    def test_another_file_than_the_pinned_one_is_not_even_fetched(self, hub: FakeHub) -> None:
        changed = UNET[:-1] + b"!"
        hub.repositories["maker/svd"].files["unet/model.safetensors"] = changed
        try:
            with pytest.raises(DownloadFailed, match="not the file any more"):
                fetching.download(["svd-xt"], quiet)
        finally:
            hub.repositories["maker/svd"].files["unet/model.safetensors"] = UNET
        assert hub.storage.requests == []


class TestRecords:
    def test_the_first_download_is_recorded_and_said_so(self, hub: FakeHub, tmp_path: Path) -> None:
        assert "1 of its 3 files no sha256 is published: the first download's is recorded" in info("svd-xt").note
        fetching.download(["svd-xt"], quiet)
        kept = json.loads((tmp_path / "models" / "recorded.json").read_bytes())
        assert kept.keys() == {f"svd-xt/{path}" for path in FILES}
        assert kept["svd-xt/unet/config.json"]["sha256"] == sha256(CONFIG)
        assert f"recorded on {kept['svd-xt/unet/config.json']['date']}" in info("svd-xt").note

    @pytest.mark.parametrize("how", ["removed", "deleted by hand", "found damaged"])
    def test_a_record_goes_with_its_file_so_that_another_can_come(self, hub: FakeHub, tmp_path: Path, how: str) -> None:
        fetching.download(["svd-xt"], quiet)
        file = tmp_path / "models" / "svd-xt" / "unet" / "config.json"
        if how == "removed":
            removing.remove("svd-xt", quiet)
            assert checksums.sha256(tmp_path / "models", "svd-xt/unet/config.json") == ""
        elif how == "deleted by hand":
            file.unlink()
        else:
            file.write_bytes(CONFIG[:-1])
            assert verifying.verify("svd-xt", quiet) == "damaged"
        changed = b'{"num_frames": 14}'
        hub.repositories["maker/svd"].files = {**FILES, "unet/config.json": changed}
        fetching.download(["svd-xt"], quiet)
        assert file.read_bytes() == changed
        assert verifying.verify("svd-xt", quiet) == "present"
        assert checksums.sha256(tmp_path / "models", "svd-xt/unet/config.json") == sha256(changed)

    def test_a_file_that_somebody_has_put_there_is_recorded_and_not_ours(self, hub: FakeHub, tmp_path: Path) -> None:
        file = tmp_path / "models" / "svd-xt" / "unet" / "config.json"
        file.parent.mkdir(parents=True)
        file.write_bytes(CONFIG)
        fetching.download(["svd-xt"], quiet)
        assert checksums.sha256(tmp_path / "models", "svd-xt/unet/config.json") == sha256(CONFIG)
        with pytest.raises(BadRequest, match="nothing says that a download has put it there"):
            removing.remove("svd-xt", quiet)
        assert file.read_bytes() == CONFIG


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda content: content[: len(content) // 2],
    "trailing bytes": lambda content: content + b"\0\0",
    "flipped bit": lambda content: content[:-3] + bytes([content[-3] ^ 4]) + content[-2:],
    "HTML": lambda content: b"<!DOCTYPE html><title>404</title>",
}


class TestDamage:
    @pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
    @pytest.mark.parametrize(
        ("name", "path", "content"),
        [
            ("svd-xt", "unet/model.safetensors", UNET),
            ("svd-xt", "unet/config.json", CONFIG),
            ("film", "film_net_fp32.pt", VAE),
        ],
        ids=["hub", "hub, recorded", "release"],
    )
    def test_on_the_disk_it_is_found_and_repaired(
        self,
        hub: FakeHub,
        tmp_path: Path,
        name: str,
        path: str,
        content: bytes,
        damage: Callable[[bytes], bytes],
    ) -> None:
        fetching.download([name], quiet)
        assert verifying.verify(name, quiet) == "present"
        file = tmp_path / "models" / name / path
        file.write_bytes(damage(content))
        assert verifying.verify(name, quiet) == "damaged"
        assert info(name).state == "damaged", "remembered"
        fetching.download([name], quiet)
        assert file.read_bytes() == content
        assert info(name).state == "present"

    @pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
    @pytest.mark.parametrize(
        ("name", "content"), [("svd-xt", UNET), ("film", VAE)], ids=["storage of the hub", "release"]
    )
    def test_on_the_way_it_never_gets_the_name(
        self, hub: FakeHub, tmp_path: Path, name: str, content: bytes, damage: Callable[[bytes], bytes]
    ) -> None:
        hub.storage_page(content).body = damage(content)
        with pytest.raises(DownloadFailed):
            fetching.download([name], quiet)
        assert all(path.read_bytes() != damage(content) for path in (tmp_path / "models").rglob("*") if path.is_file())
        assert info(name).state in ("missing", "incomplete")

    def test_found_damaged_is_forgotten_with_the_file(self, hub: FakeHub, tmp_path: Path) -> None:
        fetching.download(["film"], quiet)
        file = tmp_path / "models" / "film" / "film_net_fp32.pt"
        file.write_bytes(DAMAGE["flipped bit"](VAE))
        assert verifying.verify("film", quiet) == "damaged"
        file.write_bytes(VAE)
        os.utime(file, ns=(1, 1))
        assert info("film").state == "present"


class Malicious:
    """Unpickling this would create a folder."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Callable[..., None], tuple[Path, int]]:
        return os.mkdir, (self.trace, 0o700)


def pickled(content: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


class TestPickles:
    def publish(self, hub: FakeHub, content: bytes, pinned: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = hub.release("/raw/superpoint_v1.pth", content).rpartition("/")[0]
        change = {
            "files": [entry("superpoint_v1.pth", content, pinned, role="superpoint")],
            "sources": [{"kind": "github", "where": "maker/points", "url": f"{folder}/"}],
        }
        use_registry({"superpoint": change}, monkeypatch)
        consent.give("superpoint")

    def test_they_are_read_once_and_kept_as_safetensors(
        self, hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.publish(hub, pickled(SuperPoint().state_dict()), True, monkeypatch)
        fetching.download(["superpoint"], quiet)
        kept = tmp_path / "models" / "gluestick" / "superpoint_v1.safetensors"
        assert kept.is_file()
        assert info("superpoint").state == "present"
        removing.remove("superpoint", quiet)
        assert files_in(tmp_path / "models") == set()

    @pytest.mark.parametrize("pinned", [False, True])
    def test_harmful_ones_never_run(
        self, hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pinned: bool
    ) -> None:
        self.publish(hub, pickled(Malicious(tmp_path / "trace")), pinned, monkeypatch)
        with pytest.raises(MissingModel, match="superpoint_v1"):
            fetching.download(["superpoint"], quiet)
        assert not (tmp_path / "trace").exists()
        assert files_in(tmp_path / "models") == set()
        assert checksums.sha256(tmp_path / "models", "superpoint/superpoint_v1.pth") == ""


class TestConsent:
    def test_nothing_is_fetched_before_the_licence_is_accepted(self, hub: FakeHub, tmp_path: Path) -> None:
        (tmp_path / "models" / "licences.json").unlink()
        with pytest.raises(LicenceRefused, match="has not been accepted"):
            fetching.download(["film", "svd-xt"], quiet)
        assert hub.hub.requests == []
        fetching.download(["film", "svd-xt"], quiet, accept=True)
        assert info("svd-xt").consent == consent.given("svd-xt")
        assert info("film").consent == "not needed"


class TestRemove:
    def test_only_what_is_ours_goes(self, hub: FakeHub, tmp_path: Path) -> None:
        fetching.download(["svd-xt", "film"], quiet)
        mine = tmp_path / "models" / "svd-xt" / "unet" / "my notes.txt"
        mine.write_text("keep")
        removing.remove("svd-xt", quiet)
        assert files_in(tmp_path / "models") == {"svd-xt/unet/my notes.txt", "film/film_net_fp32.pt"}
        assert info("svd-xt").state == "missing"

    def test_links_are_forgotten_and_their_files_stay(self, hub: FakeHub, tmp_path: Path) -> None:
        original = tmp_path / "elsewhere" / "film_net_fp32.pt"
        original.parent.mkdir()
        original.write_bytes(VAE)
        import_links.record(tmp_path / "models", "film/film_net_fp32.pt", original)
        assert info("film").state == "present"
        assert info("film").path == str(original)
        assert "Linked" in info("film").note
        fetching.download(["film"], quiet)
        assert hub.hub.requests == [], "it is there already"
        removing.remove("film", quiet)
        assert original.read_bytes() == VAE
        assert info("film").state == "missing"

    def test_what_others_have_put_elsewhere_is_named_and_stays(
        self, hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        original = tmp_path / "studio" / "film_net_fp32.pt"
        original.parent.mkdir()
        original.write_bytes(VAE)
        monkeypatch.setenv("FCVG_CHECKPOINTS", str(original.parent))
        assert info("film").path == str(original)
        with pytest.raises(BadRequest, match="still lies in") as caught:
            removing.remove("film", quiet)
        assert str(original) in caught.value.message
        assert original.exists()

    def test_a_tuning_of_the_artists_own_is_not_taken_for_damage(self, hub: FakeHub, tmp_path: Path) -> None:
        for path in FILES:
            mine = tmp_path / "mine" / path
            mine.parent.mkdir(parents=True, exist_ok=True)
            mine.write_bytes(b"tuned")
        import_links.record(tmp_path / "models", "svd-xt", tmp_path / "mine")
        assert verifying.verify("svd-xt", quiet) == "present"
        assert info("svd-xt").path == str(tmp_path / "mine")

    def test_links_in_the_folder_itself_stay_with_what_they_lead_to(self, hub: FakeHub, tmp_path: Path) -> None:
        original = tmp_path / "elsewhere.pt"
        original.write_bytes(VAE)
        own = tmp_path / "models" / "film" / "film_net_fp32.pt"
        own.parent.mkdir(parents=True)
        own.symlink_to(original)
        with pytest.raises(BadRequest, match="that is a link"):
            removing.remove("film", quiet)
        assert original.exists()
        assert own.is_symlink()

    def test_parts_of_a_download_go_too(self, hub: FakeHub, tmp_path: Path) -> None:
        hub.storage_page(VAE).stalls = [1000]

        def cancel(stage: str, rate: Rate) -> None:
            if rate.done_bytes >= 1000:
                raise Cancelled

        with pytest.raises(Cancelled):
            fetching.download(["film"], cancel)
        assert info("film").state == "incomplete"
        removing.remove("film", quiet)
        assert info("film").state == "missing"
        assert files_in(tmp_path / "models") == set()


def test_a_cancelled_download_is_gone_on_with(hub: FakeHub) -> None:
    hub.storage_page(UNET).stalls = [100_000]

    def cancel(stage: str, rate: Rate) -> None:
        if hub.storage.served(f"/storage/{sha256(UNET)}") >= 100_000 and rate.done_bytes >= 100_000:
            raise Cancelled

    with pytest.raises(Cancelled):
        fetching.download(["svd-xt"], cancel)
    assert info("svd-xt").state == "incomplete"
    fetching.download(["svd-xt"], quiet)
    assert info("svd-xt").state == "present"
    assert hub.storage.served(f"/storage/{sha256(UNET)}") <= len(UNET) * 1.05


def test_a_model_for_which_a_person_is_needed_says_where(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    source = {"kind": "manual", "where": "the authors' drive", "url": "https://example.org/drive"}
    use_registry({"film": {"sources": [source]}}, monkeypatch)
    with pytest.raises(DownloadFailed, match="the authors' drive") as caught:
        fetching.download(["film"], quiet)
    assert "https://example.org/drive" in caught.value.hint
    assert "models import" in caught.value.hint
    assert "https://example.org/drive" in info("film").note


def test_unknown_names_are_told_with_the_known_ones(hub: FakeHub) -> None:
    with pytest.raises(BadRequest) as caught:
        fetching.download(["film", "flim"], quiet)
    assert "svd-xt" in caught.value.hint
    assert hub.hub.requests == []


def test_every_published_model_can_be_told_about(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    for each, model in zip(catalogue.infos(), registry.models().values(), strict=True):
        assert each.title and each.licence and each.commercial_why and each.origin and each.path
        assert each.state in ("present", "missing", "incomplete", "damaged")
        assert len(installed.copies(model)) == len(model.files)
