# SPDX-License-Identifier: GPL-3.0-or-later
"""Histories of take folders: an artist, a saboteur, a dying engine and two Blenders, in any order, and nothing of the
artist's is ever lost or changed.

    python -m tests.fuzz.take_folders [--count 500] [--seed 1]

It runs in an environment with bpy. History N is made of the seed N, so `--seed N --count 1` repeats it, but for the
pace of the engines.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "blender")]
    os.environ["BLENDER_USER_RESOURCES"] = tempfile.mkdtemp(prefix="fcvg-blender-")

from fuzz.artists_hand import Hand
from fuzz.desk import Desk, Outcome, slow_engine
from fuzz.other_blender import Other
from fuzz.whose import Ledger, Shown, World, real

import fcvg_blender
from fcvg_blender.edit import take_folders
from fcvg_blender.jobs.session import session

DEEDS = 60
SHARE_ON_DISK, SHARE_WITH_A_WINDOW = 0.35, 0.7
SHARE_WITH_TWO, SHARE_OF_THE_OTHER = 0.3, 0.4  # Blenders, of the histories, and of the deeds then
SHARE_OF_CRASHES = 0.02


@dataclass
class History:
    """What has been done, and what was wrong after it."""

    seed: int
    deeds: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    watched: int = 0
    references: int = 0


class Play:
    """One history in the new folder `folder`: who takes part, and what is known of whose each file is."""

    def __init__(self, seed: int, folder: Path, other: Other | None, two: float, rich: bool) -> None:
        self.history, self.chance = History(seed), random.Random(seed)
        self.world = World(folder, take_folders.unsaved_root())
        shutil.rmtree(self.world.user.parent, ignore_errors=True)
        self.ledger = Ledger(self.world)
        self.hand = Hand(self.ledger, self.chance)
        self.desk = Desk(self.world, self.chance, self.chance.random() < SHARE_WITH_A_WINDOW, rich)
        self.desk.meanwhile = lambda: self.history.deeds.append(f"meanwhile {self.hand.do()}")
        self.other = other if self.chance.random() < two else None
        self.ledger.bases |= {self.world.project, self.world.elsewhere}

    def run(self, deeds: int) -> History:
        """Do so many deeds, or fewer where something is wrong before."""
        with self.desk.seated():
            self.note(self.desk.outcome(self.desk.begin))
            if self.other is not None:
                self.note(self.desk.outcome(self.desk.save))
                self.let_the_other_sit_down()
            for _ in range(deeds):
                self.do()
                if self.history.problems:
                    break
            else:
                self.end()
            if self.other is not None:
                self.note(self.other.leave(), "the other: ")
        self.check("leaving")
        self.history.watched = self.ledger.watched
        self.history.references = self.ledger.referred
        return self.history

    def do(self) -> None:
        """A deed of whoever."""
        if self.chance.random() < SHARE_ON_DISK:
            self.check(self.hand.do())
        elif self.other is not None and self.chance.random() < SHARE_OF_THE_OTHER:
            if self.chance.random() < SHARE_OF_CRASHES:
                self.other.crash()
                self.check("the other crashes")
                self.let_the_other_sit_down()
            self.note(self.other.do(), "the other: ")
        else:
            self.note(self.desk.do())

    def let_the_other_sit_down(self) -> None:
        """Another artist opens one of the files."""
        assert self.other is not None
        has_window = self.chance.random() < SHARE_WITH_A_WINDOW
        self.note(self.other.sit_down(self.world, self.chance.getrandbits(32), has_window), "the other: ")

    def end(self) -> None:
        """All is made that can be made; then each file is opened."""
        self.note(self.desk.outcome(self.desk.settle))
        if self.other is not None:
            self.note(self.other.settle(), "the other: ")
        for blend in self.world.blends():
            self.note(self.desk.outcome(lambda blend=blend: self.desk.open(blend), f"opening {blend.name}"))

    def note(self, outcome: Outcome, who: str = "") -> None:
        """Note what came of a deed in Blender, and whether all is well."""
        self.ledger.redoing = {real(Path(folder)) for folder in outcome.redoing}
        for blend in outcome.saved:
            shown = [Shown(directory, tuple(files)) for directory, files in outcome.shows]
            self.ledger.note_saved(Path(blend), shown)
        if outcome.stumbled:
            self.history.problems.append(f"after {who}{outcome.told}: {outcome.stumbled}")
        self.check(who + outcome.told)

    def check(self, what: str) -> None:
        """See whether all is well after a deed."""
        self.history.deeds.append(what)
        self.history.problems += [f"after {what}: {problem}" for problem in self.ledger.problems()]


def play(
    seed: int,
    folder: Path,
    other: Other | None = None,
    deeds: int = DEEDS,
    two: float = SHARE_WITH_TWO,
    rich: bool = True,
) -> History:
    """History `seed` in the new folder `folder`, of so many deeds, or until something is wrong; in a share `two` of all
    histories the `other` takes part. `rich`: with deeds that take long."""
    return Play(seed, folder, other, two, rich).run(deeds)


@contextmanager
def studio() -> Iterator[None]:
    """Blender with the add-on and an engine that takes its time."""
    fcvg_blender.register()
    try:
        with slow_engine():
            yield
    finally:
        session.end_engine(20)
        fcvg_blender.unregister()


@contextmanager
def tracebacks() -> Iterator[Callable[[], list[str]]]:
    """While the block runs, what goes to standard error is kept, and the function tells the tracebacks among it that
    have come since it was called last: Blender prints those of handlers, and goes on."""
    before, read_bytes = os.dup(2), 0

    def told() -> list[str]:
        nonlocal read_bytes
        text = Path(file.name).read_bytes()[read_bytes:]
        read_bytes += len(text)
        return [text.decode(errors="replace")] if b"Traceback" in text else []

    with tempfile.NamedTemporaryFile("ab") as file:
        os.dup2(file.fileno(), 2)
        try:
            yield told
        finally:
            os.dup2(before, 2)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--count", type=int, default=500, help="histories (default: 500)")
    parser.add_argument("--seed", type=int, default=1, help="of the first history (default: 1)")
    parser.add_argument("--deeds", type=int, default=DEEDS, help=f"in each history (default: {DEEDS})")
    parser.add_argument("--trace", action="store_true", help="tell all deeds")
    chosen = parser.parse_args()
    began_s, failed, done = time.monotonic(), [], []
    kinds: Counter[str] = Counter()
    other = Other()
    with tracebacks() as stumbled, studio(), closing(other):
        for seed in range(chosen.seed, chosen.seed + chosen.count):
            with tempfile.TemporaryDirectory(prefix="fcvg-history-") as folder:
                try:
                    history = play(seed, Path(folder), other, chosen.deeds)
                except Exception:
                    history = History(seed, problems=[traceback.format_exc()])
            history.problems += stumbled()
            done.append(history)
            kinds.update(deed.partition(" ")[0] for deed in history.deeds)
            if history.problems:
                failed.append(seed)
                print(f"history {seed}: {', '.join(history.deeds)}", *history.problems, sep="\n    ", flush=True)
            elif chosen.trace:
                print(f"history {seed}: {', '.join(history.deeds)}", flush=True)
    if chosen.trace:
        print(kinds)
    print(
        f"{len(done)} histories, {sum(len(each.deeds) for each in done)} deeds, "
        f"{sum(each.watched for each in done)} files of the artist's watched, "
        f"{sum(each.references for each in done)} frames of saved files: "
        f"{len(failed)} histories in which something was lost {failed}, {time.monotonic() - began_s:.0f} s"
    )
    return bool(failed)


if __name__ == "__main__":
    code = main()
    shutil.rmtree(os.environ["BLENDER_USER_RESOURCES"], ignore_errors=True)
    sys.stdout.flush()
    os._exit(code)
