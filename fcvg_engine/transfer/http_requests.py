# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests to a web server: redirects, proxies, log-ins and certificates."""

from __future__ import annotations

import functools
import http.client
import os
import socket
import ssl
import string
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from email.message import Message
from typing import IO, cast
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from . import trust
from .addresses import is_loopback, login_in, without_login
from .web_trouble import Trouble, check_status, plain_words

MAX_REDIRECTS = 10
PIECE_BYTES = 1 << 18
AGENT = "fcvg-inbetween"

_REDIRECTS = (301, 302, 303, 307, 308)


class Answer:
    """A server's answer with status 200, 206 or 416, to be closed. `url`: where it came from after all redirects."""

    def __init__(self, url: str, response: http.client.HTTPResponse, stall_s: float) -> None:
        self.url = url
        self.status = response.status
        self.headers: Message = response.headers
        self._response = response
        self._stall_s = stall_s

    @property
    def length(self) -> int | None:
        """Content-Length; None when the server gives none that can be understood."""
        text = self.headers.get("Content-Length", "").strip()
        return int(text) if text.isascii() and text.isdigit() else None

    @property
    def is_web_page(self) -> bool:
        return self.headers.get_content_type() in ("text/html", "application/xhtml+xml")

    @property
    def ends_itself(self) -> bool:
        """Whether the end of the answer differs from a connection that was cut."""
        return self.length is not None or "chunked" in self.headers.get("Transfer-Encoding", "").lower()

    def read(self) -> bytes:
        """Return the next bytes, at most `PIECE_BYTES`; empty at the end. Raises Trouble."""
        with plain_words(urlsplit(self.url).hostname or "", self._stall_s):
            return self._response.read1(PIECE_BYTES)

    def cut(self) -> None:
        """End a `read` that another thread waits in."""
        with suppress(OSError, ValueError, AttributeError):  # its reader may just have closed it
            # A second handle of the same connection: the first belongs to the thread that reads.
            twin = socket.fromfd(self._response.fileno(), socket.AF_INET, socket.SOCK_STREAM)
            with twin:
                twin.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with suppress(OSError):
            self._response.close()


class Web:
    """Asks web servers, through `proxy`, else through FCVG_PROXY, else as the system says. A server that sends nothing
    for `stall_s` has failed."""

    def __init__(self, proxy: str = "", stall_s: float = 30.0) -> None:
        proxy = proxy or os.environ.get("FCVG_PROXY", "")
        self._proxies = dict.fromkeys(("http", "https"), proxy) if proxy else urllib.request.getproxies()
        self._stall_s = stall_s

    @functools.cached_property
    def _context(self) -> ssl.SSLContext:
        return trust.context()  # takes a while, and is for https only

    def ask(self, url: str, headers: Mapping[str, str], private: Mapping[str, str]) -> Answer:
        """Return the answer to a GET of `url`, after all redirects. The headers `private`, and a log-in in `url`, go to
        the host of `url` only. Raises Trouble, and DownloadFailed when a studio's certificates cannot be read."""
        if login := login_in(url):
            private = {"Authorization": login, **private}
        url = without_login(url)
        first, visited = urlsplit(url), set[str]()
        while len(visited) <= MAX_REDIRECTS:
            visited.add(url)
            parts = urlsplit(url)
            _check_scheme(parts, first)
            sent = {"User-Agent": AGENT, **headers}
            if (parts.hostname, parts.port) == (first.hostname, first.port):
                sent |= private
            response = self._open(url, parts, sent)
            if response.status not in _REDIRECTS:
                check_status(response, parts.hostname or "")
                return Answer(url, response, self._stall_s)
            response.close()
            target = quote(response.headers.get("Location", ""), safe=string.punctuation)  # blanks and the like occur
            url = without_login(urljoin(url, target))
            if url in visited:
                raise Trouble(f"{parts.hostname} redirects in a circle", "Report this address, or try another source.")
        raise Trouble(f"{first.hostname} redirects more than {MAX_REDIRECTS} times", "Try another source.")

    def _open(self, url: str, parts: SplitResult, headers: Mapping[str, str]) -> http.client.HTTPResponse:
        host = parts.hostname or ""
        proxies = {} if is_loopback(host) or urllib.request.proxy_bypass(host) else self._proxies
        if proxies.get(parts.scheme, "").startswith("socks"):
            raise Trouble("SOCKS proxies are not supported", "Give the address of an HTTP proxy, http://HOST:PORT.")
        handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler(proxies), _AsItComes()]
        if parts.scheme == "https":
            handlers.append(urllib.request.HTTPSHandler(context=self._context))
        opener = urllib.request.build_opener(*handlers)
        through = " (through the proxy)" if parts.scheme in proxies else ""
        with plain_words(host + through, self._stall_s):
            request = urllib.request.Request(url, headers=dict(headers))  # noqa: S310 (http and https only)
            return cast(http.client.HTTPResponse, opener.open(request, timeout=self._stall_s))


class _AsItComes(urllib.request.HTTPErrorProcessor):
    """Lets every answer through, errors and redirects too: `Web` handles them itself."""

    def http_response(self, request: urllib.request.Request, response: IO[bytes]) -> IO[bytes]:
        return response

    https_response = http_response


def _check_scheme(parts: SplitResult, first: SplitResult) -> None:
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Trouble("its address is none of the web", "Report this address, or try another source.")
    if parts.scheme == "http" and first.scheme == "https":
        raise Trouble(
            f"{first.hostname} redirects to an unprotected address at {parts.hostname}",
            "Something on the way may interfere: try another network.",
        )
