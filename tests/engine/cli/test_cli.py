# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line's contract: words, exit codes, one line and a hint on stderr, nothing but its own on stdout."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from engine_process import AS_FILE, AS_MODULE, HANG_S, ROOT, run_engine, start_engine

from fcvg_engine import __version__
from fcvg_engine.shared import protocol

CARTOON = ROOT / "tests" / "cartoons" / "robot"

Keys = tuple[Path, Path]


def arguments(keys: Keys, out: Path, *more: str, method: str = "dummy") -> list[str]:
    return ["inbetween", str(keys[0]), str(keys[1]), "--count", "3", "--out", str(out), "--method", method, *more]


def complaint(stderr: str) -> tuple[str, str]:
    """The error and the hint, which have to be all there is."""
    error, hint = stderr.splitlines()
    assert error.startswith("error: ")
    assert hint.startswith("hint: ")
    return error, hint


@pytest.mark.parametrize("start", [AS_FILE, AS_MODULE], ids=["as a file", "as a module"])
def test_inbetweens_are_made_and_told_in_one_line(keys: Keys, tmp_path: Path, start: tuple[str, ...]):
    done = run_engine(*arguments(keys, tmp_path / "out"), start=start)
    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout.startswith("3 frames in ")
    assert len(done.stdout.splitlines()) == 1
    assert sorted(path.name for path in (tmp_path / "out").glob("[0-9m]*")) == [
        "0001.png",
        "0002.png",
        "0003.png",
        "manifest.json",
    ]


def test_json_is_one_protocol_message_a_line(keys: Keys, tmp_path: Path):
    done = run_engine(*arguments(keys, tmp_path / "out", "--json", "--hold", "2"), env={"FCVG_DUMMY_FAULT": "print"})
    messages = [protocol.decode(line.encode(), protocol.TO_BLENDER) for line in done.stdout.splitlines()]
    assert [message.index for message in messages if isinstance(message, protocol.Frame)] == [1, 3]
    assert isinstance(messages[-1], protocol.Done)
    assert "chatter" in done.stderr


def test_a_job_file_is_the_same_job_with_paths_from_its_folder(keys: Keys, tmp_path: Path):
    fields = {"start": "start.png", "end": "end.png", "out": "made", "count": 2, "method": "dummy"}
    (tmp_path / "job.json").write_text(json.dumps(fields))
    done = run_engine("run", str(tmp_path / "job.json"), "--json", cwd=ROOT)
    assert done.returncode == 0
    assert protocol.decode(done.stdout.splitlines()[-1].encode(), protocol.TO_BLENDER).type == "done"
    assert (tmp_path / "made" / "0002.png").exists()


PATHS = ("start", "end", "out", "matches")


@pytest.mark.parametrize("field", PATHS)
@pytest.mark.parametrize("way", ["absolute", "dots", "link", "link on the way", "a name that begins alike"])
def test_a_job_file_reads_and_writes_in_its_own_folder_only_unless_others_are_allowed(
    keys: Keys, tmp_path: Path, field: str, way: str
):
    home, elsewhere = tmp_path / "job", tmp_path / "job elsewhere"
    home.mkdir()
    elsewhere.mkdir()
    inside = {"start": "start.png", "end": "end.png", "out": "made", "matches": "matches.json"}
    for folder in (home, elsewhere):
        for key, name in zip(keys, ("start.png", "end.png"), strict=True):
            (folder / name).write_bytes(key.read_bytes())
        (folder / "matches.json").write_text("{}")
    outside = elsewhere / inside[field]
    match way:
        case "absolute":
            leads = str(outside)
        case "dots":
            leads = f"../{elsewhere.name}/{inside[field]}"
        case "a name that begins alike":
            leads = f"../job elsewhere/{inside[field]}"
        case "link":
            (home / "link").symlink_to(outside)
            leads = "link"
        case _:
            (home / "link").symlink_to(elsewhere)
            leads = f"link/{inside[field]}"
    paths = inside | {field: leads}
    fields = {**paths, "count": 1, "method": "dummy", "conditions": {"matches": paths.pop("matches")}}
    del fields["matches"]
    (home / "job.json").write_text(json.dumps(fields))
    refused = run_engine("run", str(home / "job.json"))
    assert refused.returncode == 2
    assert "--allow" in refused.stderr
    assert not (home / "made").exists()
    assert not (elsewhere / "made").exists()
    if (way, field) == ("link", "out"):
        outside.mkdir()
    allowed = run_engine("run", str(home / "job.json"), "--allow", str(tmp_path), "--allow", str(elsewhere))
    assert allowed.returncode == 0, allowed.stderr


def test_a_new_timing_adds_to_a_take_even_when_it_is_killed_half_way(keys: Keys, tmp_path: Path):
    """Linear, then slow in: 1/4, 1/2, 3/4, of which the new chart of five has 1/4 (as its third) only."""
    out = tmp_path / "out"
    assert run_engine(*arguments(keys, out)).returncode == 0
    first = {name: (out / name).read_bytes() for name in ("0001.png", "0002.png", "0003.png")}
    eased = ["inbetween", *map(str, keys), "--count", "5", "--out", str(out), "--method", "dummy"]
    eased += ["--timing", "ease-in", "--json"]
    refused = run_engine(*eased)
    assert refused.returncode == 2
    eased.append("--extend")
    process = start_engine(*eased, env={"FCVG_DUMMY_DELAY_S": "0.1"})
    wait_for_line(process, b'"reused": false')
    process.kill()
    process.communicate(timeout=HANG_S)
    done = run_engine(*eased)
    messages = [protocol.decode(line.encode(), protocol.TO_BLENDER) for line in done.stdout.splitlines()]
    final = messages[-1]
    assert isinstance(final, protocol.Done)
    assert (final.frames, final.reused >= 2) == (5, True)
    frames = {each.index: each.file for each in messages if isinstance(each, protocol.Frame)}
    assert frames[3] == "0001.png"
    assert sorted(frames) == [1, 2, 3, 4, 5]
    assert {name: (out / name).read_bytes() for name in first} == first
    told = json.loads((out / "manifest.json").read_bytes())
    assert len(told["frames"]) == 7
    assert {each["file"] for each in told["frames"]} == {*first, *frames.values()}


class TestExitCodes:
    @pytest.mark.parametrize(
        "wrong",
        [
            ["inbetween", "a.png"],
            ["inbetween", "a.png", "b.png", "--count", "three", "--out", "o"],
            ["inbetween", "a.png", "b.png", "--count", "3", "--out", "o", "--colour"],
            ["inbetween", "a.png", "b.png", "--count", "3", "--out", "o", "--timing", "0.5,x"],
            ["inbetween", "missing.png", "b.png", "--count", "3", "--out", "o"],
            ["explode"],
            ["serve", "--idle-s", "-1"],
            ["run", "missing.json"],
        ],
        ids=lambda wrong: " ".join(wrong)[-30:],
    )
    def test_2_for_arguments_and_input(self, tmp_path: Path, wrong: list[str]):
        done = run_engine(*wrong, cwd=tmp_path, start=AS_FILE)
        assert done.returncode == 2
        assert done.stdout == ""
        complaint(done.stderr)
        assert not (tmp_path / "o").exists()

    @pytest.mark.parametrize(
        "content", ["", "[]", "{", '{"start": "a"}', '{"start": "a", "end": "b", "out": "c", "count": "3"}', "[" * 9999]
    )
    def test_2_for_a_file_that_is_no_job(self, tmp_path: Path, content: str):
        (tmp_path / "job.json").write_text(content)
        done = run_engine("run", str(tmp_path / "job.json"))
        assert done.returncode == 2
        assert "error: " in done.stderr
        assert "Traceback" not in done.stderr

    def test_2_is_told_as_json_too(self, tmp_path: Path):
        done = run_engine("inbetween", "missing.png", "b.png", "--count", "3", "--out", "o", "--json", cwd=tmp_path)
        assert done.returncode == 2
        failed = protocol.decode(done.stdout.splitlines()[-1].encode(), protocol.TO_BLENDER)
        assert isinstance(failed, protocol.Failed)
        assert failed.code == "bad_image"
        assert "missing.png" in complaint(done.stderr)[0]

    @pytest.mark.parametrize("library", ["torch", "OpenImageIO", "rich"])
    def test_3_when_a_library_is_missing(self, keys: Keys, tmp_path: Path, library: str):
        done = run_engine(*arguments(keys, tmp_path / "out"), start=without(library, tmp_path))
        assert done.returncode == 3
        assert library in complaint(done.stderr)[0]

    def test_3_when_everything_is_missing(self):
        done = run_engine("models", start=(sys.executable, "-I", "-S", *AS_FILE[2:]))
        assert done.returncode == 3
        complaint(done.stderr)

    def test_4_when_memory_runs_out(self, keys: Keys, tmp_path: Path):
        done = run_engine(*arguments(keys, tmp_path / "out"), env={"FCVG_DUMMY_FAULT": "oom"})
        assert done.returncode == 4
        complaint(done.stderr)

    def test_5_when_the_folder_cannot_be(self, keys: Keys, tmp_path: Path):
        (tmp_path / "out").write_text("a file")
        done = run_engine(*arguments(keys, tmp_path / "out"))
        assert done.returncode == 5
        complaint(done.stderr)

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_130_when_told_to_stop(self, keys: Keys, tmp_path: Path, number: int):
        out = tmp_path / "out"
        process = start_engine(*arguments(keys, out, "--json"), env={"FCVG_DUMMY_DELAY_S": "600"})
        wait_for(out / "manifest.json")
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=HANG_S)
        assert process.returncode == 130
        assert protocol.decode(stdout.splitlines()[-1], protocol.TO_BLENDER).type == "cancelled"
        assert json.loads((out / "manifest.json").read_bytes())["state"] == "cancelled"
        assert b"Traceback" not in stderr

    def test_130_at_the_second_signal_even_in_a_step_that_does_not_end(self, keys: Keys, tmp_path: Path):
        slow = {"FCVG_DUMMY_DELAY_S": "600", "FCVG_DUMMY_FAULT": "ignore-cancel"}
        process = start_engine(*arguments(keys, tmp_path / "out", "--json"), env=slow)
        wait_for_line(process, b"Preparing")
        for _ in range(10):  # signals that come at once are one
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(3)
        assert process.returncode == 130

    def test_130_when_stopped_while_starting(self, keys: Keys, tmp_path: Path):
        process = start_engine(*arguments(keys, tmp_path / "out"))
        time.sleep(0.1)  # still importing
        process.terminate()
        assert process.wait(HANG_S) in (130, -signal.SIGTERM)  # by Python itself, when it was that early

    def test_1_for_an_error_nobody_foresaw_without_a_traceback(self, keys: Keys, tmp_path: Path):
        done = run_engine(*arguments(keys, tmp_path / "out"), env={"FCVG_DUMMY_FAULT": "error"})
        assert done.returncode == 1
        complaint(done.stderr)

    @pytest.mark.parametrize("where", [0, 100])
    def test_debug_shows_the_traceback(self, tmp_path: Path, where: int):
        command = ["inbetween", "missing.png", "b.png", "--count", "3", "--out", "o"]
        command.insert(where, "--debug")
        done = run_engine(*command, cwd=tmp_path)
        assert done.returncode == 2
        assert "Traceback" in done.stderr


class TestConditions:
    def test_what_fcvg_would_follow_is_drawn(self, tmp_path: Path):
        start, end = (str(CARTOON / f"{name}.png") for name in ("start", "end"))
        command = ["conditions", start, end, "--count", "3", "--pose", "none", "--work-size", "512x320"]
        done = run_engine(*command, "--out", str(tmp_path / "out"))
        assert done.returncode == 0, done.stderr
        assert "lines and 0 people matched" in done.stdout
        made = sorted(path.name for path in (tmp_path / "out").glob("*.*g") if path.name != "overview.png")
        assert made == [f"condition_{number:04d}.png" for number in range(5)]
        content = json.loads((tmp_path / "out" / "matches.json").read_bytes())
        assert len(content["lines"]) > 30

        content["lines"] = content["lines"][:1]  # edited, and given back
        (tmp_path / "edited.json").write_text(json.dumps(content))
        again = run_engine(*command, "--out", str(tmp_path / "out"), "--matches", str(tmp_path / "edited.json"))
        assert "1 line and 0 people matched" in again.stdout

    def test_a_file_of_matches_that_is_wrong_says_where(self, keys: Keys, tmp_path: Path):
        (tmp_path / "edited.json").write_text('{"version": 1, "size": [64, 64], "lines": [{"start": [[1, 2]]}]}')
        out = ["--out", str(tmp_path / "out"), "--matches", str(tmp_path / "edited.json")]
        done = run_engine("conditions", str(keys[0]), str(keys[1]), "--count", "3", *out)
        assert done.returncode == 2
        assert "lines[0]" in complaint(done.stderr)[0]

    def test_fcvg_without_its_models_says_what_is_missing(self, keys: Keys, tmp_path: Path):
        options = ["--count", "3", "--out", str(tmp_path / "out"), "--method", "fcvg"]
        done = run_engine(
            "inbetween", str(keys[0]), str(keys[1]), *options, env={"FCVG_CHECKPOINTS": str(tmp_path / "none")}
        )
        assert done.returncode == 3
        assert "Download Stable Video Diffusion XT 1.1" in complaint(done.stderr)[1]


class TestOtherCommands:
    def test_help_and_version_go_to_stdout(self):
        for command, text in (
            (["--help"], "inbetween"),
            (["inbetween", "--help"], "--hold"),
            (["--version"], __version__),
        ):
            done = run_engine(*command)
            assert done.returncode == 0
            assert text in done.stdout
            assert done.stderr == ""

    def test_models_are_listed_with_licence_and_what_they_enable(self, tmp_path: Path):
        done = run_engine("models", env={"FCVG_MODELS": str(tmp_path)})
        assert done.returncode == 0
        assert "RIFE 4.6" in done.stdout
        assert "missing" in done.stdout
        found = run_engine("models", "--json", env={"FCVG_MODELS": str(tmp_path)}).stdout
        listed = protocol.decode(found.encode(), protocol.FROM_COMMANDS)
        assert isinstance(listed, protocol.ModelList)
        assert all(each.licence and each.enables for each in listed.models)
        assert all(str(tmp_path) in each.path for each in listed.models)


def test_nobody_reading_the_output_ends_the_job_quietly(keys: Keys, tmp_path: Path):
    process = start_engine(*arguments(keys, tmp_path / "out", "--json"), env={"FCVG_DUMMY_DELAY_S": "0.2"})
    assert process.stdout
    process.stdout.close()
    _, stderr = process.communicate(timeout=HANG_S)
    assert process.returncode == 130
    assert b"Traceback" not in stderr


def test_a_terminal_sees_a_bar_and_how_long_it_will_take(keys: Keys, tmp_path: Path):
    import pty

    master, terminal = pty.openpty()
    process = start_engine(*arguments(keys, tmp_path / "out"), env={"FCVG_DUMMY_DELAY_S": "0.3"}, stderr=terminal)
    os.close(terminal)
    seen = b""
    while True:
        try:
            chunk = os.read(master, 1 << 16)
        except OSError:  # the engine closed its side
            break
        if not chunk:
            break
        seen += chunk
    assert process.wait(HANG_S) == 0
    assert "Drawing inbetweens" in seen.decode()
    assert " s left" in seen.decode()


def without(library: str, folder: Path) -> tuple[str, ...]:
    """A start of the engine with all its libraries but one."""
    libraries = folder / "libraries"
    libraries.mkdir()
    import numpy

    for path in Path(numpy.__file__).parents[1].iterdir():
        if not path.name.startswith(library):
            (libraries / path.name).symlink_to(path)
    script = "import runpy, sys; sys.path.insert(0, sys.argv.pop(1)); runpy.run_path(sys.argv[1], run_name='__main__')"
    # run_path leaves the script's own path as argv[0], as for a file that is run
    script = script.replace("runpy.run_path", "sys.argv.pop(0); runpy.run_path").replace("sys.argv[1]", "sys.argv[0]")
    return (sys.executable, "-I", "-S", "-c", script, str(libraries), AS_FILE[-1])


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + HANG_S
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} did not come"
        time.sleep(0.02)


def wait_for_line(process: Any, text: bytes) -> None:
    for line in process.stdout:
        if text in line:
            return
    raise AssertionError(f"{text!r} did not come")


def test_commercial_only_refuses_and_says_why(keys: Keys, tmp_path: Path):
    options = ["--count", "3", "--out", str(tmp_path / "out"), "--commercial-only"]
    done = run_engine("inbetween", *map(str, keys), *options, "--method", "fcvg")
    assert done.returncode == 3
    assert "one million US dollars" in complaint(done.stderr)[0]
    done = run_engine("conditions", *map(str, keys), *options, "--lines", "gluestick")
    assert done.returncode == 3
    assert "SuperPoint" in complaint(done.stderr)[0]
    assert run_engine("inbetween", *map(str, keys), *options, "--method", "dissolve").returncode == 0


@pytest.mark.skipif(os.name == "nt", reason="there the current folder cannot be deleted")
def test_a_current_folder_that_is_gone_is_said_to_be(keys: Keys, tmp_path: Path):
    gone = tmp_path / "gone"
    gone.mkdir()
    ended = run_engine(*arguments(keys, tmp_path / "out"), cwd=gone, preexec=gone.rmdir)
    assert ended.returncode == 2
    assert "The current folder is not there any more." in ended.stderr
    assert not (tmp_path / "out").exists()
