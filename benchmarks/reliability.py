# SPDX-License-Identifier: GPL-3.0-or-later
"""One engine for hundreds of jobs, and engines that are killed: what stays behind, and whether frames are the same.

    python -m benchmarks.reliability [--jobs 300] [--kills 30] [--ends 10]

--jobs: one engine, as the add-on starts it, makes so many takes of drawn characters: all draft methods, formats and
holds in turn, among them takes that are made again, examined, cancelled and broken. Its memory, open files, threads and
temporary files are looked at meanwhile.

--kills: engines are killed (SIGKILL) at random moments while they write frames, RIFE and dissolve, PNG and EXR in turn.
Then the same job is run again, and its frames are compared byte by byte with those of a run that nobody disturbed.

--ends: the pipe of an engine that draws is closed, which is what the system does for a Blender that was killed. How
long is it there after that?

Without options all three. Linux only. Prints Markdown.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tools import check_system

if __name__ == "__main__":
    check_system.explain_absences()

import cv2
import psutil

from benchmarks import drawn
from fcvg_blender.engine.client import Client
from fcvg_blender.engine.engine_process import Launch
from fcvg_engine.shared import folder_record, manifest
from fcvg_engine.shared.protocol import FINAL, Done, Examine, Frame, Message, Request, Start

ROOT = Path(__file__).resolve().parents[1]
ENGINE = (sys.executable, "-I", str(ROOT / "fcvg_engine" / "__main__.py"))
SIZE = (320, 192)
KILLED_SIZE = (640, 384)
KILLED_COUNT = 16  # frames
SEED = 12
HANG_S = 300.0
_METHODS, _FORMATS = ("rife", "dissolve", "gmfss", "auto"), ("png", "exr", "jpg", "png16")
_ROWS = 7  # of the table of memory


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, metavar="N")
    parser.add_argument("--kills", type=int, metavar="N")
    parser.add_argument("--ends", type=int, metavar="N")
    options = parser.parse_args(arguments)
    if not (options.jobs or options.kills or options.ends):
        options.jobs, options.kills, options.ends = 300, 30, 10
    print(f"{os.cpu_count()} cores, load before {os.getloadavg()[0]:.1f}, seed {SEED}", flush=True)
    for measure, count in ((jobs, options.jobs), (kills, options.kills), (ends, options.ends)):
        if count:
            with tempfile.TemporaryDirectory() as folder:
                measure(count, Path(folder))


def jobs(count: int, folder: Path) -> None:
    """One engine for `count` jobs."""
    temporary = folder / "temporary"
    temporary.mkdir()
    keys = [_keys(folder, seed, SIZE) for seed in range(12)]
    client = Client(Launch(Path(sys.executable), ROOT, folder / "logs", studio=(("TMPDIR", str(temporary)),)))
    ends: dict[str, int] = {}
    print(f"\n| of {count} jobs | memory | open files | threads | temporary files |\n|---|---|---|---|---|", flush=True)
    for number in range(1, count + 1):
        final = _job(client, number, keys, folder)
        ends[final.type] = ends.get(final.type, 0) + 1
        if number in (1, count) or number % max(1, count // _ROWS) == 0:
            assert client.hello
            engine = psutil.Process(client.hello.pid)
            left = sum(1 for _ in temporary.rglob("*"))
            print(f"| {number} | {engine.memory_info().rss / 1e6:.0f} MB | {engine.num_fds()} | "
                  f"{engine.num_threads()} | {left} |", flush=True)  # fmt: skip
    client.close(HANG_S)
    print("\nEnded as", ", ".join(f"{kind} {times}" for kind, times in sorted(ends.items())), end=". ")
    print(f"Unfinished files in the output folders: {sum(1 for _ in folder.rglob(folder_record.TEMPORARY + '*'))}.")


def kills(count: int, folder: Path) -> None:
    """Kills `count` engines while they write frames, and lets others go on."""
    chance = random.Random(SEED)
    start, end = _keys(folder, 5, KILLED_SIZE)
    print("\n| killed | frames that were there | reused | byte-equal | unfinished files |\n|---|---|---|---|---|")
    requests, undisturbed, seconds = [], [], []
    for method, file_format in (("rife", "png"), ("dissolve", "exr"), ("dissolve", "png"), ("rife", "exr")):
        out = folder / f"{method} {file_format}"
        requests.append(Request(str(start), str(end), str(out), KILLED_COUNT, method=method, format=file_format))
        seconds.append(_run(requests[-1])[1])
        undisturbed.append(_frames(out))
    tries = itertools.count()
    done = equal = 0
    while done < count:
        kind = done % len(requests)
        out = folder / f"killed {next(tries)}"
        request, after_s = replace(requests[kind], out=str(out)), chance.uniform(0, seconds[kind])
        _kill(request, after_s)
        there = len(_frames(out))
        if there == KILLED_COUNT:  # too late
            continue
        done += 1
        reused = _run(request)[0]["reused"]
        same = _frames(out) == undisturbed[kind]
        equal += same
        left = len(list(out.glob(folder_record.TEMPORARY + "*")))
        name = f"{request.method}, {request.format}, {after_s * 1000:.0f} ms after its first frame"
        row = (name, f"{there} of {KILLED_COUNT}", reused, "yes" if same else "NO", left)
        print("|", " | ".join(map(str, row)), "|", flush=True)
    print(f"\n{equal} of {count} byte-equal.")


def ends(count: int, folder: Path) -> None:
    """Closes the pipes of `count` engines that draw."""
    start, end = _keys(folder, 5, KILLED_SIZE)
    took_s = []
    for number in range(count):
        out = folder / f"{number}"
        client = Client(Launch(Path(sys.executable), ROOT, folder / "logs"))
        client.submit(Start("a", Request(str(start), str(end), str(out), 500, method="rife")))
        while not isinstance(client.poll(1.0), Frame):
            pass
        assert client.hello
        engine = psutil.Process(client.hello.pid)
        began_s = time.perf_counter()
        client.close()
        while engine.is_running() and engine.status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.001)
        took_s.append(time.perf_counter() - began_s)
        client.close(HANG_S)
    print(f"\nGone after the end of its input, {count} times, in the middle of a frame: "
          f"median {statistics.median(took_s) * 1000:.0f} ms, longest {max(took_s) * 1000:.0f} ms.")  # fmt: skip


def _job(client: Client, number: int, keys: Sequence[tuple[Path, Path]], folder: Path) -> Message:
    """The final report of one more job. Of seven, three make all their frames, one finds them made, one is examined,
    one cancelled after its first frame, one refused for a broken key."""
    name, request = f"job {number}", _request(number, keys, folder)
    match number % 7:
        case 3:
            client.submit(Examine(name, request, *SIZE))
        case 4:
            client.submit(Start(name, _request(number - 2, keys, folder)))  # once more
        case 5:
            client.submit(Start(name, replace(request, count=40)))
            while not isinstance(client.poll(1.0), Frame):
                pass
            client.cancel(name)
        case 6:
            broken = folder / "broken.png"
            broken.write_bytes(Path(request.start).read_bytes()[:-400])
            client.submit(Start(name, replace(request, end=str(broken))))
        case _:
            client.submit(Start(name, request))
    give_up_s = time.monotonic() + HANG_S
    while time.monotonic() < give_up_s:
        message = client.poll(1.0)
        if isinstance(message, FINAL) and message.job == name:
            return message
    sys.exit(f"{name} did not end:\n{client.log.tail()}")


def _request(number: int, keys: Sequence[tuple[Path, Path]], folder: Path) -> Request:
    start, end = map(str, keys[number % len(keys)])
    method, file_format = _METHODS[number % 4], _FORMATS[number // 4 % 4]
    count, hold = 2 + number % 3, 1 + number % 2
    return Request(start, end, str(folder / f"job {number}"), count, method=method, format=file_format, hold=hold)


def _words(request: Request) -> list[str]:
    words = ["inbetween", request.start, request.end, "--count", str(request.count), "--out", request.out]
    return [*ENGINE, *words, "--method", request.method, "--format", request.format, "--json"]


def _run(request: Request) -> tuple[dict[str, object], float]:
    """A run to its end: its final report, and the seconds from its first frame to the last."""
    moments_s = []
    with subprocess.Popen(_words(request), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        for said in _said(process):
            if said["type"] == Frame.type:
                moments_s.append(time.perf_counter())
    if said["type"] != Done.type:
        sys.exit(f"{request.out}: {said}")
    return said, moments_s[-1] - moments_s[0]


def _kill(request: Request, after_s: float) -> None:
    """Kills a run so long after its first frame."""
    with subprocess.Popen(_words(request), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        next(said for said in _said(process) if said["type"] == Frame.type)
        time.sleep(after_s)
        process.kill()


def _said(process: subprocess.Popen[bytes]) -> Iterator[dict[str, object]]:
    assert process.stdout
    return map(json.loads, process.stdout)


def _frames(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if manifest.FRAME_NAME.fullmatch(path.name)}


def _keys(folder: Path, seed: int, size: tuple[int, int]) -> tuple[Path, Path]:
    """Two drawn keys of a shot, half a second apart."""
    paths = folder / f"{seed} start.png", folder / f"{seed} end.png"
    for path, at in zip(paths, (0.2, 0.5), strict=True):
        cv2.imwrite(str(path), drawn.frame(seed, at, *size)[..., ::-1])
    return paths


if __name__ == "__main__":
    main()
