# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults 33 and 34: odd paths work or are refused in words; Python's variables do not reach the engine."""

from __future__ import annotations

import os
import site
from pathlib import Path

import pytest
from engine_process import AS_FILE, ROOT, run_engine

Keys = tuple[Path, Path]

ODD_NAMES = [
    "with spaces and  two",
    "ünïcödé 画 نص 🎬",
    "quotes ' and \" and `",
    "-leading-dash",
    "$HOME ; rm & | > %04d * ?",
    "new\nline",
    "\\\\server\\share\\folder",
    "dots.and..more.",
]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_work_for_keys_and_folders(keys: Keys, tmp_path: Path, name: str):
    start, end = (key.rename(tmp_path / f"{name} {key.name}") for key in keys)
    done = run_engine(
        "inbetween", "--count", "1", "--method", "dummy", f"--out={name}", "--", start.name, end.name, cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (tmp_path / name).glob("[0-9m]*")) == ["0001.png", "manifest.json"]


def test_a_name_that_is_not_unicode_works(keys: Keys, tmp_path: Path):
    out = tmp_path / os.fsdecode(b"caf\xe9")
    for key in keys:
        key.rename(tmp_path / os.fsdecode(b"B\xe4r " + key.name.encode()))
    start, end = (str(tmp_path / os.fsdecode(b"B\xe4r " + key.name.encode())) for key in keys)
    done = run_engine("inbetween", start, end, "--count", "1", "--method", "dummy", "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert (out / "0001.png").exists()
    done = run_engine("examine", start, end, "--out", str(out), "--json")
    assert done.returncode == 0, done.stderr


def test_a_path_of_many_folders_works(keys: Keys, tmp_path: Path):
    out = tmp_path.joinpath(*["a folder with a rather long name"] * 20)
    done = run_engine("inbetween", str(keys[0]), str(keys[1]), "--count", "1", "--method", "dummy", "--out", str(out))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("where", ["key", "folder"])
def test_a_name_of_300_characters_is_refused_in_words(keys: Keys, tmp_path: Path, where: str):
    long = tmp_path / ("x" * 300)
    end, out = (long, tmp_path / "out") if where == "key" else (keys[1], long)
    done = run_engine("inbetween", str(keys[0]), str(end), "--count", "1", "--method", "dummy", "--out", str(out))
    assert done.returncode == 2
    error, hint = done.stderr.splitlines()
    assert "name" in error.lower()
    assert hint


def test_pythons_variables_and_the_users_site_are_ignored(keys: Keys, tmp_path: Path):
    evil = tmp_path / "evil"
    evil.mkdir()
    for module in ("torch", "numpy", "typer", "json", "sitecustomize", "usercustomize"):
        (evil / f"{module}.py").write_text("raise SystemExit('the wrong module was imported')")
    home = tmp_path / "home"
    user_site = home / Path(site.getusersitepackages()).relative_to(Path.home())
    user_site.parent.mkdir(parents=True)
    user_site.symlink_to(evil)
    env = {"PYTHONPATH": str(evil), "PYTHONHOME": str(evil), "PYTHONSTARTUP": str(evil / "json.py"), "HOME": str(home)}
    done = run_engine(
        "inbetween", str(keys[0]), str(keys[1]), "--count", "1", "--method", "dummy", "--out", str(tmp_path / "out"),
        start=AS_FILE, env=env, cwd=evil,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
