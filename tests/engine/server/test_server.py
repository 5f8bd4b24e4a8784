# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker on its pipes, when nothing goes wrong."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from engine_process import HANG_S, Worker

from fcvg_engine import __version__
from fcvg_engine.shared import protocol
from fcvg_engine.shared.protocol import (
    Cancel,
    CancelledReport,
    Done,
    Failed,
    Frame,
    Hello,
    Progress,
    Queued,
    SelfTest,
    Start,
)

MakeRequest = Callable[..., protocol.Request]


def test_the_first_line_says_who_is_there():
    with Worker() as worker:
        hello = worker.receive()
        assert isinstance(hello, Hello)
        assert (hello.version, hello.engine, hello.pid) == (protocol.VERSION, __version__, worker.process.pid)
        assert hello.methods == list(protocol.METHODS)


def test_a_job_is_queued_made_and_reported_once(warm_worker: Worker, request_of: MakeRequest, tmp_path: Path):
    warm_worker.send(Start("a", request_of(count=3)))
    heard = warm_worker.until_final("a")
    assert heard[0] == Queued("a", 0)
    assert [message.file for message in heard if isinstance(message, Frame)] == ["0002.png", "0001.png", "0003.png"]
    done = heard[-1]
    assert isinstance(done, Done)
    assert (done.frames, done.reused, done.method, done.engine) == (3, 0, "dummy", __version__)
    assert (tmp_path / "out" / "0003.png").exists()


def test_jobs_run_one_after_the_other(warm_worker: Worker, request_of: MakeRequest):
    for job in "abc":
        warm_worker.send(Start(job, request_of(out=job, count=2)))
    heard = [*warm_worker.until_final("a"), *warm_worker.until_final("b"), *warm_worker.until_final("c")]
    work = [message.job for message in heard if isinstance(message, Progress | Frame | Done)]
    assert work == sorted(work)
    assert len([message for message in heard if isinstance(message, protocol.FINAL)]) == 3


def test_a_job_that_fails_leaves_the_worker_alive(warm_worker: Worker, request_of: MakeRequest):
    warm_worker.send(Start("a", request_of(count=0)))
    failed = warm_worker.until_final("a")[-1]
    assert isinstance(failed, Failed)
    assert (failed.code, bool(failed.message), bool(failed.hint)) == ("bad_request", True, True)
    warm_worker.send(Start("a", request_of()))
    assert isinstance(warm_worker.until_final("a")[-1], Done)


def test_an_error_nobody_foresaw_is_a_report_with_detail(request_of: MakeRequest):
    with Worker(env={"FCVG_DUMMY_FAULT": "error"}) as worker:
        worker.send(Start("a", request_of()))
        failed = worker.until_final("a")[-1]
        assert isinstance(failed, Failed)
        assert failed.code == "internal"
        assert "RuntimeError: an error nobody foresaw" in failed.detail


def test_the_self_test_makes_a_frame_and_says_how_long_it_took(warm_worker: Worker):
    warm_worker.send(SelfTest("t", "cpu"))
    done = warm_worker.until_final("t")[-1]
    assert isinstance(done, Done)
    assert (done.frames, done.device) == (1, "cpu")
    assert "made a frame" in done.notes[0]


def test_an_idle_worker_leaves_after_its_last_report(request_of: MakeRequest):
    with Worker("--idle-s", "0.2") as worker:
        worker.receive()
        assert worker.process.wait(HANG_S) == 0
    with Worker("--idle-s", "1") as worker:
        worker.send(Start("a", request_of()))
        assert isinstance(worker.until_final("a")[-1], Done)
        assert worker.process.wait(HANG_S) == 0


def test_too_many_jobs_are_refused_each_with_a_report(request_of: MakeRequest):
    with Worker(env={"FCVG_DUMMY_DELAY_S": "600"}) as worker:
        for number in range(105):
            worker.send(Start(f"job {number}", request_of(out=str(number))))
        refused = worker.until_final("job 104")[-1]
        assert isinstance(refused, Failed)
        assert "waiting" in refused.message


@pytest.mark.parametrize("job", [None, "", "x" * 1000])
def test_a_job_needs_an_id_that_can_be_told_apart(warm_worker: Worker, request_of: MakeRequest, job: str | None):
    warm_worker.send(Start(job, request_of()))
    complaint = warm_worker.until_final(None)[-1]
    assert isinstance(complaint, Failed)
    assert complaint.code == "protocol"


def test_an_id_in_use_is_refused_and_its_job_goes_on(request_of: MakeRequest):
    with Worker(env={"FCVG_DUMMY_DELAY_S": "0.3"}) as worker:
        worker.receive()
        worker.send(Start("a", request_of(out="first")))
        worker.send(Start("a", request_of(out="second")))
        heard = worker.until_final("a")
        assert [message.code for message in heard if isinstance(message, Failed)] == ["protocol"]
        assert isinstance(heard[-1], Done)


class TestCancelling:
    """Whenever it comes and however often: one final report."""

    @pytest.fixture
    def slow(self) -> Worker:
        with Worker(env={"FCVG_DUMMY_DELAY_S": "600"}) as worker:
            worker.receive()
            yield worker

    def test_before_its_turn(self, slow: Worker, request_of: MakeRequest, tmp_path: Path):
        slow.send(Start("running", request_of(out="running")))
        slow.send(Start("waiting", request_of(out="waiting")))
        slow.send(Cancel("waiting"))
        assert slow.until_final("waiting")[-1] == CancelledReport("waiting")
        slow.send(Cancel("running"))
        assert slow.until_final("running")[-1] == CancelledReport("running")
        assert not (tmp_path / "waiting").exists()
        assert slow.quiet_for(0.5) == []

    def test_in_the_middle_of_a_step_and_twice(self, slow: Worker, request_of: MakeRequest):
        slow.send(Start("a", request_of()))
        slow.until(Progress)
        slow.send(Cancel("a"))
        slow.send(Cancel("a"))
        assert slow.until_final("a")[-1] == CancelledReport("a")
        slow.send(Cancel("a"))
        assert slow.quiet_for(0.5) == []

    def test_at_random_moments(self, request_of: MakeRequest):
        chance, finals = random.Random(12), []  # of all jobs
        with Worker(env={"FCVG_DUMMY_DELAY_S": "0.005"}) as worker:
            for job in ("first", "measured"):
                began_s = time.monotonic()
                worker.send(Start(job, request_of(out=job)))
                assert isinstance(worker.until_final(job)[-1], Done)
            last_s = time.monotonic() - began_s
            for number in range(60):
                job = f"job {number}"
                worker.send(Start(job, request_of(out=job)))
                for _ in range(chance.randrange(1, 3)):
                    time.sleep(chance.uniform(0, 2 * last_s))
                    worker.send(Cancel(job))
                finals += [each for each in worker.until_final(job) if isinstance(each, protocol.FINAL)]
            assert worker.quiet_for(0.5) == []
        assert [each.job for each in finals] == [f"job {number}" for number in range(60)], "one report each"
        assert set(map(type, finals)) == {CancelledReport, Done}, "some were stopped, for some it came too late"

    def test_after_the_end_and_of_a_job_nobody_knows(self, warm_worker: Worker, request_of: MakeRequest):
        warm_worker.send(Start("a", request_of()))
        assert isinstance(warm_worker.until_final("a")[-1], Done)
        for job in ("a", "never", None):
            warm_worker.send(Cancel(job))
        assert warm_worker.quiet_for(0.5) == []
        warm_worker.send(Start("b", request_of(out="b")))  # an old cancel does not stop the next job
        assert isinstance(warm_worker.until_final("b")[-1], Done)
