# SPDX-License-Identifier: GPL-3.0-or-later
"""Odd files and lines enter the engine: nothing hangs, crashes, is "not expected", or writes where it may not.

    python -m tests.fuzz.entering_engine [--kind manifests|matches|jobs|protocol|models|images] [--count 5000]
                                         [--seed 1] [--first 0]

`--count` is for each kind. A case is made of the seed, its kind and its number alone, so `--first N --count 1` repeats
case N. Cases run in a process that is begun anew when it dies or a case takes longer than it may (see `engine_cases`).
"""

from __future__ import annotations

import argparse
import faulthandler
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

NAMES = ("manifests", "matches", "jobs", "protocol", "models", "images")
_START_S = 120.0  # for imports, before the first case
_MOST_MEMORY_BYTES = 24 << 30  # of address space, most of which libraries only reserve
_SHOWN = 10

Case = Callable[[random.Random], list[str]]  # does one thing, and returns what was wrong, a sentence each


@dataclass
class Outcome:
    """What became of the cases of one kind. `problems`: number of the case → what was wrong."""

    cases: int = 0
    slowest_s: float = 0.0
    problems: dict[int, str] = field(default_factory=dict)


def run(kind: str, count: int, seed: int = 1, first: int = 0) -> Outcome:
    """Runs cases `first` … `first + count - 1` of a kind."""
    outcome = Outcome()
    at = first
    with tempfile.TemporaryDirectory(prefix="fcvg-fuzz-") as folder:
        while at < first + count:
            at = _run_some(kind, seed, at, first + count, Path(folder), outcome)
    return outcome


def _run_some(kind: str, seed: int, first: int, end: int, folder: Path, outcome: Outcome) -> int:
    """Runs cases in one process until it ends; returns the number of the first case that was not run."""
    home = folder / f"from-{first}"
    home.mkdir()
    arguments = [sys.executable, str(Path(__file__)), "--child", str(home), "--kind", kind, "--seed", str(seed)]
    with (home / "stderr.log").open("wb") as log:
        process = subprocess.Popen(
            [*arguments, "--first", str(first), "--count", str(end - first)],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=_environment(home),
        )
        at, began_s = first, time.monotonic()
        assert process.stdout
        for line in process.stdout:
            if line.startswith("done "):
                taken_s, _, problem = line.removeprefix("done ").rstrip("\n").partition(" ")
                outcome.slowest_s = max(outcome.slowest_s, float(taken_s))
                if problem:
                    outcome.problems[at] = problem.replace("\t", "\n")
                at += 1
                outcome.cases += 1
        code = process.wait()
    if at < end:  # it died in the middle of a case
        told = (home / "stderr.log").read_text("utf-8", "replace")[-3000:]
        what = "hang" if "Timeout (" in told else f"crash (code {code})"
        outcome.problems[at] = f"{what} after {time.monotonic() - began_s:.0f} s of the process:\n{told}"
        outcome.cases += 1
        at += 1
    shutil.rmtree(home, ignore_errors=True)
    return at


def _environment(home: Path) -> dict[str, str]:
    """The environment of a case: all that the engine writes of its own lies below `home`."""
    own = {name: str(home / name.lower()) for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "FCVG_MODELS", "HF_HOME")}
    kept = {name: value for name, value in os.environ.items() if name not in ("FCVG_CHECKPOINTS", "HF_TOKEN")}
    return {**kept, **own, "FCVG_DUMMY": "1", "FCVG_OFFLINE": "1", "OMP_NUM_THREADS": "1", "TMPDIR": str(home)}


def _child(kind: str, home: Path, seed: int, first: int, count: int) -> None:
    faulthandler.enable()
    faulthandler.dump_traceback_later(_START_S, exit=True)
    _limit_memory()
    from fuzz import engine_cases, model_cases

    kinds = {
        "manifests": engine_cases.Manifests,
        "matches": engine_cases.MatchesFiles,
        "jobs": engine_cases.Jobs,
        "protocol": engine_cases.Lines,
        "models": model_cases.Models,
        "images": engine_cases.Images,
    }
    case = kinds[kind](home / "work")
    for number in range(first, first + count):
        rng = random.Random(f"{seed} {kind} {number}")
        faulthandler.dump_traceback_later(engine_cases.PATIENCE_S, exit=True)
        began_s = time.monotonic()
        try:
            problems = case(rng)
        except BaseException:
            problems = [traceback.format_exc()]
        taken_s = time.monotonic() - began_s
        told = "\t".join("\n".join(problems).splitlines()).encode("ascii", "backslashreplace").decode()
        sys.stdout.write(f"done {taken_s:.3f} {told}\n")
        sys.stdout.flush()
    faulthandler.cancel_dump_traceback_later()


def _limit_memory() -> None:
    if os.name == "posix":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY_BYTES, _MOST_MEMORY_BYTES))


def _report(outcomes: dict[str, Outcome]) -> Iterator[str]:
    for kind, outcome in outcomes.items():
        yield (
            f"{kind}: {outcome.cases} cases, {len(outcome.problems)} with problems, "
            f"the slowest took {outcome.slowest_s:.2f} s"
        )
        for number, problem in list(outcome.problems.items())[:_SHOWN]:
            yield f"  case {number}: {problem}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kind", choices=NAMES)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.child:
        _child(chosen.kind, chosen.child, chosen.seed, chosen.first, chosen.count)
        return 0
    kinds = [chosen.kind] if chosen.kind else NAMES
    outcomes = {kind: run(kind, chosen.count, chosen.seed, chosen.first) for kind in kinds}
    sys.stdout.writelines(f"{line}\n" for line in _report(outcomes))
    return 1 if any(each.problems for each in outcomes.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
