# SPDX-License-Identifier: GPL-3.0-or-later
"""What the command line prints: nothing in it can steer a terminal, and an output that cannot be written is told."""

from __future__ import annotations

import json
import os
import subprocess
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from engine_process import AS_FILE, HANG_S, run_engine, start_engine
from pictures import write_png

from fcvg_engine.shared import protocol

Keys = tuple[Path, Path]

HOSTILE = "\x1b]0;owned\x07\x1b[2J\u202egnp.\u2066\x9b31m\u2028\tnew\nline"
FULL = Path("/dev/full")

needs_full_disk = pytest.mark.skipif(not FULL.exists(), reason="only Linux has a disk that is always full")


def assert_plain(text: str) -> None:
    odd = {each for each in text if unicodedata.category(each) in {"Cc", "Cf", "Cs", "Zl", "Zp"}} - {"\n"}
    assert not odd, ascii(text)


def fake_delivery(folder: Path, word: str) -> Path:
    """A folder with a manifest that says `word` wherever it can say anything."""
    model = dict.fromkeys(("name", "title", "licence", "commercial"), word)
    frames = [{"index": 1, "hold": 1, "file": "0001.png", "time": 0.5}]
    content = {"manifest": 1, "state": word, "identity": {"engine": word}, "method": word, "frames": frames}
    for name, models in (("with models", [model]), (word.replace("/", "_").replace("\0", ""), None)):
        (folder / name).mkdir(parents=True)
        (folder / name / "manifest.json").write_text(json.dumps({**content, "models": models}))
    return folder


class TestHostileNames:
    def test_nothing_of_them_reaches_a_terminal(self, keys: Keys, tmp_path: Path):
        hostile = tmp_path / HOSTILE
        hostile.mkdir()
        start = write_png(hostile / "a.png", np.zeros((8, 8, 3), np.uint8))
        commands = (
            ("inbetween", str(start), str(start), "--count", "1", "--out", str(hostile), "--method", "dissolve"),
            ("inbetween", str(hostile / "none.png"), str(keys[1]), "--count", "1", "--out", str(hostile)),
            ("inbetween", *map(str, keys), "--count", "1", "--out", "out", "--method", HOSTILE),
            ("run", str(hostile / "job.json")),
            ("models", "report", str(fake_delivery(tmp_path / "delivery", HOSTILE))),
            ("models", "report", str(tmp_path / "delivery"), "--csv"),
            ("models", "import", str(hostile)),
            ("models", "licence", HOSTILE),
            (HOSTILE,),
            ("inbetween", "--debug", str(hostile / "none.png"), str(keys[1]), "--count", "1", "--out", str(hostile)),
        )
        for command in commands:
            done = run_engine(*command, env={"FCVG_MODELS": str(hostile / "models")})
            said = done.stdout + done.stderr
            assert_plain(said.replace("\t", "") if "--debug" in command else said)
            assert "\\x1b" in done.stdout + done.stderr, command
            assert "--debug" in command or not any(line.startswith("line") for line in done.stdout.splitlines())

    def test_json_says_them_all_the_same(self, keys: Keys, tmp_path: Path):
        done = run_engine(
            "inbetween", str(tmp_path / HOSTILE), str(keys[1]), "--count", "1", "--out", str(tmp_path), "--json"
        )
        assert_plain(done.stdout)
        assert done.stdout.isascii()
        final = protocol.decode(done.stdout.splitlines()[-1].encode(), protocol.TO_BLENDER)
        assert isinstance(final, protocol.Failed)
        rows = run_engine("models", "report", str(fake_delivery(tmp_path / "delivery", HOSTILE)), "--json").stdout
        assert rows.isascii()
        assert json.loads(rows)[0]["title"] == HOSTILE

    def test_the_workers_log_is_plain(self, tmp_path: Path):
        log = tmp_path / "log.txt"
        with log.open("wb") as stderr, start_engine("serve", stderr=stderr) as process:
            line = {
                "type": "start",
                "job": HOSTILE,
                "request": {"start": HOSTILE, "end": HOSTILE, "out": "x", "count": 1},
            }
            process.communicate(json.dumps(line).encode() + b"\n", timeout=HANG_S)
        process.wait(HANG_S)
        assert_plain(log.read_text())


class TestAnOutputThatCannotBeWritten:
    COMMANDS = (
        ("--help",),
        ("--version",),
        ("inbetween", "--help"),
        ("models", "list"),
        ("models", "list", "--json"),
        ("models", "report", "."),
    )

    @needs_full_disk
    @pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
    def test_a_full_disk_is_told(self, command: tuple[str, ...]):
        with FULL.open("wb") as full:
            process = start_engine(*command, stdout=full)
            _, stderr = process.communicate(timeout=HANG_S)
        assert process.returncode == 5
        assert b"error: The output cannot be written: No space left" in stderr
        assert b"hint: " in stderr
        assert b"Traceback" not in stderr

    @needs_full_disk
    def test_frames_are_kept_when_only_the_output_is_full(self, keys: Keys, tmp_path: Path):
        command = ("inbetween", *map(str, keys), "--count", "2", "--out", str(tmp_path / "out"), "--method", "dissolve")
        with FULL.open("wb") as full:
            process = start_engine(*command, stdout=full)
            _, stderr = process.communicate(timeout=HANG_S)
        assert (process.returncode, b"did not expect" in stderr) == (5, False)
        assert (tmp_path / "out" / "0002.png").exists()

    @needs_full_disk
    @pytest.mark.parametrize("command", [("models", "list"), ("nonsense",)], ids=" ".join)
    def test_the_exit_code_stays_where_nothing_can_be_said(self, command: tuple[str, ...]):
        with FULL.open("wb") as full:
            assert start_engine(*command, stdout=full, stderr=full).wait(HANG_S) == (
                2 if command == ("nonsense",) else 5
            )

    @pytest.mark.skipif(os.name != "posix", reason="done by a shell")
    @pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
    def test_streams_that_are_closed_do_no_harm(self, closed: str):
        for command, code in (("models list", 0), ("nonsense", 2)):
            line = f'"$@" {command} {closed}'
            done = subprocess.run(["sh", "-c", line, "sh", *AS_FILE], capture_output=True, timeout=HANG_S, check=False)
            assert done.returncode == code
            assert b"Traceback" not in done.stderr
