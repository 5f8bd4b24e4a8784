# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/api.md and docs/api/engine.md say what is so: the page is current, its examples run, its tables are whole."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import page_examples
import pytest
from page_examples import ROOT

from fcvg_engine.conditions import matches
from fcvg_engine.shared import errors, protocol
from tools import api_page

NO_VARIABLES = {"FCVG_READER"}  # a name in Blender
# Entries of a manifest that only some jobs have.
OF_SOME_JOBS = {"identity.sampling", "identity.conditions", "identity.matches_sha256", "frames[].engine"}


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Python with these arguments, as somebody would in a folder of their own."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder in which the first example has made frames, and what it has printed."""
    import numpy as np
    from pictures import write_png

    folder = tmp_path_factory.mktemp("examples")
    for name, left in (("start.png", 8), ("end.png", 40)):
        picture = np.full((48, 64, 3), 40, np.uint8)
        picture[16:32, left : left + 16] = 200
        write_png(folder / name, picture)
    page_examples.save("two_images.py", folder)
    done = run(folder, "two_images.py", "start.png", "end.png", "frames")
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


def test_the_page_is_what_the_code_says():
    assert not api_page.problem("engine")


def test_two_images(made: tuple[Path, str]):
    folder, said = made
    assert re.search(r"^0003\.png is there, 0\.50 of the way$", said, re.MULTILINE)
    assert re.search(r"^5 frames by \w+$", said, re.MULTILINE)
    assert len(list((folder / "frames").glob("0*.png"))) == 5


def test_two_images_that_are_none(made: tuple[Path, str]):
    done = run(made[0], "two_images.py", "start.png", "two_images.py", "elsewhere")
    assert done.returncode == 1
    assert "two_images.py" in done.stderr.splitlines()[-1]


def test_a_job_file(made: tuple[Path, str], tmp_path: Path):
    folder = made[0]
    content = json.loads(page_examples.example("job.json"))
    (folder / "job.json").write_text(json.dumps({**content, "out": str(tmp_path / "frames")}), encoding="utf-8")
    done = run(folder, "-m", "fcvg_engine", "run", "job.json", "--allow", str(tmp_path))
    assert done.returncode == 0, done.stderr
    manifest = json.loads((tmp_path / "frames" / "manifest.json").read_bytes())
    assert [drawing["time"] for drawing in manifest["frames"]] == [0.2, 0.6, 0.9]


def test_read_a_manifest(made: tuple[Path, str]):
    folder = made[0]
    page_examples.save("read_manifest.py", folder)
    done = run(folder, "read_manifest.py", "frames")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("done: 5 frames by ")
    assert lines[1:4] == [
        "frames 1 to 2: 0001.png, 0.25 of the way",
        "frames 3 to 4: 0003.png, 0.50 of the way",
        "frames 5 to 5: 0005.png, 0.75 of the way",
    ]
    assert "paid work: yes" in lines[4]


def test_every_entry_of_a_manifest_is_told(made: tuple[Path, str]):
    manifest = json.loads((made[0] / "frames" / "manifest.json").read_bytes())
    assert set(_paths(manifest)) | OF_SOME_JOBS == set(page_examples.entries("manifest.json"))


def _paths(content: dict[str, Any]) -> Iterator[str]:
    """The names of all entries; what an entry of the page stands for as a whole is not gone into."""
    for name, value in content.items():
        if name == "frames":
            yield name
            yield from (f"frames[].{each}" for each in value[0])
        elif name in ("identity", "keys"):
            yield from (name,) if name == "identity" else ()
            yield from (f"{name}.{each}" for each in value)
        else:
            yield name


def test_every_entry_of_matches_is_told():
    lines, people = (
        [f"{name}[].{each.name}" for each in dataclasses.fields(cls)]
        for name, cls in (("lines", matches.Line), ("people", matches.Person))
    )
    names = [each.name for each in dataclasses.fields(matches.Matches)]
    assert {*names, *lines, *people} == set(page_examples.entries("matches.json"))


def test_every_variable_of_the_environment_is_told():
    sources = [
        path.read_text("utf-8") for each in ("fcvg_engine", "fcvg_blender") for path in (ROOT / each).rglob("*.py")
    ]
    written = re.compile(r"""(?<=["'`(\[])FCVG_[A-Z_]{3,}(?=["'`)\]=:,. ])""")
    classes = re.compile(r"FCVG_(OT|PT|MT|UL)_")
    found = {name for source in sources for name in written.findall(source) if not classes.match(name)}
    assert found - NO_VARIABLES == set(page_examples.entries("Variables of the environment"))


def test_every_exit_code_is_told():
    below, queue = set(), [errors.FcvgError]
    for cls in queue:
        below.add(str(cls.exit_code))
        queue += [each for each in cls.__subclasses__() if each.__module__ == errors.__name__]
    text = page_examples.PAGE.read_text("utf-8").partition("## Exit codes")[2].partition("##")[0]
    assert set(re.findall(r"^\| (\d+) \|", text, re.MULTILINE)) == below | {"0"}


def test_the_protocol_is_spoken_of_as_it_is():
    """What the page says of `serve` in words."""
    assert {"start", "condition", "examine", "self_test", "cancel"} == set(protocol.TO_ENGINE)
