# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever strips, models and devices are called: pasted into a shell, a recipe runs its own commands and no others."""

from __future__ import annotations

import itertools
import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import bpy
import pytest
from artist import ours, save, two_strips
from edits import Edit

from fcvg_blender.edit import strips
from fcvg_blender.engine import errors
from fcvg_blender.takes import recipe as recipes

SHELLS = [name for name in ("bash", "sh", "zsh", "ksh") if shutil.which(name)]
BREAKS = ("\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029")
COMMANDS = ("touch pwned", "$(touch pwned)", "`touch pwned`", "; touch pwned", "& touch pwned", "| touch pwned")
QUOTES = ("'", '"', "\\", "''", "'\"'\"'", "\\'", "#", "!touch", "%PATH%", "$HOME", "~", "*", "{a,b}", "<(touch pwned)")
ODD = ("", " ", "-rf", "--out=/", "-", "=", "x" * 3000, "\x00", "\x1b]0;x\x07", "\u202e", "\ud800", "é汉字", "（", "；")
PROGRAM = """#!{python}
import json, sys
with open({log!r}, "a") as log:
    log.write(json.dumps(sys.argv[1:]) + "\\n")
"""
FACTS: dict[str, Any] = {
    "manifest": 1,
    "state": "done",
    "method": "fcvg",
    "device": "cuda",
    "seed": 77,
    "identity": {
        "engine": "0.1.0",
        "count": 2,
        "method": "fcvg",
        "timing": [0.25, 0.5],
        "hold": 1,
        "seed": -1,
        "format": "png",
        "start_sha256": "aa",
        "end_sha256": "bb",
        "sampling": {"steps": 9, "preset": "low"},
        "conditions": {"lines": "flow", "pose": "none"},
    },
    "models": [{"name": "svd-xt", "title": "SVD", "licence": "L", "commercial": "no"}],
    "keys": {"start": "/film/key_start.png", "end": "/film/key_end.png"},
    "versions": {"torch": "2.13.0"},
    "frames": [{"index": 5, "hold": 1, "file": "0005.png", "time": 0.75}],
}
OPTIONS = (*("--method=fcvg", "--seed=77", "--format=png", "--device=cuda"), *("--steps=9", "--preset=low"))


def expected(start: str = "key_start.png", end: str = "key_end.png") -> list[list[str]]:
    first = ["-m", "fcvg_engine", "inbetween", start, end, "--out=frames"]
    found_by = ["--lines=flow", "--pose=none"]
    return [
        [*first, "--count=2", "--timing=0.25,0.5", "--hold=1", *OPTIONS, *found_by],
        [*first, "--count=1", "--timing=0.75", "--hold=1", *OPTIONS, *found_by, "--extend"],
    ]


def run(shell: str, recipe: str, folder: Path) -> list[list[str]]:
    """Paste the recipe into a shell in an empty folder; the arguments of each `python` that it has run. Nothing else
    was run, and nothing was made."""
    folder.mkdir()
    programs = folder.with_name(f"{folder.name} programs")
    programs.mkdir()
    log = programs / "log"
    python = programs / "python"
    python.write_text(PROGRAM.format(python=sys.executable, log=str(log)))
    python.chmod(0o755)
    for name in ("touch", "rm"):
        shutil.copy(python, programs / name)
    pasted = programs / "pasted"
    pasted.write_bytes(recipe.encode())
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
    done = subprocess.run([shell, str(pasted)], cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
    assert done.stderr == done.stdout == ""
    assert list(folder.iterdir()) == []
    return [json.loads(line) for line in log.read_text().splitlines()]


def texts(chance: random.Random, count: int) -> list[str]:
    """Everything by itself, then mixtures."""
    known = [*BREAKS, *COMMANDS, *QUOTES, *ODD, "a", "Shot 3"]
    pairs = [f"x{one}{other}" for one, other in itertools.product(BREAKS, COMMANDS)]
    mixed = ["".join(chance.choices(known, k=chance.randint(2, 6))) for _ in range(count)]
    return [*known, *pairs, *mixed]


def with_texts(chance: random.Random, found: list[str]) -> dict[str, Any]:
    """A manifest that says such texts wherever it can say any that is not a word of the engine's."""
    content = json.loads(json.dumps(FACTS))
    content["identity"]["engine"], content["reason"] = chance.choice(found), chance.choice(found)
    content["versions"] = {chance.choice(found): chance.choice(found), "torch": chance.choice(found)}
    content["models"] = [
        {name: chance.choice(found) for name in ("name", "title", "licence", "commercial")},
        {"name": "svd-xt", "title": chance.choice(found), "licence": chance.choice(found), "commercial": "no"},
    ]
    content["frames"][0]["engine"] = chance.choice(found)
    content["notes"] = [chance.choice(found)]
    return content


@pytest.mark.parametrize("shell", SHELLS)
def test_comments_stay_comments(shell: str, tmp_path: Path) -> None:
    chance = random.Random(11)
    found = texts(chance, 200)
    take = tmp_path / "take"
    take.mkdir()
    recipe = ""
    for title in found:
        (take / "manifest.json").write_text(json.dumps(with_texts(chance, found)))
        recipe += recipes.text(take, title)
    lines = recipe.splitlines()
    assert all(line.startswith(("# ", "#", "python -m fcvg_engine inbetween ")) for line in lines)
    comments = "".join(line[1:] for line in lines if line.startswith("#"))
    assert not set(comments) & set("$`\\;&|<>*?~^%!#'\"={}[]\r\x1b\u202e\u2028\x85")
    assert comments.isprintable()
    assert run(shell, recipe, tmp_path / "pasted") == expected() * len(found)


@pytest.mark.parametrize("shell", SHELLS)
def test_keys_are_the_arguments_that_are_meant(shell: str, tmp_path: Path) -> None:
    take = tmp_path / "take"
    take.mkdir()
    recipe, meant = "", []
    for number, text in enumerate(texts(random.Random(12), 200)):
        name = text.replace("/", "").replace("\\", "").replace(":", "").strip(". ")[:200] or "key"
        content = {**FACTS, "keys": {"start": f"/film/{name}", "end": f"C:\\film\\{name}x.png"}}
        (take / "manifest.json").write_text(json.dumps(content))
        recipe += recipes.text(take, f"Take {number}")
        both = [name, f"{name}x.png"]
        for place, own in enumerate(("key_start.png", "key_end.png")):
            if not both[place] or not both[place].isprintable():
                both[place] = own  # such a name cannot be pasted; beside the frames the keys have these names
            both[place] = f"./{both[place]}" if both[place].startswith("-") else both[place]
        meant += expected(*both)
    assert run(shell, recipe, tmp_path / "pasted") == meant


def test_words_of_the_engine_are_words_or_there_is_no_recipe(tmp_path: Path) -> None:
    found = [text for text in texts(random.Random(13), 50) if text not in {"a"}]
    for text, name in itertools.product(found, ("method", "device", "lines", "preset", "format", "option")):
        content = json.loads(json.dumps(FACTS))
        if name == "lines":
            content["identity"]["conditions"]["lines"] = text
        elif name == "preset":
            content["identity"]["sampling"]["preset"] = text
        elif name == "format":
            content["identity"]["format"] = text
        elif name == "option":
            content["identity"]["sampling"][text] = "x"
        else:
            content[name] = text
        (tmp_path / "manifest.json").write_text(json.dumps(content))
        try:
            recipe = recipes.text(tmp_path, "Shot 3")
        except errors.BadRequest:
            continue
        arguments = " ".join(line for line in recipe.splitlines() if not line.startswith("#"))
        assert not text.strip() or text not in arguments or text in "=-", text


def test_what_is_put_on_the_clipboard_is_plain(edit: Edit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the operators, with a strip and an error that are called odd things."""
    two_strips(edit)
    save(edit)
    bpy.ops.fcvg.generate_inbetweens()
    ours().name = "x\ntouch pwned\x1b[31m\u202e$(id)"
    edit.scene.sequence_editor.active_strip = ours()
    status = bpy.context.window_manager.fcvg
    status.error_message, status.error_detail = "\x1b]52;c;x\x07\u2028", "one\ntwo\r\x1b[2K"
    take = strips.folder(ours())
    copied: list[str] = []
    for name in ("copy_recipe", "copy_report", "copy_install_report"):
        operator = getattr(bpy.types, f"FCVG_OT_{name}")
        found = operator.text(None, bpy.context)
        monkeypatch.setattr(operator, "text", lambda *_, found=found: found)
        getattr(bpy.ops.fcvg, name)()
        copied.append(bpy.context.window_manager.clipboard or found)
    assert take.is_dir()
    for text in copied:
        assert all(line.isprintable() for line in text.split("\n"))
    assert "touch pwned" not in [line.strip() for line in copied[0].splitlines()]
