# SPDX-License-Identifier: GPL-3.0-or-later
"""A second Blender, a process of its own, with another artist before it: `Other` tells it what to do.

python -m tests.fuzz.other_blender      is that process
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from contextlib import ExitStack, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "blender")]

import another_blender
from fuzz.desk import Desk, Outcome, slow_engine
from fuzz.whose import World

# Run as a module, so that what it imports from here is the same as elsewhere.
_PROGRAM = (
    "import runpy, sys; sys.path.insert(0, {root!r}); runpy.run_module('tests.fuzz.other_blender', None, '__main__')"
)
_SIGN = "@@ "  # begins the lines that are answers; Blender prints others


class Other:
    """The process, started when it is first needed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def sit_down(self, world: World, seed: int, has_window: bool) -> Outcome:
        """Another artist comes, and opens a file."""
        where = {"root": str(world.root), "user": str(world.user)}
        return Outcome(**self._ask(do="sit_down", **where, seed=seed, has_window=has_window))

    def crash(self) -> None:
        """The process ends at once, in the midst of whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def do(self) -> Outcome:
        """One deed, whichever."""
        return Outcome(**self._ask(do="do"))

    def leave(self) -> Outcome:
        """All is stopped, the file is closed."""
        return Outcome(**self._ask(do="leave"))

    def settle(self) -> Outcome:
        """All is made that can be made."""
        return Outcome(**self._ask(do="settle"))

    def close(self) -> None:
        """End the process."""
        if self._process is not None and self._process.stdin is not None:
            with suppress(BrokenPipeError):  # it has ended already
                self._process.stdin.close()
            self._process.wait(60)
            self._process = None

    def _ask(self, **question: Any) -> dict[str, Any]:
        if self._process is None:
            self._process = subprocess.Popen(
                another_blender.command(_PROGRAM.format(root=str(ROOT))),
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(json.dumps(question) + "\n")
        process.stdin.flush()
        for line in process.stdout:
            if line.startswith(_SIGN):
                answer: dict[str, Any] = json.loads(line.removeprefix(_SIGN))
                return answer
        raise ChildProcessError(f"The other Blender has ended with {process.wait()}.")


def main() -> None:
    """Do what is asked on standard input, and answer."""
    import fcvg_blender

    fcvg_blender.register()
    with slow_engine(), ExitStack() as stack:
        desk: Desk | None = None
        for line in sys.stdin:
            question = json.loads(line)
            match question["do"]:
                case "sit_down":
                    world = World(Path(question["root"]), Path(question["user"]))
                    desk = Desk(world, random.Random(question["seed"]), question["has_window"])
                    stack.enter_context(desk.seated())
                    answer = desk.outcome(desk.open_another)
                case "do":
                    assert desk is not None
                    answer = desk.do()
                case "settle":
                    assert desk is not None
                    answer = desk.outcome(desk.settle)
                case _:
                    assert desk is not None
                    answer = desk.outcome(stack.close, "leave")
            print(f"\n{_SIGN}{json.dumps(asdict(answer))}", flush=True)
    fcvg_blender.unregister()


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)
