# SPDX-License-Identifier: GPL-3.0-or-later
"""Small files: whatever lies under a name, reading it ends in time, with its content or with an error that says why."""

from __future__ import annotations

import json
import os
import threading
import time
from contextlib import suppress
from pathlib import Path

import odd_files
import pytest
from hypothesis import given
from hypothesis import strategies as st
from odd_files import ODD_FILES

from fcvg_engine.shared import small_files
from fcvg_engine.shared.small_files import NotSmallFile

LIMIT_BYTES = 1 << 20
HANG_S = 60.0


def test_the_content_comes_back(tmp_path: Path):
    path = tmp_path / "Bäckerei 日本.txt"
    path.write_bytes(b"x" * LIMIT_BYTES)
    assert small_files.read(path, LIMIT_BYTES) == b"x" * LIMIT_BYTES
    (tmp_path / "link").symlink_to(path)
    assert small_files.read(tmp_path / "link", LIMIT_BYTES) == b"x" * LIMIT_BYTES


@pytest.mark.skipif(os.name != "posix", reason="such files are made on POSIX only")
@pytest.mark.parametrize("what", ODD_FILES)
@pytest.mark.parametrize("linked", [False, True])
def test_what_is_no_small_file_is_refused_by_what_it_is(tmp_path: Path, what: str, linked: bool):
    path = odd_files.put(what, tmp_path / "file")
    if linked:
        path = tmp_path / "link"
        path.symlink_to(tmp_path / "file")
    with pytest.raises(NotSmallFile) as refused:
        small_files.read(path, LIMIT_BYTES)
    assert refused.value.strerror.startswith(what)
    if "larger" in what:
        assert small_files.require_file(path).st_size == odd_files.GIANT_BYTES
        assert small_files.read_beginning(path, 10) == bytes(10)
        return
    for look in (small_files.require_file, lambda path: small_files.read_beginning(path, 10)):
        with pytest.raises(NotSmallFile, match=what):
            look(path)


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="only Linux has such files")
def test_files_of_the_system_that_tell_no_size_are_bounded_too():
    with pytest.raises(NotSmallFile):
        small_files.read(Path("/proc/self/smaps"), 100)


@pytest.mark.parametrize("name", ["a\0b", "a\ud800b"])
def test_a_name_that_no_file_can_have_is_an_oserror(tmp_path: Path, name: str):
    with pytest.raises(OSError, match="file"):
        small_files.read(tmp_path / name, LIMIT_BYTES)


def test_a_missing_file_is_missing(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        small_files.read(tmp_path / "none", LIMIT_BYTES)
    with pytest.raises(FileNotFoundError):
        small_files.require_file(tmp_path / "none")


def test_a_disk_that_does_not_answer_is_given_up_and_not_asked_again_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "file").write_bytes(b"here")
    answers, asked = threading.Event(), []
    real = Path.stat

    def dead(path: Path) -> os.stat_result:
        asked.append(path)
        answers.wait()
        return real(path)

    monkeypatch.setattr(Path, "stat", dead)
    for name in ("file", "other"):
        with pytest.raises(TimeoutError, match="the disk does not answer"):
            small_files.read(tmp_path / name, LIMIT_BYTES, patience_s=0.05)
    assert len(asked) == 1, "each thread that waits for a dead disk stays"
    answers.set()
    give_up_s = time.monotonic() + HANG_S
    while True:
        try:
            assert small_files.read(tmp_path / "file", LIMIT_BYTES) == b"here"
            break
        except TimeoutError:  # the first one has not noticed yet
            assert time.monotonic() < give_up_s


def test_files_are_read_where_the_system_gives_no_more_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").write_bytes(b"here")

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert small_files.read(tmp_path / "file", LIMIT_BYTES) == b"here"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)  # fmt: skip


@given(json_values)
def test_sound_json_is_read(content: object):
    assert small_files.parse_json(json.dumps(content)) == content


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe\xfd",
        b"NaN",
        b"-Infinity",
        b"1e999",
        b"[-1e999]",
        b"9" * 5000,
        b"9" * 300,
        str(2**64).encode(),
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b'{"a": 1} x',
        b"\0",
    ],
    ids=lambda content: repr(content[:12]),
)
def test_what_is_no_json_is_a_value_error(content: bytes):
    with pytest.raises(ValueError):
        small_files.parse_json(content)


def test_a_caller_can_say_where_a_number_is_that_cannot_be_used():
    found = small_files.parse_json("[1e999, NaN, -Infinity, 99999999999999999999999, 7]", in_place=0.5)
    assert found == [0.5, 0.5, 0.5, 0.5, 7]


def test_what_is_read_can_be_written_again():
    for content in ("[" * 100 + "]" * 100, '{"a":' * 100 + "1" + "}" * 100):
        with suppress(ValueError):
            json.dumps(small_files.parse_json(content), indent=1)
    assert small_files.parse_json("[" * 50 + "]" * 50)
    with pytest.raises(ValueError, match="nested too deep"):
        small_files.parse_json("[" * 500 + "]" * 500)


@given(st.binary(max_size=60))
def test_any_bytes_are_json_or_a_value_error(content: bytes):
    with suppress(ValueError):
        small_files.parse_json(content)
