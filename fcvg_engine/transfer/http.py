"""One question to a web server: redirects, proxies, log-ins and certificates, and in plain words what went wrong."""

from __future__ import annotations

import base64
import contextlib
import email.utils
import functools
import http.client
import ipaddress
import netrc
import os
import re
import socket
import ssl
import string
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from email.message import Message
from typing import IO, cast
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit, urlunsplit

from . import trust

MAX_REDIRECTS = 10
PIECE_BYTES = 1 << 18
AGENT = "fcvg-inbetween"

_REDIRECTS = (301, 302, 303, 307, 308)
_PASSING = (408, 425, 429)  # like all of 500 … 599: another time it may work
_CONNECTION_HINT = "Check the connection to the internet, and the proxy if there is one, then try again."


class Trouble(Exception):
    """Why a question was not answered. `reason` completes "… could not be downloaded: "; `again`: another try may help,
    not before `wait_s` if the server said so; `missing`: the server has no such thing."""

    def __init__(
        self, reason: str, hint: str = "", *, again: bool = False, wait_s: float = 0.0, missing: bool = False
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        self.again = again
        self.wait_s = wait_s
        self.missing = missing


class Answer:
    """A server's answer with status 200, 206 or 416. `url`: where it came from in the end. Close it."""

    def __init__(self, url: str, response: http.client.HTTPResponse, stall_s: float) -> None:
        self.url = url
        self.status = response.status
        self.headers: Message = response.headers
        self._response = response
        self._stall_s = stall_s

    @property
    def length(self) -> int | None:
        """Content-Length, None where none is given that could be understood."""
        text = self.headers.get("Content-Length", "").strip()
        return int(text) if text.isascii() and text.isdigit() else None

    @property
    def is_web_page(self) -> bool:
        return self.headers.get_content_type() in ("text/html", "application/xhtml+xml")

    @property
    def ends_itself(self) -> bool:
        """Whether a cut can be told from the end."""
        return self.length is not None or "chunked" in self.headers.get("Transfer-Encoding", "").lower()

    def read(self) -> bytes:
        """What has come in next, at most `PIECE_BYTES`; empty at the end. Raises Trouble."""
        with _plain_words(urlsplit(self.url).hostname or "", self._stall_s):
            return self._response.read1(PIECE_BYTES)

    def cut(self) -> None:
        """Ends a `read` that another thread waits in."""
        with contextlib.suppress(OSError, ValueError, AttributeError):  # its reader may just have closed it
            # A second handle of the same connection: the first belongs to the thread that reads.
            twin = socket.fromfd(self._response.fileno(), socket.AF_INET, socket.SOCK_STREAM)
            with twin:
                twin.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._response.close()


class Web:
    """The way to the web: through `proxy`, or FCVG_PROXY, or what the system says. An answer that stays out for
    `stall_s` is no answer."""

    def __init__(self, proxy: str = "", stall_s: float = 30.0) -> None:
        proxy = proxy or os.environ.get("FCVG_PROXY", "")
        self._proxies = dict.fromkeys(("http", "https"), proxy) if proxy else urllib.request.getproxies()
        self._stall_s = stall_s

    @functools.cached_property
    def _context(self) -> ssl.SSLContext:
        return trust.context()  # takes a while, and is for https only

    def ask(self, url: str, headers: Mapping[str, str], private: Mapping[str, str]) -> Answer:
        """The answer to a GET of `url`, redirects followed. `private` headers, and a log-in in `url`, go to its own
        host only. Raises Trouble, and DownloadFailed when a studio's certificates cannot be read."""
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
                _check_status(response, parts.hostname or "")
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
        with _plain_words(host + through, self._stall_s):
            request = urllib.request.Request(url, headers=dict(headers))  # noqa: S310 (http and https only)
            return cast(http.client.HTTPResponse, opener.open(request, timeout=self._stall_s))


def shown(url: str) -> str:
    """`url` as it may be written into files and messages: no names, passwords, tokens or signatures."""
    parts = urlsplit(without_login(url))
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))


def without_login(url: str) -> str:
    """`url` without a name and password, and without its fragment."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, parts.query, ""))


def login_in(url: str) -> str:
    """The header Authorization for the name and password in `url`, empty when there are none."""
    login = urlsplit(url).netloc.rpartition("@")[0]
    name, _, password = login.partition(":")
    return _basic(unquote(name), unquote(password)) if login else ""


def login_of(url: str) -> str:
    """The header Authorization for the host of `url`: from the address, else from the user's netrc file; or empty."""
    if login := login_in(url):
        return login
    with contextlib.suppress(OSError, netrc.NetrcParseError):
        found = netrc.netrc(os.environ.get("NETRC") or None).authenticators(urlsplit(url).hostname or "")
        if found:
            return _basic(found[0], found[2] or "")
    return ""


def is_loopback(host: str) -> bool:
    """Whether `host` is this computer, which no proxy can reach for us."""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


class _AsItComes(urllib.request.HTTPErrorProcessor):
    """Hands out every answer, errors and redirects too: they are dealt with here."""

    def http_response(self, request: urllib.request.Request, response: IO[bytes]) -> IO[bytes]:
        return response

    https_response = http_response


def _basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode("ascii")


def _check_scheme(parts: SplitResult, first: SplitResult) -> None:
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Trouble("its address is none of the web", "Report this address, or try another source.")
    if parts.scheme == "http" and first.scheme == "https":
        raise Trouble(
            f"{first.hostname} redirects to an unprotected address at {parts.hostname}",
            "Something on the way may interfere: try another network.",
        )


def _check_status(response: http.client.HTTPResponse, host: str) -> None:
    """Raises Trouble for all but 200, 206 and 416."""
    status = response.status
    if status in (200, 206, 416):
        return
    response.close()
    if status in (401, 403):
        raise Trouble(
            f"{host} refuses without a log-in or an accepted licence ({status})",
            "For a model, accept its licence on its page and give a token of that account; for a package index, "
            "check the name and password.",
        )
    if status in (404, 410):
        raise Trouble(
            f"{host} does not have it ({status})", "It was moved or withdrawn: try another source.", missing=True
        )
    if status == 407:
        raise _proxy_login()
    if status in _PASSING or status >= 500:
        wait_s = _seconds(response.headers.get("Retry-After", ""))
        raise Trouble(f"{host} is busy or has a fault ({status})", "Try again later.", again=True, wait_s=wait_s)
    raise Trouble(f"{host} answered with status {status}", "Try again later, or try another source.")


def _seconds(retry_after: str) -> float:
    """What the header asks for, as seconds or as a date; 0 when it cannot be understood."""
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(retry_after).timestamp() - time.time())
    except (ValueError, OverflowError, OSError):
        return 0.0


@contextlib.contextmanager
def _plain_words(host: str, stall_s: float) -> Iterator[None]:
    """Turns what urllib raises into Trouble. Its own texts may hold addresses with passwords, so none is passed on."""
    try:
        yield
    except (OSError, http.client.HTTPException, ValueError) as error:
        cause = error.reason if isinstance(error, urllib.error.URLError) else error
        raise _explain(cause, host, stall_s) from None


def _explain(error: object, host: str, stall_s: float) -> Trouble:
    tunnel = re.match(r"Tunnel connection failed: (\d+)", str(error))
    if tunnel and tunnel[1] == "407":
        return _proxy_login()
    if tunnel:
        again = tunnel[1].startswith("5")
        return Trouble(f"{host} cannot be reached ({tunnel[1]})", "Ask your administrator.", again=again)
    if isinstance(error, ssl.SSLCertVerificationError):
        return Trouble(
            f"the certificate of {host} is not trusted ({error.verify_message})",
            "Check this computer's clock. A studio's own certificate goes into the file that SSL_CERT_FILE names.",
        )
    if isinstance(error, http.client.InvalidURL | ValueError):
        return Trouble("its address cannot be understood", "Check the package index and the proxy.")
    if isinstance(error, TimeoutError):
        return Trouble(f"nothing came from {host} for {stall_s:.0f} seconds", _CONNECTION_HINT, again=True)
    if isinstance(error, socket.gaierror):
        return Trouble(f"{host} cannot be found", _CONNECTION_HINT, again=True)
    if isinstance(error, ConnectionRefusedError):
        return Trouble(f"{host} does not take connections", _CONNECTION_HINT, again=True)
    return Trouble(f"the connection to {host} was cut", _CONNECTION_HINT, again=True)


def _proxy_login() -> Trouble:
    return Trouble(
        "the proxy wants a name and a password (407)", "Write them into its address: http://NAME:PASSWORD@HOST:PORT."
    )
