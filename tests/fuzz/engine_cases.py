# SPDX-License-Identifier: GPL-3.0-or-later
"""The cases of `entering_engine`: each lets one odd file or line into the engine, and says what was wrong with that."""

from __future__ import annotations

import contextlib
import csv
import faulthandler
import io
import json
import os
import random
import shutil
import tempfile
import traceback
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from fuzz import mutations, whole_images
from pictures import write_png

from fcvg_engine.cli import app
from fcvg_engine.conditions import make, matches_file, overview
from fcvg_engine.files import images
from fcvg_engine.jobs import inbetween, licences
from fcvg_engine.models import delivery_report
from fcvg_engine.shared import errors, manifest, protocol
from fcvg_engine.shared.protocol import ConditionSettings, Failed, Request, Start

COUNT = 4
_SIDE = 8  # pixels
_UNSEEN = {"Cc", "Cf", "Cs"}


BOUND_S = 10.0  # for the engine, on one case
PATIENCE_S = 120.0  # for a case with all that we do for it: the longest texts are slow to make


class Kind(ABC):
    """Cases of one kind. They work in `work`, where `out` is; nothing else below `home` may change."""

    def __init__(self, home: Path) -> None:
        self.home, self.work, self.out = home, home / "work", home / "work" / "out"
        self.out.mkdir(parents=True)
        noise = np.random.default_rng(0).integers(0, 256, (_SIDE, _SIDE, 3), np.uint8)
        self.keys = write_png(home / "start.png", noise), write_png(home / "end.png", noise[::-1].copy())
        (home / "notes.txt").write_text("not the engine's")
        self.prepare()
        self._before = self._snapshot()

    @abstractmethod
    def prepare(self) -> None:
        """Makes what all cases need."""

    @abstractmethod
    def enter(self, rng: random.Random) -> Iterator[str]:
        """Does one case; yields what was wrong."""

    def __call__(self, rng: random.Random) -> list[str]:
        problems = list(self.enter(rng))
        after = self._snapshot()
        if after != self._before:
            problems.append(f"written outside: {sorted(set(after) ^ set(self._before)) or 'a file was changed'}")
            self._before = after
        return problems

    def request(self, **changes: Any) -> Request:
        return Request(
            **{"start": str(self.keys[0]), "end": str(self.keys[1]), "out": str(self.out), "count": COUNT}
            | {"method": "dummy"}
            | changes
        )

    def _snapshot(self) -> dict[str, tuple[int, int]]:
        found = {}
        for path in self.home.rglob("*"):
            if not path.is_relative_to(self.work):
                status = path.lstat()
                found[str(path)] = (status.st_size if not path.is_dir() else 0, status.st_mtime_ns * path.is_file())
        return found


@contextlib.contextmanager
def bounded() -> Iterator[None]:
    """The process ends, and tells where it was, if the block takes longer than the engine may."""
    faulthandler.dump_traceback_later(BOUND_S, exit=True)
    try:
        yield
    finally:
        faulthandler.dump_traceback_later(PATIENCE_S, exit=True)


def expected(work: Callable[[], object]) -> Iterator[str]:
    """Yields what is wrong with how `work` ends: it may return, or raise an error that the engine has words for."""
    try:
        with bounded():
            work()
    except SystemExit:
        return
    except Exception as error:
        explained = errors.explain(error)
        if _is_unforeseen(explained):
            yield "".join(traceback.format_exception(error))
        else:
            yield from unplain(explained.message)


def _is_unforeseen(error: errors.FcvgError) -> bool:
    return error.code in (errors.FcvgError.code, errors.OutOfMemory.code) or error.message.startswith(
        "The system refuses"
    )


def unplain(text: str) -> Iterator[str]:
    """Yields a sentence when a text cannot be shown on a terminal as it is."""
    odd = {each for each in text if unicodedata.category(each) in _UNSEEN and each not in "\n\t"}
    if odd:
        yield f"{sorted(odd)!a} in what is shown: {text[:300]!a}"


class Manifests(Kind):
    """Manifests of other programs and versions, damaged ones and hostile ones, beside frames that are there."""

    def prepare(self) -> None:
        inbetween.run(self.request(hold=2), "first", lambda message: None, lambda: False)
        self._template = {path.name: path.read_bytes() for path in self.out.iterdir() if path.is_file()}
        self._content = json.loads(self._template[manifest.NAME])
        self._content["models"] = [{"name": "rife", "title": "RIFE", "licence": "MIT", "commercial": "yes"}]

    def enter(self, rng: random.Random) -> Iterator[str]:
        shutil.rmtree(self.out)
        self.out.mkdir()
        for name, content in self._template.items():
            (self.out / name).write_bytes(content)
        for name in rng.sample(sorted(self._template), rng.choice((0, 0, 1, 2))):
            (self.out / name).unlink()
        (self.out / manifest.NAME).write_bytes(mutations.of_json(self._content, rng))
        (self.out / "mine.txt").write_text("the artist's")
        extended = {"extend": True, "count": rng.choice((2, 3, 5)), "hold": 1}
        options = rng.choice(({}, {}, {"overwrite": True}, extended, {"method": "dissolve", **extended}))
        sent: list[protocol.Message] = []
        request = self.request(**{"hold": 2, **options})

        def job() -> None:
            done = inbetween.run(request, "job", sent.append, lambda: False)
            for message in (*sent, done):
                protocol.decode(protocol.encode(message), protocol.TO_BLENDER)

        yield from expected(job)
        if (self.out / "mine.txt").read_text() != "the artist's":
            yield "a file of the artist's was changed"
        rows = delivery_report.rows(self.out)
        yield from unplain(delivery_report.text(rows))
        text = delivery_report.as_csv(rows)
        yield from unplain(text)
        for cell in (cell for row in csv.reader(io.StringIO(text)) for cell in row):
            if cell.startswith(("=", "+", "-", "@", "\t", "\r")):
                yield f"a formula: {cell[:100]!a}"


class MatchesFiles(Kind):
    """Files of matches: read, drawn, and asked about licences."""

    def prepare(self) -> None:
        line = {"start": [[1, 2], [30, 20]], "end": [[4, 2], [33, 25]], "score": 0.9, "colour": [222, 97, 137]}
        bent = {**line, "path": [[[2, 2], [3, 2]], None]}
        body = {"points": [[float(at % 40), float(at % 30)] for at in range(134)], "scores": [0.9] * 134}
        person = {"start": body, "end": body, "path": {"4": [[2, 2], [3, 3]]}}
        head = {"version": 1, "size": [64, 48], "seed": 7, "lines_by": "flow", "pose_by": "dwpose"}
        self._content = {**head, "lines": [line, bent, {"start": [[1, 1], [9, 9]], "end": [[1, 2], [9, 8]]}]}
        self._person = {**self._content, "people": [person]}
        self._key = torch.zeros(3, 48, 64)

    def enter(self, rng: random.Random) -> Iterator[str]:
        path = self.out / "matches.json"
        path.write_bytes(mutations.of_json(rng.choice((self._content, self._content, self._person)), rng))

        def draw() -> None:
            found = matches_file.read(path).scaled((64, 48))
            list(make.draw(found, (0.0, 0.5, 1.0), (64, 48)))
            overview.draw(self._key, self._key, found)
            settings = ConditionSettings(matches=str(path))
            licences.check(self.request(method="fcvg", conditions=settings, commercial_only=rng.random() < 0.2))

        yield from expected(draw)


class Jobs(Kind):
    """Job files through the command line: what is printed can be shown, or is JSON."""

    def prepare(self) -> None:
        self._content = asdict(self.request(start="start.png", end="end.png", out="out"))
        self._template = {"start.png": self.keys[0].read_bytes(), "end.png": self.keys[1].read_bytes()}

    def enter(self, rng: random.Random) -> Iterator[str]:
        shutil.rmtree(self.work)
        self.work.mkdir()
        text = mutations.of_json(self._content, rng)
        for name, content in {**self._template, "job.json": text}.items():
            (self.work / name).write_bytes(content)
        as_json = rng.random() < 0.5
        with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as log:
            with contextlib.redirect_stderr(log), bounded():
                app.run(["run", str(self.work / "job.json"), *(["--json"] if as_json else [])], os.dup(output.fileno()))
            printed, complaints = (os.pread(each.fileno(), 1 << 24, 0).decode("utf-8") for each in (output, log))
        yield from unplain(complaints + printed)
        if any(words in complaints for words in ("did not expect", "The system refuses", "Traceback")):
            yield complaints
        if as_json:
            for line in printed.splitlines():
                protocol.decode(line.encode(), protocol.TO_BLENDER)


class Lines(Kind):
    """Lines to a real worker, each followed by a job that has to be answered."""

    def prepare(self) -> None:
        from engine_process import Worker

        self._worker = Worker()
        self._worker.receive()
        request = asdict(self.request())
        self._lines: list[dict[str, Any]] = [
            {"type": "start", "job": "a", "request": request},
            {"type": "condition", "job": "b", "request": {**request, "method": "fcvg"}},
            {"type": "examine", "job": "c", "request": request, "width": 64, "height": 48},
            {"type": "self_test", "job": "d", "device": "none"},
            {"type": "cancel", "job": "a"},
        ]
        self._number = 0

    def enter(self, rng: random.Random) -> Iterator[str]:
        shutil.rmtree(self.out, ignore_errors=True)
        line = mutations.of_json(rng.choice(self._lines), rng)
        if not self._stays(line):
            return
        self._number += 1
        ping = f"ping {self._number}"
        self._worker.send_raw(line + b"\n")
        self._worker.send(Start(ping, self.request(count=0)))
        while True:
            with bounded():
                message = self._worker.receive()
            if isinstance(message, Failed):
                yield from unplain(message.message + message.hint)
                if message.code in (errors.FcvgError.code, errors.OutOfMemory.code):
                    yield f"{message.message}\n{message.detail}"
            if message.job == ping and isinstance(message, protocol.FINAL):
                break
        for known in (protocol.TO_BLENDER, protocol.TO_ENGINE, protocol.FROM_COMMANDS):
            with contextlib.suppress(errors.ProtocolError):
                protocol.encode(protocol.decode(line, known))

    def _stays(self, line: bytes) -> bool:
        for each in line.split(b"\n"):
            with contextlib.suppress(ValueError, TypeError, KeyError, RecursionError):
                out = Path(json.loads(each)["request"]["out"])
                if not (out.is_absolute() and out.resolve().is_relative_to(self.out)):
                    return False
        return True


class Images(Kind):
    """Image files of every kind."""

    def prepare(self) -> None:
        self._files = whole_images.whole()
        for name, content in self._files.items():
            (self.out / name).write_bytes(content)
            images.read(self.out / name)

    def enter(self, rng: random.Random) -> Iterator[str]:
        name = rng.choice(sorted(self._files))
        path = self.out / name
        path.write_bytes(mutations.of_bytes(self._files[name], rng))

        def read() -> None:
            images.read_size(path)
            picture = images.read(path)
            assert np.isfinite(picture.pixels).all(), "values that are no numbers"

        yield from expected(read)
