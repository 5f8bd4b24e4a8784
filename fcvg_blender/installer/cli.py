# SPDX-License-Identifier: GPL-3.0-or-later
"""The installer's command line: reads the arguments, runs one verb, tells how it ended."""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path

from ..engine import errors, protocol, transfer
from . import verbs
from .cancellation import Stop
from .output import JOB, Teller
from .refusals import explain
from .wish import Wish
from .work import log_tail

VERBS: dict[str, tuple[Callable[..., protocol.Message], str]] = {
    "check": (verbs.check, "say what an installation would do, and what stands in its way"),
    "install": (verbs.install, "make the engine, unless it is there"),
    "update": (verbs.update, "make the engine anew where the add-on's lock has changed"),
    "repair": (verbs.repair, "make the engine anew, whatever is there"),
    "remove": (verbs.remove, "remove the installed engines; models stay"),
    "free": (verbs.free, "delete the downloaded packages; the engine stays"),
    "download": (verbs.download, "bring all that an installation needs into a folder"),
    "status": (verbs.status, "say what is installed"),
}


def run(arguments: Sequence[str]) -> int:
    """Run one verb and return the exit code, see `errors`. No password goes out."""
    clean = [transfer.CleanText.onto(each.fileno(), each.encoding, by_line=True) for each in (sys.stdout, sys.stderr)]
    with redirect_stdout(clean[0]), redirect_stderr(clean[1]):
        return _run(arguments)


def _run(arguments: Sequence[str]) -> int:
    chosen, began_s = _parser().parse_args(arguments), time.time()
    teller = Teller(sys.stdout, sys.stderr, chosen.json)
    stop = Stop(on_cut=lambda: teller.end(protocol.CancelledReport(JOB)))
    stop.on_signals()
    if chosen.until_eof:
        stop.at_end_of_input()
    try:
        teller.end(VERBS[chosen.verb][0](_wish(chosen), teller, stop))
    except errors.Cancelled as error:
        teller.end(protocol.CancelledReport(JOB))
        return error.exit_code
    except Exception as error:  # told to the user
        explained = explain(error)
        detail = log_tail(began_s)
        if explained is not error:
            detail += "".join(traceback.format_exception(error))
        teller.end(protocol.Failed(JOB, explained.code, explained.message, explained.hint, detail))
        return explained.exit_code
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="install", description="Installs the engine of FCVG Inbetween.")
    parsers = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb, (_, purpose) in VERBS.items():
        _add_options(parsers.add_parser(verb, help=purpose, description=purpose.capitalize() + "."))
    return parser


def _add_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--accelerator", default="auto", help="auto, or one that check names: cpu, cuda, cuda12, rocm, metal")
    add("--python", type=Path, metavar="BASE", help="the Python to make the engine with; the one that runs this")
    add("--index", default="", metavar="URL", help="a package index instead of the public one (FCVG_INDEX_URL)")
    add("--wheels", type=Path, action="append", default=[], metavar="FOLDER", help="look here first (FCVG_WHEELS)")
    add("--proxy", default="", metavar="URL", help="for http and https (FCVG_PROXY)")
    add("--from", type=Path, dest="source", metavar="FOLDER", help="take all from here, nothing from the network")
    add("--offline", action="store_true", help="nothing from the network (FCVG_OFFLINE)")
    add("--lock", type=Path, metavar="FILE", help="a pylock.toml of your own, instead of the add-on's")
    add("--no-weights", action="store_true", help="leave out the models of the draft methods")
    add(
        "--self-test",
        choices=("frame", "none"),
        default="frame",
        help="what the new engine has to do before it is used",
    )
    add("--downloads", action="store_true", help="remove: the downloaded packages too")
    add("--to", type=Path, metavar="FOLDER", help="download: where to")
    add("--platform", default="", help="download: for which, such as windows-x86_64; this computer's")
    add("--for-python", default="", metavar="3.N", help="download: for which Python, such as 3.13; the one that runs")
    add("--json", action="store_true", help="print JSON, one message a line")
    add("--until-eof", action="store_true", help="stop when standard input ends")


def _wish(chosen: argparse.Namespace) -> Wish:
    where = transfer.places()
    if chosen.source is not None:
        where = transfer.Places(folders=(chosen.source,), offline=True)
    where = replace(
        where,
        folders=(*chosen.wheels, *where.folders),
        index=chosen.index or where.index,
        proxy=chosen.proxy or where.proxy,
        offline=chosen.offline or where.offline,
    )
    return Wish(
        base=chosen.python,
        accelerator=chosen.accelerator,
        where=where,
        lock=chosen.lock,
        weights=not chosen.no_weights,
        test=chosen.self_test,
        free_downloads=chosen.downloads,
        to=chosen.to,
        platform=chosen.platform,
        python=chosen.for_python,
    )
