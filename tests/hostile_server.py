# SPDX-License-Identifier: GPL-3.0-or-later
"""A web server on 127.0.0.1 that misbehaves as told: it cuts, stalls, redirects, refuses, lies and demands log-ins.

    with HostileServer() as server:
        server.pages["/a.bin"] = Page(b"content", cuts=[3, 5])
        fetch([Download(server.url("/a.bin"), ...)], ...)
        assert server.served("/a.bin") == ...           # bytes of bodies sent
        assert server.seen("/a.bin")[1].headers["Range"] == "bytes=3-"

`pages` maps a path (without the query) to a `Page`; it may be changed at any time. What is not in it is given to
`answer(seen)`, when that is set, which returns a Page or None (404): that is how a whole fake hub is made of it.
`url(path, host="localhost")` is the same server under another host's name. It is also an HTTP proxy: asked for
`GET http://anything.invalid/a.bin` it answers with the page `/a.bin`, and the request is noted with `proxied`; for
https it answers `CONNECT` with the status and headers of the page `CONNECT`, and never connects anything. Threads
answer; `close`, or the end of the block, ends all connections, stalled ones too. Standard library only.
"""

from __future__ import annotations

import contextlib
import hashlib
import random
import re
import select
import socket
import socketserver
import ssl
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol
from urllib.parse import urlsplit

_CHUNK_BYTES = 1 << 16


class Body(Protocol):
    """What a page sends, read piece by piece so that it need not fit into memory."""

    size: int

    def read(self, offset: int, length: int) -> bytes: ...


@dataclass(frozen=True)
class Noise:
    """`size` bytes that look random and are the same each time; never in memory as a whole."""

    size: int
    seed: int = 0

    def read(self, offset: int, length: int) -> bytes:
        first, last = offset // _CHUNK_BYTES, (offset + length - 1) // _CHUNK_BYTES
        blocks = b"".join(self._block(index) for index in range(first, last + 1))
        start = offset - first * _CHUNK_BYTES
        return blocks[start : start + min(length, self.size - offset)]

    def sha256(self) -> str:
        digest = hashlib.sha256()
        for offset in range(0, self.size, _CHUNK_BYTES):
            digest.update(self.read(offset, min(_CHUNK_BYTES, self.size - offset)))
        return digest.hexdigest()

    def _block(self, index: int) -> bytes:
        return random.Random(f"{self.seed} {index}").randbytes(_CHUNK_BYTES)


@dataclass
class Page:
    """One path's content and manners. Lists are used up from the front, one entry an answer; when one is empty, the
    answer is a good one.

    body: bytes, a file's Path, or a `Body` such as `Noise`.
    status, headers: of every good answer; a status other than 200 is sent with the body, whatever was asked for.
    etag, last_modified: sent as they are, with the quotes; "" sends none. A None in `etags` is no change.
    etags: new values for `etag`, one an answer.
    cuts: the connection ends cleanly after so many bytes of this answer's body; None leaves that answer whole.
    resets: the same, with a reset instead of an end.
    stalls: after so many bytes nothing more comes, and the connection stays open until the client goes.
    ranges: "yes"; "ignore" (200 and everything); "refuse" (416); "shift" (206 with a Content-Range that begins one byte
            early, and bytes to match it); "mute" (206 without a Content-Range).
    length: Content-Length to state instead of the true one; -1 states none, and the end of the connection is the end.
    chunked: sent in chunks, without a length.
    location: redirect there (relative or absolute), with `status` if it is one of 301 … 308, else 302.
    token: the value that the header Authorization must have ("Bearer x"); else 401.
    failures: (status, headers) of answers that come first, with a short text as body.
    bytes_per_s: sent no faster than that.
    """

    body: bytes | Path | Body = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/octet-stream"
    etag: str = '"1"'
    last_modified: str = ""
    etags: list[str | None] = field(default_factory=list)
    cuts: list[int | None] = field(default_factory=list)
    resets: list[int | None] = field(default_factory=list)
    stalls: list[int | None] = field(default_factory=list)
    ranges: str = "yes"
    length: int | None = None
    chunked: bool = False
    location: str = ""
    token: str = ""
    failures: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    bytes_per_s: float = 0.0

    @property
    def size(self) -> int:
        """Bytes of the true body."""
        if isinstance(self.body, bytes):
            return len(self.body)
        return self.body.stat().st_size if isinstance(self.body, Path) else self.body.size

    def read(self, offset: int, length: int) -> bytes:
        """That part of the true body."""
        if isinstance(self.body, bytes):
            return self.body[offset : offset + length]
        if isinstance(self.body, Path):
            with self.body.open("rb") as file:
                file.seek(offset)
                return file.read(length)
        return self.body.read(offset, length)


@dataclass(frozen=True)
class Seen:
    """A request as it came. `headers` are found whatever their case; `query` without the question mark."""

    method: str
    path: str
    query: str
    headers: Any  # http.client.HTTPMessage
    proxied: str = ""  # the address that a client of the proxy asked for


class HostileServer:
    """Listens on a free port of 127.0.0.1 from the start; `close` it, or use it as a block.

    With `certificate`, a PEM file of a key and its certificate, it speaks https.
    """

    def __init__(self, certificate: Path | None = None) -> None:
        self.context: ssl.SSLContext | None = None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate)
        self.pages: dict[str, Page] = {}
        self.answer: Callable[[Seen], Page | None] | None = None
        self.requests: list[Seen] = []
        self.closing = threading.Event()
        self.lock = threading.Lock()
        self._served: dict[str, int] = {}
        self._server = _Server(self)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def __enter__(self) -> HostileServer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def url(self, path: str = "", host: str = "127.0.0.1") -> str:
        return f"{'https' if self.context else 'http'}://{host}:{self.port}{path}"

    def seen(self, path: str) -> list[Seen]:
        """The requests for `path`, oldest first."""
        with self.lock:
            return [each for each in self.requests if each.path == path]

    def served(self, path: str) -> int:
        """Bytes of bodies sent for `path` so far, error pages and redirects not counted."""
        with self.lock:
            return self._served.get(path, 0)

    def wait_until_served(self, path: str, size_bytes: int, timeout_s: float = 60.0) -> None:
        """Comes back as soon as so many bytes of `path` have been sent."""
        give_up = time.monotonic() + timeout_s
        while self.served(path) < size_bytes:
            assert time.monotonic() < give_up, f"only {self.served(path)} bytes of {path} were asked for"
            time.sleep(0.005)

    def count(self, path: str, size_bytes: int) -> None:
        with self.lock:
            self._served[path] = self._served.get(path, 0) + size_bytes

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, hostile: HostileServer) -> None:
        self.hostile = hostile
        super().__init__(("127.0.0.1", 0), _Handler)

    def server_bind(self) -> None:
        # HTTPServer's own asks the name service for this machine's name, which can take seconds.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def get_request(self) -> tuple[Any, Any]:
        connection, address = super().get_request()
        if self.hostile.context:  # the handshake waits for the thread that answers
            connection = self.hostile.context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go in the middle are what this server is for."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        hostile = self.server.hostile
        parts = urlsplit(self.path)
        seen = Seen(self.command, parts.path, parts.query, self.headers, self.path if parts.netloc else "")
        with hostile.lock:
            hostile.requests.append(seen)
            page = hostile.pages.get(seen.path)
        if page is None and hostile.answer:
            page = hostile.answer(seen)
        if page is None:
            self._short(404, {})
        else:
            self._reply(page, seen)

    do_HEAD = do_GET

    def do_CONNECT(self) -> None:
        hostile = self.server.hostile
        with hostile.lock:
            hostile.requests.append(Seen("CONNECT", "CONNECT", "", self.headers, self.path))
        page = hostile.pages.get("CONNECT", Page(status=502))
        self._short(page.status, dict(page.headers))

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""

    def _reply(self, page: Page, seen: Seen) -> None:
        with self.server.hostile.lock:
            failure = page.failures.pop(0) if page.failures else None
            if not failure and page.etags:
                page.etag = page.etags.pop(0) or page.etag
        if failure:
            self._short(*failure)
        elif page.token and seen.headers.get("Authorization") != page.token:
            self._short(401, {"WWW-Authenticate": page.token.partition(" ")[0]})
        elif page.location:
            status = page.status if page.status in (301, 302, 303, 307, 308) else 302
            self._short(status, {**page.headers, "Location": page.location})
        else:
            self._content(page, seen)

    def _short(self, status: int, headers: dict[str, str]) -> None:
        text = f"{status}\n".encode()
        self.send_response(status)
        for name, value in {"Content-Type": "text/plain", **headers, "Content-Length": str(len(text))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    def _content(self, page: Page, seen: Seen) -> None:
        size, start, end, status, extra = page.size, 0, page.size, page.status, {}
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", seen.headers.get("Range", ""))
        if wanted and status == 200 and page.ranges != "ignore" and self._unchanged(page, seen):
            start = int(wanted[1])
            end = min(size, int(wanted[2]) + 1) if wanted[2] else size
            if start >= size or page.ranges == "refuse":
                self._short(416, {"Content-Range": f"bytes */{size}"})
                return
            if page.ranges == "shift":
                start = max(0, start - 1)
            status = 206
            if page.ranges != "mute":
                extra = {"Content-Range": f"bytes {start}-{end - 1}/{size}"}
        self.send_response(status)
        headers = {"Content-Type": page.content_type, "Accept-Ranges": "bytes", "ETag": page.etag}
        headers |= {"Last-Modified": page.last_modified, **extra, **page.headers}
        if page.chunked:
            headers["Transfer-Encoding"] = "chunked"
        elif page.length != -1:
            headers["Content-Length"] = str(end - start if page.length is None else page.length)
        if page.length is not None:
            self.close_connection = True
            headers["Connection"] = "close"
        for name, value in headers.items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self._body(page, seen.path, start, end)

    @staticmethod
    def _unchanged(page: Page, seen: Seen) -> bool:
        condition = seen.headers.get("If-Range")
        return condition is None or (bool(condition) and condition in (page.etag, page.last_modified))

    def _body(self, page: Page, path: str, start: int, end: int) -> None:
        with self.server.hostile.lock:
            cut, reset, stall = (each.pop(0) if each else None for each in (page.cuts, page.resets, page.stalls))
        stops = [start + after for after in (cut, reset, stall) if after is not None]
        stop = min([end, *stops])
        began, offset = time.monotonic(), start
        while offset < stop and not self.server.hostile.closing.is_set():
            piece = page.read(offset, min(_CHUNK_BYTES, stop - offset))
            if page.bytes_per_s:
                piece = piece[: max(1, int(page.bytes_per_s / 50))]
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if page.chunked else piece)
            offset += len(piece)
            self.server.hostile.count(path, len(piece))
            if page.bytes_per_s:
                time.sleep(max(0.0, (offset - start) / page.bytes_per_s - (time.monotonic() - began)))
        if stall is not None:
            self._wait_until_the_client_goes()
        if stops:
            self._end(abruptly=reset is not None)
        elif page.chunked:
            self.wfile.write(b"0\r\n\r\n")

    def _wait_until_the_client_goes(self) -> None:
        while not self.server.hostile.closing.is_set():
            if isinstance(self.connection, ssl.SSLSocket):  # does not let itself be peeked into
                self.server.hostile.closing.wait()
                return
            readable, _, _ = select.select([self.connection], [], [], 0.05)
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                return

    def _end(self, abruptly: bool) -> None:
        self.close_connection = True
        if abruptly:  # no lingering: the system answers with a reset, and what was not yet sent is lost
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        else:
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
