"""The command line: inbetween, conditions, run, serve, models, doctor.

A command only reads its arguments and names an action, which runs when parsing is over: help goes to the real
standard output, a library's chatter never does, and all errors end in the same place.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import logging
import os
import signal
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, TextIO

import typer

from .. import __version__, server
from ..shared import errors, protocol, timing
from ..shared.errors import BadRequest, Cancelled
from ..shared.methods import CONDITIONED
from ..shared.protocol import CancelledReport, ConditionSettings, Done, Message, Request, SamplingSettings
from . import cancellation, models, terminal
from .options import JOB, Action, AsJson, Debug, UntilEof, is_debugging, start_log

# The class that usage errors share; newer versions of typer carry click inside, so it is found through a public child.
_UsageError: type[Exception] = typer.BadParameter.__bases__[0]


def run(arguments: list[str], output_fd: int) -> int:
    """Runs one command; the exit code, see `errors`. `output_fd` is the real standard output."""
    output = os.fdopen(output_fd, "w", encoding="utf-8", errors="backslashreplace")
    try:
        with contextlib.redirect_stdout(output):  # help is printed while parsing
            action = app(arguments or ["--help"], prog_name="fcvg-engine", standalone_mode=False)
        if callable(action):
            action(output)
        output.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), output_fd)  # what is buffered still has to go somewhere
        return _complain(Cancelled("Nobody reads the output any more."), False, output)
    except _UsageError as error:
        problem = BadRequest(error.format_message(), "See --help.")  # type: ignore[attr-defined]
        return _complain(problem, "--json" in arguments, output)
    except KeyboardInterrupt:
        return _complain(Cancelled(), "--json" in arguments, output)
    except Exception as error:  # told to the user
        return _complain(error, "--json" in arguments, output)
    return 0


def _complain(error: Exception, as_json: bool, output: TextIO) -> int:
    if as_json:
        final = CancelledReport(JOB) if isinstance(error, Cancelled) else server.failure(JOB, error)
        terminal.print_message(final, output)
    if is_debugging():
        traceback.print_exception(error)
    told = errors.explain(error)
    terminal.print_error(told)
    return told.exit_code


def _print_version(chosen: bool) -> None:
    if chosen:
        typer.echo(f"fcvg-engine {__version__}")
        raise typer.Exit


Version = Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_print_version)]
Device = Annotated[str, typer.Option(help="One of auto, cpu, cuda, mps.")]
Start = Annotated[str, typer.Argument(help="The first key, an image.")]
End = Annotated[str, typer.Argument(help="The second key, of the same size.")]
Count = Annotated[int, typer.Option(help="How many inbetweens; the keys are not counted.")]
Chart = Annotated[
    str,
    typer.Option("--timing", help=f"{', '.join(protocol.TIMINGS)}, or a time a drawing: 0.2,0.5,0.9."),
]
Hold = Annotated[int, typer.Option(help="Frames each drawing is held: 1, 2 or 3.")]
Seed = Annotated[int, typer.Option(help="For methods that draw noise; -1 for a new one.")]
Lines = Annotated[str, typer.Option(help="FCVG: how lines are matched: auto, flow, gluestick or none.")]
Pose = Annotated[str, typer.Option(help="FCVG: how people are found: auto, dwpose or none.")]
Matches = Annotated[str, typer.Option(help="FCVG: an edited matches.json, instead of looking for lines and poses.")]
CommercialOnly = Annotated[
    bool, typer.Option("--commercial-only", help="Refuse models that are not plainly free for paid work.")
]
WorkSize = Annotated[str, typer.Option(help="Generative methods: WIDTHxHEIGHT they work at, multiples of 64.")]

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
app.add_typer(models.app, name="models")


@app.callback()
def _common(debug: Debug = False, version: Version = False) -> None:
    """Draws the frames between two key images."""


@app.command()
def inbetween(
    start: Start,
    end: End,
    count: Count,
    out: Annotated[str, typer.Option(help="Folder for 0001.png … and manifest.json.")],
    method: Annotated[str, typer.Option(help=f"One of {', '.join(protocol.METHODS)}.")] = "auto",
    chart: Chart = "linear",
    hold: Hold = 1,
    seed: Seed = 0,
    file_format: Annotated[str, typer.Option("--format", help="One of png, png16, exr, jpg.")] = "png",
    device: Device = "auto",
    as_json: AsJson = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace frames made with other settings.")] = False,
    extend: Annotated[
        bool,
        typer.Option(
            "--extend",
            help="A new timing for drawings that are there: keep them and draw only the times not yet drawn.",
        ),
    ] = False,
    commercial_only: CommercialOnly = False,
    lines: Lines = "auto",
    pose: Pose = "auto",
    matches: Matches = "",
    control_weight: Annotated[float, typer.Option(help="FCVG: strength of the conditions.")] = 1.0,
    steps: Annotated[int, typer.Option(help="Generative methods: denoising steps; 0 for the published number.")] = 0,
    guidance_min: Annotated[float, typer.Option(help="Guidance at the first frame; 0 for the published one.")] = 0.0,
    guidance_max: Annotated[float, typer.Option(help="Guidance at the last frame; 0 for the published one.")] = 0.0,
    motion_bucket: Annotated[int, typer.Option(help="How much moves, 0 to 255.")] = 127,
    noise_augmentation: Annotated[float, typer.Option(help="Noise on the keys, 0 to 1.")] = 0.02,
    fps: Annotated[int, typer.Option(help="Frames a second that the video model is told.")] = 7,
    work_size: WorkSize = "",
    preset: Annotated[str, typer.Option(help=f"Memory and speed: {', '.join(protocol.PRESETS)}.")] = "auto",
    debug: Debug = False,
) -> Action:
    """Make the inbetweens of two keys."""
    request = Request(
        start=start,
        end=end,
        out=out,
        count=count,
        method=method,
        timing=timing.parse(chart),
        hold=hold,
        seed=seed,
        format=file_format,
        device=device,
        overwrite=overwrite,
        extend=extend,
        commercial_only=commercial_only,
        conditions=ConditionSettings(lines, pose, matches),
        sampling=SamplingSettings(
            steps=steps,
            guidance_min=guidance_min,
            guidance_max=guidance_max,
            control_weight=control_weight,
            motion_bucket=motion_bucket,
            noise_augmentation=noise_augmentation,
            fps=fps,
            work_size=work_size,
            preset=preset,
        ),
    )
    return lambda output: _make(request, as_json, output)


@app.command()
def conditions(
    start: Start,
    end: End,
    count: Count,
    out: Annotated[str, typer.Option(help="Folder for condition_0000.png …, matches.json and overview.png.")],
    lines: Lines = "auto",
    pose: Pose = "auto",
    chart: Chart = "linear",
    hold: Hold = 1,
    matches: Matches = "",
    seed: Seed = 0,
    work_size: WorkSize = "",
    commercial_only: CommercialOnly = False,
    device: Device = "auto",
    as_json: AsJson = False,
    debug: Debug = False,
) -> Action:
    """Draw the conditions that FCVG would follow: the matched lines and poses of every frame, and of both keys."""
    request = Request(
        start=start,
        end=end,
        out=out,
        count=count,
        method=CONDITIONED[0],
        timing=timing.parse(chart),
        hold=hold,
        seed=seed,
        device=device,
        commercial_only=commercial_only,
        conditions=ConditionSettings(lines, pose, matches),
        sampling=SamplingSettings(work_size=work_size),
    )
    return lambda output: _draw_conditions(request, as_json, output)


@app.command("examine")
def examine_keys(
    start: Start,
    end: End,
    count: Count = 1,
    size: Annotated[str, typer.Option(help="WIDTHxHEIGHT of the frames, where that is not the keys'.")] = "",
    out: Annotated[str, typer.Option(help="The folder that the frames would be written to.")] = ".",
    method: Annotated[str, typer.Option(help=f"One of {', '.join(protocol.METHODS)}.")] = "auto",
    hold: Hold = 1,
    file_format: Annotated[str, typer.Option("--format", help="One of png, png16, exr, jpg.")] = "png",
    device: Device = "auto",
    commercial_only: CommercialOnly = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> Action:
    """Say of two keys whether they are one shot, how far things move, and what a job would take. Makes nothing."""
    request = Request(
        start=start,
        end=end,
        out=out,
        count=count,
        method=method,
        hold=hold,
        format=file_format,
        device=device,
        commercial_only=commercial_only,
    )
    return lambda output: _examine(request, size, as_json, output)


@app.command("run")
def run_job(
    job: Annotated[Path, typer.Argument(metavar="JOB.json", help="A file with the fields of a job.")],
    as_json: AsJson = False,
    debug: Debug = False,
) -> Action:
    """Make the inbetweens a job file asks for; relative paths in it start at its own folder."""
    return lambda output: _make(read_job(job), as_json, output)


@app.command()
def serve(
    idle_s: Annotated[float, typer.Option(min=0, help="Leave after this many seconds without work.")] = server.IDLE_S,
    debug: Debug = False,
) -> Action:
    """Serve Blender on standard input and output."""

    def action(output: TextIO) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in Blender's terminal is for Blender
        signal.signal(signal.SIGTERM, signal.SIG_DFL)  # works even while the interpreter is busy
        faulthandler.enable()  # a crash in a library leaves its trace in the log
        server.make_stderr_lossy()
        start_log(logging.INFO)
        server.serve(0, output.fileno(), idle_s)

    return action


@app.command("doctor")
def examine(
    device: Device = "auto",
    blender: Annotated[str, typer.Option(help="The version of Blender that asks.")] = "",
    as_json: AsJson = False,
    until_eof: UntilEof = False,
    debug: Debug = False,
) -> Action:
    """Examine the engine and this computer, name likely mistakes, and make a frame as a test."""

    def action(output: TextIO) -> None:
        from .. import doctor

        is_cancelled = cancellation.watch(until_eof)
        start_log(logging.CRITICAL)

        def look(show: Callable[[Message], None]) -> doctor.Examination:
            def report(stage: str, fraction: float) -> None:
                if is_cancelled():
                    raise Cancelled
                show(protocol.Progress(JOB, stage, fraction))

            return doctor.examine(device, report, blender)

        if as_json:
            found = look(lambda message: terminal.print_message(message, output))
            terminal.print_message(protocol.Findings(JOB, found.findings, found.mistakes), output)
            if found.error:  # told already, and nothing may follow the last message
                terminal.print_error(found.error)
                raise SystemExit(found.error.exit_code)
            return
        with terminal.progress_bar() as show:
            found = look(show)
        terminal.print_findings(found.findings, found.mistakes, output)
        if found.error:
            raise found.error

    return action


def read_job(path: Path) -> Request:
    """The request in a job file, its paths made absolute. Raises BadRequest, ProtocolError naming the field."""
    try:
        if path.stat().st_size > protocol.MAX_LINE_BYTES:
            raise BadRequest(f"{path} is too long for a job file.", "Check that it is the right file.")
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise BadRequest(f"{path} cannot be read: {error.strerror}.", "Check the job file's path.") from error
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"{path} is no JSON: {error!s:.200}", "Check the job file.") from error
    request = protocol.parse_request(content)
    folder = path.absolute().parent
    start, end, out = (str(folder / each) if each else each for each in (request.start, request.end, request.out))
    matches = request.conditions.matches
    settings = replace(request.conditions, matches=str(folder / matches) if matches else "")
    return replace(request, start=start, end=end, out=out, conditions=settings)


def _make(request: Request, as_json: bool, output: TextIO) -> None:
    from ..jobs import inbetween as job

    done = _run(job.run, request, as_json, output)
    if done is not None:
        reused = f", {done.reused} drawings reused" if done.reused else ""
        output.write(
            f"{done.frames} frames in {request.out} ({done.method}, {done.device}, {done.seconds:.1f} s{reused})\n"
        )
        output.writelines(f"{note}\n" for note in done.notes)


def _draw_conditions(request: Request, as_json: bool, output: TextIO) -> None:
    from ..jobs import draw_conditions

    done = _run(draw_conditions.run, request, as_json, output)
    if done is not None:
        output.write(f"{done.frames} conditions in {request.out} ({done.device}, {done.seconds:.1f} s)\n")
        output.writelines(f"{note}\n" for note in done.notes)


def _examine(request: Request, size: str, as_json: bool, output: TextIO) -> None:
    from ..files import images
    from ..jobs import examine_keys as job

    start_log(logging.CRITICAL)
    is_cancelled = cancellation.watch()
    width, height = _parsed_size(size) if size else images.check_pair(Path(request.start), Path(request.end))
    message = protocol.Examine(JOB, request, width, height)
    if as_json:
        terminal.print_message(job.run(message, lambda _: None, is_cancelled), output)
        return
    with terminal.progress_bar() as show:
        examined = job.run(message, show, is_cancelled)
    terminal.print_examined(examined, output)


def _parsed_size(text: str) -> tuple[int, int]:
    """Width and height out of WIDTHxHEIGHT. Raises BadRequest."""
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise BadRequest(f"{text!r:.50} is no size.", "Write it as WIDTHxHEIGHT, like 960x540.")
    return int(width), int(height)


def _run(run: Callable[..., Done], request: Request, as_json: bool, output: TextIO) -> Done | None:
    """The final report of a job, None where it is printed as an event."""
    start_log(logging.CRITICAL)
    is_cancelled = cancellation.watch()

    def print_event(message: Message) -> None:
        terminal.print_message(message, output)

    if as_json:
        print_event(run(request, JOB, print_event, is_cancelled))
        return None
    with terminal.progress_bar() as show:
        return run(request, JOB, show, is_cancelled)
