# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers and texts beyond all limits, in job files, on the command line and in messages: refused where they enter."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from engine_process import Worker, run_engine

from fcvg_engine.cli.job_file import read_job
from fcvg_engine.jobs.validation import check
from fcvg_engine.shared import protocol
from fcvg_engine.shared.errors import BadRequest, ProtocolError
from fcvg_engine.shared.protocol import Done, Failed

RequestOf = Callable[..., protocol.Request]

WHOLE = ("count", "hold", "seed")
SAMPLING = ("steps", "guidance_min", "guidance_max", "control_weight", "motion_bucket", "noise_augmentation", "fps")
NUMBERS = ("-2147483649", "9223372036854775808", "1e999", "-1e999", "NaN", "Infinity", "1e308", "9" * 25, "9" * 6000)
# Texts that no word of a request can be.
NO_PATHS = ("a\0b", "\ud800")
FOLDERS = ("\x1b[2J", "\u202e")  # these can be names
TEXTS = (*NO_PATHS, *FOLDERS, "x" * 100_000)


@pytest.mark.parametrize("name", [*WHOLE, *SAMPLING, "timing"])
@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number[:12])
def test_a_number_in_a_job_file(request_of: RequestOf, tmp_path: Path, name: str, number: str):
    content = asdict(request_of())
    (content["sampling"] if name in SAMPLING else content)[name] = ["HERE"] if name == "timing" else "HERE"
    job = tmp_path / "job.json"
    job.write_text(json.dumps(content).replace('"HERE"', number))
    with pytest.raises((BadRequest, ProtocolError)) as refused:
        request = read_job(job)
        check(request)
        protocol.encode(protocol.Start("a", request))
        raise BadRequest("it is a time that no chart has") if name == "timing" else AssertionError(request)
    assert len(refused.value.message) < 500


@pytest.mark.parametrize(
    "option", ["--count", "--hold", "--seed", *(f"--{name.replace('_', '-')}" for name in SAMPLING)]
)
def test_a_number_on_the_command_line(keys: tuple[Path, Path], tmp_path: Path, option: str):
    for number in ("9" * 400, "-99999999999999999999"):
        command = ("inbetween", *map(str, keys), "--out", str(tmp_path / "out"), "--method", "dummy")
        counted = () if option == "--count" else ("--count", "1")
        done = run_engine(*command, *counted, f"{option}={number}")
        assert done.returncode == 2, done.stderr
        assert "did not expect" not in done.stderr
        assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("size", ["9" * 5000 + "x1", "99999999x9", "0x0", "-1x5", "1e9x1e9", "١٢x٣٤٥٦٧٨٩"])
def test_a_size_on_the_command_line(keys: tuple[Path, Path], size: str):
    done = run_engine("examine", *map(str, keys), "--size", size)
    assert done.returncode == 2
    assert "did not expect" not in done.stderr


def lines_with(request: protocol.Request, text: str) -> list[dict[str, Any]]:
    """Messages to the engine with `text` in each place that a text can have."""
    content = asdict(request)
    lines: list[dict[str, Any]] = []
    for name, value in content.items():
        if isinstance(value, str) and (name != "out" or text not in FOLDERS):
            lines.append({"type": "start", "request": {**content, name: text}})
    for group in ("conditions", "sampling"):
        for name, value in content[group].items():
            if isinstance(value, str) and (name != "matches" or text in NO_PATHS):  # the dummy reads none
                lines.append({"type": "start", "request": {**content, group: {**content[group], name: text}}})
    lines.append({"type": "self_test", "device": text})
    return lines


@pytest.mark.parametrize("text", TEXTS, ids=["NUL", "surrogate", "escape", "mark", "long"])
def test_a_text_in_a_message_ends_in_a_report_and_the_worker_goes_on(
    warm_worker: Worker, request_of: RequestOf, text: str
):
    for number, line in enumerate(lines_with(request_of(), text)):
        job = f"{text[:10]} {number}"
        warm_worker.send_raw(json.dumps({**line, "job": job}).encode() + b"\n")
        final = warm_worker.until_final(job)[-1]
        assert isinstance(final, Failed), line
        assert final.code in ("bad_request", "bad_image", "disk"), line
        assert final.message.isprintable()
    warm_worker.send(protocol.Start("sound", request_of(out="sound")))
    assert isinstance(warm_worker.until_final("sound")[-1], Done)


def test_a_word_in_matches_that_cannot_be_drawn(warm_worker: Worker, request_of: RequestOf, tmp_path: Path):
    matches = tmp_path / "matches.json"
    for text in ("\ud800", "\0", "\x1b[2J", "日本語", "😀"):
        content = {"version": 1, "size": [32, 24], "lines_by": text, "pose_by": text, "lines": []}
        matches.write_text(json.dumps(content))
        job = f"drawn {text}"
        conditions = protocol.ConditionSettings(matches=str(matches))
        warm_worker.send(protocol.Condition(job, request_of(out="conditions", conditions=conditions)))
        assert isinstance(warm_worker.until_final(job)[-1], Done), text
