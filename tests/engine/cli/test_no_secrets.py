# SPDX-License-Identifier: GPL-3.0-or-later
"""Passwords and tokens in addresses, which a studio puts into environment variables, go out with no command: neither in
sentences nor in JSON, logs, tracebacks or files."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from engine_process import HANG_S, ROOT, run_engine
from fake_hub import TOKEN, FakeHub, Repository, entry, run_models, write_registry

VARIABLES = (
    *("HF_ENDPOINT", "FCVG_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy", "ALL_PROXY"),
    *("FCVG_INDEX_URL", "UV_DEFAULT_INDEX", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "UV_FIND_LINKS", "PIP_FIND_LINKS"),
)
SIGNATURE = "c0ffee5ignature"
LETTERS = "abcXYZ019-._~!$&'()*+,;=%:é漢 /"


class Secret:
    """A password of odd characters, and an address that holds it."""

    def __init__(self, seed: int) -> None:
        chance = random.Random(seed)
        self.password = "pw" + "".join(chance.choices(LETTERS[: chance.choice((12, 28, len(LETTERS)))], k=12)) + "Q7"
        self.typed = self.password if chance.random() < 0.4 else quote(self.password, safe="")
        place = chance.choice(("127.0.0.1:9", "127.0.0.1:9/simple"))
        query = chance.choice(("", f"?token={SIGNATURE}", f"?X-Amz-Signature={SIGNATURE}&X-Amz-Date=1"))
        self.address = f"http://ann.artist:{self.typed}@{place}{query}"

    def in_(self, text: str) -> bool:
        spellings = (self.password, self.typed, quote(self.password), "ann.artist", SIGNATURE, TOKEN)
        return any(each in text for each in spellings)


@pytest.fixture(params=range(3))
def secret(request: pytest.FixtureRequest) -> Secret:
    return Secret(request.param)


def environment(secret: Secret, home: Path) -> dict[str, str]:
    own = {"HF_HOME": str(home / "hub"), "XDG_DATA_HOME": str(home / "data"), "FCVG_MODELS": str(home / "models")}
    return dict.fromkeys(VARIABLES, secret.address) | own | {"HF_TOKEN": TOKEN, "FCVG_OFFLINE": "", "NO_PROXY": ""}


def files_below(folder: Path) -> str:
    return "".join(path.read_text("utf-8", "replace") for path in folder.rglob("*") if path.is_file())


def test_commands_about_models(secret: Secret, tmp_path: Path) -> None:
    source = {"kind": "hub", "where": "maker/svd", "gated": True}
    changes = {"svd-xt": {"files": [entry("unet/config.json", b"{}", False)], "sources": [source]}}
    registry = write_registry(tmp_path / "registry.json", changes)
    said = ""
    for words in (
        *(["list"], ["list", "--json"], ["licence", "svd-xt"], ["verify", "--json"], ["login"], ["logout"]),
        *(["download", "svd-xt", "--accept"], ["download", "svd-xt", "--json"], ["download", "svd-xt", "--debug"]),
        *(["import", secret.address], [secret.address]),
    ):
        done = run_models(*words, registry=registry, env=environment(secret, tmp_path / "home"), stdin=f"{TOKEN}\n")
        assert not secret.in_(done.stdout), (words, done.stdout)
        assert not secret.in_(done.stderr), (words, done.stderr)
        said += done.stdout + done.stderr
    assert "cannot be reached" in said
    assert "Traceback" in said
    assert not secret.in_(files_below(tmp_path / "home" / "models"))


@pytest.mark.parametrize("words", [["download", "film", "--debug"], ["download", "rife", "--json"]])
def test_downloads_through_a_proxy_that_is_not_there(tmp_path: Path, words: list[str]) -> None:
    secret = Secret(9)
    done = run_models(*words, registry=ROOT / "fcvg_engine/models/registry.json", env=environment(secret, tmp_path))
    assert done.returncode == 3
    assert not secret.in_(done.stdout + done.stderr)


@pytest.mark.parametrize("as_json", [True, False])
def test_the_hubs_own_words(tmp_path: Path, as_json: bool) -> None:
    """What a hub answers, and where it is, go into sentences of ours."""
    secret = Secret(1)
    with FakeHub({"maker/svd": Repository({"unet/config.json": b"{}"}, gated=True)}) as hub:
        address = hub.hub.url().replace("//", f"//ann.artist:{quote(secret.password, safe='')}@")
        env = hub.environment(tmp_path, "") | {"HF_ENDPOINT": address}
        files = [entry("unet/config.json", b"{}", False)]
        source = {"kind": "hub", "where": "maker/svd", "gated": True}
        registry = write_registry(tmp_path / "registry.json", {"svd-xt": {"files": files, "sources": [source]}})
        for words in (["list", "--json"], ["download", "svd-xt", "--accept", *(["--json"] if as_json else [])]):
            done = run_models(*words, registry=registry, env=env)
            assert not secret.in_(done.stdout + done.stderr)
        assert "/maker/svd" in done.stdout + done.stderr, "where to go is told"


def test_the_doctor_and_the_worker(tmp_path: Path) -> None:
    secret = Secret(2)
    env = environment(secret, tmp_path / "home")
    for words in (["doctor"], ["doctor", "--json"], ["serve", "--idle-s", "0.1"], ["examine", secret.address, "b.png"]):
        done = run_engine(*words, env=env)
        assert not secret.in_(done.stdout + done.stderr), words


@pytest.mark.parametrize("how", ["environment", "options"])
@pytest.mark.parametrize("as_json", [True, False])
def test_the_installer(tmp_path: Path, how: str, as_json: bool) -> None:
    secret = Secret(len(how) + as_json)
    program = ROOT / "fcvg_blender" / "engine" / "install.py"
    options = ["--index", secret.address, "--proxy", secret.address] if how == "options" else []
    options += ["--json"] if as_json else []
    env = os.environ | environment(secret, tmp_path / "home") if how == "environment" else os.environ
    env = {**env, "XDG_DATA_HOME": str(tmp_path / "home"), "FCVG_OFFLINE": ""}
    for words in (
        ["check"],
        ["install", "--accelerator", "cpu"],
        ["install", "--from", secret.address],
        [secret.address],
    ):
        command = [sys.executable, "-I", str(program), *words, *(options if words[0] != secret.address else [])]
        done = subprocess.run(command, env=env, capture_output=True, encoding="utf-8", timeout=HANG_S, check=False)
        assert not secret.in_(done.stdout), (words, done.stdout)
        assert not secret.in_(done.stderr), (words, done.stderr)
    assert not secret.in_(files_below(tmp_path / "home"))
