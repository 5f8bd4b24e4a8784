# SPDX-License-Identifier: GPL-3.0-or-later
"""Examines the engine and this computer, names likely mistakes, and makes a frame to see that it works."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from ..jobs.self_test import self_test
from ..shared.errors import Cancelled, DiskError, FcvgError, MissingPart, explain
from ..shared.protocol import Finding, Message, Progress
from . import facts, findings, mistakes
from .facts import Report

__all__ = ["Examination", "Report", "examine", "self_test"]

_JOB = "doctor"
_EXAMINED = 0.5  # share of the work; the self-test takes the rest


@dataclass(frozen=True)
class Examination:
    """What was found, and the mistakes that explain it. `error` belongs to the first finding that is an error."""

    findings: list[Finding]
    mistakes: list[Finding]
    error: FcvgError | None


def examine(device: str, report: Report, blender: str = "") -> Examination:
    """Examines everything, each thing after those that it needs; last the self-test, on `device`.

    `blender`: the version of Blender that asks, or empty. In all texts the home folder is ~, since they go into
    reports. Raises what `report` raises.
    """
    known = facts.gather(report)
    found = findings.all_findings(known, blender)
    error = next((_error(each) for each in found if each.state == "error"), None)
    if isinstance(error, MissingPart):
        found.append(Finding("self-test", "left out, since parts of the engine are missing", "warning", error.hint))
    else:
        try:
            found.append(_tried(device, report))
        except Cancelled:
            raise
        except Exception as failure:  # then the other findings are needed all the more
            explained = explain(failure)
            found.append(Finding("self-test", explained.message, "error", explained.hint))
            error = error or explained
    return Examination(_without_home(found), _without_home(mistakes.named(known)), error)


def _tried(device: str, report: Report) -> Finding:
    def pass_on(message: Message) -> None:
        if isinstance(message, Progress):
            report("Making a frame", _EXAMINED + (1 - _EXAMINED) * message.fraction)

    done = self_test(device, _JOB, pass_on, lambda: False)
    return Finding("self-test", " ".join(done.notes))


def _error(finding: Finding) -> FcvgError:
    kind = DiskError if finding.subject.startswith("disk") else MissingPart
    return kind(f"{finding.subject}: {finding.text}", finding.hint)


def _without_home(findings: list[Finding]) -> list[Finding]:
    """The findings with ~ for the home folder."""
    home = str(Path.home())
    if len(home) < 2:  # / is no home
        return findings
    return [replace(each, text=each.text.replace(home, "~"), hint=each.hint.replace(home, "~")) for each in findings]
