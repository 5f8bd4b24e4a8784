# SPDX-License-Identifier: GPL-3.0-or-later
"""Why an engine is gone, in an artist's words. No bpy."""

from __future__ import annotations

import re

from .engine_process import Ended, Launch

# What a timer of the engine's writes at the end of its log when an import hangs: where each thread was.
_HUNG = re.compile(r"^Timeout \(0:[^\n]*\n(?:(?:(?:Current t|T)hread |  )[^\n]*\n|\n)*\s*\Z", re.MULTILINE)
_IMPORTED = re.compile(r"[/\\](?:site|dist)-packages[/\\](\w+)[^\n]* in <module>")
_COMPLAINT = re.compile(r"^error: (.+)(?:\nhint: (.+))?\s*\Z", re.MULTILINE)  # an engine's last words


def explain_end(ended: Ended, greeted: bool, launch: Launch, log: str) -> tuple[str, str]:
    """Return what to tell the artist about the end of an engine, and a hint what to do.

    `greeted`: it had said its first line. `log`: the end of what it wrote on its standard error.
    """
    if ended.returncode is None:
        return "The engine could not be started.", f"Check the engine Python in the preferences ({ended.problem})."
    hung = _HUNG.search(f"{log}\n")
    if ended.silent or hung:
        library = next(iter(_IMPORTED.findall(hung[0])), "") if hung else ""  # the innermost first
        return (
            f"The engine's library {library} does not finish loading, so the engine was stopped."
            if library
            else f"The engine was started but said nothing for {launch.hello_timeout_s:g} seconds, so it was stopped.",
            "Try again. If it stays so, restart the computer, or choose another engine Python in the preferences.",
        )
    if ended.problem:
        return (
            f"The engine sent {ended.problem}, so it was stopped.",
            "Generate again. If it stays so, update the add-on and the engine to the same version.",
        )
    said = _COMPLAINT.search(log)
    if said:
        return f"The engine stopped: {said[1]:.300}", f"{said[2] or 'Generate again.':.300}"
    if not greeted:
        last = log.strip().rpartition("\n")[2]
        return (
            f"The engine stopped while it started: {last:.200}" if last else "The engine stopped while it started.",
            "Check that the engine Python in the preferences has all parts of the engine.",
        )
    if ended.returncode == -9:
        return (
            "The system killed the engine, most likely because memory ran out.",
            "Close other programs or lower the resolution, then generate again; finished frames are kept.",
        )
    return (
        f"The engine stopped unexpectedly (code {ended.returncode}).",
        "Generate again: the engine starts anew. Finished frames are kept.",
    )
