# SPDX-License-Identifier: GPL-3.0-or-later
"""Fault 1: a whole Blender is killed while its engine draws. No engine is left behind, and the file goes on."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import another_blender
import bpy
import pytest
from artist import DONE, HANG_S, INCOMPLETE, files, idle, ours, turn_until

from fcvg_blender import compat
from fcvg_blender.edit import strips
from fcvg_blender.jobs.session import session
from fcvg_blender.settings import menu_choices

TESTS = Path(__file__).resolve().parents[2]

BLENDER = """
    import os, sys, time
    from pathlib import Path
    user, folder, *places = sys.argv[sys.argv.index("--") + 1 :]
    os.environ["BLENDER_USER_RESOURCES"], folder = user, Path(folder)
    import bpy
    sys.path += places
    import fcvg_blender
    from artist import ours, save, turn_until, two_strips
    from edits import Edit
    from fcvg_blender import compat
    from fcvg_blender.jobs.session import session
    from fcvg_blender.settings import menu_choices

    fcvg_blender.register()
    bpy.ops.wm.read_factory_settings(use_empty=True)
    if hasattr(bpy.context.window.workspace, "sequencer_scene"):
        bpy.context.window.workspace.sequencer_scene = bpy.context.scene
    menu_choices.engine_word = lambda name, word=menu_choices.engine_word: "dummy" if name == "DISSOLVE" else word(name)
    compat.has_window = lambda: True
    edit = Edit(bpy.context.scene, folder)
    two_strips(edit)
    bpy.ops.fcvg.generate_inbetweens()
    save(edit)
    turn_until(lambda: ours().fcvg.made >= 2)
    print("drawing", session.client.hello.pid, flush=True)
    while True:
        time.sleep(1)
"""


def is_running(pid: int) -> bool:
    """Whether the process does anything still; a dead one may wait for somebody to ask how it ended."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.fixture
def killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, int]]:
    """The file of a Blender that was killed while its engine drew, and the engine's process id."""
    monkeypatch.setenv("FCVG_DUMMY", "1")
    monkeypatch.setenv("FCVG_DUMMY_DELAY_S", "0.3")
    paths = (tmp_path / "user", tmp_path / "project", TESTS.parent, TESTS, TESTS / "blender")
    command = another_blender.command(textwrap.dedent(BLENDER), *map(str, paths))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as blender:
        assert blender.stdout is not None
        said = next(line for line in blender.stdout if line.startswith("drawing"))
        blender.kill()
    engine = int(said.split()[1])
    yield tmp_path / "project" / "film.blend", engine
    session.end_engine(60)
    if is_running(engine):
        os.kill(engine, signal.SIGKILL)


@pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")
def test_its_engine_leaves_and_the_opened_file_goes_on_with_what_was_drawn(
    killed: tuple[Path, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    blend, engine = killed
    deadline_s = time.monotonic() + HANG_S
    while is_running(engine):
        assert time.monotonic() < deadline_s, "the engine has outlived its Blender"
        time.sleep(0.02)

    session.end_engine(60)
    word = menu_choices.engine_word
    monkeypatch.setattr(menu_choices, "engine_word", lambda name: "dummy" if name == "DISSOLVE" else word(name))
    monkeypatch.setattr(compat, "has_window", lambda: True)
    bpy.ops.wm.open_mainfile(filepath=str(blend))
    assert ours().fcvg.state == INCOMPLETE
    folder = strips.folder(ours())
    drawn = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.glob("[0-9]*.png")}
    assert len(drawn) >= 2
    assert bpy.ops.fcvg.resume() == {"FINISHED"}
    turn_until(lambda: idle() and ours().fcvg.state == DONE)
    assert files(ours()) == [f"{number:04d}.png" for number in range(1, 7)]
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in drawn} == drawn
    assert not list(folder.glob(".fcvg-tmp-*"))
