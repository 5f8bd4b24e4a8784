# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults 1 and 6 to 12: what can go wrong on the pipes of the real engine."""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from engine_process import HANG_S, Worker

from fcvg_engine.shared import protocol
from fcvg_engine.shared.protocol import Done, Failed, Frame, Progress, Start

MakeRequest = Callable[..., protocol.Request]
_SET_PIPE_SIZE = 1031  # F_SETPIPE_SZ


@pytest.mark.parametrize("env", [{}, {"FCVG_DUMMY_FAULT": "ignore-cancel"}], ids=["obedient", "ignores cancel"])
def test_the_end_of_input_ends_the_engine_in_the_middle_of_a_frame(request_of: MakeRequest, env: dict[str, str]):
    with Worker(env={"FCVG_DUMMY_DELAY_S": "600", **env}) as worker:
        worker.send(Start("a", request_of()))
        worker.until(Progress)
        worker.end()  # raises when it does not end


def test_a_librarys_chatter_never_reaches_the_protocol(request_of: MakeRequest, tmp_path: Path):
    log = tmp_path / "log"
    with Worker(env={"FCVG_DUMMY_FAULT": "print"}, log=log) as worker:
        worker.send(Start("a", request_of()))
        assert isinstance(worker.until_final("a")[-1], Done)  # every line was a message
    assert "a library's chatter" in log.read_text()
    assert "a C library's chatter" in log.read_text()


def test_a_megabyte_on_stderr_that_nobody_reads_halts_nothing(request_of: MakeRequest):
    with Worker(env={"FCVG_DUMMY_FAULT": "stderr"}) as worker:
        worker.send(Start("a", request_of()))
        assert isinstance(worker.until_final("a")[-1], Done)


def test_half_a_message_and_then_the_end_starts_nothing(request_of: MakeRequest, tmp_path: Path):
    with Worker() as worker:
        worker.receive()
        worker.send_raw(protocol.encode(Start("a", request_of()))[:-2])
        worker.end()
    assert not (tmp_path / "out").exists()


def test_a_message_too_long_is_refused_and_the_next_understood(request_of: MakeRequest):
    with Worker() as worker:
        worker.receive()
        worker.send_raw(b'{"type": "cancel", "job": "' + b"x" * (3 * protocol.MAX_LINE_BYTES) + b'"}\n')
        refused = worker.until_final(None)[-1]
        assert isinstance(refused, Failed)
        assert "longer" in refused.message
        worker.send(Start("a", request_of()))
        assert isinstance(worker.until_final("a")[-1], Done)


def test_rubbish_is_answered_line_by_line_and_the_engine_lives(request_of: MakeRequest):
    start = json.loads(protocol.encode(Start("a", request_of())))

    def spoiled(**fields: object) -> bytes:
        return json.dumps({**start, "request": {**start["request"], **fields}}).encode()

    rubbish = [
        b"hello",
        b"",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"type": "explode", "job": "a"}',
        b'{"type": "cancel", "job": "a", "why": "?"}',
        b'{"type": "cancel", "job": 5}',
        b'{"type": "self_test", "job": NaN}',
        b'{"type": "start", "job": "a", "request": null}',
        b'{"type": "cancel", "job": "a"',
        b'{"type": ["cancel"], "job": "a"}',
        spoiled(colour="red"),
        spoiled(count="3"),
        spoiled(count=3.5),
        spoiled(timing=[0.5, float("nan")]),
        spoiled(timing=[[]] * 1000),
        spoiled(sampling={"steps": True}),
        spoiled(conditions=[]),
        spoiled(out=None),
        b'{"type": "start", "job": "a", "request": ' + b'{"sampling": ' * 5000 + b"1" + b"}" * 5001,
    ]
    with Worker() as worker:
        worker.receive()
        for line in rubbish:
            worker.send_raw(line + b"\n")
            heard = worker.until_final(None)
            assert [type(message) for message in heard] == [Failed]
            assert heard[0].code == "protocol"
        worker.send(Start("a", request_of()))
        assert isinstance(worker.until_final("a")[-1], Done)


def test_a_client_that_stops_reading_holds_up_no_job_and_gets_every_frame_later(
    request_of: MakeRequest, tmp_path: Path
):
    frames = 100
    with Worker(env={"FCVG_DUMMY_DELAY_S": "0.02"}, reading=False) as worker:
        fcntl.fcntl(worker.process.stdout, _SET_PIPE_SIZE, 4096)  # full after some forty messages
        worker.send(Start("a", request_of(count=frames)))
        wait_until_done(tmp_path / "out" / "manifest.json")
        worker.start_reading()
        heard = worker.until_final("a")
    assert isinstance(heard[-1], Done)
    assert sorted(message.index for message in heard if isinstance(message, Frame)) == list(range(1, frames + 1))
    assert len([message for message in heard if isinstance(message, Progress)]) < frames


def test_rubbish_from_a_client_that_never_reads_fills_no_memory(request_of: MakeRequest, tmp_path: Path):
    with Worker(reading=False) as worker:
        fcntl.fcntl(worker.process.stdout, _SET_PIPE_SIZE, 4096)
        worker.send_raw(b"rubbish\n" * 5000)
        worker.send(Start("a", request_of()))
        wait_until_done(tmp_path / "out" / "manifest.json")
        worker.start_reading()
        heard = worker.until_final("a")
    assert isinstance(heard[-1], Done)
    assert 10 < len([message for message in heard if isinstance(message, Failed)]) < 500


def wait_until_done(manifest: Path) -> None:
    deadline = time.monotonic() + HANG_S
    while not manifest.exists() or json.loads(manifest.read_bytes())["state"] != "done":
        assert time.monotonic() < deadline, "the job did not end"
        time.sleep(0.05)
