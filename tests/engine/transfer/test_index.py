# SPDX-License-Identifier: GPL-3.0-or-later
"""Where wheels come from: folders, a studio's index in every shape there is, or their own addresses."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hostile_server import HostileServer, Page

from fcvg_engine.shared import folder_record
from fcvg_engine.shared.errors import Cancelled, DownloadFailed
from fcvg_engine.transfer import Download, Patience, Places, Wheel, fetch, locate, places

HURRY = Patience(tries=3, stall_s=0.5, first_wait_s=0.01, longest_wait_s=0.05)
CONTENT = b"a wheel, as far as anyone here looks"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
FILE = "Some_Package-1.0+cpu-py3-none-any.whl"
PUBLISHED = "https://files.example/Some_Package-1.0%2Bcpu-py3-none-any.whl"
WHEEL = Wheel("Some_Package", "1.0+cpu", FILE, PUBLISHED, SHA256, len(CONTENT))
AUTHORIZATION = "Basic YW5uOnBhc3M="  # ann:pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[HostileServer]:
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.delenv("FCVG_OFFLINE", raising=False)
    with HostileServer() as server:
        server.pages["/files/w.whl"] = Page(CONTENT)
        server.pages[f"/files/{FILE.replace('+', '%2B')}"] = Page(CONTENT)
        yield server


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "downloads"


def page_of(*anchors: str, base: str = "") -> Page:
    text = f"<!DOCTYPE html><html><head>{base}</head><body>{'<br/>'.join(anchors)}</body></html>"
    return Page(text.encode(), content_type="text/html")


def json_page(*files: dict[str, Any]) -> Page:
    content = {"meta": {"api-version": "1.1"}, "name": "some-package", "files": files}
    return Page(json.dumps(content).encode(), content_type="application/vnd.pypi.simple.v1+json")


def find(into: Path, where: Places, *wheels: Wheel) -> list[Download]:
    return locate(wheels or [WHEEL], into, where, patience=HURRY)


def bring(into: Path, where: Places) -> None:
    """Located and fetched: the pinned wheel is there."""
    fetch(find(into, where), lambda rate: None, patience=HURRY)
    assert (into / FILE).read_bytes() == CONTENT


class TestEnvironment:
    def test_nothing_set(self):
        assert places({}) == Places()

    def test_folders_add_up(self, tmp_path: Path):
        names = ["a b", "c", "d", "e"]
        folders = [tmp_path / name for name in names]
        for folder in folders:
            folder.mkdir()
        found = places(
            {
                "FCVG_WHEELS": f"{folders[0]}:{tmp_path / 'none'}",
                "UV_FIND_LINKS": f"{folders[1]},{folders[2].as_uri()},https://files.example/",
                "PIP_FIND_LINKS": f"https://files.example/ {folders[3]} {folders[1]}",
            }
        )
        assert found.folders == tuple(folders)
        assert places({"PIP_FIND_LINKS": str(folders[0])}).folders == (folders[0],)

    @pytest.mark.parametrize("name", ["FCVG_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"])
    def test_an_index(self, name: str):
        assert places({name: "https://index.example/simple/"}).index == "https://index.example/simple/"
        assert places({name: "https://pypi.org/simple"}).index == ""

    def test_ours_comes_first_and_names_are_left_out(self):
        found = {"PIP_INDEX_URL": "https://a.example", "UV_DEFAULT_INDEX": "studio=https://b.example"}
        assert places(found).index == "https://b.example"
        assert places({**found, "FCVG_INDEX_URL": "https://pypi.org/simple"}).index == ""

    @pytest.mark.parametrize("name", ["FCVG_OFFLINE", "PIP_NO_INDEX"])
    def test_offline(self, name: str):
        assert places({name: "1"}).offline
        assert not places({name: "0"}).offline

    def test_proxy(self):
        assert places({"FCVG_PROXY": "http://proxy:8080"}).proxy == "http://proxy:8080"


class TestFolders:
    def test_a_wheel_that_was_published_elsewhere_needs_no_network(self, into: Path, tmp_path: Path):
        (tmp_path / FILE).write_bytes(CONTENT)
        assert find(into, Places(folders=(tmp_path,), offline=True)) == []
        assert (into / FILE).read_bytes() == CONTENT
        assert not (into / FILE).samefile(tmp_path / FILE), "whoever can write there could change it later"
        assert sorted(path.name for path in into.iterdir()) == [folder_record.NAME, FILE]

    def test_another_disk(self, into: Path):
        shared = Path("/dev/shm") / f"fcvg-{into.parent.name}"
        shared.mkdir()
        try:
            (shared / FILE).write_bytes(CONTENT)
            assert find(into, Places(folders=(shared,))) == []
        finally:
            (shared / FILE).unlink()
            shared.rmdir()
        assert (into / FILE).read_bytes() == CONTENT

    def test_a_wrong_one_is_passed_over(self, into: Path, tmp_path: Path):
        (tmp_path / FILE).write_bytes(CONTENT[:-1] + b"!")
        (download,) = find(into, Places(folders=(tmp_path,)))
        assert download.url == PUBLISHED
        assert not (into / FILE).exists()
        with pytest.raises(DownloadFailed) as caught:
            find(into, Places(folders=(tmp_path,), offline=True))
        assert FILE in caught.value.message
        assert str(tmp_path) in caught.value.hint

    def test_what_was_downloaded_before_stays(self, into: Path):
        into.mkdir()
        (into / FILE).write_bytes(CONTENT)
        assert find(into, Places(offline=True)) == []
        (into / FILE).write_bytes(CONTENT[:-1] + b"!")
        assert len(find(into, Places())) == 1


def test_without_an_index_it_comes_from_where_it_is_published(into: Path):
    (download,) = find(into, Places())
    assert download == Download(PUBLISHED, into / FILE, SHA256, len(CONTENT), "Some_Package 1.0+cpu")


class TestIndex:
    @pytest.mark.parametrize(
        "page",
        [
            page_of(f'<a href="../../files/{FILE.replace("+", "%2B")}#sha256={SHA256}" data-requires-python="x">w</a>'),
            page_of(f'<A HREF="/files/{FILE}">{FILE}</A>'),
            page_of(f'<a href="x"/><a>no</a><a href="{FILE}#md5=0">', base='<base href="/files/">'),
            json_page({"filename": FILE, "url": "../../files/w.whl", "hashes": {"sha256": SHA256.upper()}, "size": 1}),
            json_page({"filename": "other.whl", "url": "x", "hashes": {}}, {"filename": FILE, "url": "/files/w.whl"}),
        ],
    )
    def test_pages_of_every_kind(self, server: HostileServer, into: Path, page: Page):
        server.pages["/simple/some-package/"] = page
        server.pages[f"/files/{FILE}"] = Page(CONTENT)
        bring(into, Places(index=server.url("/simple")))
        assert "json" in server.seen("/simple/some-package/")[0].headers["Accept"]

    def test_links_are_relative_to_where_a_redirect_led(self, server: HostileServer, into: Path):
        server.pages["/simple/some-package/"] = Page(location="/deep/in/here/")
        server.pages["/deep/in/here/"] = json_page({"filename": FILE, "url": "../../../files/w.whl", "hashes": {}})
        bring(into, Places(index=server.url("/simple/")))

    def test_another_file_under_the_name_is_refused(self, server: HostileServer, into: Path):
        server.pages["/simple/some-package/"] = page_of(f'<a href="{FILE}#sha256={"0" * 64}">w</a>')
        with pytest.raises(DownloadFailed, match="another Some_Package"):
            find(into, Places(index=server.url("/simple")))

    @pytest.mark.parametrize("page", [None, page_of('<a href="other.whl">other.whl</a>'), Page(b"", status=404)])
    def test_one_that_lacks_it_falls_through(self, server: HostileServer, into: Path, page: Page | None):
        if page:
            server.pages["/simple/some-package/"] = page
        (download,) = find(into, Places(index=server.url("/simple")))
        assert download.url == PUBLISHED

    def test_offline_it_is_not_asked(self, server: HostileServer, into: Path):
        with pytest.raises(DownloadFailed, match="Without downloads"):
            find(into, Places(index=server.url("/simple"), offline=True))
        assert server.requests == []

    def test_no_address_at_all(self, into: Path):
        with pytest.raises(DownloadFailed, match=r"Some_Package-1\.0"):
            find(into, Places(), replace(WHEEL, url=""))

    def test_a_fault_is_got_over(self, server: HostileServer, into: Path):
        page = json_page({"filename": FILE, "url": "/files/w.whl", "hashes": {}})
        page.failures, page.cuts = [(503, {})], [10]
        server.pages["/simple/some-package/"] = page
        bring(into, Places(index=server.url("/simple")))

    @pytest.mark.parametrize("page", [Page(b"", status=401), Page(b"", status=500), Page(b"{}", content_type="a/json")])
    def test_one_that_cannot_be_used_is_named(self, server: HostileServer, into: Path, page: Page):
        server.pages["/simple/some-package/"] = page
        with pytest.raises(DownloadFailed, match=r"The package index at 127\.0\.0\.1 cannot be used"):
            find(into, Places(index=server.url("/simple")))

    def test_through_a_proxy(self, server: HostileServer, into: Path, monkeypatch: pytest.MonkeyPatch):
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        server.pages["/simple/some-package/"] = json_page({"filename": FILE, "url": "/files/w.whl", "hashes": {}})
        (download,) = find(into, Places(index="http://index.invalid/simple", proxy=server.url()))
        assert download.url == "http://index.invalid/files/w.whl"

    def test_cancelled_while_it_is_silent(self, server: HostileServer, into: Path):
        server.pages["/simple/some-package/"] = Page(b"<html>", stalls=[1])

        def cancel() -> None:
            if server.served("/simple/some-package/"):
                raise Cancelled

        with pytest.raises(Cancelled):
            locate([WHEEL], into, Places(index=server.url("/simple")), cancel, patience=Patience(stall_s=3600))


class TestLogIns:
    @pytest.fixture(autouse=True)
    def guarded(self, server: HostileServer) -> None:
        server.pages["/simple/some-package/"] = json_page({"filename": FILE, "url": "/files/w.whl", "hashes": {}})
        server.pages["/simple/some-package/"].token = AUTHORIZATION
        server.pages["/files/w.whl"].token = AUTHORIZATION

    def test_in_the_address(self, server: HostileServer, into: Path):
        bring(into, Places(index=server.url("/simple").replace("//", "//ann:pass@")))

    def test_in_the_users_netrc(self, server: HostileServer, into: Path, tmp_path: Path):
        (tmp_path / "netrc").write_text("machine 127.0.0.1 login ann password pass\n")
        bring(into, Places(index=server.url("/simple")))

    def test_not_for_files_of_another_host(self, server: HostileServer, into: Path):
        far = server.url("/files/w.whl", host="localhost")
        server.pages["/simple/some-package/"] = json_page({"filename": FILE, "url": far, "hashes": {}})
        server.pages["/files/w.whl"].token = ""
        bring(into, Places(index=server.url("/simple").replace("//", "//ann:pass@")))
        assert server.seen("/simple/some-package/")[0].headers["Authorization"] == AUTHORIZATION
        assert server.seen("/files/w.whl")[0].headers["Authorization"] is None

    def test_refused_without_telling_the_password(self, server: HostileServer, into: Path):
        with pytest.raises(DownloadFailed) as caught:
            find(into, Places(index=server.url("/simple").replace("//", "//ann:wrong@")))
        assert "wrong" not in caught.value.message + caught.value.hint
        assert "name and password" in caught.value.hint


class TestIndexOnADisk:
    def test_a_page_and_its_file(self, into: Path, tmp_path: Path):
        folder = tmp_path / "an index" / "some-package"
        folder.mkdir(parents=True)
        (folder / FILE).write_bytes(CONTENT)
        (folder / "index.html").write_text(f'<a href="{FILE.replace("+", "%2B")}#sha256={SHA256}">w</a>')
        assert find(into, Places(index=(tmp_path / "an index").as_uri(), offline=True)) == []
        assert (into / FILE).read_bytes() == CONTENT

    def test_folders_only(self, into: Path, tmp_path: Path):
        (tmp_path / "index" / "some-package").mkdir(parents=True)
        (tmp_path / "index" / "some-package" / FILE).write_bytes(CONTENT)
        assert find(into, Places(index=(tmp_path / "index").as_uri())) == []

    def test_lacking(self, into: Path, tmp_path: Path):
        (download,) = find(into, Places(index=tmp_path.as_uri()))
        assert download.url == PUBLISHED
