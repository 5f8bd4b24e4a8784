# SPDX-License-Identifier: GPL-3.0-or-later
"""An engine that says odd things, one line after the other, of whatever jobs it is given."""

from __future__ import annotations

import json
import random
import sys
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from fuzz import odd

from fcvg_blender.engine import protocol
from fcvg_blender.engine.engine_process import Launch

# It says its lines with the ids of the jobs that it is given, ends its first job, and goes on listening, or leaves.
PROGRAM = """
import json, os, sys
lines = open(os.path.join(os.path.dirname(__file__), "lines"), "rb").read().split(b"\\n")
out = sys.stdout.buffer
out.write(lines[0].replace(b'"PID"', str(os.getpid()).encode()) + b"\\n")
out.flush()
jobs = []
for number, line in enumerate(sys.stdin.buffer):
    message = json.loads(line)
    if message["type"] == "cancel":
        continue
    jobs.append(message["job"].encode())
    for said in lines[1:]:
        out.write(said.replace(b"JOB", jobs[len(said) % len(jobs)]) + b"\\n")
    for job in jobs:
        out.write(b'{"type": "cancelled", "job": "' + job + b'"}\\n')
    out.flush()
"""
NAMES = (
    *("0001.png", "0002.png", "0003.png", "0009.png", "0001.exr", "condition_0001.png", "condition_0000.png"),
    *("preview.png", "../0001.png", "../../x.png", "/etc/passwd", "key_start.png", "manifest.json", "nothing.png"),
)


def saying(root: Path, lines: list[bytes]) -> Launch:
    """How an engine is started that says these lines, its greeting first. JOB in them is the id of a job. It lies in
    `root`."""
    package = root / "fcvg_engine"
    package.mkdir(parents=True, exist_ok=True)
    (package / "__main__.py").write_text(PROGRAM)
    (package / "lines").write_bytes(b"\n".join(lines))
    return Launch(Path(sys.executable), root, root / "logs", hello_timeout_s=5.0)


def hello(**fields: Any) -> bytes:
    """A greeting that is understood."""
    content = {"type": "hello", "job": None, "version": protocol.VERSION, "engine": "0.1.0", "pid": "PID"}
    return json.dumps({**content, "methods": ["auto"], **fields}).encode()


def odd_lines(chance: random.Random) -> list[bytes]:
    """A greeting, mostly one that is understood, and reports of all kinds."""
    return [greeting(chance), *(line(chance) for _ in range(chance.randrange(30)))]


def greeting(chance: random.Random) -> bytes:
    """The first line, mostly one that is understood."""
    lacking = {odd.text(chance): odd.text(chance), "fcvg": "x\n\x1b"}
    written = hello(methods=["auto", odd.text(chance)], lacking=lacking)
    return json.dumps(odd.changed(chance, json.loads(written))).encode() if chance.random() < 0.1 else written


def line(chance: random.Random) -> bytes:
    """A report with some odd values, mostly one that the protocol lets through."""
    kind = chance.choice(list(protocol.TO_BLENDER.values()))
    content = {"type": kind.type, **_values(chance, kind), "job": "JOB"}
    if chance.random() < 0.1:
        content = odd.changed(chance, content)
    written = json.dumps(content).encode().replace(b"\n", b" ")
    return written[: chance.randrange(len(written))] if chance.random() < 0.02 else written


def _values(chance: random.Random, cls: Any) -> dict[str, Any]:
    found = {}
    for each in fields(cls):
        has_default = each.default is not MISSING or each.default_factory is not MISSING
        if each.name != "job" and not (has_default and chance.random() < 0.5):
            found[each.name] = _value(chance, each.name, str(each.type))
    return found


def _value(chance: random.Random, name: str, hint: str) -> Any:
    if hint.startswith("list["):
        return [_value(chance, "", hint[5:-1]) for _ in range(chance.choice((0, 1, 3, 50)))]
    if hint.startswith("dict["):
        return {odd.text(chance): odd.text(chance) for _ in range(chance.choice((0, 1, 50)))}
    if hint in {"UsedModel", "Estimate"}:
        return _values(chance, getattr(protocol, hint))
    if name == "file":
        return chance.choice(NAMES) if chance.random() < 0.8 else odd.text(chance)
    if "float" in hint:
        return chance.choice((0.25, 0.5, 0.0, 1.0, -1.0, 1e300, 1e-300, 7, 2**52))
    if hint == "int":
        return chance.choice((1, 1, 2, 3, 4, *odd.LARGE))
    if hint == "bool":
        return chance.random() < 0.5
    return odd.text(chance)
