# SPDX-License-Identifier: GPL-3.0-or-later
"""Libraries that hang while they are imported: every command and job ends in time, and says which one it was."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import hanging_library
import pytest
from engine_process import AS_FILE, HANG_S, Worker, run_engine

from fcvg_engine.shared import protocol
from fcvg_engine.shared.protocol import Cancel, CancelledReport, Condition, Examine, Failed, SelfTest, Start

SOON = {"FCVG_LOADING_S": "2"}  # what else is loaded on the way may take longer
SLOWLY = {"FCVG_LOADING_S": "600"}

RequestOf = Callable[..., protocol.Request]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Path]:
    made: dict[tuple[str, str], Path] = {}

    def make(library: str, way: str) -> Path:
        if (library, way) not in made:
            folder = tmp_path_factory.mktemp(f"{library}-{way}")
            made[library, way] = hanging_library.environment(folder, library, way)
        return made[library, way]

    return make


@pytest.mark.parametrize("way", hanging_library.WAYS)
def test_the_doctor_names_a_torch_that_hangs(python: Callable[[str, str], Path], way: str):
    done = run_engine("doctor", start=(str(python("torch", way)), *AS_FILE[1:]), env=SOON)
    assert done.returncode == 3
    assert "torch has not finished loading in 2 s" in done.stdout
    assert "self-test" in done.stdout
    assert "left out" in done.stdout


@pytest.mark.parametrize(
    ("library", "way"), [("torch", "asleep"), ("numpy", "busy"), ("numpy", "asleep"), ("OpenImageIO", "asleep")]
)
def test_jobs_name_the_library_that_hangs(
    python: Callable[[str, str], Path], request_of: RequestOf, library: str, way: str
):
    with Worker(env={"FCVG_LOADING_S": "8"}, start=(str(python(library, way)), *AS_FILE[1:])) as worker:
        assert isinstance(worker.receive(), protocol.Hello)
        for message in (SelfTest("a"), Start("b", request_of()), Examine("c", request_of(), 32, 24)):
            worker.send(message)
            final = worker.until_final(message.job)[-1]
            assert isinstance(final, Failed)
            assert final.code == "missing_part"
            assert f"library {library} has not finished loading in 8 s" in final.message
            assert "Try again" in final.hint


def test_a_library_of_one_kind_of_job_is_named_too(python: Callable[[str, str], Path], request_of: RequestOf):
    with Worker(env={"FCVG_LOADING_S": "12"}, start=(str(python("cv2", "asleep")), *AS_FILE[1:])) as worker:
        worker.receive()
        for message in (Condition("a", request_of()), Examine("b", request_of(), 32, 24)):
            worker.send(message)
            final = worker.until_final(message.job)[-1]
            assert isinstance(final, Failed)
            assert "library cv2 has not finished" in final.message
        worker.send(Start("c", request_of()))
        assert isinstance(worker.until_final("c")[-1], protocol.Done), "other jobs go on"


@pytest.mark.parametrize("library", ["torch", "numpy"])
def test_a_job_that_waits_for_a_library_can_be_cancelled(
    python: Callable[[str, str], Path], request_of: RequestOf, library: str
):
    with Worker(env=SLOWLY, start=(str(python(library, "asleep")), *AS_FILE[1:])) as worker:
        worker.receive()
        worker.send(Start("a", request_of()))
        worker.until(protocol.Queued)
        worker.send(Cancel("a"))
        assert worker.until_final("a")[-1] == CancelledReport("a")


def test_a_library_that_stops_the_whole_engine_ends_it_and_stands_in_its_log(
    python: Callable[[str, str], Path], tmp_path: Path
):
    log = tmp_path / "log.txt"
    with Worker(env=SOON, start=(str(python("torch", "locked")), *AS_FILE[1:]), log=log) as worker:
        worker.receive()
        assert worker.process.wait(HANG_S) == 1
    assert "Timeout" in log.read_text()
    assert "torch" in log.read_text()


@pytest.mark.parametrize("library", ["torch", "numpy"])
def test_commands_name_the_library_that_hangs(
    python: Callable[[str, str], Path], keys: tuple[Path, Path], tmp_path: Path, library: str
):
    start = (str(python(library, "asleep")), *AS_FILE[1:])
    for command in (
        ("inbetween", *map(str, keys), "--count", "1", "--out", str(tmp_path / "out"), "--method", "dissolve"),
        ("examine", *map(str, keys)),
        ("conditions", *map(str, keys), "--count", "1", "--out", str(tmp_path / "conditions")),
    ):
        done = run_engine(*command, start=start, env=SOON)
        assert done.returncode == 3, command
        assert f"library {library} has not finished loading" in done.stderr


def test_a_library_that_comes_late_is_taken(request_of: RequestOf, tmp_path: Path):
    """As from a slow disk: the first job is told, the next one is made."""
    there = tmp_path / "there"
    with Worker(env=SOON, start=(str(hanging_library.late(tmp_path / "env", "torch", there)), *AS_FILE[1:])) as worker:
        worker.receive()
        worker.send(Start("a", request_of()))
        final = worker.until_final("a")[-1]
        assert isinstance(final, Failed)
        assert "finished loading" in final.message
        there.touch()
        for attempt in range(200):  # it may take its time to notice
            worker.send(Start(f"b{attempt}", request_of()))
            final = worker.until_final(f"b{attempt}")[-1]
            if isinstance(final, protocol.Done):
                break
            time.sleep(0.1)
        assert isinstance(final, protocol.Done)
