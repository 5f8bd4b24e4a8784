"""Examines the engine and what it runs in, names the likeliest mistakes, and makes a frame to see that it works."""

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
_TRIAL = 0.5  # of the work is done when the self-test begins


@dataclass(frozen=True)
class Examination:
    """What was found, and the mistakes that explain it. `error` is that of the first finding that is one."""

    findings: list[Finding]
    mistakes: list[Finding]
    error: FcvgError | None


def examine(device: str, report: Report, blender: str = "") -> Examination:
    """Everything, in the order in which one thing needs the other; last the self-test, on `device`. `blender` is the
    version that asks. Raises what `report` raises.

    In all texts the home folder is ~: they are meant for reports.
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
        except Exception as failure:  # whatever it is: all that was found out is the more welcome
            told = explain(failure)
            found.append(Finding("self-test", told.message, "error", told.hint))
            error = error or told
    return Examination(_homeless(found), _homeless(mistakes.named(known)), error)


def _tried(device: str, report: Report) -> Finding:
    def pass_on(message: Message) -> None:
        if isinstance(message, Progress):
            report("Making a frame", _TRIAL + (1 - _TRIAL) * message.fraction)

    done = self_test(device, _JOB, pass_on, lambda: False)
    return Finding("self-test", " ".join(done.notes))


def _error(finding: Finding) -> FcvgError:
    kind = DiskError if finding.subject.startswith("disk") else MissingPart
    return kind(f"{finding.subject}: {finding.text}", finding.hint)


def _homeless(findings: list[Finding]) -> list[Finding]:
    home = str(Path.home())
    if len(home) < 2:  # / alone is nobody's
        return findings
    return [replace(each, text=each.text.replace(home, "~"), hint=each.hint.replace(home, "~")) for each in findings]
