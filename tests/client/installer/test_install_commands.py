# SPDX-License-Identifier: GPL-3.0-or-later
"""How the installer is called: by Blender, by a person in a terminal, by a deployment script."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from homes import Home, Site, make_site
from hostile_server import HostileServer

from fcvg_blender.engine import protocol
from fcvg_blender.installer import find_pythons

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def site(server: HostileServer, tmp_path: Path) -> Site:
    return make_site(server, tmp_path / "published", "1.0", [1000])


def run(command: list[str], home: Home, **options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=home.environment, capture_output=True, text=True, encoding="utf-8", **options)


def test_blender_finds_a_python_that_can_run_it(home: Home, site: Site):
    found = find_pythons.base_pythons()
    assert found
    assert all(path.is_file() for path in found)
    assert found[0] == Path(sys._base_executable)
    done = run(find_pythons.command("check", "--json", "--lock", str(site.lock)), home)
    assert isinstance(protocol.decode(done.stdout.encode(), protocol.FROM_COMMANDS), protocol.InstallPlan)


def test_a_python_of_blenders_that_is_too_new_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "version_info", (3, 14, 0, "final", 0))
    for name in ("python3.11", "python3.14", "python3.13"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_pythons.base_pythons() == [tmp_path / "python3.13", tmp_path / "python3.11"]
    assert find_pythons.command("status")[0] == str(tmp_path / "python3.13")


def test_blender_itself_is_no_python(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    blender = tmp_path / "blender"
    blender.touch()
    monkeypatch.setattr(sys, "executable", str(blender))
    monkeypatch.setattr(sys, "_base_executable", str(blender))
    assert blender not in find_pythons.base_pythons()


def test_a_person_reads_sentences(home: Home, site: Site):
    program = str(home.extension / "fcvg_blender" / "engine" / "install.py")
    done = run([sys.executable, program, "install", "--lock", str(site.lock), *home.options], home)
    assert done.returncode == 0, done.stderr
    *progress, last = done.stdout.splitlines()
    assert all(re.fullmatch(r" *\d+ % .+", line) for line in progress)
    assert re.fullmatch(r"Engine for cpu, Python 3\.\d+\.\d+, installed \d{4}-\d\d-\d\d", last)
    done = run([sys.executable, program, "check", "--lock", str(site.lock), *home.options], home)
    assert "(current)" in done.stdout
    done = run([sys.executable, program, "install", "--lock", str(home.folder / "no lock"), *home.options], home)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert "hint: " in done.stderr


def test_on_a_terminal_there_is_one_line_that_changes(home: Home, site: Site):
    pty = pytest.importorskip("pty")
    master, slave = pty.openpty()
    program = str(home.extension / "fcvg_blender" / "engine" / "install.py")
    command = [sys.executable, "-I", program, "install", "--lock", str(site.lock), *home.options]
    done = subprocess.run(command, env=home.environment, stdout=slave, stderr=subprocess.PIPE)
    os.close(slave)
    shown = os.read(master, 1 << 16).decode()
    os.close(master)
    assert done.returncode == 0
    *lines, last = shown.rstrip("\r\n").split("\r\x1b[K")
    assert lines
    assert not any("\n" in line for line in lines)
    assert last.startswith("Engine for cpu")


def test_a_script_runs_it_as_a_module(home: Home, site: Site):
    command = [sys.executable, "-m", "fcvg_blender.engine.install", "check", "--json", "--lock", str(site.lock)]
    done = run(command, home, cwd=str(ROOT))
    assert done.returncode == 0, done.stderr
    assert protocol.decode(done.stdout.encode(), protocol.FROM_COMMANDS).job == "job"


def test_a_folder_for_another_kind_of_computer_has_to_be_said(home: Home, tmp_path: Path):
    ended = home.run("download", "--to", tmp_path / "stick", "--platform", "windows-x86_64", "--for-python", "3.13")
    assert isinstance(ended.final, protocol.Failed)
    assert "--accelerator: cuda, cuda12, cpu" in ended.final.hint
    assert ended.code == 2
    ended = home.run("download")
    assert isinstance(ended.final, protocol.Failed)
    assert "--to" in ended.final.hint


def test_a_python_that_will_not_do_is_named(home: Home, site: Site, tmp_path: Path):
    other = tmp_path / "python3"
    other.write_text("#!/bin/sh\necho '[3, 9, 1, true, \"cpython\"]'\n")
    other.chmod(0o755)
    final = home.run("check", "--python", other, "--lock", site.lock).final
    assert isinstance(final, protocol.InstallPlan)
    assert "3.9.1" in final.problems[0]
    other.unlink()
    ended = home.run("install", "--python", other, "--lock", site.lock)
    assert isinstance(ended.final, protocol.Failed)
    assert str(other) in ended.final.message


def test_the_add_ons_own_lists_of_packages_can_be_installed_here(home: Home):
    """As far as can be told without a download: they fit this computer, and their size is known."""
    final = home.run("check", "--accelerator", "cpu").final
    assert isinstance(final, protocol.InstallPlan)
    assert final.problems == []
    assert final.packages > 30
    assert final.download_bytes > 200_000_000
    assert "cpu" in final.accelerators
