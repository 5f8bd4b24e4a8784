# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line of the add-on, which does the same as the buttons without a window.

`blender --command fcvg inbetween FILE.blend --strips A B` makes the inbetweens of two strips. `storyboard FILE.blend`
makes those of a whole storyboard, and goes on with one that was stopped half way.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bpy

from .. import compat
from ..edit import gap_refusals, gaps, strip_takes, strips
from ..engine import errors, plain_text, protocol, small_files
from ..i18n import amounts
from ..jobs import enqueue, queue, without_window
from ..jobs.job import Job
from ..jobs.session import session
from ..settings import addon_choices, menu_choices, strip_record

_BEGINS = (b"BLENDER", b"\x1f\x8b", b"\x28\xb5\x2f\xfd")  # of blend files: plain, by gzip, by zstd
_BEGINNING_BYTES = 7

_handle: Any = None


def main(argv: list[str]) -> int:
    """Run one command; return its exit code: 0 done, 2 bad input, 3 missing part, 4 memory, 5 disk, 1 anything else."""
    try:
        arguments = _parser().parse_args(argv)
    except SystemExit as leave:  # argparse has written its message
        return int(leave.code or 0)
    try:
        return int({"inbetween": _inbetween, "storyboard": _storyboard}[arguments.verb](arguments))
    except errors.FcvgError as error:
        _say(f"{error.message} {error.hint}".strip())
        return error.exit_code
    except RuntimeError as error:  # an operator's report
        _say(str(error).removeprefix("Error: ").strip())
        return errors.exit_code_of(session.error_panel.code)
    return 0


def register() -> None:
    """Make the command known to Blender."""
    global _handle
    _handle = bpy.utils.register_cli_command("fcvg", main)


def unregister() -> None:
    """Forget the command."""
    global _handle
    bpy.utils.unregister_cli_command(_handle)
    _handle = None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="blender --command fcvg")
    verbs = parser.add_subparsers(dest="verb", required=True)
    pair = verbs.add_parser("inbetween", help="make the frames between two strips of a blend file")
    pair.add_argument("file", type=Path, metavar="FILE.blend")
    pair.add_argument("--strips", nargs=2, required=True, metavar=("A", "B"), help="names of the two strips")
    board = verbs.add_parser("storyboard", help="make the frames between each strip of an edit and the next one")
    board.add_argument("file", type=Path, metavar="FILE.blend")
    which = board.add_mutually_exclusive_group()
    which.add_argument("--strips", nargs="+", metavar="STRIP", help="names of the strips (default: all with a picture)")
    which.add_argument("--channel", type=int, help="all strips with a picture on this channel")
    board.add_argument("--cuts", choices=["make", "leave-out"], help="what to do with two pictures of different shots")
    for verb in (pair, board):
        verb.add_argument("--count", type=int, help="number of inbetweens where strips touch")
        verb.add_argument("--method", choices=protocol.METHODS)
        verb.add_argument("--timing", metavar="|".join((*protocol.TIMINGS, "t1,t2,…")))
        verb.add_argument("--hold", type=int, choices=protocol.HOLDS)
        verb.add_argument("--seed", type=int)
        verb.add_argument("--placement", choices=[_word(item) for item in menu_choices.PLACEMENTS])
        verb.add_argument("--format", choices=protocol.FORMATS)
        verb.add_argument("--output", type=Path, metavar="OTHER.blend", help="save there instead of over FILE.blend")
    return parser


def _inbetween(arguments: argparse.Namespace) -> int:
    """Make the inbetweens of two strips; return 0. Raises FcvgError, or RuntimeError where the operator refuses."""
    scene = _open(arguments)
    _select(scene, arguments.strips)
    _apply(scene.fcvg, arguments)
    chain = gaps.chain(scene, compat.selected_strips(bpy.context), scene.fcvg)
    _print(_sentence(scene, chain))
    operators: Any = bpy.ops
    with _reports_to(_Progress().show):
        operators.fcvg.generate_inbetweens()
    _save(arguments)
    return 0


def _storyboard(arguments: argparse.Namespace) -> int:
    """Make and save all inbetweens that can be made; return 0, or the exit code of the first failure."""
    scene = _open(arguments)
    _apply(scene.fcvg, arguments)
    chosen = _chosen(scene, arguments)
    unfinished = _wanted_again()
    try:
        chain = gaps.chain(scene, chosen, scene.fcvg)
    except gap_refusals.ShotProblem:
        if not unfinished:
            raise
        chain = gaps.Chain(())
    choices = addon_choices.read(bpy.context)
    session.engine(choices)
    take_ids = [*unfinished, *enqueue.lay(scene, chain, choices)]
    if unfinished:
        _print(f"Going on with {len(unfinished)} that were not finished.")
    if chain.shots:
        _print(_sentence(scene, chain))
    board = _Board(len(take_ids), lambda: _save(arguments))
    with _reports_to(board.show):
        finals = without_window.run_takes(take_ids)
    failed = [each for each in finals if isinstance(each, protocol.Failed) and each.code != errors.LooksLikeCut.code]
    made = sum(isinstance(each, protocol.Done) for each in finals)
    if made:
        _save(arguments)
    _print(f"Made {made} of {len(take_ids)} in {amounts.duration(board.elapsed_s())}.")
    for sentence in session.left_out:
        _print(f"Left out: {sentence}")
    for each in failed:
        _say(f"Failed: {each.message} {each.hint}".strip())
    return errors.exit_code_of(failed[0].code) if failed else 0


def _open(arguments: argparse.Namespace) -> Any:
    """Open the file; return the scene whose edit is meant. Raises BadRequest on arguments that cannot be."""
    if not _is_file(arguments.file):
        raise errors.BadRequest(f"There is no file {arguments.file!s:.200}.")
    if arguments.output:
        _check_output(arguments.output)
    if arguments.count is not None and not 1 <= arguments.count <= protocol.MAX_COUNT:
        raise errors.BadRequest(f"The number of inbetweens is 1 to {protocol.MAX_COUNT}.")
    try:
        bpy.ops.wm.open_mainfile(filepath=str(arguments.file.resolve()))
    except RuntimeError as error:
        raise errors.BadRequest(str(error).removeprefix("Error: ").strip()) from error
    scene = compat.sequencer_scene(bpy.context)
    gap_refusals.check_editable(scene)
    return scene


def _check_output(path: Path) -> None:
    """Raise BadRequest where no blend file may be saved: one takes the place of a blend file only."""
    is_free = False
    try:
        path = path.resolve()
        path.stat()  # which says why not, where `exists` only says no
    except (FileNotFoundError, NotADirectoryError):
        is_free = True
    except (OSError, ValueError, RuntimeError):  # too long, a NUL, links in a ring
        raise errors.BadRequest(f"No file can have the name {path!s:.200}.", "Choose another name.") from None
    if not path.parent.is_dir():
        raise errors.BadRequest(f"There is no folder {path.parent}.", "Make it first.")
    if path.suffix.lower() != ".blend":
        raise errors.BadRequest(f"{path} is not the name of a blend file.", "Choose one that ends in .blend.")
    if not is_free and not _is_blend(path):
        raise errors.BadRequest(f"{path} is there already, and is no blend file.", "Choose another name.")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _is_blend(path: Path) -> bool:
    try:
        return small_files.read_beginning(path, _BEGINNING_BYTES).startswith(_BEGINS)
    except OSError:
        return False


def _save(arguments: argparse.Namespace) -> None:
    """Save the file, or the one that `--output` names. Raises DiskError."""
    try:
        bpy.ops.wm.save_as_mainfile(filepath=str((arguments.output or arguments.file).resolve()))
    except RuntimeError as error:
        raise errors.DiskError(str(error).removeprefix("Error: ").strip()) from error


def _sentence(scene: Any, chain: gaps.Chain) -> str:
    return gaps.sentence(chain, menu_choices.engine_word(scene.fcvg.method))


def _chosen(scene: Any, arguments: argparse.Namespace) -> list[Any]:
    """The strips of the board. Raises BadRequest."""
    if arguments.strips:
        _select(scene, arguments.strips)
        return compat.selected_strips(bpy.context)
    wanted = [strip for strip in compat.strips(scene) if strip.type != "SOUND"]
    if arguments.channel is None:
        return wanted
    there = sorted({int(strip.channel) for strip in wanted})
    if arguments.channel not in there:
        raise errors.BadRequest(
            f"There is no strip with a picture on channel {arguments.channel}.",
            f"There are some on: {', '.join(map(str, there)) or 'none'}.",
        )
    # Inbetweens lie on the channel of their keys and are none themselves.
    return [strip for strip in wanted if strip.channel == arguments.channel and not strip.fcvg.id]


def _wanted_again() -> list[str]:
    """The ids of takes that an earlier command left waiting or half made. They are to be made first."""
    for _, strip in strips.ours():
        if strip.fcvg.state == strip_record.INCOMPLETE and not strip.fcvg.overlay:
            enqueue.again(strip.fcvg)
    return [entry.take.id for entry in queue.entries()]


def _select(scene: Any, names: list[str]) -> None:
    """Select the strips with these names and nothing else. Raises BadRequest where one is missing."""
    there = {strip.name for strip in compat.strips(scene)}
    missing = [name for name in names if name not in there]
    if missing:
        raise errors.BadRequest(
            f"The edit has no strip {' and no strip '.join(repr(name) for name in missing)}.",
            f"Its strips are: {', '.join(sorted(there)) or 'none'}.",
        )
    for strip in compat.strips(scene):
        strip.select = strip.name in names


def _apply(settings: Any, arguments: argparse.Namespace) -> None:
    """Change the settings that were given; the rest stays as the artist left it in the file."""
    if arguments.count is not None:
        settings.count = arguments.count
    if arguments.seed is not None:
        _set(settings, "seed", arguments.seed)
    if arguments.hold is not None:
        settings.hold = next(name for name, _, _, number in menu_choices.HOLDS if number == arguments.hold)
    if arguments.format is not None:
        settings.bright_as_exr = False  # that format it is to be
    for name in ("method", "placement", "format", "cuts"):
        value = getattr(arguments, name, None)
        if value is not None:
            setattr(settings, name, _identifier(value))
    if arguments.timing in protocol.TIMINGS:
        settings.timing = _identifier(arguments.timing)
    elif arguments.timing is not None:
        settings.timing = "CUSTOM"
        _set(settings, "times", arguments.timing)


def _set(settings: Any, name: str, value: object) -> None:
    """Set a property to what was typed. Raises BadRequest where Blender cannot hold it."""
    try:
        setattr(settings, name, value)
    except (OverflowError, TypeError, ValueError):
        raise errors.BadRequest(f"{value!s:.80} cannot be used: it is too large, or no text.") from None


def _word(item: tuple[str, str, str, int]) -> str:
    return menu_choices.engine_word(item[0])


def _identifier(word: str) -> str:
    return word.upper().replace("-", "_")


class _Progress:
    """Prints a line whenever there is something new to say of a job."""

    def __init__(self) -> None:
        self._last = ""

    def show(self, job: Job) -> None:
        """Print how far a job is. Called for each report."""
        line = f"{job.fraction:4.0%}  {job.stage}  {job.eta()}".rstrip()
        if line != self._last:
            _print(line)
            self._last = line


class _Board:
    """Prints a line for each pair that is done with. With the first that is made it saves the file, so that a command
    that is stopped later can go on from there."""

    def __init__(self, count: int, save: Callable[[], None]) -> None:
        self._count, self._save = count, save
        self._began_s = time.monotonic()
        self._ended = 0
        self._saved = False

    def elapsed_s(self) -> float:
        """Return the seconds since the beginning."""
        return time.monotonic() - self._began_s

    def show(self, job: Job) -> None:
        """Print what has become of a job, once it has ended. Called for each report."""
        if job.id in session.jobs:
            return
        self._ended += 1
        left = self._count - self._ended
        take = next((take for _, _, take in strip_takes.holders(job.take)), None)
        if take is None:
            outcome = "left out"
        elif take.state == strip_record.DONE:
            outcome = f"{take.made} frames"
            if not self._saved:
                self._save()
                self._saved = True
        else:
            outcome = f"failed: {take.error}"
        time_left = amounts.time_left(self.elapsed_s() / self._ended * left)
        _print(f"{self._ended}/{self._count}  {job.name}  {outcome}  {time_left}".rstrip())


@contextmanager
def _reports_to(show: Callable[[Job], None]) -> Iterator[None]:
    """Call `show` for each report of a job meanwhile."""
    session.on_progress = show
    try:
        yield
    finally:
        session.on_progress = None


def _print(line: str) -> None:
    sys.stdout.write(plain_text.plain(line) + "\n")
    sys.stdout.flush()


def _say(text: str) -> None:
    sys.stderr.write(plain_text.plain(text, lines=True) + "\n")
