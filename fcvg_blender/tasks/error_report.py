# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of an error report: versions, settings, the error and the log's end; no personal paths, no passwords.

No bpy.
"""

from __future__ import annotations

import getpass
import platform
import re
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..engine import plain_text, protocol, small_files, transfer
from ..engine.client import Client

LONGEST_VALUE = 2000  # letters

_END_BYTES = 16 << 10


def text(
    blender: str,
    blend_file: str,
    client: Client | None,
    error: tuple[str, str, str],
    settings: dict[str, str],
    strip: dict[str, str],
    failures: str = "",
) -> str:
    """Return the report about an error of the engine or the add-on.

    `error`: message, hint and detail. `settings`: the scene's, `strip`: of the active strip, by their names.
    `failures`: tracebacks of what has failed without anybody's being stopped.
    """
    hello = client.hello if client else None
    parts = {
        "FCVG Inbetween report": {
            "Blender": blender,
            "System": f"{platform.system()} {platform.release()} {platform.machine()}",
            "Protocol": str(protocol.VERSION),
            "Engine": f"{hello.engine} (protocol {hello.version})" if hello else "not running",
            "Engine Python": str(client.launch.python) if client else "not started yet",
        },
        "Settings": settings,
        "Active strip": strip,
        "Error": dict(zip(("Message", "Hint", "Detail"), error, strict=True)),
        "What failed since the file was opened": {"": failures},
        "End of the engine's log": {"": client.log.tail()} if client else {},
    }
    return _joined(parts, [Path(blend_file).parent] if blend_file else [])


def of_installation(
    blender: str,
    online: bool,
    engine: str,
    plans: list[protocol.InstallPlan],
    troubles: dict[str, protocol.Failed],
    log: Path,
) -> str:
    """Return the report about an installation or a download.

    `engine`: what is there. `plans`: what the installer has found out. `troubles`: why tasks have failed, by their
    keys. `log`: the installer's log file.
    """
    parts = {
        "FCVG Inbetween installation report": {
            "Blender": f"{blender}, online access {'allowed' if online else 'not allowed'}",
            "System": f"{platform.system()} {platform.release()} {platform.machine()}",
            "Engine": engine,
        },
        **{f"Plan for {plan.accelerator}": {k: str(v) for k, v in asdict(plan).items()} for plan in plans},
        **{
            f"Failure: {key}": {"Message": each.message, "Hint": each.hint, "Detail": each.detail}
            for key, each in troubles.items()
        },
        "End of the installer's log": {"": end_of(log)},
    }
    return _joined(parts, [])


def of_doctor(blender: str, found: protocol.Findings) -> str:
    """Return the report about what the doctor has found."""
    mistakes = {f"{number}": f"{each.text} {each.hint}" for number, each in enumerate(found.mistakes, 1)}
    lines = {each.subject: f"[{each.state}] {each.text} {each.hint}".strip() for each in found.findings}
    parts = {"FCVG Inbetween doctor": {"Blender": blender}, "Likeliest mistakes": mistakes, "Findings": lines}
    return _joined(parts, [])


def settings(group: Any) -> dict[str, str]:
    """Return the values of a property group and of the groups inside it, by their names; of what else it points at,
    the name."""
    found: dict[str, str] = {}
    for name, declared in group.bl_rna.properties.items():
        if name == "rna_type":
            continue
        try:
            value = getattr(group, name)
        except UnicodeDecodeError:
            value = "(no text)"
        is_group = declared.type == "POINTER" and hasattr(value, "bl_rna") and not hasattr(value, "users")
        inner = settings(value) if is_group else {"": str(getattr(value, "name", value))[:LONGEST_VALUE]}
        found |= {f"{name}.{each}".rstrip("."): text for each, text in inner.items()}
    return found


def without_names(report: str, folders: list[Path]) -> str:
    """Return `report` without the project's `folders`, the home folder and the user's name."""
    for folder in sorted(folders, key=lambda path: -len(str(path))):
        report = _replace(report, folder, "<project>")
    report = _replace(report, Path.home(), "~")
    user = getpass.getuser()
    if len(user) > 2:
        report = re.sub(rf"(?<=[/\\]){re.escape(user)}(?=[/\\])", "<user>", report)
    return report


def end_of(log: Path, lines: int = 60) -> str:
    """Return the last lines of a file, '' where it cannot be read."""
    with suppress(OSError):
        small_files.require_file(log)
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - _END_BYTES))
            return "\n".join(file.read(_END_BYTES).decode("utf-8", "replace").splitlines()[-lines:])
    return ""


def _joined(parts: dict[str, dict[str, str]], folders: list[Path]) -> str:
    lines = []
    for title, values in parts.items():
        lines += ["", title, "-" * len(title)]
        lines += [f"{name}: {value}" if name else value for name, value in values.items() if value]
    report = without_names(transfer.cleaned("\n".join(lines).strip() + "\n"), folders)
    return plain_text.plain(report, lines=True)


def _replace(report: str, folder: Path, word: str) -> str:
    for spelling in {str(folder), folder.as_posix(), str(folder).replace("\\", "\\\\")}:
        if len(spelling) > 1:  # '/' alone is nobody's name
            report = report.replace(spelling, word)
    return report
