# SPDX-License-Identifier: GPL-3.0-or-later
"""Fault 35: one engine for a day of work. `benchmarks.reliability` measures the same for longer."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
from engine_process import Worker
from pictures import write_png

from fcvg_engine.shared.protocol import (
    Cancel,
    CancelledReport,
    Done,
    Examine,
    Examined,
    Failed,
    Message,
    Request,
    Start,
)

Keys = tuple[Path, Path]
MakeRequest = Callable[..., Request]

SIDE = 384  # so that a picture that is kept by mistake counts: 1.8 MB
WARM_UP, JOBS = 40, 200
MOST_GROWTH_BYTES = 30_000_000  # half of what one picture of each job that draws would be


@pytest.fixture
def worker(tmp_path: Path) -> Worker:
    (tmp_path / "temporary").mkdir()
    with Worker(env={"TMPDIR": str(tmp_path / "temporary")}) as worker:
        worker.receive()
        yield worker


def test_memory_handles_and_temporary_files_stay_as_they_are(
    worker: Worker, keys: Keys, request_of: MakeRequest, tmp_path: Path
):
    """Jobs that are done, done again, examined, cancelled and failed, in turn."""
    for key, seed in zip(keys, (1, 2), strict=True):
        write_png(key, np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE, 3), np.uint8))
    broken = tmp_path / "broken.png"
    broken.write_bytes(keys[0].read_bytes()[:-5000])
    engine = psutil.Process(worker.process.pid)

    def job(number: int) -> Message:
        name = f"job {number}"
        request = request_of(out=f"out {number // 5}", count=2)
        match number % 5:
            case 2:
                worker.send(Examine(name, request, SIDE, SIDE))
            case 3:
                worker.send(Start(name, dataclasses.replace(request, out=str(tmp_path / name))))
                worker.send(Cancel(name))
            case 4:
                failing = dataclasses.replace(request, end=str(broken), out=str(tmp_path / name))
                worker.send(Start(name, failing))
            case _:
                worker.send(Start(name, request))
        return worker.until_final(name)[-1]

    def state() -> tuple[int, int, int, list[str]]:
        temporary = sorted(path.name for path in (tmp_path / "temporary").rglob("*"))
        return engine.memory_info().rss, engine.num_fds(), engine.num_threads(), temporary

    kinds = [type(job(number)) for number in range(WARM_UP)]
    assert {Done, Examined, CancelledReport, Failed} == set(kinds)
    before = state()
    for number in range(WARM_UP, JOBS):
        assert isinstance(job(number), kinds[number % 5])
    after = state()
    assert after[1:] == before[1:], "open files, threads, temporary files"
    assert after[0] - before[0] < MOST_GROWTH_BYTES
    unfinished = list(tmp_path.rglob(".fcvg-tmp-*"))
    assert unfinished == []
