# SPDX-License-Identifier: GPL-3.0-or-later
"""In the models folder nothing is lost that an artist has put, edited or linked there, whatever is downloaded, made,
verified or removed meanwhile."""

from __future__ import annotations

import os
import random
import shutil
from contextlib import suppress
from pathlib import Path

import pytest
from fake_hub import FakeHub
from published_models import FILM, SVD

from fcvg_engine.models import checksums, consent, fetching, import_links, installed, registry, removing, verifying
from fcvg_engine.shared.errors import BadRequest, DownloadFailed, FcvgError
from fcvg_engine.transfer.rate import Rate

PLACES = (*(f"svd-xt/{path}" for path in SVD), "film/film_net_fp32.pt")
BESIDE = (
    *(f"{place}{ending}" for place in PLACES[::3] for ending in (".part", ".part.json", ".bak")),
    *("svd-xt/notes.txt", "film/.hidden", "film/sub/ü b.bin", "svd-xt/unet/other.safetensors"),
    *("recorded.json", "imports.json", "licences.json", "gluestick/superpoint_v1.safetensors"),
)


def quiet(stage: str, rate: Rate) -> None:
    pass


class Folder:
    """A models folder, and whose each file in it and beside it is."""

    def __init__(self, home: Path, chance: random.Random) -> None:
        self.path, self.elsewhere, self.chance = home / "models", home / "originals", chance
        self.elsewhere.mkdir()
        self.theirs: dict[Path, bytes | str] = {}
        for name in ("a", "b"):
            self._own(self.elsewhere / name, FILM if name == "a" else chance.randbytes(20))

    def step(self) -> None:
        """We or the artist do something."""
        deeds = (self.download, self.download, self.remove, self.verify, self.put, self.edit, self.link, self.hard_link)
        self.chance.choice((*deeds, self.link_a_folder, self.move_and_link))()

    def download(self) -> None:
        with suppress(FcvgError):
            fetching.download([self.chance.choice(("film", "svd-xt"))], quiet)

    def remove(self) -> None:
        with suppress(FcvgError):
            removing.remove(self.chance.choice(("film", "svd-xt")), quiet)

    def verify(self) -> None:
        verifying.verify(self.chance.choice(("film", "svd-xt")), quiet)

    def put(self) -> None:
        path = self._free()
        content = self.chance.choice((FILM, *SVD.values(), self.chance.randbytes(9), b'{"a": {"sha256": 1}}'))
        if path:
            self._own(path, content)

    def edit(self) -> None:
        there = [path for path in self.path.rglob("*") if path.is_file() and not path.is_symlink()]
        # What has arrived of a download is not an artist's to work on.
        there = [path for path in there if not path.name.startswith(".") and ".part" not in path.name]
        if there:
            path = self.chance.choice(sorted(there))
            with path.open("ab") as file:
                file.write(b"!")
            for each in [*self.theirs, path]:  # through a hard link others change with it
                if each.is_file() and not each.is_symlink() and each.samefile(path):
                    self.theirs[each] = path.read_bytes()

    def link(self) -> None:
        path = self._free()
        if path:
            self._link(path, self.chance.choice((self.elsewhere / "a", self.elsewhere, self.elsewhere / "gone")))

    def hard_link(self) -> None:
        path = self._free()
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.hardlink_to(self.elsewhere / "a")
            self.theirs[path] = path.read_bytes()

    def link_a_folder(self) -> None:
        """A link in place of a whole model, or of a folder in it: to the originals, or to the folder above it."""
        path = self.path / self.chance.choice(("svd-xt", "svd-xt/unet", "film", "gluestick"))
        if not os.path.lexists(path) and (path.parent == self.path or path.parent.is_dir()):
            self._link(path, self.chance.choice((self.elsewhere, path.parent, self.elsewhere / "gone")))

    def move_and_link(self) -> None:
        """A model is moved to another disk, and a link stands for it. All in it is an original then."""
        path, moved = self.path / "svd-xt", self.elsewhere / f"moved{self.chance.randrange(10**6)}"
        if path.is_dir() and not path.is_symlink():
            shutil.move(path, moved)
            for each in [each for each in self.theirs if each.is_relative_to(path)]:
                del self.theirs[each]
            for each in moved.rglob("*"):
                if each.is_symlink():
                    self.theirs[each] = f"link to {each.readlink()}"
                elif each.is_file():
                    self.theirs[each] = each.read_bytes()
            self._link(path, moved)

    def check(self) -> None:
        """Everything of the artist's is where it was, or beside under a name that says whose it is."""
        for path, what in list(self.theirs.items()):
            if seen(path) != what:
                del self.theirs[path]
                beside = sorted(path.parent.glob("*yours*")) if path.parent.is_dir() else []
                aside = next((each for each in beside if each not in self.theirs and seen(each) == what), None)
                assert aside, (path, what)
                self.theirs[aside] = what

    def _free(self) -> Path | None:
        path = self.path / self.chance.choice((*PLACES, *BESIDE))
        try:
            return None if os.path.lexists(path) or not _may_hold(path.parent) else path
        except OSError:
            return None

    def _own(self, path: Path, content: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self.theirs[path] = content

    def _link(self, path: Path, target: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)
        self.theirs[path] = f"link to {target}"


def _may_hold(folder: Path) -> bool:
    return folder.is_dir() or not any(os.path.lexists(each) and not each.is_dir() for each in (folder, *folder.parents))


def seen(path: Path) -> bytes | str | None:
    if path.is_symlink():
        return f"link to {path.readlink()}"
    return path.read_bytes() if path.is_file() else None


@pytest.mark.parametrize("seed", range(int(os.environ.get("FCVG_SEEDS", "40"))))
def test_nothing_of_the_artists_is_lost(published: FakeHub, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    folder = Folder(tmp_path, chance)
    for _ in range(25):
        folder.step()
        folder.check()
    for name in ("film", "svd-xt"):
        with suppress(FcvgError):
            removing.remove(name, quiet)
    folder.check()


def test_what_was_downloaded_goes_and_the_record_with_it(published: FakeHub, tmp_path: Path) -> None:
    fetching.download(["svd-xt", "film"], quiet)
    assert removing.remove("svd-xt", quiet) == []
    assert removing.remove("film", quiet) == []
    models = tmp_path / "models"
    assert [path for path in models.rglob("*") if path.is_dir()] == []
    assert all(checksums.sha256(models, place) == "" for place in PLACES)


@pytest.mark.parametrize("what", ["the model's folder", "a folder in it", "the models folder"])
def test_originals_behind_a_link_stay_and_that_is_said(published: FakeHub, tmp_path: Path, what: str) -> None:
    fetching.download(["svd-xt"], quiet)
    models = tmp_path / "models"
    link = {"the model's folder": models / "svd-xt", "a folder in it": models / "svd-xt" / "unet"}.get(what, models)
    originals = shutil.move(link, tmp_path / "originals")
    link.symlink_to(originals)
    before = {path: path.read_bytes() for path in Path(originals).rglob("*") if path.suffix == ".safetensors"}
    with pytest.raises(BadRequest, match="is a link") as caught:
        removing.remove("svd-xt", quiet)
    assert str(link) in caught.value.message
    assert before and all(path.read_bytes() == content for path, content in before.items())
    assert link.is_symlink()


def test_what_was_edited_or_put_there_stays_and_that_is_said(published: FakeHub, tmp_path: Path) -> None:
    fetching.download(["svd-xt"], quiet)
    home = tmp_path / "models" / "svd-xt"
    (home / "notes.txt").write_text("mine")
    tuned = home / "unet" / "diffusion_pytorch_model.fp16.safetensors"
    tuned.write_bytes(b"tuned by me")
    with pytest.raises(BadRequest, match="it was changed since it was downloaded") as caught:
        removing.remove("svd-xt", quiet)
    assert str(tuned) in caught.value.message
    assert {path.name for path in home.rglob("*") if path.is_file()} == {"notes.txt", tuned.name}
    tuned.unlink()
    (note,) = removing.remove("svd-xt", quiet)
    assert str(home / "notes.txt") in note


@pytest.mark.parametrize("content", [b"my own tuning", SVD["unet/config.json"], b""])
def test_a_download_takes_nobodys_place(published: FakeHub, tmp_path: Path, content: bytes) -> None:
    mine = tmp_path / "models" / "film" / "film_net_fp32.pt"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(content)
    with pytest.raises(DownloadFailed, match="is in the way") as caught:
        fetching.download(["film"], quiet)
    assert str(mine) in caught.value.message
    assert "Move it elsewhere" in caught.value.hint
    assert mine.read_bytes() == content
    assert published.storage.requests == [], "that is known before gigabytes come"


def test_what_was_edited_after_its_download_is_put_aside_by_the_next(published: FakeHub, tmp_path: Path) -> None:
    fetching.download(["film"], quiet)
    file = tmp_path / "models" / "film" / "film_net_fp32.pt"
    file.write_bytes(b"my own tuning")
    (note,) = fetching.download(["film"], quiet)
    assert str(file) in note and "was kept" in note
    assert file.read_bytes() == FILM
    (aside,) = (path for path in file.parent.iterdir() if "yours" in path.name)
    assert aside.read_bytes() == b"my own tuning"


@pytest.mark.parametrize("name", ["film_net_fp32.pt.part", "film_net_fp32.pt.part.json"])
def test_another_programs_unfinished_file_stays(published: FakeHub, tmp_path: Path, name: str) -> None:
    foreign = tmp_path / "models" / "film" / name
    foreign.parent.mkdir(parents=True)
    foreign.write_bytes(b"a browser writes here")
    with pytest.raises(FcvgError, match="is in the way") as caught:
        fetching.download(["film"], quiet)
    assert str(foreign) in caught.value.message
    removing.remove("film", quiet)
    assert foreign.read_bytes() == b"a browser writes here"
    foreign.unlink()
    fetching.download(["film"], quiet)


@pytest.mark.parametrize("file", ["recorded.json", "imports.json", "licences.json"])
@pytest.mark.parametrize("content", [b"{", b"[1]", b'{"react": 3}', b'{"MIT": {"text": "words"}}', b"\xff", b"1" * 99])
def test_a_table_that_is_not_ours_is_put_aside(published: FakeHub, tmp_path: Path, file: str, content: bytes) -> None:
    path = tmp_path / "models" / file
    path.unlink(missing_ok=True)
    path.write_bytes(content)
    fetching.download(["film"], quiet, accept=True)
    consent.give("svd-xt")
    import_links.record(tmp_path / "models", "film", tmp_path)
    (aside,) = (each for each in path.parent.iterdir() if "yours" in each.name)
    assert aside.read_bytes() == content
    assert consent.given("svd-xt") and import_links.recorded(path.parent) and checksums.is_ours(path.parent, PLACES[-1])


def test_a_table_of_ours_with_a_damaged_entry_keeps_the_others(published: FakeHub, tmp_path: Path) -> None:
    path = tmp_path / "models" / "licences.json"
    path.write_text('{"svd-xt": {"licence": "Stability AI Community License", "date": "2026-02-03"}, "fcvg": 3}')
    consent.give("superpoint")
    assert consent.given("svd-xt") == "2026-02-03"


def test_a_large_file_is_compared_with_progress(published: FakeHub, tmp_path: Path) -> None:
    fetching.download(["film"], quiet)
    told: list[str] = []
    removing.remove("film", lambda stage, rate: told.append(stage))
    assert "Checking FILM" in told
    assert installed.state(registry.models()["film"]) == "missing"
