# SPDX-License-Identifier: GPL-3.0-or-later
"""Engines broken in one chosen way: each job gets one clear final report, and nothing hangs."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from talk import HANG_S, until_final

from fcvg_blender.engine import protocol
from fcvg_blender.engine.client import Client
from fcvg_blender.engine.engine_process import Launch
from fcvg_blender.engine.log import LIMIT_BYTES, TAIL_BYTES

HELLO = f"""
import json, os, sys
def say(**message):
    sys.stdout.write(json.dumps(message) + "\\n")
    sys.stdout.flush()
say(type="hello", job=None, version={protocol.VERSION}, engine="0.1.0", pid=os.getpid(), methods=["auto"])
"""


def fail(client: Client, job: str = "a") -> protocol.Failed:
    client.submit(protocol.SelfTest(job))
    final = until_final(client, job)[-1]
    assert isinstance(final, protocol.Failed)
    assert client.poll(timeout_s=0.3) is None, "more than one final report"
    assert not client.busy
    return final


def test_missing_python_is_reported_with_the_place_to_correct_it(
    launch: Launch, connect: Callable[..., Client], tmp_path: Path
) -> None:
    client = connect(Launch(tmp_path / "no python", launch.root, launch.log_folder))
    final = fail(client)
    assert "could not be started" in final.message
    assert "preferences" in final.hint


def test_engine_that_dies_at_import_shows_the_end_of_its_log(scripted, connect) -> None:
    final = fail(connect(scripted("import a_part_that_is_missing")))
    assert "while it started" in final.message
    assert "No module named 'a_part_that_is_missing'" in final.message
    assert "Traceback" in final.detail


def test_engine_that_says_nothing_is_stopped(scripted, connect) -> None:
    program = "import time; print('loading', flush=True, file=__import__('sys').stderr); time.sleep(1000)"
    final = fail(connect(scripted(program, hello_timeout_s=1.0)))
    assert "said nothing for 1 second" in final.message
    assert "loading" in final.detail


HUNG = """
Timeout (0:00:25)!
Thread 0x00007f9716ff86c0 (most recent call first):
  File "/opt/env/lib/python3.11/site-packages/rich/console.py", line 5 in <module>
  File "<frozen importlib._bootstrap>", line 241 in _call_with_frames_removed
  File "/opt/env/lib/python3.11/site-packages/typer/main.py", line 9 in <module>
  File "/addon/fcvg_engine/__main__.py", line 60 in <module>
"""


def test_a_library_that_hangs_before_the_greeting_is_named(scripted, connect) -> None:
    program = f"import sys, time; sys.stderr.write({HUNG!r}); sys.stderr.flush(); time.sleep(1000)"
    final = fail(connect(scripted(program, hello_timeout_s=2.0)))
    assert "library rich does not finish loading" in final.message
    assert "restart the computer" in final.hint


def test_a_library_that_stops_the_whole_engine_is_named(scripted, connect) -> None:
    program = f"{HELLO}sys.stdin.readline(); sys.stderr.write({HUNG!r}); sys.stderr.flush(); os._exit(1)"
    final = fail(connect(scripted(program)))
    assert "library rich does not finish loading" in final.message


def test_an_engine_that_was_once_slow_and_dies_later_blames_no_library(scripted, connect) -> None:
    program = f"{HELLO}sys.stderr.write({HUNG!r} + 'and more\\n'); sys.stdin.readline(); os._exit(7)"
    assert "code 7" in fail(connect(scripted(program))).message


def test_the_last_words_of_an_engine_are_told(scripted, connect) -> None:
    program = "import sys; sys.stderr.write('error: No more threads.\\nhint: Close other programs.\\n'); sys.exit(4)"
    final = fail(connect(scripted(program)))
    assert (final.message, final.hint) == ("The engine stopped: No more threads.", "Close other programs.")


def test_newer_engine_says_update_the_addon(scripted, connect) -> None:
    greeting = HELLO.replace(f"version={protocol.VERSION}", "version=99, colour='a field this version has not'")
    final = fail(connect(scripted(greeting + "sys.stdin.read()")))
    assert "add-on is too old" in final.message
    assert final.hint.startswith("Update the add-on")


def test_older_engine_says_update_the_engine(scripted, connect) -> None:
    final = fail(connect(scripted(HELLO.replace(f"version={protocol.VERSION}", "version=1") + "sys.stdin.read()")))
    assert "engine is too old" in final.message
    assert final.hint.startswith("Update the engine")


def test_half_a_message_then_the_end_is_an_error_and_not_used(scripted, connect) -> None:
    program = HELLO + (
        "job = json.loads(sys.stdin.readline())['job']\n"
        "sys.stdout.write(json.dumps({'type': 'failed', 'job': job, 'code': 'x', 'message': 'y'}))\n"
    )
    assert "half a message" in fail(connect(scripted(program))).message


def test_too_long_a_message_is_refused(scripted, connect) -> None:
    program = HELLO + "sys.stdin.readline(); sys.stdout.write('x' * (3 << 20)); sys.stdout.flush(); sys.stdin.read()"
    assert "too long" in fail(connect(scripted(program))).message


def test_text_on_the_protocol_is_refused(scripted, connect) -> None:
    program = HELLO + "sys.stdin.readline(); print('Downloading: 3%', flush=True); sys.stdin.read()"
    assert "not JSON" in fail(connect(scripted(program))).message


def test_dead_engine_fails_each_job_once_and_the_next_click_works(scripted, connect) -> None:
    program = HELLO + (
        "first = json.loads(sys.stdin.readline())\n"
        "if first['device'] == 'cpu':\n"
        "    say(type='queued', job=first['job'], ahead=0)\n"
        "    say(type='queued', job=json.loads(sys.stdin.readline())['job'], ahead=1)\n"
        "    print('the last words', file=sys.stderr, flush=True)\n"
        "    os._exit(7)\n"
        "say(type='cancelled', job=first['job'])\n"
        "sys.stdin.read()\n"
    )
    client = connect(scripted(program))
    for job in "ab":
        client.submit(protocol.SelfTest(job, device="cpu"))
    finals = [until_final(client, job)[-1] for job in "ab"]
    for final in finals:
        assert isinstance(final, protocol.Failed)
        assert "code 7" in final.message
        assert "the last words" in final.detail
    client.submit(protocol.SelfTest("c"))
    assert isinstance(until_final(client, "c")[-1], protocol.CancelledReport)


def test_what_was_cancelled_is_not_begun_in_a_fresh_engine(scripted, connect, tmp_path) -> None:
    """The first job runs out of memory, while the second, which was cancelled, and the third wait."""
    seen = tmp_path / "seen by the fresh one"
    program = HELLO + (
        f"from pathlib import Path\nseen = Path({str(seen)!r})\n"
        "is_fresh = seen.exists()\n"
        "seen.touch()\n"
        "for message in map(json.loads, sys.stdin):\n"
        "    if is_fresh:\n"
        "        seen.write_text(seen.read_text() + message['job'])\n"
        "        say(type='failed', job=message['job'], code='internal', message='m', hint='', detail='')\n"
        "    elif message['type'] == 'cancel':\n"
        "        say(type='failed', job='a', code='out_of_memory', message='m', hint='', detail='')\n"
    )
    client = connect(scripted(program))
    for job in "abc":
        client.submit(protocol.SelfTest(job))
    client.cancel("b")
    finals = {job: [] for job in "abc"}
    deadline = time.monotonic() + HANG_S
    while client.busy and time.monotonic() < deadline:
        message = client.poll(timeout_s=0.2)
        if isinstance(message, protocol.FINAL):
            finals[message.job].append(type(message))
    assert finals == {"a": [protocol.Failed], "b": [protocol.CancelledReport], "c": [protocol.Failed]}
    assert seen.read_text() == "ac"


def test_kill_by_the_system_names_memory(scripted, connect) -> None:
    program = HELLO + (
        "say(type='queued', job=json.loads(sys.stdin.readline())['job'], ahead=0)\nos.kill(os.getpid(), 9)\n"
    )
    assert "memory" in fail(connect(scripted(program))).message


def test_cancel_ends_an_engine_that_ignores_everything(scripted, connect) -> None:
    program = HELLO + (
        "import signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "for _ in range(2):\n"
        "    say(type='queued', job=json.loads(sys.stdin.readline())['job'], ahead=0)\n"
        "while True: time.sleep(1000)\n"
    )
    client = connect(scripted(program), cancel_grace_s=0.2)
    client.submit(protocol.SelfTest("a"))
    client.submit(protocol.SelfTest("b"))
    client.poll(timeout_s=HANG_S)
    client.poll(timeout_s=HANG_S)
    client.cancel("a")
    client.cancel("a")
    client.cancel("b")
    for job in "ab":
        assert isinstance(until_final(client, job)[-1], protocol.CancelledReport)
    assert client.poll(timeout_s=0.3) is None


def test_job_sent_to_an_engine_that_just_left_runs_in_the_next_one(scripted, connect, tmp_path) -> None:
    flag = tmp_path / "left once"
    program = HELLO + (
        f"from pathlib import Path\nflag = Path({str(flag)!r})\n"
        "if not flag.exists():\n"
        "    flag.touch()\n"
        "    sys.exit(0)\n"
        "say(type='cancelled', job=json.loads(sys.stdin.readline())['job'])\n"
    )
    client = connect(scripted(program))
    client.submit(protocol.SelfTest("a"))
    assert isinstance(until_final(client, "a")[-1], protocol.CancelledReport)
    assert flag.exists()


def test_a_megabyte_of_errors_does_not_stop_it_and_the_log_stays_small(scripted, connect) -> None:
    program = HELLO + (
        "job = json.loads(sys.stdin.readline())['job']\n"
        "for i in range(60000): sys.stderr.write(f'a warning that nobody reads, number {i}, again and again\\n')\n"
        "sys.stderr.flush()\n"
        "say(type='cancelled', job=job)\n"
        "sys.stdin.read()\n"
    )
    client = connect(scripted(program))
    client.submit(protocol.SelfTest("a"))
    assert isinstance(until_final(client, "a")[-1], protocol.CancelledReport)
    assert client.close(timeout_s=HANG_S)
    assert "number 59999" in client.log.tail()
    kept_bytes = sum(path.stat().st_size for path in client.log.path.parent.iterdir())
    assert kept_bytes <= LIMIT_BYTES + TAIL_BYTES


def test_a_writer_that_waits_never_makes_the_caller_wait(scripted, connect) -> None:
    """The engine reads nothing: what is sent waits in the queue, the caller does not, and ending it works."""
    client = connect(scripted(HELLO + "import time; time.sleep(1000)"))
    long_path = "p" * 100_000
    for number in range(50):
        request = protocol.Request(long_path, long_path, long_path, 1)
        client.submit(protocol.Start(str(number), request))
    assert client.busy
    assert client.close(timeout_s=HANG_S)


def test_signals_of_the_terminal_do_not_reach_the_engine(scripted, connect) -> None:
    """Ctrl-C in the terminal Blender was started from concerns Blender only."""
    client = connect(scripted(HELLO + "print(os.getpgid(0), file=sys.stderr, flush=True); sys.stdin.read()"))
    client.warm_up()
    deadline = time.monotonic() + HANG_S
    while client.hello is None and time.monotonic() < deadline:
        client.poll(timeout_s=0.05)
    assert client.hello is not None
    assert os.getpgid(client.hello.pid) != os.getpgid(0)
    os.kill(client.hello.pid, signal.SIGTERM)
