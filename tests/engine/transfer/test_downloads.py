# SPDX-License-Identifier: GPL-3.0-or-later
"""Downloads against a server that does what servers, proxies and cables do. Fault 31, and kills."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trustme
from hostile_server import HostileServer, Noise, Page

from fcvg_engine.shared.errors import Cancelled, DiskError, DownloadFailed
from fcvg_engine.transfer import Download, Patience, Rate, fetch, trust

ROOT = Path(__file__).resolve().parents[3]
HURRY = Patience(tries=3, stall_s=0.3, first_wait_s=0.01, longest_wait_s=0.05)
CONTENT = Noise(300_000).read(0, 300_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
CUTS: list[int | None] = [50_000, 70_000, 1, 100_000]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[HostileServer]:
    for name in ("FCVG_OFFLINE", "FCVG_PROXY", "NETRC"):
        monkeypatch.delenv(name, raising=False)
    with HostileServer() as server:
        yield server


@pytest.fixture
def wanted(server: HostileServer, tmp_path: Path) -> Download:
    """A pinned file at the path /a.bin of the server."""
    server.pages["/a.bin"] = Page(CONTENT)
    return Download(server.url("/a.bin"), tmp_path / "models" / "a.bin", SHA256, len(CONTENT), "A model")


def bring(*wanted: Download, **options: Any) -> dict[Path, str]:
    return fetch(wanted, lambda rate: None, patience=HURRY, **options)


def refused(*wanted: Download, **options: Any) -> DownloadFailed:
    """The error, with which nothing has come under a final name."""
    with pytest.raises(DownloadFailed) as caught:
        bring(*wanted, **options)
    assert not any(each.path.exists() for each in wanted)
    assert caught.value.hint
    return caught.value


def ranges(server: HostileServer, path: str = "/a.bin") -> list[str | None]:
    return [each.headers["Range"] for each in server.seen(path)]


def left(wanted: Download) -> list[str]:
    return sorted(path.name for path in wanted.path.parent.iterdir())


class TestWhole:
    def test_it_comes_and_nothing_else_is_left(self, wanted: Download):
        assert bring(wanted) == {wanted.path: SHA256}
        assert wanted.path.read_bytes() == CONTENT
        assert left(wanted) == ["a.bin"]

    def test_what_is_there_and_right_is_not_fetched_again(self, server: HostileServer, wanted: Download):
        bring(wanted)
        assert bring(wanted) == {wanted.path: SHA256}
        assert len(server.requests) == 1

    def test_what_is_there_and_wrong_is_replaced(self, wanted: Download):
        wanted.path.parent.mkdir()
        wanted.path.write_bytes(b"\0" * len(CONTENT))
        bring(wanted)
        assert wanted.path.read_bytes() == CONTENT

    def test_without_a_pinned_sha256_the_one_that_came_is_told(self, server: HostileServer, wanted: Download):
        loose = replace(wanted, sha256="", size_bytes=0)
        assert bring(loose) == {wanted.path: SHA256}
        assert bring(replace(loose, size_bytes=len(CONTENT))) == {wanted.path: SHA256}
        assert len(server.requests) == 1

    def test_several_side_by_side(self, server: HostileServer, wanted: Download, tmp_path: Path):
        server.pages |= {f"/{n}": Page(Noise(10_000, n), cuts=[n * 1000]) for n in range(8)}
        files = [Download(server.url(f"/{n}"), tmp_path / f"{n}", Noise(10_000, n).sha256()) for n in range(8)]
        digests = bring(*files, files[0], parallel=4)
        assert [digests[each.path] for each in files] == [each.sha256 for each in files]

    def test_an_empty_file(self, server: HostileServer, wanted: Download):
        server.pages["/a.bin"] = Page(b"")
        bring(replace(wanted, sha256="", size_bytes=0))
        assert wanted.path.read_bytes() == b""

    def test_in_chunks_without_a_length(self, server: HostileServer, wanted: Download):
        server.pages["/a.bin"] = Page(CONTENT, chunked=True, cuts=[1000])
        assert bring(replace(wanted, sha256="", size_bytes=0)) == {wanted.path: SHA256}


class TestCuts:
    @pytest.mark.parametrize("how", ["cuts", "resets", "stalls"])
    def test_it_goes_on_where_it_was_cut(self, server: HostileServer, wanted: Download, how: str):
        server.pages["/a.bin"] = Page(CONTENT, **{how: list(CUTS)})  # type: ignore[arg-type]
        bring(wanted)
        assert wanted.path.read_bytes() == CONTENT
        assert len(server.requests) == len(CUTS) + 1
        if how != "resets":  # there, what was sent but not yet received is lost
            assert ranges(server) == [None, "bytes=50000-", "bytes=120000-", "bytes=120001-", "bytes=220001-"]
            assert server.served("/a.bin") == len(CONTENT)

    def test_a_cut_a_thousand_bytes_never_tires(self, server: HostileServer, wanted: Download):
        server.pages["/a.bin"] = Page(CONTENT, cuts=[10_000] * 29)
        bring(wanted)
        assert server.served("/a.bin") == len(CONTENT)

    def test_without_any_progress_it_gives_up_and_keeps_what_came(self, server: HostileServer, wanted: Download):
        server.pages["/a.bin"] = Page(CONTENT, cuts=[1000, 0, 0, 0])
        error = refused(wanted)
        assert error.message == "A model could not be downloaded: the connection to 127.0.0.1 was cut."
        assert left(wanted) == ["a.bin.part", "a.bin.part.json"]
        bring(wanted)
        assert ranges(server)[-1] == "bytes=1000-"

    def test_a_server_that_is_silent(self, server: HostileServer, wanted: Download):
        server.pages["/a.bin"] = Page(CONTENT, stalls=[0, 0, 0])
        assert "nothing came from 127.0.0.1" in refused(wanted).message

    def test_a_server_that_is_not_there(self, server: HostileServer, wanted: Download):
        server.close()
        assert "does not take connections" in refused(wanted).message

    def test_ranges_ignored_it_starts_anew(self, server: HostileServer, wanted: Download):
        server.pages["/a.bin"] = Page(CONTENT, ranges="ignore", cuts=[1000, 2000])
        bring(wanted)
        assert server.served("/a.bin") == len(CONTENT) + 3000

    @pytest.mark.parametrize("manner", ["refuse", "shift", "mute"])
    def test_ranges_that_cannot_be_used_it_starts_anew(self, server: HostileServer, wanted: Download, manner: str):
        server.pages["/a.bin"] = Page(CONTENT, ranges=manner, cuts=[1000])
        bring(wanted)
        assert wanted.path.read_bytes() == CONTENT
        assert ranges(server) == [None, "bytes=1000-", None]

    def test_a_file_that_changed_meanwhile_starts_anew(self, server: HostileServer, wanted: Download):
        server.pages["/a.bin"] = Page(CONTENT, cuts=[1000], etags=[None, '"2"'])
        bring(replace(wanted, sha256=""))
        assert server.seen("/a.bin")[1].headers["If-Range"] == '"1"'
        assert server.served("/a.bin") == len(CONTENT) + 1000

    def test_a_changed_file_whose_server_does_not_look_at_conditions(self, server: HostileServer, wanted: Download):
        page = Page(CONTENT, cuts=[1000])
        server.pages["/a.bin"] = page
        with pytest.raises(DownloadFailed):
            fetch([replace(wanted, sha256="")], lambda rate: None, patience=Patience(tries=1))
        server.answer = lambda seen: Page(
            CONTENT, etag='"2"', headers={"Content-Range": "bytes 1000-299999/300000"}, status=206
        )
        del server.pages["/a.bin"]
        assert "does not go on" in refused(replace(wanted, sha256="")).message

    def test_dates_do_where_there_is_no_strong_etag(self, server: HostileServer, wanted: Download):
        date = "Sun, 22 Nov 2026 10:00:00 GMT"
        server.pages["/a.bin"] = Page(CONTENT, cuts=[1000], etag='W/"1"', last_modified=date)
        bring(replace(wanted, sha256=""))
        assert server.seen("/a.bin")[1].headers["If-Range"] == date

    def test_nothing_to_compare_with_it_starts_anew(self, server: HostileServer, wanted: Download):
        server.pages["/a.bin"] = Page(CONTENT, cuts=[1000], etag="")
        bring(replace(wanted, sha256=""))
        assert ranges(server) == [None, None]

    def test_a_pinned_file_is_gone_on_with_from_another_place(self, server: HostileServer, wanted: Download):
        server.pages["/a.bin"] = Page(CONTENT, cuts=[1000, 0, 0, 0])
        refused(wanted)
        server.pages["/mirror"] = Page(CONTENT, etag='"other"')
        bring(replace(wanted, url=server.url("/mirror")))
        assert server.served("/mirror") == len(CONTENT) - 1000

    def test_a_part_of_another_version_is_not_gone_on_with(self, server: HostileServer, wanted: Download):
        server.pages["/a.bin"] = Page(b"older" * 60_000, cuts=[1000, 0, 0, 0])
        refused(replace(wanted, sha256="0" * 64))
        server.pages["/a.bin"] = Page(CONTENT)
        bring(wanted)
        assert ranges(server)[-1] is None


class TestRefusals:
    @pytest.mark.parametrize("status", [401, 403])
    def test_without_a_token(self, server: HostileServer, wanted: Download, status: int):
        server.pages["/a.bin"] = Page(b"no", status=status)
        error = refused(wanted)
        assert f"refuses without a log-in or an accepted licence ({status})" in error.message
        assert "token" in error.hint
        assert len(server.requests) == 1

    @pytest.mark.parametrize("status", [404, 410])
    def test_gone(self, server: HostileServer, wanted: Download, status: int):
        server.pages["/a.bin"] = Page(b"no", status=status)
        assert f"does not have it ({status})" in refused(wanted).message
        assert len(server.requests) == 1

    @pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
    def test_busy_servers_are_asked_again(self, server: HostileServer, wanted: Download, status: int):
        server.pages["/a.bin"].failures = [(status, {})] * 2
        bring(wanted)
        assert len(server.requests) == 3

    def test_busy_for_ever(self, server: HostileServer, wanted: Download):
        server.pages["/a.bin"] = Page(b"later", status=503)
        assert "is busy or has a fault (503)" in refused(wanted).message
        assert len(server.requests) == HURRY.tries

    @pytest.mark.parametrize("asked", ["1", "Sun, 22 Nov 2037 10:00:00 GMT"])
    def test_it_waits_as_long_as_it_is_asked_to_within_reason(
        self, server: HostileServer, wanted: Download, asked: str
    ):
        server.pages["/a.bin"].failures = [(429, {"Retry-After": asked})]
        start = time.monotonic()
        fetch([wanted], lambda rate: None, patience=Patience(first_wait_s=0.001, longest_wait_s=0.4))
        assert time.monotonic() - start >= 0.4

    def test_waits_grow_and_differ(self):
        patience = Patience(first_wait_s=1, longest_wait_s=60)
        waits = [patience.wait_s(failed) for failed in (1, 3, 5)]
        assert 0.5 <= waits[0] <= 1 < 2 <= waits[1] <= 4 < 8 <= waits[2] <= 16
        assert len({patience.wait_s(4) for _ in range(20)}) > 1
        assert patience.wait_s(10_000) == patience.wait_s(1, asked_s=1e9) == 60


class TestRedirects:
    def test_followed_and_gone_on_with(self, server: HostileServer, wanted: Download):
        server.pages["/a.bin"].cuts = [1000]
        server.pages["/old%20name"] = Page(location="/a b", status=301)
        server.pages["/a%20b"] = Page(location=server.url("/a.bin", host="localhost"), status=307)
        bring(replace(wanted, url=server.url("/old%20name")), replace(wanted, url=server.url("/old%20name")))
        assert server.served("/a.bin") == len(CONTENT)

    def test_circles_are_named(self, server: HostileServer, wanted: Download):
        server.pages["/a.bin"] = Page(location="/b")
        server.pages["/b"] = Page(location="/a.bin")
        assert "redirects in a circle" in refused(wanted).message

    def test_endless_ones_end(self, server: HostileServer, wanted: Download):
        server.answer = lambda seen: Page(location=f"{seen.path}0")
        assert "redirects more than 10 times" in refused(replace(wanted, url=server.url("/1"))).message
        assert len(server.requests) == 11

    @pytest.mark.parametrize("target", ["ftp://127.0.0.1/a.bin", "file:///etc/passwd", "data:,a", ""])
    def test_never_out_of_the_web(self, server: HostileServer, wanted: Download, target: str):
        server.pages["/a.bin"] = Page(location=target) if target else Page(status=302)
        refused(wanted)

    def test_tokens_stay_with_their_host(self, server: HostileServer, wanted: Download):
        server.pages["/near"] = Page(location="/gate", token="Bearer secret")
        server.pages["/gate"] = Page(location=server.url("/far", host="localhost"), token="Bearer secret")
        server.pages["/far"] = Page(location=server.url("/a.bin"))
        bring(replace(wanted, url=server.url("/near"), headers={"Authorization": "Bearer secret", "X-Key": "k"}))
        sent = {each.path: (each.headers["Authorization"], each.headers["X-Key"]) for each in server.requests}
        assert sent["/near"] == sent["/gate"] == ("Bearer secret", "k")
        assert sent["/far"] == (None, None)

    def test_names_and_passwords_in_addresses_are_used_and_never_told(self, server: HostileServer, wanted: Download):
        server.pages["/a.bin"] = Page(CONTENT, token="Basic YW5uOnDDpHNz", cuts=[1000, 0, 0, 0])  # ann:päss
        private = replace(wanted, url=server.url("/a.bin?key=hidden").replace("//", "//ann:p%C3%A4ss@"))
        error = refused(private)
        written = (wanted.path.parent / "a.bin.part.json").read_text()
        for secret in ("ann", "p%C3%A4ss", "päss", "hidden"):
            assert secret not in error.message + error.hint + written
        bring(private)


class TestLies:
    def refused_without_a_trace(self, wanted: Download) -> DownloadFailed:
        error = refused(wanted)
        assert left(wanted) == []
        return error

    def test_another_content(self, server: HostileServer, wanted: Download):
        server.pages["/a.bin"] = Page(CONTENT[:-1] + b"!")
        error = self.refused_without_a_trace(wanted)
        assert f"its sha256 should begin with {SHA256[:12]}" in error.message
        assert ranges(server) == [None, None]  # once more from zero

    def test_a_spoiled_part_is_fetched_anew_once(self, server: HostileServer, wanted: Download):
        server.pages["/a.bin"] = Page(b"x" * len(CONTENT), cuts=[1000, 0, 0, 0])
        refused(wanted)
        server.pages["/a.bin"] = Page(CONTENT)
        bring(wanted)
        assert ranges(server)[-2:] == ["bytes=1000-", None]

    @pytest.mark.parametrize("stated", [len(CONTENT) - 10, len(CONTENT) + 10])
    def test_a_length_other_than_the_pinned_one(self, server: HostileServer, wanted: Download, stated: int):
        server.pages["/a.bin"] = Page(CONTENT, length=stated)
        error = self.refused_without_a_trace(wanted)
        assert f"it should have {len(CONTENT)} bytes and has {stated}" in error.message

    @pytest.mark.parametrize("stated", [len(CONTENT) - 10, len(CONTENT) + 10])
    def test_a_wrong_length_where_none_is_pinned(self, server: HostileServer, wanted: Download, stated: int):
        server.pages["/a.bin"] = Page(CONTENT, length=stated)
        refused(replace(wanted, size_bytes=0))

    def test_more_than_was_said(self, server: HostileServer, wanted: Download):
        server.pages["/a.bin"] = Page(CONTENT * 2, chunked=True)
        assert "has more" in self.refused_without_a_trace(wanted).message

    def test_an_end_that_could_be_a_cut(self, server: HostileServer, wanted: Download):
        server.pages["/a.bin"] = Page(CONTENT, length=-1)
        assert "how large it is" in refused(replace(wanted, size_bytes=0, sha256="")).message
        bring(replace(wanted, size_bytes=0))

    @pytest.mark.parametrize("pinned", [{}, {"size_bytes": 0}, {"size_bytes": 0, "sha256": ""}])
    def test_a_web_page_instead(self, server: HostileServer, wanted: Download, pinned: dict[str, Any]):
        server.pages["/a.bin"] = Page(b"<html>Log in", content_type="text/html; charset=utf-8")
        error = self.refused_without_a_trace(replace(wanted, **pinned))
        assert "a web page came instead of the file" in error.message
        assert "browser" in error.hint


class TestProxies:
    FAR = "http://studio.invalid/a.bin"

    @pytest.mark.parametrize("variable", ["FCVG_PROXY", "http_proxy", ""])
    def test_asked_for_other_computers(
        self, server: HostileServer, wanted: Download, monkeypatch: pytest.MonkeyPatch, variable: str
    ):
        for name in ("no_proxy", "NO_PROXY", "http_proxy", "HTTP_PROXY"):
            monkeypatch.delenv(name, raising=False)
        address = server.url().replace("//", "//ann:pass@")
        if variable:
            monkeypatch.setenv(variable, address)
        bring(replace(wanted, url=self.FAR), proxy="" if variable else address)
        (seen,) = server.requests
        assert seen.proxied == self.FAR
        assert seen.headers["Proxy-Authorization"] == "Basic YW5uOnBhc3M="

    def test_that_wants_a_log_in(self, server: HostileServer, wanted: Download):
        server.pages["/a.bin"] = Page(status=407)
        assert (
            "the proxy wants a name and a password"
            in refused(replace(wanted, url=self.FAR), proxy=server.url()).message
        )
        server.pages["CONNECT"] = Page(status=407)
        assert (
            "the proxy wants a name and a password"
            in refused(replace(wanted, url=self.FAR.replace("http:", "https:")), proxy=server.url()).message
        )

    def test_that_refuses(self, server: HostileServer, wanted: Download):
        server.pages["CONNECT"] = Page(status=403)
        error = refused(replace(wanted, url="https://studio.invalid/a.bin"), proxy=server.url())
        assert "studio.invalid (through the proxy) cannot be reached (403)" in error.message

    def test_of_a_kind_that_is_not_known(self, wanted: Download):
        assert "SOCKS" in refused(replace(wanted, url=self.FAR), proxy="socks5://127.0.0.1:9").message

    def test_never_for_this_computer(self, server: HostileServer, wanted: Download):
        bring(wanted, proxy="http://127.0.0.1:9")


class TestCertificates:
    @pytest.fixture
    def authority(self) -> trustme.CA:
        """That of a studio, which nobody else knows."""
        return trustme.CA()

    @pytest.fixture
    def certificate(self, authority: trustme.CA, tmp_path: Path) -> Path:
        path = tmp_path / "studio.pem"
        authority.cert_pem.write_to_path(str(path))
        return path

    @pytest.fixture
    def safe(self, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HostileServer]:
        for name in trust.VARIABLES:
            monkeypatch.delenv(name, raising=False)
        own = tmp_path / "server.pem"
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(own))
        with HostileServer(own) as safe:
            safe.pages["/a.bin"] = Page(CONTENT, cuts=[1000])
            yield safe

    def test_strangers_are_not_trusted(self, safe: HostileServer, wanted: Download):
        error = refused(replace(wanted, url=safe.url("/a.bin")))
        assert "the certificate of 127.0.0.1 is not trusted" in error.message
        assert safe.requests == []

    @pytest.mark.parametrize("variable", trust.VARIABLES)
    def test_a_studios_own_is(
        self,
        safe: HostileServer,
        certificate: Path,
        wanted: Download,
        monkeypatch: pytest.MonkeyPatch,
        variable: str,
    ):
        monkeypatch.setenv(variable, str(certificate))
        bring(replace(wanted, url=safe.url("/a.bin")))
        assert safe.served("/a.bin") == len(CONTENT)

    def test_a_file_that_is_none(
        self, safe: HostileServer, wanted: Download, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ):
        monkeypatch.setenv("PIP_CERT", str(tmp_path / "none.pem"))
        assert "PIP_CERT" in refused(replace(wanted, url=safe.url("/a.bin"))).hint

    def test_never_on_to_an_unprotected_address(
        self,
        server: HostileServer,
        safe: HostileServer,
        certificate: Path,
        wanted: Download,
        monkeypatch: pytest.MonkeyPatch,
    ):
        monkeypatch.setenv("PIP_CERT", str(certificate))
        safe.pages["/b"] = Page(location=wanted.url)
        assert "unprotected" in refused(replace(wanted, url=safe.url("/b"))).message
        assert server.requests == []

    def test_cancelling_a_stalled_one(
        self, safe: HostileServer, certificate: Path, wanted: Download, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv("PIP_CERT", str(certificate))
        safe.pages["/a.bin"] = Page(CONTENT, stalls=[1000])

        def cancel(rate: Rate) -> None:
            if rate.done_bytes:
                raise Cancelled

        with pytest.raises(Cancelled):
            fetch([replace(wanted, url=safe.url("/a.bin"))], cancel, patience=Patience(stall_s=3600))
        bring(replace(wanted, url=safe.url("/a.bin")))
        assert safe.seen("/a.bin")[1].headers["Range"] == "bytes=1000-"


class TestOffline:
    def test_nothing_is_asked_and_the_files_are_named(
        self, server: HostileServer, wanted: Download, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv("FCVG_OFFLINE", "1")
        error = refused(wanted)
        assert "A model" in error.message
        assert "Allow online access" in error.hint
        assert server.requests == []

    def test_what_is_there_needs_no_network(self, wanted: Download, monkeypatch: pytest.MonkeyPatch):
        bring(wanted)
        monkeypatch.setenv("FCVG_OFFLINE", "1")
        bring(wanted)
        monkeypatch.setenv("FCVG_OFFLINE", "0")
        wanted.path.unlink()
        bring(wanted)


class TestProgress:
    def test_bytes_rate_and_time_left(self, server: HostileServer, wanted: Download):
        server.pages["/a.bin"] = Page(CONTENT, bytes_per_s=150_000)
        rates: list[Rate] = []
        fetch([wanted], rates.append, patience=HURRY)
        assert {each.total_bytes for each in rates} == {len(CONTENT)}
        assert rates[-1].done_bytes == len(CONTENT)
        assert [each.done_bytes for each in rates] == sorted(each.done_bytes for each in rates)
        under_way = [each for each in rates if each.eta_s]
        assert under_way
        assert all(each.titles == ("A model",) for each in under_way)
        assert all(0 < each.bytes_per_s < 450_000 for each in under_way)
        assert any(abs((each.eta_s or 0) * each.bytes_per_s + each.done_bytes - len(CONTENT)) < 1 for each in under_way)

    def test_what_arrived_before_counts_but_not_as_fast(self, server: HostileServer, wanted: Download):
        server.pages["/a.bin"] = Page(CONTENT, cuts=[200_000, 0, 0, 0])
        refused(wanted)
        server.pages["/a.bin"] = Page(CONTENT, bytes_per_s=80_000)
        rates: list[Rate] = []
        fetch([wanted], rates.append, patience=HURRY)
        assert min(each.done_bytes for each in rates if "A model" in each.titles) >= 200_000
        assert max(each.bytes_per_s for each in rates) < 200_000

    @pytest.mark.parametrize("manner", [{"bytes_per_s": 1e5}, {"stalls": [1000]}, {"failures": [(503, {})] * 9}])
    def test_cancelling_ends_it_at_once_and_keeps_what_came(
        self, server: HostileServer, wanted: Download, manner: dict[str, Any]
    ):
        server.pages["/a.bin"] = Page(CONTENT, **manner)

        def cancel(rate: Rate) -> None:
            if rate.done_bytes or len(server.requests) > 1:
                raise Cancelled

        with pytest.raises(Cancelled):
            fetch([wanted], cancel, patience=Patience(stall_s=3600, first_wait_s=0.1))
        server.pages["/a.bin"] = Page(CONTENT)
        bring(wanted)  # waits as long as the thread that was cancelled is not done
        assert server.served("/a.bin") < len(CONTENT) * 1.05


class TestDisk:
    def test_too_little_room_is_said_before_anything_is_asked(self, server: HostileServer, wanted: Download):
        with pytest.raises(DiskError, match="1000 TB are needed"):
            bring(replace(wanted, size_bytes=10**15))
        assert server.requests == []

    def test_too_little_room_for_a_file_of_unknown_size(self, server: HostileServer, wanted: Download):
        server.pages["/a.bin"] = Page(CONTENT, length=10**15)
        with pytest.raises(DiskError, match="1000 TB are needed"):
            bring(replace(wanted, size_bytes=0))
        assert left(wanted) == []

    def test_no_folder_can_be_made(self, server: HostileServer, wanted: Download, tmp_path: Path):
        (tmp_path / "file").write_bytes(b"")
        with pytest.raises(DiskError):
            bring(replace(wanted, path=tmp_path / "file" / "a.bin"))
        assert server.requests == []

    def test_full_in_the_middle(self, server: HostileServer, wanted: Download):
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))  # noqa: E731
        done = child(wanted, preexec_fn=limit)
        _, errors = done.communicate(timeout=60)
        assert done.returncode == DiskError.exit_code, errors
        assert b"The disk is full" in errors
        assert left(wanted) == ["a.bin.part", "a.bin.part.json"]
        bring(wanted)
        assert ranges(server) == [None, "bytes=100000-"]


class TestProcesses:
    def test_killed_again_and_again(self, server: HostileServer, wanted: Download):
        server.pages["/a.bin"] = Page(CONTENT, bytes_per_s=400_000)
        for kill in range(3):
            process = child(wanted)
            wait_for_part(wanted, (kill + 1) * 60_000)
            process.kill()
            process.communicate()
            assert not wanted.path.exists()
        server.pages["/a.bin"] = Page(CONTENT)
        bring(wanted)
        assert wanted.path.read_bytes() == CONTENT
        assert left(wanted) == ["a.bin"]
        starts = [int(each.removeprefix("bytes=").removesuffix("-")) for each in ranges(server) if each]
        assert len(starts) == 3
        assert starts == sorted(starts)
        assert starts[0] >= 60_000
        assert server.served("/a.bin") < len(CONTENT) * 1.2

    def test_two_want_the_same_the_second_waits_and_finds_it(self, server: HostileServer, wanted: Download):
        server.pages["/a.bin"] = Page(CONTENT, bytes_per_s=400_000)
        first = child(wanted)
        wait_for_part(wanted, 1)
        titles: set[str] = set()
        fetch([wanted], lambda rate: titles.update(rate.titles), patience=HURRY)
        assert "Waiting for another download of A model" in titles
        assert first.wait(60) == 0
        assert server.served("/a.bin") == len(CONTENT)
        assert left(wanted) == ["a.bin"]

    def test_the_first_is_killed_and_the_second_goes_on(self, server: HostileServer, wanted: Download):
        server.pages["/a.bin"] = Page(CONTENT, stalls=[100_000])
        first = child(wanted, "60")
        wait_for_part(wanted, 100_000)

        def kill(rate: Rate) -> None:
            if rate.titles and rate.titles[0].startswith("Waiting"):
                first.send_signal(signal.SIGKILL)

        fetch([wanted], kill, patience=HURRY)
        first.communicate()
        assert len(server.requests) == 2
        assert ranges(server) == [None, "bytes=100000-"]


def wait_for_part(wanted: Download, size_bytes: int) -> None:
    """Comes back when so much is on the disk."""
    part = wanted.path.with_name("a.bin.part")
    give_up = time.monotonic() + 120
    while not part.exists() or part.stat().st_size < size_bytes:
        assert time.monotonic() < give_up
        time.sleep(0.01)


def child(wanted: Download, stall_s: str = "5", **options: Any) -> subprocess.Popen[bytes]:
    """Another process that fetches the same."""
    script = """
import json, sys
from pathlib import Path
from fcvg_engine.shared.errors import FcvgError
from fcvg_engine.transfer import Download, Patience, fetch
url, path, sha256, size_bytes, title = json.loads(sys.argv[1])
try:
    wanted = Download(url, Path(path), sha256, size_bytes, title)
    fetch([wanted], lambda rate: None, patience=Patience(stall_s=float(sys.argv[2])))
except FcvgError as error:
    sys.stderr.write(error.message)
    sys.exit(error.exit_code)
"""
    facts = json.dumps([wanted.url, str(wanted.path), wanted.sha256, wanted.size_bytes, wanted.title])
    command = [sys.executable, "-c", script, facts, stall_s]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
