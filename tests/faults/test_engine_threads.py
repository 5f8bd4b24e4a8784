# SPDX-License-Identifier: GPL-3.0-or-later
"""A system that gives few threads or none: jobs are made with what there is, or end with a sentence."""

from __future__ import annotations

import ctypes
import os
import resource
from collections.abc import Callable
from pathlib import Path

import pytest
from engine_process import HANG_S, run_engine, start_engine

_CAPBSET_DROP, _SYS_ADMIN, _SYS_RESOURCE = 24, 21, 24
_NOBODY = 65533  # a user without processes, so that they count from none


def limited(most: int) -> Callable[[], None]:
    """Run in the child: no more than `most` threads and processes. Root's own limit is one only for another user."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_NPROC, (most, most))
        if os.geteuid() == 0:
            for capability in (_SYS_ADMIN, _SYS_RESOURCE):
                ctypes.CDLL(None).prctl(_CAPBSET_DROP, capability, 0, 0, 0)
            os.setresuid(_NOBODY, 0, 0)

    return limit


pytestmark = pytest.mark.skipif(
    not hasattr(os, "setresuid") or os.geteuid() != 0, reason="the limit counts all processes of a user"
)


@pytest.mark.parametrize("most", [1, 2, 4, 8])
def test_a_job_is_made_with_the_threads_there_are(keys: tuple[Path, Path], tmp_path: Path, most: int):
    command = ("inbetween", *map(str, keys), "--count", "1", "--out", str(tmp_path / "out"), "--method", "dissolve")
    done = run_engine(*command, preexec=limited(most))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "0001.png").exists()


@pytest.mark.parametrize("most", [1, 3])
def test_the_doctor_works_with_the_threads_there_are(tmp_path: Path, most: int):
    done = run_engine("doctor", preexec=limited(most), env={"FCVG_MODELS": str(tmp_path), "FCVG_OFFLINE": "1"})
    assert done.returncode == 0, done.stdout
    assert "self-test" in done.stdout


@pytest.mark.parametrize("most", [1, 2])
def test_a_worker_that_can_start_none_says_so(most: int):
    with start_engine("serve", preexec_fn=limited(most)) as process:
        _, stderr = process.communicate(timeout=HANG_S)
    assert process.returncode == 4
    assert b"error: The system allows no more threads or processes." in stderr
    assert b"hint: " in stderr
