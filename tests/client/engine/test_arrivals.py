# SPDX-License-Identifier: GPL-3.0-or-later
"""What an engine says that it cannot mean ends the job with a sentence; what it says too loudly is toned down."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from talk import until_final

from fcvg_blender.engine import arrivals, errors, protocol
from fcvg_blender.engine.client import Client

HELLO = {"type": "hello", "job": None, "version": protocol.VERSION, "engine": "0.1.0", "pid": 1, "methods": ["auto"]}
UNSEEN = "\x00\x07\x1b\x7f\x85\u200b\u202e\u2028\u2066\ud800\udfff"
NAMES = (
    *("", ".", "..", "/", "0001", "0001.png/", "./0001.png", "../0001.png", "a/0001.png", "a\\0001.png"),
    *("/etc/passwd", "\\\\host\\share\\0001.png", "C:0001.png", "C:\\0001.png", "~/0001.png", "00001.png", "001.png"),
    *("0001.exr", "0001.PNG", "0001.png.exe", "0001.png:x", "key_start.png", "manifest.json", "-rf.png", "x" * 5000),
    *(f"0001{odd}.png" for odd in UNSEEN),
    *("٠٠٠١.png", "condition_0001.png", "preview.png", "nothing.png", "CON.png"),
)
NUMBERS = (-1, 0, 5, 1001, 10**9, 2**31 - 1, 2**63, 10**400, -(10**400))


def asked(folder: Path, **options: Any) -> protocol.Start:
    return protocol.Start("a", protocol.Request("s.png", "e.png", str(folder), 4, **options))


def frame(**fields: Any) -> dict[str, Any]:
    return {"type": "frame", "job": "a", "index": 1, "hold": 1, "file": "0001.png", "time": 0.5, **fields}


def let_in(message: dict[str, Any], job: arrivals.ToDo) -> protocol.Message:
    """As the client does with a line of the engine's."""
    found = arrivals.cleaned(protocol.decode(json.dumps(message).encode(), protocol.TO_BLENDER))
    arrivals.check(found, job)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_frame_lies_in_its_folder_under_a_frames_name(name: str, tmp_path: Path) -> None:
    for kind in (asked(tmp_path), protocol.Condition("a", asked(tmp_path).request)):
        try:
            found = let_in(frame(file=name), kind)
        except errors.ProtocolError:
            continue
        assert isinstance(found, protocol.Frame)
        assert found.file == ("0001.png" if isinstance(kind, protocol.Start) else "condition_0001.png")


def test_a_frame_has_the_format_that_was_asked_for(tmp_path: Path) -> None:
    for file_format, file in (("png", "0002.png"), ("png16", "0002.png"), ("exr", "0002.exr"), ("jpg", "0002.jpg")):
        let_in(frame(file=file), asked(tmp_path, format=file_format))
        for other in {"0002.png", "0002.exr", "0002.jpg"} - {file}:
            with pytest.raises(errors.ProtocolError, match="under a name that no frame has"):
                let_in(frame(file=other), asked(tmp_path, format=file_format))


@pytest.mark.parametrize("number", NUMBERS)
def test_a_frame_lies_on_the_chart_of_its_job(number: int, tmp_path: Path) -> None:
    for field in ("index", "hold"):
        with pytest.raises(errors.ProtocolError):
            let_in(frame(**{field: number}), asked(tmp_path))
    for time in (-0.5, 0, 1, 1.5, 1e300, number):
        with pytest.raises(errors.ProtocolError):
            let_in(frame(time=time), asked(tmp_path))


def test_no_link_leads_out(tmp_path: Path) -> None:
    folder, secret = tmp_path / "take", tmp_path / "secret.png"
    folder.mkdir()
    secret.write_bytes(b"secret")
    (folder / "0001.png").symlink_to(secret)
    (folder / "0002.png").symlink_to(folder / "0003.png")
    (folder / "0003.png").write_bytes(b"drawing")
    (folder / "0004.png").mkdir()
    with pytest.raises(errors.ProtocolError, match="a link out of the job's folder"):
        let_in(frame(file="0001.png"), asked(folder))
    with pytest.raises(errors.ProtocolError, match="it is a folder"):
        let_in(frame(file="0004.png"), asked(folder))
    for file in ("0002.png", "0003.png"):
        let_in(frame(file=file), asked(folder))
    let_in(frame(file="0001.png", reused=True), asked(folder))  # the artist has made a link of it


def test_previews_and_ends_are_of_their_job(tmp_path: Path) -> None:
    job, look = asked(tmp_path), protocol.Examine("a", asked(tmp_path).request, 64, 36)
    done = {"type": "done", "job": "a", "method": "m", "device": "cpu", "frames": 4, "reused": 1, "seconds": 1.0}
    done["engine"] = "1"
    let_in(done, job)
    for name in ("preview.png", "preview-2.png"):  # the second where something of the artist's has the first name
        let_in({"type": "preview", "job": "a", "file": name, "step": 2, "steps": 9}, job)
    for name in NAMES:
        if name != "preview.png":
            with pytest.raises(errors.ProtocolError, match="a preview under a name"):
                let_in({"type": "preview", "job": "a", "file": name, "step": 2, "steps": 9}, job)
    for number in NUMBERS:
        for field in ("frames", "reused"):
            if (field, number) != ("reused", 0):
                with pytest.raises(errors.ProtocolError, match=r"a report of|too large a number"):
                    let_in({**done, field: number}, job)
    for wrong in (done, frame()):
        with pytest.raises(errors.ProtocolError):
            let_in(wrong, look)
    # What a self-test draws is in a folder of its own and of no interest to anybody.
    let_in(frame(), protocol.SelfTest("a"))


def test_texts_are_plain_and_end_and_numbers_mean_something() -> None:
    chance = random.Random(3)
    for _ in range(40):
        text = "".join(chance.choice(f"{UNSEEN}Ab é汉 \n") for _ in range(chance.choice((3, 30, 90_000))))
        number = chance.choice(NUMBERS)
        failed = arrivals.cleaned(protocol.Failed("a", text, text, text, text))
        used = arrivals.cleaned(
            protocol.Done("a", text, text, 1, 0, 1e300, text, [text] * 3000, [protocol.UsedModel(*[text] * 4)])
        )
        progress = arrivals.cleaned(protocol.Progress("a", text, 1e300, -1.0, number, number, float(10**300)))
        hello = arrivals.cleaned(protocol.Hello(None, number, text, number, [text], {text: text}))
        for message in (failed, used, progress, hello):
            json.dumps(asdict(message), ensure_ascii=False, allow_nan=False).encode()
        shown = [failed.message, *used.notes, used.models[0].title, progress.stage, *hello.lacking, *hello.methods]
        assert all(each.isprintable() and len(each) < 20_000 for each in shown)
        assert len(used.notes) <= 1000
        assert 0 <= progress.fraction <= 1
        assert 0 <= progress.done_bytes <= 1e18
        assert 0 <= used.seconds <= 1e9
    assert arrivals.cleaned(protocol.Failed("a", "x", "Two\nlines.")).message == "Two lines."
    assert arrivals.cleaned(protocol.Failed("a", "x", "y", "z", "Two\nlines.")).detail == "Two\nlines."


def test_an_engine_that_names_files_elsewhere_is_stopped_and_the_next_one_works(
    scripted: Callable[..., Any], connect: Callable[..., Client], tmp_path: Path
) -> None:
    lines = "\n".join(json.dumps(each) for each in (frame(file="../../x.png"), {"type": "cancelled", "job": "a"}))
    program = (
        f"import sys; print({json.dumps(HELLO)!r}, flush=True); sys.stdin.readline(); print({lines!r}, flush=True)"
    )
    client = connect(scripted(program + "; sys.stdin.read()"))
    client.submit(asked(tmp_path))
    *_, final = until_final(client, "a")
    assert isinstance(final, protocol.Failed)
    assert final.message == (
        "The engine sent a frame under a name that no frame has, '../../x.png', so it was stopped."
    )
    assert final.hint
    client.submit(protocol.SelfTest("b"))
    assert client.state in {"starting", "ready"}
