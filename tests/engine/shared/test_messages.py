# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages: what is sent arrives unchanged, and no line in the world does more than raise ProtocolError."""

from __future__ import annotations

import dataclasses
import json
import math
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fcvg_engine.shared import protocol
from fcvg_engine.shared.errors import ProtocolError
from fcvg_engine.shared.protocol import Message, Request

# Larger numbers are no message's; hypothesis would think of them for every field.
st.register_type_strategy(int, st.integers(-(2**63), 2**63))
ALL = {**protocol.TO_ENGINE, **protocol.TO_BLENDER}
_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


def _messages() -> st.SearchStrategy[Message]:
    return st.one_of([st.from_type(kind) for kind in ALL.values()]).filter(_is_finite)


def _is_finite(message: Message) -> bool:
    content = json.dumps(dataclasses.asdict(message))
    return "NaN" not in content and "Infinity" not in content


@given(_messages())
def test_every_message_arrives_as_it_was_sent(message: Message):
    line = protocol.encode(message)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert protocol.decode(line, ALL) == message


@given(st.binary(max_size=300) | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_a_message_or_a_protocol_error(line: bytes):
    _message_or_protocol_error(line)


@given(st.dictionaries(st.sampled_from(["type", "job", "request", "ahead", "fraction", "device", "x"]), _json))
def test_any_json_is_a_message_or_a_protocol_error(content: dict[str, object]):
    _message_or_protocol_error(json.dumps(content).encode())


@given(_messages(), st.data())
def test_a_message_with_one_field_spoiled_is_a_message_or_a_protocol_error(message: Message, data: st.DataObject):
    content = json.loads(protocol.encode(message))
    field = data.draw(st.sampled_from(sorted(content)))
    content[field] = data.draw(_json)
    _message_or_protocol_error(json.dumps(content).encode())


def _message_or_protocol_error(line: bytes) -> None:
    try:
        message = protocol.decode(line, ALL)
    except ProtocolError as error:
        assert error.message
    else:
        assert isinstance(message, Message)
        assert protocol.decode(protocol.encode(message), ALL) == message


GOOD = {"start": "a", "end": "b", "out": "c", "count": 3}
BAD_LINES = {
    "empty": b"",
    "not UTF-8": b'{"type": "cancel", "job": "\xff"}',
    "no object": b"[1, 2]",
    "NaN": b'{"type": "self_test", "job": NaN}',
    "infinity by exponent": b'{"type": "start", "job": "a", "request": {"start": "a", "end": "b", "out": "c", '
    b'"count": 1, "timing": [1e999]}}',
    "unknown type": b'{"type": "explode", "job": "a"}',
    "type of the other direction": b'{"type": "done", "job": "a"}',
    "type is a list": b'{"type": [], "job": "a"}',
    "unknown field": b'{"type": "cancel", "job": "a", "force": true}',
    "missing field": b'{"type": "start", "job": "a"}',
    "number as job": b'{"type": "cancel", "job": 7}',
    "true as count": json.dumps({"type": "start", "job": "a", "request": {**GOOD, "count": True}}).encode(),
    "count in quotes": json.dumps({"type": "start", "job": "a", "request": {**GOOD, "count": "3"}}).encode(),
    "fraction as count": json.dumps({"type": "start", "job": "a", "request": {**GOOD, "count": 3.5}}).encode(),
    "nested too deep": b'{"type": "start", "job": "a", "request": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "number of 5000 digits": b'{"type": "cancel", "job": ' + b"9" * 5000 + b"}",
    "two in one line": b'{"type": "cancel", "job": "a"} {"type": "cancel", "job": "a"}',
    "cut in half": protocol.encode(protocol.Start("a", Request("a", "b", "c", 3)))[:60],
    "word as extend": json.dumps({"type": "start", "job": "a", "request": {**GOOD, "extend": "yes"}}).encode(),
    "number as refuse_cuts": json.dumps({"type": "start", "job": "a", "request": {**GOOD, "refuse_cuts": 1}}).encode(),
    "examining without a size": json.dumps({"type": "examine", "job": "a", "request": GOOD}).encode(),
    "too long": b'{"type": "cancel", "job": "' + b"a" * protocol.MAX_LINE_BYTES + b'"}',
}


@pytest.mark.parametrize("name", BAD_LINES)
def test_what_is_no_message_is_refused(name: str):
    with pytest.raises(ProtocolError):
        protocol.decode(BAD_LINES[name], protocol.TO_ENGINE)


ESTIMATES = [
    protocol.Estimate("rife", 4.5, 1 << 30, measured=True, fits=True),
    protocol.Estimate("fcvg", 900.0, 1 << 34, measured=False, fits=False, lacking="Its models are not there."),
]
EXAMINED = protocol.Examined("a", "warning", "A lot moves.", False, 0.4, "gmfss", "They look drawn.", ESTIMATES, 7, 9)


@pytest.mark.parametrize(
    "message",
    [
        protocol.Start("a", Request("a", "b", "c", 3, extend=True, refuse_cuts=True)),
        protocol.Examine("a", Request("a", "b", "c", 3), width=960, height=540),
        EXAMINED,
        dataclasses.replace(EXAMINED, estimates=[]),
    ],
    ids=["extending", "examine", "examined", "nothing to estimate"],
)
def test_what_is_nested_arrives_whole(message: Message):
    line = protocol.encode(message)
    known = protocol.TO_ENGINE if message.type in protocol.TO_ENGINE else protocol.TO_BLENDER
    assert protocol.decode(line, known) == message


@pytest.mark.parametrize("spoiled", [{"fits": "yes"}, {"seconds": None}, {"memory_bytes": 1.5}, {"cheap": True}])
def test_an_estimate_with_one_field_spoiled_is_refused(spoiled: dict[str, object]):
    content = json.loads(protocol.encode(EXAMINED))
    content["estimates"][1].update(spoiled)
    with pytest.raises(ProtocolError, match=r"estimates\[1\]"):
        protocol.decode(json.dumps(content).encode(), protocol.TO_BLENDER)


def test_the_final_report_of_an_examination_is_one():
    assert isinstance(EXAMINED, protocol.FINAL)


def test_a_message_too_long_is_not_sent():
    with pytest.raises(ProtocolError):
        protocol.encode(protocol.Failed("a", "internal", "x" * protocol.MAX_LINE_BYTES))


def test_nan_is_not_sent():
    with pytest.raises(ValueError, match="JSON"):
        protocol.encode(protocol.Progress("a", "Drawing", math.nan))


def test_whole_numbers_are_taken_for_fractions():
    message = protocol.decode(b'{"type": "progress", "job": "a", "stage": "x", "fraction": 1}', protocol.TO_BLENDER)
    assert isinstance(message, protocol.Progress)
    assert type(message.fraction) is float


def test_a_job_file_needs_only_keys_folder_and_count():
    request = protocol.parse_request(GOOD)
    assert request == Request("a", "b", "c", 3)
    defaults = {field.name: field.default for field in dataclasses.fields(Request)}
    assert (request.method, request.timing, request.hold) == (defaults["method"], "linear", 1)
    assert (request.overwrite, request.extend, request.refuse_cuts) == (False, False, False)


def test_types_are_words_and_each_has_one_direction():
    assert not protocol.TO_ENGINE.keys() & protocol.TO_BLENDER.keys()
    assert all(set(kind) <= set(string.ascii_lowercase + "_") for kind in ALL)
