# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses on the web, and the names and passwords that go with them."""

from __future__ import annotations

import base64
import ipaddress
import netrc
import os
from contextlib import suppress
from urllib.parse import unquote, urlsplit, urlunsplit


def shown(url: str) -> str:
    """Return `url` as it may be written into files and messages: without names, passwords, tokens and signatures."""
    parts = urlsplit(without_login(url))
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))


def without_login(url: str) -> str:
    """Return `url` without a name and password, and without its fragment."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, parts.query, ""))


def login_in(url: str) -> str:
    """Return the header Authorization for the name and password in `url`; empty when there are none."""
    login = urlsplit(url).netloc.rpartition("@")[0]
    name, _, password = login.partition(":")
    return _basic(unquote(name), unquote(password)) if login else ""


def login_of(url: str) -> str:
    """Return the header Authorization for the host of `url`: from `url` itself, else from the user's netrc file; or
    empty."""
    if login := login_in(url):
        return login
    with suppress(OSError, netrc.NetrcParseError):
        found = netrc.netrc(os.environ.get("NETRC") or None).authenticators(urlsplit(url).hostname or "")
        if found:
            return _basic(found[0], found[2] or "")
    return ""


def is_loopback(host: str) -> bool:
    """Whether `host` is this computer, which no proxy can reach for us."""
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def _basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode("ascii")
