# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses on the web, the names and passwords that go with them, and text that goes out without any of these."""

from __future__ import annotations

import base64
import io
import ipaddress
import json
import netrc
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit, urlunsplit

T = TypeVar("T")

# With one slash, as paths are written, where it was given as one; without a scheme, where a text was cut. No scheme is
# longer, and without an end a long word would be looked through from each of its letters.
_BEGINS = r"(?:(?:[a-z][a-z0-9+.-]{0,30})?://|https?:/)"
_SCHEME = re.compile(_BEGINS, re.IGNORECASE)
# An address in a text: a run without blanks. Quotes belong to it only before an @, since passwords may have them.
_ADDRESS = re.compile(_BEGINS + r"(?:[^\s@]*@)*[^\s\"'<>`\\]*", re.IGNORECASE)
_MARKS = ").,;:!?]}"  # at the end of an address they are those of the sentence
_HOST = re.compile(r"(\[[\da-f:.%]*\]|[^:\[\]]*)(:\d{1,5})?", re.IGNORECASE)  # the first: an IPv6 address
_TOKENS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
_DEEPEST = 8  # addresses within one another that are looked at
_LEAST = 8  # characters of what is hidden wherever it stands


def shown(url: str) -> str:
    """Return `url` as it may be written into files and messages: without names, passwords, tokens and signatures.
    Raises nothing, whatever it is given."""
    scheme = _SCHEME.match(url)
    done, rest = "", url
    for _ in range(_DEEPEST):  # mirrors have other addresses in theirs, and some people type a scheme twice
        start = scheme.end() if scheme else 0
        done, rest = done + rest[:start], _without_secrets(rest[start:])
        scheme = _SCHEME.search(rest)
        if not scheme:
            return done + rest
    return done


def cleaned(text: str, environment: Mapping[str, str] = os.environ) -> str:
    """Return `text` with each address in it as it may be shown, and without the log-ins and tokens in `environment`,
    also where they do not stand in an address."""
    for secret in sorted(_secrets(environment), key=len, reverse=True):
        text = text.replace(secret, "" if secret.endswith("@") else "***")
    return _ADDRESS.sub(_shown_in_text, text)


def _shown_in_text(found: re.Match[str]) -> str:
    address = found[0].rstrip(_MARKS)
    return shown(address) + found[0][len(address) :]


def cleaned_all(value: T, environment: Mapping[str, str] = os.environ) -> T:
    """Return `value`, such as a message of the protocol, with all texts in it `cleaned`."""
    made: Any = value
    if isinstance(value, str):
        made = cleaned(value, environment)
    elif isinstance(value, list | tuple):
        made = type(value)(cleaned_all(each, environment) for each in value)
    elif isinstance(value, dict):
        made = {name: cleaned_all(each, environment) for name, each in value.items()}
    elif is_dataclass(value) and not isinstance(value, type):
        changed = {each.name: cleaned_all(getattr(value, each.name), environment) for each in fields(value)}
        made = replace(value, **changed)
    return made  # type: ignore[no-any-return]


class CleanText(io.TextIOWrapper):
    """A stream for text that goes out, which is `cleaned`: sentences, JSON, logs, tracebacks."""

    environment: Mapping[str, str] = os.environ

    @classmethod
    def onto(cls, descriptor: int, encoding: str = "utf-8", by_line: bool = False) -> CleanText:
        """Return one that writes to an open file, line `by_line` or when it is flushed, and leaves it open."""
        binary = os.fdopen(descriptor, "wb", closefd=False)
        return cls(binary, encoding, errors="backslashreplace", line_buffering=by_line)

    def write(self, text: str) -> int:
        """Write `text`."""
        super().write(cleaned(text, self.environment))
        return len(text)


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


def _without_secrets(rest: str) -> str:
    """Return an address without its scheme as it may be shown, as long as no other address is in it."""
    rest = re.split("[?#]", rest[len(_login(rest)) :], maxsplit=1)[0]
    authority = rest.partition("/")[0]
    if not _HOST.fullmatch(authority):  # what is left of a log-in that was cut off
        numbers, bracket, name = authority.rpartition("]")
        return numbers + bracket + name.partition(":")[0]
    return rest


def _login(rest: str) -> str:
    """Return the log-in with its @ at the beginning of an address without its scheme; empty where there is none."""
    authority = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
    if "@" in authority:
        return authority[: authority.rindex("@") + 1]
    if "@" in rest and not _HOST.fullmatch(authority):  # a password with a slash or the like in it
        return rest[: rest.rindex("@") + 1]
    return ""


def _secrets(environment: Mapping[str, str]) -> Iterator[str]:
    for name, value in environment.items():
        if name in _TOKENS and len(value) >= _LEAST:
            yield value
        elif "@" in value or "?" in value:
            for address in re.split(r"[\s,;]+", value) if value.count("://") > 1 else [value]:
                _, scheme, rest = address.rpartition("://")
                if scheme or name.lower().endswith("proxy"):
                    yield from _parts(rest)


def _parts(rest: str) -> Iterator[str]:
    """Yield what must not be seen of an address without its scheme, in all spellings."""
    login = rest[: rest.rfind("@") + 1]
    if ":" not in login:
        login = _login(rest)
    query = rest[len(login) :].partition("?")[2]
    secrets = [login] if ":" in login or len(login) > _LEAST else []
    secrets += [login[:-1]] if len(login) > _LEAST else []
    secrets += [query] if "=" in query and len(query) >= _LEAST else []
    if login.strip("@"):
        secrets.append(base64.b64encode(unquote(login[:-1]).encode("utf-8", "replace")).decode("ascii"))
    for each in secrets:
        yield from {each, unquote(each), json.dumps(each)[1:-1], json.dumps(unquote(each))[1:-1]}


def _basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode("ascii")
