# SPDX-License-Identifier: GPL-3.0-or-later
"""Names, passwords, tokens and signatures in addresses are seen by nobody, whatever they are made of."""

from __future__ import annotations

import base64
import io
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fcvg_engine.transfer.addresses import CleanText, cleaned, cleaned_all, shown

# What is typed into an address box, and what is typed there by mistake.
ESCAPED = st.text(st.characters(codec="utf-8"), min_size=6, max_size=20).map(lambda text: quote(text, safe=""))
TYPED = st.text("abcXYZ019-._~!$&'()*+,;=%:@\"<>é漢", min_size=6, max_size=20)
NAMES = st.text("abcdefgh", min_size=1, max_size=8)
HOSTS = st.sampled_from(["host.example", "127.0.0.1", "[::1]", "mirror.studio:8443"])
PATHS = st.sampled_from(["", "/", "/simple/", "/a/b.whl", "/@scope/x"])
QUERIES = st.sampled_from(["", "?token={}", "?X-Amz-Signature={}&x=1", "#{}", "?a=1&sig={}#b"])
SENTENCES = ["{} cannot be reached", 'It said "{}".', "({})", "see <{}>, then", "{}: no", "a\n{}\nb", "'{}'"]


@given(NAMES, st.one_of(ESCAPED, TYPED), HOSTS, PATHS, QUERIES, st.sampled_from(SENTENCES))
def test_an_address_in_a_sentence_shows_where_it_leads_and_nothing_else(
    name: str, password: str, host: str, path: str, query: str, sentence: str
) -> None:
    secret = f"{name}secret:{password}"
    address = f"https://{secret}@{host}{path}{query.format('signature123')}"
    for said in (shown(address), cleaned(sentence.format(address), {})):
        assert password not in said
        assert f"{name}secret" not in said
        assert "signature123" not in said
        assert f"https://{host}{path}" in said
    words = sentence.format("").split()
    assert all(word.strip("\"'<>().,:") in cleaned(sentence.format(address), {}) for word in words)


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), min_size=6, max_size=20),
    st.sampled_from(["https_proxy", "HTTP_PROXY", "FCVG_PROXY", "HF_ENDPOINT", "FCVG_INDEX_URL", "UV_DEFAULT_INDEX"]),
    st.booleans(),
)
def test_what_the_environment_holds_is_hidden_however_it_is_written(password: str, variable: str, plain: bool) -> None:
    password = password.replace("://", "").replace("@", "a") + "Z9"
    scheme = "" if plain and "proxy" in variable.lower() else "http://"
    value = f"{scheme}ann:{password}@host:3128"
    login = base64.b64encode(f"ann:{password}".encode()).decode()
    for said in (value, f"ann:{password}@host", f"ann:{password}", f"Basic {login}", json.dumps([value])):
        clean = cleaned(f"before {said} after", {variable: value})
        assert f"ann:{password}" not in clean
        assert login not in clean
        assert clean.startswith("before ") and clean.endswith(" after")


@given(st.text(max_size=60))
def test_it_takes_whatever_it_is_given(text: str) -> None:
    for each in (text, f"https://{text}", f"https://{text}@{text}"):
        assert isinstance(shown(each), str)
        assert shown(shown(each)) == shown(each)
        assert isinstance(cleaned(each, {"HTTPS_PROXY": text, "X": each}), str)


@pytest.mark.parametrize(
    "text",
    [
        *("/home/ann/film:1@2x.png", "C:\\Users\\ann@home\\a.png", "ann@studio.example", "a: b @ c", "5 = 4?", "#3"),
        *("https://huggingface.co/maker/model", "http://127.0.0.1:8080/simple/@scope/x.", "(see https://a.b/c)"),
        *("file:///home/a%20b/c@d", "[::1]:8080", "12:30@5", "https://a.b/c, https://d.e/f; and so on"),
    ],
)
def test_everything_else_stays_as_it_is(text: str) -> None:
    for proxy in ("proxy:3128", "http://@proxy:3128", "@proxy", "http://proxy?"):
        assert cleaned(text, {"HOME": "/home/ann", "MAILTO": "ann@studio.example", "HTTPS_PROXY": proxy}) == text


@pytest.mark.parametrize(
    ("address", "clean"),
    [
        ("ann:pass@host/x?sig=1", "host/x"),
        ("host.example/simple", "host.example/simple"),
        ("http://http://ann:pass@host:3128", "http://host:3128"),
        ("http://ann:/pass@host:3128", "http://host:3128"),
        ("https://mirror/https://ann:pass@host/x", "https://mirror/https://host/x"),
        ("https://me:word@mirror/https://ann:pass@host/x", "https://mirror/https://host/x"),
        ("://ann:pass@host", "://host"),
        ("http://ann:pa://ss@host", "http://host"),
        ("[::1]:pass", "[::1]"),
    ],
)
def test_addresses_that_are_short_or_double(address: str, clean: str) -> None:
    assert shown(address) == clean
    if "://" in address:
        assert cleaned(f"({address})", {}) == f"({clean})"


def test_what_was_cut_in_the_middle_of_a_password_shows_none_of_it() -> None:
    whole = "The proxy http://ann:passw0rd-of-mine@proxy.studio:3128 refuses"
    begin = "The proxy http://ann:"
    for end in range(len(begin) + 1, len(begin) + len("passw0rd-of-mine")):
        assert cleaned(whole[:end], {}) == "The proxy http://ann"


@dataclass(frozen=True)
class Message:
    text: str
    inner: list[dict[str, object]]
    number: int = 3


def test_messages_are_cleaned_to_the_last_text() -> None:
    address, clean = "https://a:b@c/d?e=f", "https://c/d"
    message = Message(address, [{"x": (address, 1.5, None)}])
    assert cleaned_all(message, {}) == Message(clean, [{"x": (clean, 1.5, None)}])


def test_a_stream_lets_nothing_through(tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as file:
        stream = CleanText.onto(file.fileno(), by_line=True)
        print("one https://a:b@c/d", "two", file=stream)
        stream.writelines(["https://a:b@c\n", "\udcff\n"])
        stream.flush()
        assert os.fstat(file.fileno()).st_size
    assert (tmp_path / "out").read_text() == "one https://c/d two\nhttps://c\n\\udcff\n"
    assert isinstance(stream, io.TextIOWrapper)


@pytest.mark.parametrize("piece", ["A", ")", "a.b+", "http://", "http:/", "http://u:p@", "://", "@", "http://x)."])
def test_endless_texts_hold_up_nothing(piece: str) -> None:
    """A second for all of it is a thousand times what it takes; looking again from each letter would take minutes."""
    text = piece * (200_000 // len(piece))
    began_s = time.monotonic()
    assert "secret" not in cleaned(f"{text} http://u:secret@host {text}://u:secret@host/x", {})
    assert time.monotonic() - began_s < 10
