# SPDX-License-Identifier: GPL-3.0-or-later
"""A real disk of a few kilobytes, so that it fills up at any file that is wanted. Standard library and pytest only.

It lies in memory and is seen only by programs that are started `within`, in a namespace of their own; that needs no
root. Where the system allows no such thing, the test is skipped.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

PAGE_BYTES = 4096  # what the smallest file takes
ROOMY_BYTES = 1 << 28


class SmallDisk:
    """Such a disk at `folder`, roomy at first. `within` begins the command of a program that sees it; `seen` is the
    same folder, for those outside."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        script = 'mount -t tmpfs none "$0" && echo mounted && exec cat'
        command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, str(folder)]
        try:
            self._holder = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        except FileNotFoundError:
            pytest.skip("This system has no unshare, which a small disk is made with.")
        pid = self._holder.pid
        self.within = ("nsenter", "--target", str(pid), "--user", "--preserve-credentials", "--mount")
        self.seen = Path(f"/proc/{pid}/root{folder}")

    def __enter__(self) -> SmallDisk:
        assert self._holder.stdout
        if self._holder.stdout.readline() != b"mounted\n":
            self.__exit__()
            pytest.skip("This system lets nobody mount a small disk.")
        self.leave(ROOMY_BYTES)
        return self

    def __exit__(self, *_: object) -> None:
        self._holder.kill()
        self._holder.communicate()

    def leave(self, free_bytes: int) -> None:
        """Make the disk so large that this much is free, in whole pages."""
        size_bytes = self._used_bytes() + free_bytes
        self._run("mount", "-o", f"remount,size={size_bytes}", str(self.folder))

    def _used_bytes(self) -> int:
        return int(self._run("df", "--block-size=1", "--output=used", str(self.folder)).split()[-1])

    def _run(self, *command: str) -> str:
        return subprocess.run([*self.within, *command], check=True, capture_output=True, encoding="utf-8").stdout
