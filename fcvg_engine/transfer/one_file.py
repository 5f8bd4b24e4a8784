# SPDX-License-Identifier: GPL-3.0-or-later
"""Downloads one file: continues where it was cut, verifies it, and gives it its name only if it is the wanted one."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from ..shared import file_lock
from ..shared.errors import DownloadFailed
from . import disk
from .addresses import shown
from .download_spec import Download, Patience
from .http_requests import Answer, Web
from .parallel import TICK_S, Halt
from .partial_file import Origin, PartialFile
from .rate import Board
from .web_trouble import Trouble


class _Spoiled(Exception):
    """What came is not the wanted file. `reason` completes the sentence "… could not be downloaded: "."""

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint


class Transfer:
    """One download, from its first try to its end, in a thread of its own."""

    def __init__(self, wanted: Download, web: Web, board: Board, patience: Patience, halt: Halt) -> None:
        self._wanted = wanted
        self._web = web
        self._board = board
        self._patience = patience
        self._halt = halt
        self._partial = PartialFile(wanted.path)
        self._got_web_page = False

    def run(self) -> str:
        """Bring the file under its name and return its sha256. Raises DownloadFailed, DiskError, Stopped."""
        alone = file_lock.held_and_removed(self._partial.lock, self._wait_for_others)
        try:
            with disk.disk_errors(self._wanted.path), alone:
                digest = present(self._wanted, self._board, self._halt) or self._fetch()
        finally:
            self._board.show(self._wanted.path, "")
        return digest

    def _wait_for_others(self) -> None:
        self._board.show(self._wanted.path, f"Waiting for another download of {self._wanted.name}")
        self._halt.sleep(TICK_S)

    def _fetch(self) -> str:
        self._partial = PartialFile(self._wanted.path)  # another process may have continued it
        if not self._is_ours(self._partial.origin):
            self._partial.discard()
        spoiled = False
        while True:
            self._board.show(self._wanted.path, self._wanted.name, coming=True)
            try:
                self._bring()
                return self._accept()
            except _Spoiled as error:
                self._partial.discard()
                if spoiled:
                    raise _failed(self._wanted, error.reason, error.hint) from None
                spoiled = True

    def _is_ours(self, origin: Origin | None) -> bool:
        """Whether the partial file can be continued. A pinned file can be, wherever it began, since its sha256 tells in
        the end; another one only when the server can say whether it is still the same."""
        if origin is None or origin.sha256 != self._wanted.sha256:
            return False
        if self._wanted.size_bytes and origin.size_bytes not in (0, self._wanted.size_bytes):
            return False
        return bool(origin.sha256 or (origin.validator and origin.url == shown(self._wanted.url)))

    def _bring(self) -> None:
        """Try until all bytes are there. Raises DownloadFailed when nothing comes any more."""
        failed, most_bytes = 0, self._partial.size_bytes
        while not self._partial.is_whole:
            try:
                self._try()
                return
            except Trouble as trouble:
                if self._partial.size_bytes > most_bytes:
                    failed, most_bytes = 0, self._partial.size_bytes
                failed += 1
                if not trouble.again or failed >= self._patience.tries:
                    raise _failed(self._wanted, trouble.reason, trouble.hint) from None
                self._halt.sleep(self._patience.wait_s(failed, trouble.wait_s))

    def _try(self) -> None:
        """Continue where the last try was cut. Raises Trouble, _Spoiled."""
        start_bytes = self._partial.size_bytes
        self._board.done(self._wanted.path, start_bytes)
        answer = self._web.ask(self._wanted.url, self._range(start_bytes), self._wanted.headers)
        try:
            with self._halt.watching(answer):
                if answer.status == 200:
                    self._begin(answer)
                    start_bytes = 0
                elif not start_bytes or not self._fits(answer, start_bytes):
                    self._partial.discard()
                    host = urlsplit(answer.url).hostname
                    raise Trouble(f"{host} does not go on where it was cut", "Try another source.", again=True)
                self._got_web_page = answer.is_web_page
                self._copy(answer, start_bytes)
        finally:
            answer.close()

    def _range(self, start_bytes: int) -> dict[str, str]:
        origin = self._partial.origin
        if not start_bytes or not origin or not (origin.sha256 or origin.validator):
            return {}  # nothing would tell whether the rest is of the same file
        headers = {"Range": f"bytes={start_bytes}-"}
        if origin.validator and origin.url == shown(self._wanted.url):
            headers["If-Range"] = origin.validator
        return headers

    def _begin(self, answer: Answer) -> None:
        """Start anew, as the answer is the whole file. Raises Trouble or _Spoiled when it cannot be the wanted one."""
        size_bytes = answer.length or 0
        if answer.is_web_page and not self._wanted.sha256 and self._wanted.path.suffix.lower() not in (".html", ".htm"):
            raise Trouble(*_WEB_PAGE)
        if not (answer.ends_itself or self._wanted.size_bytes or self._wanted.sha256):
            raise Trouble(
                "the server does not say how large it is, so that a cut could not be told", "Fetch it by hand."
            )
        if self._wanted.size_bytes and answer.length not in (None, self._wanted.size_bytes):
            self._got_web_page = answer.is_web_page
            raise self._other_file(f"it should have {self._wanted.size_bytes} bytes and has {size_bytes}")
        if not self._wanted.size_bytes:  # else it was looked at before
            disk.check_space({self._wanted.path.parent: size_bytes})
        size_bytes = size_bytes or self._wanted.size_bytes
        self._partial.begin(Origin(shown(self._wanted.url), self._wanted.sha256, _validator(answer), size_bytes))
        self._board.size(self._wanted.path, size_bytes)

    def _fits(self, answer: Answer, start_bytes: int) -> bool:
        """Whether a 206 says that it is the rest of the partial file."""
        origin = self._partial.origin
        found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+|\*)", answer.headers.get("Content-Range", "").strip())
        if answer.status != 206 or not origin or not found or int(found[1]) != start_bytes:
            return False
        if origin.size_bytes and (found[3] not in ("*", str(origin.size_bytes)) or int(found[2]) >= origin.size_bytes):
            return False
        return origin.url != shown(self._wanted.url) or _validator(answer) in ("", origin.validator)

    def _copy(self, answer: Answer, done_bytes: int) -> None:
        origin = self._partial.origin
        size_bytes = origin.size_bytes if origin else 0
        with self._partial.open_to_append() as file:
            while piece := answer.read():
                self._halt.check()
                if size_bytes and done_bytes + len(piece) > size_bytes:
                    raise self._other_file(f"it should have {size_bytes} bytes and has more")
                rest = memoryview(piece)
                while rest:  # a disk that is filling up takes some of it first
                    rest = rest[file.write(rest) :]
                done_bytes += len(piece)
                self._board.done(self._wanted.path, done_bytes, len(piece))
        self._halt.check()  # the end may be our own cut
        if size_bytes and done_bytes < size_bytes:
            host = urlsplit(answer.url).hostname
            raise Trouble(f"the connection to {host} was cut", "Check the connection to the internet.", again=True)

    def _accept(self) -> str:
        """Give the file its name and return its sha256. Raises _Spoiled when it is not the wanted one."""
        self._board.show(self._wanted.path, f"Checking {self._wanted.name}")
        digest = disk.digest_of(self._partial.file, lambda _: self._halt.check())
        if self._wanted.sha256 and digest != self._wanted.sha256:
            raise self._other_file(
                f"its sha256 should begin with {self._wanted.sha256[:12]} and does with {digest[:12]}"
            )
        if why := self._wanted.check(self._partial.file):
            raise self._other_file(why)
        self._partial.finish(self._wanted.record, digest)
        return digest

    def _other_file(self, why: str) -> _Spoiled:
        if self._got_web_page:
            return _Spoiled(*_WEB_PAGE)
        return _Spoiled(
            f"what comes is not the published file ({why})",
            "The server or something on the way changes it, or the file was replaced: try again later, or try another "
            "source.",
        )


_WEB_PAGE = (
    "a web page came instead of the file",
    "The log-in page of a network or a proxy may be in the way: open any page in a browser, then try again.",
)


def present(wanted: Download, board: Board, halt: Halt) -> str:
    """Return the sha256 of the file when it is there, the wanted one and not to be fetched anew; else empty."""
    if wanted.anew:
        return ""

    def on_bytes(done_bytes: int) -> None:
        halt.check()
        board.done(wanted.path, min(done_bytes, wanted.size_bytes))

    try:
        size_bytes = wanted.path.stat().st_size
        if wanted.size_bytes and size_bytes != wanted.size_bytes:
            return ""
        board.show(wanted.path, f"Checking {wanted.name}")
        digest = disk.digest_of(wanted.path, on_bytes)
    except OSError:  # missing or unreadable: fetching it succeeds, or says why it cannot
        return ""
    finally:
        board.show(wanted.path, "")
    if wanted.sha256 and digest != wanted.sha256:
        board.done(wanted.path, 0)
        return ""
    board.size(wanted.path, size_bytes)
    board.done(wanted.path, size_bytes)
    return digest


def _validator(answer: Answer) -> str:
    """Return what tells this version of the file from others. A weak ETag is none: it does not promise the same
    bytes."""
    etag: str = answer.headers.get("ETag", "").strip()
    return etag if etag.startswith('"') else answer.headers.get("Last-Modified", "").strip()


def _failed(wanted: Download, reason: str, hint: str) -> DownloadFailed:
    return DownloadFailed(f"{wanted.name} could not be downloaded: {reason}.", hint)
