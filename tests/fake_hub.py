# SPDX-License-Identifier: GPL-3.0-or-later
"""A model hub, a releases server and their storage on 127.0.0.1, and the registry that leads to them.

    with FakeHub() as hub:
        hub.repositories["maker/model"] = Repository({"unet.safetensors": content}, gated=True)
        hub.storage_page(content).cuts = [1000, 2000]       # see hostile_server.Page
        run_models("download", "fcvg", registry=path, env=hub.environment(tmp_path))

What the hub keeps in its own store (small text) it sends itself; for all else it redirects to the storage, which is
another host, where no token may ever arrive. `releases` does the same, as GitHub does.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from engine_process import HANG_S, ROOT
from hostile_server import HostileServer, Page, Seen

from fcvg_engine.models import registry

COMMIT = "5e1a" * 10
TOKEN = "hf_theArtistsOwnSecret"  # of an account that has accepted all licences
STRANGER = "hf_ofSomebodyElse"  # of one that has accepted none
_START = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); from pathlib import Path; "
    "from fcvg_engine.models import registry; registry.FILE = Path(sys.argv.pop(1)); "
    "from fcvg_engine.__main__ import main; main()"
)


Changes = Mapping[str, Mapping[str, Any]]


@dataclass
class Repository:
    """Path → content. `inside`: the folder in the repository that they lie in; `besides`: what else is there."""

    files: dict[str, bytes]
    gated: bool = False
    inside: str = ""
    besides: dict[str, bytes] = field(default_factory=dict)


@dataclass
class FakeHub:
    """`hub` answers as the model hub does, `storage` and `releases` are plain servers."""

    repositories: dict[str, Repository] = field(default_factory=dict)
    hub: HostileServer = field(default_factory=HostileServer)
    storage: HostileServer = field(default_factory=HostileServer)

    def __post_init__(self) -> None:
        self.hub.answer = self._answer

    def __enter__(self) -> FakeHub:
        return self

    def __exit__(self, *_: object) -> None:
        self.hub.close()
        self.storage.close()

    def environment(self, home: Path, token: str = "") -> dict[str, str]:
        """Of a user who has only this hub and keeps everything in `home`."""
        return {
            "HF_ENDPOINT": self.hub.url(),
            "HF_HOME": str(home / "hub"),
            "HF_TOKEN": token,
            "XDG_DATA_HOME": str(home / "data"),
            "FCVG_MODELS": str(home / "models"),
            "FCVG_CHECKPOINTS": "",
            "FCVG_OFFLINE": "",
            "PIP_FIND_LINKS": "",
        }

    def storage_page(self, content: bytes) -> Page:
        """The one that sends `content`; how it misbehaves may be changed."""
        return self.storage.pages.setdefault(storage_path(content), Page(content))

    def release(self, path: str, content: bytes) -> str:
        """Publishes a file at `path`; its address."""
        self.storage_page(content)
        self.hub.pages[path] = Page(location=self.storage.url(storage_path(content)))
        return self.hub.url(path)

    def tokens_seen(self) -> set[str]:
        """The header Authorization of all requests to the storage, where it was sent."""
        seen = (request.headers.get("Authorization") for request in self.storage.requests)
        return {value for value in seen if value}

    def _answer(self, seen: Seen) -> Page | None:
        token = seen.headers.get("Authorization", "").removeprefix("Bearer ")
        if seen.path == "/api/whoami-v2":
            return self._who(token)
        for name, repository in self.repositories.items():
            refused = self._refusal(repository, token)
            if seen.path.startswith(f"/api/models/{name}/tree/"):
                return refused or _json([_leaf(*each) for each in self._paths(repository).items()])
            found = re.fullmatch(rf"/{re.escape(name)}/resolve/[^/]+/(.+)", seen.path)
            if found:
                return refused or self._resolve(self._paths(repository).get(found[1]))
        return Page(b"", status=404, headers={"X-Error-Code": "RepoNotFound"})

    @staticmethod
    def _paths(repository: Repository) -> dict[str, bytes]:
        return {
            f"{repository.inside}{path}": content for path, content in repository.files.items()
        } | repository.besides

    @staticmethod
    def _refusal(repository: Repository, token: str) -> Page | None:
        if token not in ("", TOKEN, STRANGER):
            message = "Invalid credentials in Authorization header"
            return Page(b"", status=401, headers={"X-Error-Message": message})
        if repository.gated and token != TOKEN:
            return Page(b"", status=403 if token else 401, headers={"X-Error-Code": "GatedRepo"})
        return None

    @staticmethod
    def _who(token: str) -> Page:
        if token not in (TOKEN, STRANGER):
            return Page(b"{}", status=401, headers={"X-Error-Message": "Invalid credentials in Authorization header"})
        access = {"displayName": "inbetweens", "role": "read"}
        return _json({"type": "user", "name": "artist", "auth": {"accessToken": access}})

    def _resolve(self, content: bytes | None) -> Page:
        if content is None:
            return Page(b"", status=404, headers={"X-Error-Code": "EntryNotFound"})
        headers = {"X-Repo-Commit": COMMIT}
        if len(content) < 2000 and content.startswith(b"{"):
            blob = hashlib.sha1(b"blob %d\0%b" % (len(content), content)).hexdigest()
            return Page(content, headers=headers, etag=f'"{blob}"')
        headers |= {"X-Linked-Size": str(len(content)), "X-Linked-Etag": f'"{sha256(content)}"'}
        self.storage_page(content)
        return Page(location=self.storage.url(storage_path(content)), headers=headers)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def storage_path(content: bytes) -> str:
    return f"/storage/{sha256(content)}"


def entry(path: str, content: bytes = b"", pinned: bool = True, **more: str) -> dict[str, Any]:
    """A file in the registry, with size and sha256 unless it is not `pinned`."""
    facts: dict[str, Any] = {"size_bytes": len(content), "sha256": sha256(content)} if pinned else {}
    return {"path": path, **facts, **more}


def write_registry(path: Path, changes: Changes) -> Path:
    """The published registry, but with the `files`, `sources` and so on of some models that `changes` names; for other
    processes."""
    path.write_text(json.dumps(_registry(changes)), "utf-8")
    return path


def use_registry(changes: Changes, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same in this process, for the test."""
    models = {name: registry._model(name, each) for name, each in _registry(changes)["models"].items()}
    monkeypatch.setattr(registry, "models", lambda: models)


def _registry(changes: Changes) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(registry.FILE.read_bytes())
    for name, change in changes.items():
        content["models"][name] |= change
    return content


def _leaf(path: str, content: bytes) -> dict[str, Any]:
    return {"type": "file", "path": path, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}


def _json(content: object) -> Page:
    return Page(json.dumps(content).encode(), content_type="application/json")


def run_models(
    *arguments: str, registry: Path, env: Mapping[str, str], stdin: str = "", preexec: Callable[[], None] | None = None
) -> subprocess.CompletedProcess[str]:
    """The command `models …` of a real engine with that registry, to its end."""
    return subprocess.run(
        command(registry, *arguments),
        env=os.environ | dict(env),
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        timeout=HANG_S,
        preexec_fn=preexec,
        check=False,
    )


def start_models(*arguments: str, registry: Path, env: Mapping[str, str], **options: Any) -> subprocess.Popen[bytes]:
    """The same, left running."""
    pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    return subprocess.Popen(command(registry, *arguments), env=os.environ | dict(env), **{**pipes, **options})


def command(registry: Path, *arguments: str) -> list[str]:
    """The engine, with another registry than its own."""
    return [sys.executable, "-I", "-c", _START, str(ROOT), str(registry), "models", *arguments]
