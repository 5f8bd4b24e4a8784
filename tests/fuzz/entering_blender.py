# SPDX-License-Identifier: GPL-3.0-or-later
"""Odd blend files, take folders and engines enter Blender: nothing hangs, crashes, raises, or touches a file.

    python -m tests.fuzz.entering_blender [--kind properties|folders|messages|queue] [--count 5000] [--seed 1]

It runs in an environment with bpy; `--count` is for each kind. A case is made of the seed and its number alone, so
`--first N --count 1` repeats case N. Cases run in a process that is begun anew when it dies or does not come back.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from io import StringIO
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "blender")]
    os.environ["BLENDER_USER_RESOURCES"] = tempfile.mkdtemp(prefix="fcvg-blender-")

import bpy
import laid_strips
from edits import Edit, noise
from fuzz import odd, scripted_engine, watching
from fuzz.odd_properties import set_something
from fuzz.seen import look

from fcvg_blender import registration
from fcvg_blender.edit import selection, strip_takes, strips
from fcvg_blender.engine import protocol
from fcvg_blender.jobs import timer
from fcvg_blender.jobs.job import Job
from fcvg_blender.jobs.session import session
from fcvg_blender.settings.addon_choices import Choices

Case = Callable[[random.Random, Path], list[str]]


def film(folder: Path) -> Path:
    """A blend file in a folder of its own: strips of inbetweens with takes in all states, conditions, other keys."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    workspace = bpy.context.window.workspace
    if hasattr(workspace, "sequencer_scene"):
        workspace.sequencer_scene = bpy.context.scene
    edit = Edit(bpy.context.scene, folder)
    folder.mkdir(parents=True)
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "film.blend"))
    for number, name in enumerate("ABC"):
        edit.image(name, noise(number), 1, 1 + 14 * number, 11 + 14 * number)
    edit.settings.cuts = "MAKE"
    for first, second, take_id in (("A", "B", "id1"), ("B", "C", "id2")):
        shot, taken = laid_strips.insert(edit, first, second, strip_id=take_id)
        laid_strips.engine_writes(taken, 1, 2, 3, 4, count=shot.count, state="done", method="rife", notes=["A note."])
        strip = laid_strips.strip_of(take_id)
        for number in (2, 3):
            again = taken.with_name(f"{first}_{take_id}{number}")
            shutil.copytree(taken, again)
            strip_takes.add(strip, laid_strips.request(again, shot, method="fcvg"), f"{take_id}{number}", again)
        strip.fcvg.state, strip.fcvg.others[0].state = "DONE", "INCOMPLETE"
        strip.fcvg.print_start = strip.fcvg.print_end = "aa-bb-4.5"
    overlay = laid_strips.strip_of("id2")
    overlay.fcvg.overlay, overlay.fcvg.count = True, 6
    edit.named("A").fcvg.promoted = True
    edit.named("C").fcvg.still_scene, edit.named("C").fcvg.still_frame = "Scene", 7
    edit.select("A", "B")
    bpy.ops.file.make_paths_relative()
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "film.blend"))
    return folder


def properties(chance: random.Random, folder: Path) -> list[str]:
    """Odd values in what the add-on keeps in a file: seen at once, saved, and opened again."""
    problems: list[str] = []
    path = folder / "film.blend"
    bpy.ops.wm.open_mainfile(filepath=str(path))
    # What is no text at all comes in with a file only, and is seen to then.
    as_scripts_can = chance.random() < 0.5
    for _ in range(chance.choice((1, 3, 10, 60))):
        set_something(chance, as_scripts_can)
    if as_scripts_can:
        before = watching.snapshot(folder)
        bpy.context.window_manager.fcvg.paused = True  # as after opening
        look(problems, handlers=chance.random() < 0.5)
        problems += watching.differences(before, watching.snapshot(folder))
    bpy.ops.wm.save_mainfile()
    return problems + opened(path)


def folders(chance: random.Random, folder: Path) -> list[str]:
    """Odd manifests, and what is no file at all under the names of manifests, drawings and keys."""
    ends: list[Callable[[], None]] = []
    for taken in sorted((folder / "frames").iterdir()):
        manifest = taken / "manifest.json"
        deed = chance.random()
        if deed < 0.6:
            manifest.write_bytes(odd.content(chance, _whole_manifest(chance)))
        elif deed < 0.75:
            ends.append(odd.put_something_else(chance, manifest))
        elif deed < 0.8:
            shutil.rmtree(taken)
        if deed < 0.9 and taken.is_dir() and chance.random() < 0.4:
            name = chance.choice(("0001.png", "0002.png", "key_start.png", "key_end.png", "nothing.png"))
            ends.append(odd.put_something_else(chance, taken / name))
    for picture in ("A.png", "B.png"):
        if chance.random() < 0.15:
            ends.append(odd.put_something_else(chance, folder / picture))
    problems = opened(folder / "film.blend")
    for end in ends:
        end()
    return problems


def messages(chance: random.Random, folder: Path) -> list[str]:
    """An engine that says odd things of jobs of all kinds: each job ends, and only its own folder has changed."""
    problems: list[str] = []
    bpy.ops.wm.open_mainfile(filepath=str(folder / "film.blend"))
    found = strips.find("id1")
    assert found is not None
    taken = strips.folder(found[1])
    before = watching.snapshot(folder)
    launch = scripted_engine.saying(folder.parent / "engine", scripted_engine.odd_lines(chance))
    with watching.bounded(problems):
        session.client = None
        request = protocol.Request(str(taken / "key_start.png"), str(taken / "key_end.png"), str(taken), 4)
        with mock.patch.object(Choices, "launch", lambda _: launch):
            for job, message in _jobs(chance, request, taken):
                session.begin(job, message(job.id), Choices())
            _turn_until_idle()
    session.end_engine(watching.BOUND_S)
    session.jobs.clear()
    look(problems)
    changed = watching.differences(before, watching.snapshot(folder))
    return problems + [each for each in changed if not each.endswith("frames") and f"{os.sep}{taken.name}" not in each]


def queue(chance: random.Random, folder: Path) -> list[str]:
    """A file with odd values is opened, and its queue goes on: takes are made, or say why not."""
    problems: list[str] = []
    path = folder / "film.blend"
    bpy.ops.wm.open_mainfile(filepath=str(path))
    for _ in range(chance.choice((1, 3, 10))):
        set_something(chance, as_scripts_can=False)
    bpy.ops.wm.save_mainfile()
    before = watching.snapshot(folder)
    launch = scripted_engine.saying(folder.parent / "engine", scripted_engine.odd_lines(chance))
    with watching.bounded(problems):
        bpy.ops.wm.open_mainfile(filepath=str(path))
        session.client = None
        with mock.patch.object(Choices, "launch", lambda _: launch):
            bpy.context.window_manager.fcvg.paused = False
            end_s = time.monotonic() + watching.BOUND_S / 2
            while timer.tick() is not None and time.monotonic() < end_s:
                time.sleep(0.002)
    session.end_engine(watching.BOUND_S)
    session.jobs.clear()
    look(problems)
    changed = watching.differences(before, watching.snapshot(folder))
    return problems + [each for each in changed if f"{os.sep}frames" not in each]


KINDS: dict[str, Case] = {"properties": properties, "folders": folders, "messages": messages, "queue": queue}


def run(kind: str, seed: int, numbers: range, told: Callable[[int, list[str]], None]) -> None:
    """Run cases of a kind in this process; `told` gets the number of each and what was wrong."""
    with tempfile.TemporaryDirectory(prefix="fcvg-fuzz-") as scratch:
        template = film(Path(scratch, "template"))
        for number in numbers:
            place = Path(scratch, "case")
            shutil.copytree(template, place / "film")
            Path(place / "film" / "film.blend").touch()
            problems: list[str] = []
            errors = StringIO()
            with redirect_stderr(errors), watching.bounded(problems, 4 * watching.BOUND_S):
                problems += KINDS[kind](random.Random(f"{kind} {seed} {number}"), place / "film")
            problems += _outside(place)
            told(number, problems)
            shutil.rmtree(place)


def opened(path: Path) -> list[str]:
    """Open a file, twice, and see all; what was wrong. Nothing on the disk may change."""
    problems: list[str] = []
    before = watching.snapshot(path.parent.parent)
    for _ in range(2):
        with watching.bounded(problems):
            bpy.ops.wm.open_mainfile(filepath=str(path))
        look(problems)
    return problems + watching.differences(before, watching.snapshot(path.parent.parent))


def _whole_manifest(chance: random.Random) -> dict[str, Any]:
    """A manifest as the engine writes it, of a method that has all entries."""
    model = {"name": "svd-xt", "title": "SVD", "licence": "L", "commercial": "no"}
    times = (0.2, 0.4, 0.6, 0.8)
    return {
        "manifest": 1,
        "state": chance.choice(("running", "done", "cancelled", "failed")),
        "identity": {
            "engine": "0.1.0",
            "count": 4,
            "method": "fcvg",
            "timing": "linear",
            "hold": 1,
            "seed": 3,
            "format": "png",
            "start_sha256": "aa",
            "end_sha256": "bb",
            "sampling": {"steps": 9, "work_size": "", "preset": "low"},
            "conditions": {"lines": "auto"},
        },
        "frames": [
            {"index": number, "hold": 1, "file": f"{number:04d}.png", "time": time, "sha256": "cc"}
            for number, time in enumerate(times, 1)
        ],
        "models": [model, model],
        "keys": {"start": "/film/key_start.png", "end": "/film/key_end.png"},
        "size": [64, 36],
        "method": "fcvg",
        "reason": "It suits.",
        "device": "cuda",
        "seed": 3,
        "breakdown": 0.4,
        "notes": ["One.", "Two."],
        "versions": {"torch": "2.13.0"},
        "seconds": 1.5,
    }


def _jobs(chance: random.Random, request: protocol.Request, taken: Path) -> Iterator[tuple[Job, Callable[[str], Any]]]:
    """Jobs as a click begins them, two at most."""
    for kind in chance.sample(("start", "condition", "examine", "self_test"), chance.choice((1, 1, 2))):
        if kind == "start":
            yield Job("A → B", "id1", taken), lambda job: protocol.Start(job, request)
        elif kind == "condition":
            yield Job("Conditions", "id2", taken, overlay=True), lambda job: protocol.Condition(job, request)
        elif kind == "examine":
            examined = Job("Looking", on_final=lambda _: None)
            yield examined, lambda job: protocol.Examine(job, request, 64, 36)
        else:
            yield Job("Engine test"), protocol.SelfTest


def _turn_until_idle() -> None:
    while session.jobs:
        timer.tick()
        for job in session.jobs.values():
            if selection.inbetweens(bpy.context) is not None and job.fraction > 1:
                raise AssertionError(job.fraction)
        time.sleep(0.002)


def _outside(place: Path) -> list[str]:
    """What lies where nothing of ours has any business."""
    return [f"made: {path}" for path in place.parent.iterdir() if path.name not in {"template", "case"}]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--kind", choices=KINDS, action="append")
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--here", action="store_true", help="in this process; one kind only")
    arguments = parser.parse_args()
    kinds = arguments.kind or list(KINDS)
    numbers = range(arguments.first, arguments.first + arguments.count)
    if arguments.here:
        with _registered():
            run(kinds[0], arguments.seed, numbers, _tell)
        os._exit(0)  # bpy 4.2 crashes on the way out
    wrong = sum(_in_processes(kind, arguments.seed, numbers) for kind in kinds)
    return 1 if wrong else 0


@contextmanager
def _registered() -> Iterator[None]:
    import fcvg_blender

    assert registration
    fcvg_blender.register()
    try:
        yield
    finally:
        fcvg_blender.unregister()


def _tell(number: int, problems: list[str]) -> None:
    print(f"\nCASE {number} {len(problems)}", flush=True)
    for problem in problems:
        print("    " + problem.replace("\n", "\n    "), flush=True)


def _in_processes(kind: str, seed: int, numbers: range) -> int:
    """Run the cases, in a new process after each that does not come back; how many were wrong."""
    wrong, number, began_s = 0, numbers.start, time.monotonic()
    while number < numbers.stop:
        options = ["--here", "--kind", kind, "--seed", str(seed), "--first", str(number)]
        command = [sys.executable, "-m", "tests.fuzz.entering_blender", *options, "--count", str(numbers.stop - number)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as child:
            assert child.stdout is not None
            alarm = _Alarm(child, 6 * watching.BOUND_S)
            for line in child.stdout:
                if line.startswith("CASE "):
                    alarm.set()
                    _, done, found = line.split()
                    number = int(done) + 1
                    wrong += int(found) > 0
                    if int(found):
                        print(f"{kind} {line}", end="", flush=True)
                elif line.startswith("    "):
                    print(line, end="", flush=True)
            alarm.off()
        if number < numbers.stop:
            print(f"{kind} CASE {number}: the process has ended ({child.returncode})", flush=True)
            wrong, number = wrong + 1, number + 1
    print(f"{kind}: {len(numbers)} cases, {wrong} wrong, {time.monotonic() - began_s:.0f} s", flush=True)
    return wrong


class _Alarm:
    """Kills a process that says nothing for so long."""

    def __init__(self, child: subprocess.Popen[str], bound_s: float) -> None:
        import threading

        self._timer_of = lambda: threading.Timer(bound_s, child.kill)
        self._timer = self._timer_of()
        self._timer.start()

    def set(self) -> None:
        self.off()
        self._timer = self._timer_of()
        self._timer.start()

    def off(self) -> None:
        self._timer.cancel()


if __name__ == "__main__":
    sys.exit(main())
