# SPDX-License-Identifier: GPL-3.0-or-later
"""The client and the engine of this checkout, two real processes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import textwrap
import time
import venv
from dataclasses import asdict, replace
from pathlib import Path

import psutil
import pytest
from talk import HANG_S, ROOT, until_final

from fcvg_blender.engine import protocol
from fcvg_blender.engine.client import Client
from fcvg_blender.engine.engine_process import Launch

DRAWS = re.compile("Preparing|Drawing")  # stages; of several the newest alone is sent


@pytest.fixture(autouse=True)
def dummy_method(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine's slow and obedient method, which `request_of` asks for."""
    monkeypatch.setenv("FCVG_DUMMY", "1")


def engine_of(client: Client) -> psutil.Process:
    """The running engine's process."""
    deadline = time.monotonic() + HANG_S
    while client.hello is None:
        assert time.monotonic() < deadline, client.log.tail()
        assert client.poll(timeout_s=0.02) is None
    return psutil.Process(client.hello.pid)


def engine_of_started(client: Client) -> psutil.Process:
    """The process of an engine that is started now."""
    client.warm_up()
    return engine_of(client)


def wait_until_gone(process: psutil.Process) -> None:
    deadline = time.monotonic() + HANG_S
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, f"{process} is still there"
        time.sleep(0.02)


def test_frames_come_one_by_one_and_are_on_disk(launch: Launch, connect, request_of, tmp_path: Path) -> None:
    client = connect(launch)
    client.submit(protocol.Start("a", request_of(hold=2, count=5)))
    heard = until_final(client, "a")
    frames = [message for message in heard if isinstance(message, protocol.Frame)]
    assert [(frame.index, frame.hold) for frame in frames] == [(3, 2), (1, 2), (5, 1)]
    for frame in frames:
        assert (tmp_path / "out" / frame.file).stat().st_size > 0
    final = heard[-1]
    assert isinstance(final, protocol.Done)
    assert (final.method, final.frames) == ("dummy", 5)


def test_the_engine_stays_warm_between_jobs(launch: Launch, connect, request_of) -> None:
    client = connect(launch)
    pids = []
    for job in "ab":
        client.submit(protocol.Start(job, request_of(out=job)))
        assert isinstance(until_final(client, job)[-1], protocol.Done)
        pids.append(engine_of(client).pid)
    assert pids[0] == pids[1]


def test_the_engine_leaves_by_itself_and_the_next_job_starts_another(launch: Launch, connect, request_of) -> None:
    client = connect(replace(launch, idle_s=0.2))
    client.submit(protocol.Start("a", request_of()))
    assert isinstance(until_final(client, "a")[-1], protocol.Done)
    deadline = time.monotonic() + HANG_S
    while client.state != "off":
        assert time.monotonic() < deadline
        client.poll(timeout_s=0.02)
    client.submit(protocol.Start("b", request_of()))
    assert isinstance(until_final(client, "b")[-1], protocol.Done)


def test_cancel_between_frames_leaves_the_engine_warm(launch: Launch, connect, request_of, monkeypatch) -> None:
    monkeypatch.setenv("FCVG_DUMMY_DELAY_S", "0.05")
    client = connect(launch)
    client.submit(protocol.Start("a", request_of(count=1000)))
    while not isinstance(client.poll(timeout_s=HANG_S), protocol.Frame):
        pass
    pid = engine_of(client).pid
    client.cancel("a")
    assert isinstance(until_final(client, "a")[-1], protocol.CancelledReport)
    client.cancel("a")
    assert client.poll(timeout_s=0.3) is None
    assert engine_of(client).pid == pid


@pytest.mark.parametrize("fault", ["ignore-cancel", "deaf"])
def test_a_method_that_ignores_cancel_is_ended(launch: Launch, connect, request_of, monkeypatch, fault: str) -> None:
    """One never looks whether it is to stop; the other does not even hear the end of input and SIGTERM."""
    monkeypatch.setenv("FCVG_DUMMY_FAULT", fault)
    monkeypatch.setenv("FCVG_DUMMY_AT", "0")
    monkeypatch.setenv("FCVG_DUMMY_DELAY_S", "1000" if fault == "ignore-cancel" else "0.5")
    client = connect(launch, cancel_grace_s=1.0)
    client.submit(protocol.Start("a", request_of()))
    while not (isinstance(step := client.poll(timeout_s=HANG_S), protocol.Progress) and DRAWS.match(step.stage)):
        pass
    if fault == "deaf":
        time.sleep(1.0)  # it has become so
    engine = engine_of(client)
    client.cancel("a")
    assert isinstance(until_final(client, "a")[-1], protocol.CancelledReport)
    wait_until_gone(engine)


def test_killed_engine_is_reported_and_the_next_job_keeps_its_frames(
    launch: Launch, connect, request_of, monkeypatch
) -> None:
    monkeypatch.setenv("FCVG_DUMMY_DELAY_S", "0.2")
    client = connect(launch)
    client.submit(protocol.Start("a", request_of(count=6)))
    while not isinstance(client.poll(timeout_s=HANG_S), protocol.Frame):
        pass
    engine_of(client).kill()
    final = until_final(client, "a")[-1]
    assert isinstance(final, protocol.Failed)
    assert final.hint
    client.submit(protocol.Start("b", request_of(count=6)))
    final = until_final(client, "b")[-1]
    assert isinstance(final, protocol.Done)
    assert final.reused >= 1


NEEDS_A_FRESH_ENGINE = pytest.mark.parametrize(
    ("fault", "code", "told"), [("oom", "out_of_memory", "Memory ran out"), ("card", "device_lost", "card failed")]
)


@NEEDS_A_FRESH_ENGINE
def test_without_memory_or_card_a_job_goes_on_in_a_fresh_engine(
    launch: Launch, connect, request_of, monkeypatch, fault: str, code: str, told: str
) -> None:
    monkeypatch.setenv("FCVG_DUMMY_FAULT", fault)
    monkeypatch.setenv("FCVG_DUMMY_AT", "2")  # in the second run one drawing is left
    client = connect(launch)
    first = engine_of_started(client)
    client.submit(protocol.Start("a", request_of(count=3)))
    client.submit(protocol.Start("b", request_of(out="b", count=1)))
    heard = until_final(client, "a")
    assert [type(each) for each in heard if isinstance(each, protocol.FINAL)] == [protocol.Done]
    assert heard[-1].reused == 2
    assert any(isinstance(each, protocol.Progress) and told in each.stage for each in heard)
    assert isinstance(until_final(client, "b")[-1], protocol.Done)
    assert engine_of(client).pid != first.pid
    wait_until_gone(first)


@NEEDS_A_FRESH_ENGINE
def test_a_fresh_engine_that_fails_as_well_is_reported(
    launch: Launch, connect, request_of, monkeypatch, fault: str, code: str, told: str
) -> None:
    monkeypatch.setenv("FCVG_DUMMY_FAULT", fault)
    monkeypatch.setenv("FCVG_DUMMY_AT", "0")
    client = connect(launch)
    client.submit(protocol.Start("a", request_of()))
    final = until_final(client, "a")[-1]
    assert isinstance(final, protocol.Failed)
    assert final.code == code
    assert final.hint
    assert client.poll(timeout_s=0.3) is None


def test_an_engine_whose_card_failed_gets_no_further_job(launch: Launch, connect, request_of, monkeypatch) -> None:
    """The driver would refuse it everything. What waits, and what comes next, gets a fresh one."""
    monkeypatch.setenv("FCVG_DUMMY_FAULT", "card")
    monkeypatch.setenv("FCVG_DUMMY_AT", "0")
    client = connect(launch)
    pids = []
    for job in "ab":
        client.submit(protocol.Start(job, request_of(out=job)))
        heard = until_final(client, job)
        assert isinstance(heard[-1], protocol.Failed)
        client.warm_up()
        pids.append(engine_of(client).pid)
    client.submit(protocol.Start("c", request_of(out="c")))
    client.submit(protocol.Start("d", request_of(out="d", method="dissolve")))
    assert isinstance(until_final(client, "c")[-1], protocol.Failed)
    assert isinstance(until_final(client, "d")[-1], protocol.Done)
    assert len({*pids, engine_of(client).pid}) == 3


def test_killed_blender_takes_its_engine_along(launch: Launch, request_of, tmp_path: Path) -> None:
    """SIGKILL leaves no time to say goodbye; other children that outlive it must not hold the pipe open."""
    program = f"""
        import subprocess, time
        from pathlib import Path
        from fcvg_blender.engine import protocol
        from fcvg_blender.engine.client import Client
        from fcvg_blender.engine.engine_process import Launch
        client = Client(Launch(Path({str(launch.python)!r}), Path({str(launch.root)!r}), Path({str(tmp_path)!r})))
        client.submit(protocol.Start("a", protocol.parse_request({asdict(request_of(count=1000))!r})))
        while not isinstance(client.poll(1), protocol.Frame):
            pass
        other = subprocess.Popen(["sleep", "100"])
        print(client.hello.pid, other.pid, flush=True)
        time.sleep(1000)
    """
    blender = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        cwd=ROOT,
        env=os.environ | {"FCVG_DUMMY_DELAY_S": "0.5"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert blender.stdout is not None
    engine, other = (psutil.Process(int(pid)) for pid in blender.stdout.readline().split())
    try:
        blender.send_signal(signal.SIGKILL)
        blender.wait(HANG_S)
        wait_until_gone(engine)
        assert other.is_running()
    finally:
        other.kill()


def test_python_without_the_engines_parts_is_a_clear_error(launch: Launch, connect, request_of) -> None:
    bare = Path(sys.base_prefix) / "bin" / "python3"
    client = connect(replace(launch, python=bare))
    client.submit(protocol.Start("a", request_of()))
    final = until_final(client, "a")[-1]
    assert isinstance(final, protocol.Failed)
    assert final.hint == "Install the engine again."
    assert "No module named" in final.detail


@pytest.mark.parametrize("torch", [None, "raise OSError('libtorch_cpu.so: cannot open shared object file')"])
def test_an_engine_without_a_torch_that_works_says_so(
    launch: Launch, connect, request_of, tmp_path: Path, torch: str | None
) -> None:
    venv.create(tmp_path / "env", symlinks=True)
    (packages,) = (tmp_path / "env").glob("lib/python*/site-packages")
    for path in Path(psutil.__file__).parents[1].iterdir():
        if path.name.partition("-")[0] != "torch":
            (packages / path.name).symlink_to(path)
    if torch:
        (packages / "torch.py").write_text(torch)
    client = connect(replace(launch, python=tmp_path / "env" / "bin" / "python"))
    client.submit(protocol.Start("a", request_of()))
    final = until_final(client, "a")[-1]
    assert isinstance(final, protocol.Failed)
    assert final.code == "missing_part"
    assert "torch" in final.message
    assert "nstall" in final.hint
    assert engine_of(client).is_running(), "what does not need it works"


@pytest.mark.parametrize(("version", "too_old"), [(99, "add-on"), (0, "engine")])
def test_engine_of_another_version_is_refused(
    launch: Launch, connect, request_of, copied_engine: Path, version: int, too_old: str
) -> None:
    source = copied_engine / "fcvg_engine" / "shared" / "protocol" / "worker_messages.py"
    text, changes = re.subn(r"^VERSION = \d+$", f"VERSION = {version}", source.read_text(), flags=re.MULTILINE)
    assert changes == 1
    source.write_text(text)
    client = connect(replace(launch, root=copied_engine))
    client.submit(protocol.Start("a", request_of()))
    final = until_final(client, "a")[-1]
    assert isinstance(final, protocol.Failed)
    assert f"{too_old} is too old" in final.message


def test_python_variables_of_the_user_do_not_reach_the_engine(
    launch: Launch, connect, request_of, tmp_path: Path, monkeypatch
) -> None:
    trap = tmp_path / "trap"
    trap.mkdir()
    for name in ("json", "torch", "numpy", "sitecustomize"):
        (trap / f"{name}.py").write_text("raise SystemExit('the trap snapped')")
    monkeypatch.setenv("PYTHONPATH", str(trap))
    monkeypatch.setenv("PYTHONHOME", str(trap))
    monkeypatch.setenv("PYTHONUSERBASE", str(trap))
    monkeypatch.chdir(trap)
    client = connect(launch)
    client.submit(protocol.Start("a", request_of()))
    assert isinstance(until_final(client, "a")[-1], protocol.Done), client.log.tail()


def test_self_test_says_which_method_and_device_work(launch: Launch, connect) -> None:
    client = connect(launch)
    client.submit(protocol.SelfTest("a", "cpu"))
    final = until_final(client, "a")[-1]
    assert isinstance(final, protocol.Done), final
    assert final.device == "cpu"
