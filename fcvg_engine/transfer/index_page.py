# SPDX-License-Identifier: GPL-3.0-or-later
"""A package's page in a package index with the simple API: JSON (PEP 691) or HTML (PEP 503)."""

from __future__ import annotations

import html.parser
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from ..shared import small_files
from ..shared.errors import DownloadFailed
from .addresses import login_of, without_login
from .download import Patience
from .http_requests import Web
from .parallel import Halt
from .web_trouble import Trouble

_ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
_MAX_PAGE_BYTES = 64 << 20  # the longest of PyPI have a few


@dataclass(frozen=True)
class Link:
    """A file that an index offers. `sha256`: empty where the index does not say. `login`: the header Authorization that
    its host wants, if any."""

    file: str
    url: str
    sha256: str = ""
    login: str = ""


@dataclass(frozen=True)
class Page:
    """What an index offers of one package; no links when it does not know the package."""

    links: Sequence[Link] = ()

    def link(self, file: str) -> Link | None:
        """Return the link to the file of that name; None when there is none."""
        return next((each for each in self.links if each.file == file), None)

    @staticmethod
    def of_folder(folder: Path) -> Page:
        """Read a page on this disk: the folder's index.html, else the list of its files."""
        page = folder / "index.html"
        if page.is_file():
            text = small_files.read(page, _MAX_PAGE_BYTES).decode("utf-8", "replace")
            return Page(_from_html(text, page.resolve().as_uri(), ""))
        if folder.is_dir():
            return Page([Link(each.name, each.resolve().as_uri()) for each in folder.iterdir()])
        return Page()

    @staticmethod
    def fetch(web: Web, index: str, package: str, halt: Halt, patience: Patience) -> Page:
        """Fetch the page of `package` (normalised) in the index at the URL `index`. Raises DownloadFailed, Stopped."""
        host = urlsplit(index).hostname
        url = f"{without_login(index).rstrip('/')}/{package}/"
        login = login_of(index)
        failed = 0
        while True:
            try:
                return _ask(web, url, login, halt)
            except Trouble as trouble:
                failed += 1
                if trouble.missing:
                    return Page()
                if not trouble.again or failed >= patience.tries:
                    raise DownloadFailed(
                        f"The package index at {host} cannot be used: {trouble.reason}.", trouble.hint
                    ) from None
                halt.sleep(patience.wait_s(failed, trouble.wait_s))


def _ask(web: Web, url: str, login: str, halt: Halt) -> Page:
    answer = web.ask(url, {"Accept": _ACCEPT}, {"Authorization": login} if login else {})
    content = bytearray()
    try:
        with halt.watching(answer):
            while piece := answer.read():
                content += piece
                if len(content) > _MAX_PAGE_BYTES:
                    raise Trouble("its page has no end", "Check the address of the index.")
        halt.check()
    finally:
        answer.close()
    if answer.length is not None and len(content) < answer.length:
        raise Trouble("the connection was cut", "Try again.", again=True)
    # The log-in goes with files of the host that asked for it, to no other.
    same_host = urlsplit(answer.url).netloc == urlsplit(url).netloc
    read = _from_json if answer.headers.get_content_type().endswith("json") else _from_html
    return Page(read(content.decode("utf-8", "replace"), answer.url, login if same_host else ""))


def _from_json(text: str, url: str, login: str) -> list[Link]:
    try:
        files = small_files.parse_json(text)["files"]
        return [_link(each["filename"], each["url"], each.get("hashes", {}), url, login) for each in files]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Trouble("its page cannot be understood", "Check the address of the index.") from None


def _from_html(text: str, url: str, login: str) -> list[Link]:
    anchors = _Anchors()
    anchors.feed(text)
    anchors.close()
    base = url
    with suppress(ValueError):
        base = urljoin(url, anchors.base)
    links = []
    for address in anchors.addresses:
        with suppress(ValueError):  # it is no address: nothing can be fetched from there
            parts = urlsplit(address)
            hashes = dict(re.findall(r"(?:^|&)(sha256)=([0-9a-fA-F]{64})", parts.fragment))
            links.append(_link(unquote(parts.path.rpartition("/")[2]), address, hashes, base, login))
    return links


def _link(file: str, address: str, hashes: dict[str, Any], base: str, login: str) -> Link:
    url = without_login(urljoin(base, address))
    same_host = urlsplit(url).netloc == urlsplit(base).netloc
    return Link(file, url, str(hashes.get("sha256", "")).lower(), login if same_host else "")


class _Anchors(html.parser.HTMLParser):
    """Collects the addresses that a page links to."""

    def __init__(self) -> None:
        super().__init__()
        self.base = ""
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        address = dict(attrs).get("href")
        if tag == "base" and address:
            self.base = address
        elif tag == "a" and address:
            self.addresses.append(address)
