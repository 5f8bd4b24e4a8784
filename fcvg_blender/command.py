"""`blender --command fcvg inbetween FILE.blend --strips A B`: the same click without a window."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bpy

from . import compat, jobs, properties, shots
from .engine import errors, protocol

_handle: Any = None


def main(argv: list[str]) -> int:
    """Run one command; the exit codes are the engine's: 0 done, 2 bad input, 3 missing part, 4 memory, 5 disk."""
    try:
        arguments = _parser().parse_args(argv)
    except SystemExit as leave:  # argparse has written its message
        return int(leave.code or 0)
    try:
        _inbetween(arguments)
    except errors.FcvgError as error:
        _say(f"{error.message} {error.hint}".strip())
        return error.exit_code
    except RuntimeError as error:  # an operator's report
        _say(str(error).removeprefix("Error: ").strip())
        return jobs.exit_code(jobs.session.error_code)
    return 0


def register() -> None:
    """Make the command known."""
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
    verb = verbs.add_parser("inbetween", help="make the frames between two strips of a blend file")
    verb.add_argument("file", type=Path, metavar="FILE.blend")
    verb.add_argument("--strips", nargs=2, required=True, metavar=("A", "B"), help="names of the two strips")
    verb.add_argument("--count", type=int, help="number of inbetweens where the strips touch")
    verb.add_argument("--method", choices=protocol.METHODS)
    verb.add_argument("--timing", metavar="|".join((*protocol.TIMINGS, "t1,t2,…")))
    verb.add_argument("--hold", type=int, choices=protocol.HOLDS)
    verb.add_argument("--seed", type=int)
    verb.add_argument("--placement", choices=[_word(item) for item in properties.PLACEMENTS])
    verb.add_argument("--format", choices=protocol.FORMATS)
    verb.add_argument("--output", type=Path, metavar="OTHER.blend", help="save there instead of over FILE.blend")
    return parser


def _inbetween(arguments: argparse.Namespace) -> None:
    if not arguments.file.is_file():
        raise errors.BadRequest(f"There is no file {arguments.file}.")
    if arguments.output and not arguments.output.resolve().parent.is_dir():
        raise errors.BadRequest(f"There is no folder {arguments.output.resolve().parent}.", "Make it first.")
    if arguments.count is not None and not 1 <= arguments.count <= protocol.MAX_COUNT:
        raise errors.BadRequest(f"The number of inbetweens is 1 to {protocol.MAX_COUNT}.")
    try:
        bpy.ops.wm.open_mainfile(filepath=str(arguments.file.resolve()))
    except RuntimeError as error:
        raise errors.BadRequest(str(error).removeprefix("Error: ").strip()) from error
    scene = compat.sequencer_scene(bpy.context)
    _select(scene, arguments.strips)
    _apply(scene.fcvg, arguments)
    chain = shots.chain(scene, compat.selected_strips(bpy.context), scene.fcvg)
    sys.stdout.write(shots.sentence(chain, arguments.method or properties.engine_word(scene.fcvg.method)) + "\n")
    operators: Any = bpy.ops
    with _progress_shown():
        operators.fcvg.generate_inbetweens()
    try:
        bpy.ops.wm.save_as_mainfile(filepath=str((arguments.output or arguments.file).resolve()))
    except RuntimeError as error:
        raise errors.DiskError(str(error).removeprefix("Error: ").strip()) from error


def _select(scene: Any, names: list[str]) -> None:
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
    """Only what was given; the rest is as the artist left it in the file."""
    if arguments.count is not None:
        settings.count = arguments.count
    if arguments.seed is not None:
        settings.seed = arguments.seed
    if arguments.hold is not None:
        settings.hold = next(name for name, _, _, number in properties.HOLDS if number == arguments.hold)
    for name in ("method", "placement", "format"):
        value = getattr(arguments, name)
        if value is not None:
            setattr(settings, name, _identifier(value))
    if arguments.timing in protocol.TIMINGS:
        settings.timing = _identifier(arguments.timing)
    elif arguments.timing is not None:
        settings.timing, settings.times = "CUSTOM", arguments.timing


def _word(item: tuple[str, str, str, int]) -> str:
    return properties.engine_word(item[0])


def _identifier(word: str) -> str:
    return word.upper().replace("-", "_")


@contextmanager
def _progress_shown() -> Iterator[None]:
    """One line whenever there is something new to say."""
    last = ""

    def show(job: jobs.Job) -> None:
        nonlocal last
        line = f"{job.fraction:4.0%}  {job.stage}  {job.eta()}".rstrip()
        if line != last:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
            last = line

    jobs.session.on_progress = show
    try:
        yield
    finally:
        jobs.session.on_progress = None


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
