# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands against real child processes that behave and misbehave: one final message, whatever happens."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from talk import HANG_S

from fcvg_blender.engine import protocol
from fcvg_blender.engine.child_command import FINAL, Command
from fcvg_blender.engine.engine_process import environment

SAY = """
import json, os, sys, time
def say(type, **fields):
    print(json.dumps({"type": type, "job": "job", **fields}), flush=True)
def progress(fraction, **more):
    say("progress", stage="Downloading torch", fraction=fraction, **more)
def installed():
    say("installed", state="current", engine="Engine for cpu", folder="/f", notes=[])
"""

Begin = Callable[..., Command]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Starts a child that runs the given program after `SAY`; none of them outlives the test."""
    commands: list[Command] = []

    def start(program: str, base: dict[str, str] | None = None) -> Command:
        arguments = [sys.executable, "-I", "-c", SAY + program]
        variables = environment(os.environ if base is None else base, online=True)
        commands.append(Command(arguments, variables, tmp_path / "logs" / "commands.log"))
        return commands[-1]

    yield start
    for command in commands:
        assert command.close(HANG_S)


def heard(command: Command) -> list[protocol.Message]:
    """Everything it says, the final message last."""
    messages: list[protocol.Message] = []
    give_up_s = time.monotonic() + HANG_S
    while not (messages and isinstance(messages[-1], FINAL)):
        assert time.monotonic() < give_up_s, messages
        message = command.poll(0.2)
        if message is not None:
            messages.append(message)
    assert command.poll(0.0) is None, "nothing comes after the final message"
    assert command.pid is None, "and the process is gone by then"
    return messages


def failed(command: Command) -> protocol.Failed:
    final = heard(command)[-1]
    assert isinstance(final, protocol.Failed)
    return final


def test_progress_then_the_result(begin: Begin) -> None:
    messages = heard(begin("progress(0.5, done_bytes=5, total_bytes=10, bytes_per_s=2.5, eta_s=2.0); installed()"))
    assert messages == [
        protocol.Progress("job", "Downloading torch", 0.5, 2.0, 5, 10, 2.5),
        protocol.Installed("job", "current", "Engine for cpu", "/f"),
    ]


def test_what_follows_the_final_message_is_dropped_and_a_child_that_stays_is_ended(begin: Begin) -> None:
    messages = heard(begin("installed(); progress(1.0); installed(); time.sleep(600)"))
    assert [type(each) for each in messages] == [protocol.Installed]


def test_cancelling_is_the_end_of_its_input(begin: Begin) -> None:
    command = begin("progress(0.0); sys.stdin.read(); say('cancelled')")
    assert isinstance(command.poll(HANG_S), protocol.Progress)
    command.cancel()
    command.cancel()
    assert heard(command) == [protocol.CancelledReport("job")]


def test_a_child_that_is_cancelled_and_says_nothing_more_counts_as_cancelled(begin: Begin) -> None:
    command = begin("progress(0.0); sys.stdin.read(); os._exit(130)")
    command.poll(HANG_S)
    command.cancel()
    assert heard(command) == [protocol.CancelledReport(None)]


def test_closing_ends_even_one_that_ignores_everything(begin: Begin) -> None:
    command = begin(
        "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); progress(0.0)\nwhile True: time.sleep(1)"
    )
    command.poll(HANG_S)
    pid = command.pid
    assert command.close(HANG_S)
    with pytest.raises(ProcessLookupError):
        os.kill(pid or 0, 0)


@pytest.mark.parametrize(
    ("program", "words", "detail"),
    [
        ("sys.exit('No disk is left.')", "No disk is left.", "No disk is left."),
        ("progress(0.2); os._exit(7)", "code 7", ""),
        ("raise ValueError('a mistake')", "ValueError: a mistake", "Traceback"),
        ("progress(0.2); import signal; os.kill(os.getpid(), signal.SIGKILL)", "memory", ""),
        ("print('hello', flush=True); time.sleep(600)", "does not understand", ""),
        ("say('queued', ahead=1); time.sleep(600)", "does not understand", ""),
        ('sys.stdout.write(\'{"type": "inst\'); sys.stdout.flush(); os._exit(0)', "code 0", ""),
        ("sys.stdout.write('x' * (3 << 20)); sys.stdout.flush(); time.sleep(600)", "too long", ""),
    ],
)
def test_every_other_end_is_one_failure_that_says_why(begin: Begin, program: str, words: str, detail: str) -> None:
    report = failed(begin(program))
    assert words in report.message
    assert detail in report.detail
    assert report.hint


def test_a_program_that_is_not_there_is_a_failure_too(tmp_path: Path) -> None:
    command = Command([str(tmp_path / "nothing"), "install"], {}, tmp_path / "logs" / "commands.log")
    assert "could not be started" in failed(command).message
    assert command.close()


def test_a_megabyte_of_chatter_blocks_nothing(begin: Begin) -> None:
    assert isinstance(heard(begin("sys.stderr.write('x' * (1 << 20)); installed()"))[-1], protocol.Installed)


def test_polling_does_not_wait(begin: Begin) -> None:
    command = begin("time.sleep(600)")
    began_s = time.perf_counter()
    for _ in range(100):
        assert command.poll() is None
    assert time.perf_counter() - began_s < HANG_S / 6


def test_a_secret_goes_through_the_pipe_and_the_input_stays_open(begin: Begin) -> None:
    command = begin("token = sys.stdin.readline().strip(); progress(len(token) / 10); sys.stdin.read(); installed()")
    command.send(b"hf_ab\n")
    assert command.poll(HANG_S) == protocol.Progress("job", "Downloading torch", 0.5)
    assert command.poll(0.3) is None, "it still waits for the end of its input"
    command.cancel()
    heard(command)


def test_what_bends_another_python_does_not_get_there(begin: Begin, tmp_path: Path) -> None:
    base = {**os.environ, "PYTHONHOME": "/nowhere", "PYTHONPATH": str(tmp_path), "PYTHONSTARTUP": "x"}
    command = begin("progress(0.0 if any(k.startswith('PYTHON') for k in os.environ) else 1.0); installed()", base)
    assert heard(command)[0] == protocol.Progress("job", "Downloading torch", 1.0)


def test_offline_and_studio_settings_get_there_and_the_environment_wins() -> None:
    studio = (("FCVG_INDEX_URL", "https://packages.studio/simple"), ("FCVG_WHEELS", "/wheels"))
    found = environment({"FCVG_WHEELS": "/other"}, False, studio, Path("/models"))
    assert found == {
        "FCVG_INDEX_URL": "https://packages.studio/simple",
        "FCVG_WHEELS": "/other",
        "FCVG_OFFLINE": "1",
        "PIP_NO_INDEX": "1",
        "FCVG_CHECKPOINTS": str(Path("/models")),
    }
