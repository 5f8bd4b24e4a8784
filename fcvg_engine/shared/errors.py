# SPDX-License-Identifier: GPL-3.0-or-later
"""Every error that a user may see: a stable code, a sentence for an artist and a hint that says what to do.

Standard library only: the add-on imports this module too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .plain_text import plain

_NO_THREAD = "can't start new thread"  # what Python says
# How torch's errors begin when a card or its driver fails. They have no type of their own before torch 2.8.
_CARD_FAILED = re.compile(
    r"(CUDA|HIP|cuDNN|MIOpen|cuBLAS|cuFFT|cuSOLVER)\b[\w ]*\berror\b(?!: out of memory)"
    r"|No (CUDA|HIP) GPUs|Found no NVIDIA driver",
    re.IGNORECASE,
)


class FcvgError(Exception):
    """Base of all errors the engine reports on purpose.

    `code` is stable and machine-readable, `exit_code` is what the command line returns, `message` is one
    sentence in an artist's words and `hint` says what to do about it (may be empty). Both are made `plain`, whatever
    names and paths they tell of.
    """

    code = "internal"
    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        self.message, self.hint = (plain(text, lines=True) for text in (message, hint))
        super().__init__(self.message)


class BadRequest(FcvgError):
    """An argument or a job's field that cannot be used."""

    code = "bad_request"
    exit_code = 2


class BadImage(FcvgError):
    """A key image that is missing, broken, too large or unlike its partner."""

    code = "bad_image"
    exit_code = 2


class LooksLikeCut(FcvgError):
    """The keys do not look like the same shot, and the request says to ask then."""

    code = "cut"
    exit_code = 2


class FolderBusy(FcvgError):
    """The output folder belongs to another job that is running."""

    code = "folder_busy"
    exit_code = 2


class MissingPart(FcvgError):
    """A library of the engine's own environment cannot be imported."""

    code = "missing_part"
    exit_code = 3


class MissingModel(FcvgError):
    """Weights are not there, cannot be fetched or are not what they should be."""

    code = "missing_model"
    exit_code = 3


class LicenceRefused(FcvgError):
    """A model may not be used here: its licence has not been accepted, or it is not free for commercial work where only
    such models are wanted."""

    code = "licence"
    exit_code = 3


class DownloadFailed(FcvgError):
    """A file that could not be fetched, or is not what was pinned."""

    code = "download"
    exit_code = 3


class InstallFailed(FcvgError):
    """The engine could not be put together, or does not work; one that was there before stays."""

    code = "install"
    exit_code = 3


class OutOfMemory(FcvgError):
    """The computer or its GPU has too little memory for this job."""

    code = "out_of_memory"
    exit_code = 4


class NoThreads(FcvgError):
    """The system lets the engine start no more threads or processes."""

    code = "threads"
    exit_code = 4

    def __init__(self) -> None:
        super().__init__(
            "The system allows no more threads or processes.",
            "Close other programs, or raise the limit (in a terminal: ulimit -u).",
        )


class DeviceLost(FcvgError):
    """The graphics card failed or is gone. The engine that has used it has to be started anew."""

    code = "device_lost"
    exit_code = 1


class DiskError(FcvgError):
    """Writing failed: disk full, folder read-only or gone."""

    code = "disk"
    exit_code = 5


class NumericError(FcvgError):
    """A network returned NaN or Inf; the message names the step."""

    code = "numeric"
    exit_code = 1


class Cancelled(FcvgError):
    """The user asked to stop. Raised out of a progress callback."""

    code = "cancelled"
    exit_code = 130

    def __init__(self, message: str = "Cancelled.", hint: str = "") -> None:
        super().__init__(message, hint)


class ProtocolError(FcvgError):
    """A line on the pipe that is no message of this protocol version."""

    code = "protocol"
    exit_code = 2


def exit_code_of(code: str) -> int:
    """Return the exit code of the first kind of error that has this `code`; 1 where no kind has it."""
    return next((kind.exit_code for kind in _kinds(FcvgError) if kind.code == code), FcvgError.exit_code)


def _kinds(base: type[FcvgError]) -> Iterator[type[FcvgError]]:
    """Yield `base` and the errors that derive from it, the add-on's own ones too."""
    yield base
    for each in base.__subclasses__():
        yield from _kinds(each)


def explain(error: Exception) -> FcvgError:
    """`error` in words for the user, when nothing nearer to it has found any."""
    if isinstance(error, FcvgError):
        return error
    if isinstance(error, ImportError):
        return MissingPart(f"A part of the engine is missing: {error}", "Install the engine again.")
    if isinstance(error, MemoryError):
        return OutOfMemory("There is too little memory.", "Close other programs or use smaller keys.")
    if isinstance(error, BlockingIOError) or (isinstance(error, RuntimeError) and _NO_THREAD in str(error)):
        return NoThreads()
    if isinstance(error, RuntimeError) and _CARD_FAILED.match(str(error)):
        first_line = str(error).partition("\n")[0]
        return DeviceLost(
            f"The graphics card failed: {first_line:.200}",
            "Generate again; finished frames are kept. If it fails again, restart the computer or choose the processor "
            "as the device.",
        )
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return DiskError(
            f"The system refuses: {where}{error.strerror or error}.", "Check that its folder and disk are still there."
        )
    kind = type(error).__name__
    return FcvgError(
        f"The engine met an error it did not expect: {kind}: {error}",
        "Tell the developers; the report holds the details (on the command line: --debug).",
    )
