# SPDX-License-Identifier: GPL-3.0-or-later
"""What would keep an installation from succeeding: looked for before any work. Standard library only."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..engine import errors, installed_engines, places
from . import pylock
from .output import size_in_words
from .wish import Wish

if TYPE_CHECKING:
    from .plan import InstallationPlan

_LONGEST_INSIDE = 200  # characters; torch has a licence text whose path below site-packages takes 171
_WINDOWS_PATH_LIMIT = 259


def obstacles(plan: InstallationPlan, wish: Wish, no_lock: errors.FcvgError | None) -> Iterator[errors.FcvgError]:
    """Yield what stands in the way of the plan, the weightiest first. `no_lock`: why the plan has no lock, if so."""
    if plan.base.problem:
        hint = "Choose another Python with --python, or use a Blender from blender.org."
        yield errors.InstallFailed(plan.base.problem, hint)
    elif no_lock is not None:
        yield no_lock
    elif plan.lock is not None and (problem := _too_old(plan.lock)):
        yield errors.InstallFailed(problem, "Update the system, or use another computer.")
    folder = places.user_data()
    if problem := _not_writable(folder):
        yield errors.DiskError(problem, "Change its permissions, or choose another folder for the user's data.")
    if plan.download_bytes and wish.where.offline:
        yield errors.DownloadFailed(
            f"{size_in_words(plan.download_bytes)} have to be downloaded, but online access is off.",
            "Allow Online Access in Preferences ▸ System ▸ Network, or install from a folder.",
        )
    if plan.needed_bytes > plan.free_bytes:
        yield errors.DiskError(
            f"{size_in_words(plan.needed_bytes)} are needed on the disk of {folder}, "
            f"{size_in_words(plan.free_bytes)} are free.",
            "Free some space there.",
        )
    if os.name == "nt" and len(str(installed_engines.engines())) + _LONGEST_INSIDE > _WINDOWS_PATH_LIMIT:
        yield errors.DiskError(
            f"The folder's name is too long for Windows: {installed_engines.engines()}.",
            "Set LOCALAPPDATA to a shorter folder, or let an administrator enable long paths.",
        )


def _too_old(lock: pylock.Pylock) -> str:
    """Return why this system cannot run the lock's packages, a sentence; empty when it can."""
    if sys.platform == "linux" and lock.least_glibc:
        library, version = platform.libc_ver()
        if library != "glibc":
            return "The packages need a Linux with glibc, which this one does not have."
        if _numbers(version) < _numbers(lock.least_glibc):
            return f"This Linux is too old: it has glibc {version}, and {lock.least_glibc} is needed."
    if sys.platform == "darwin" and lock.least_macos:
        version = platform.mac_ver()[0]
        if _numbers(version) < _numbers(lock.least_macos):
            return f"This macOS is too old: it is {version}, and {lock.least_macos} is needed."
    return ""


def _numbers(version: str) -> list[int]:
    return [int(each) for each in version.split(".") if each.isdigit()]


def _not_writable(folder: Path) -> str:
    """Return why nothing can be put into `folder`, or into the nearest folder above it that is there; or empty."""
    nearest = next(each for each in (folder, *folder.parents) if each.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return ""
    return f"{nearest} may not be written to." if nearest.is_dir() else f"{nearest} is a file, not a folder."
