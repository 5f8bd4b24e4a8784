# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the models of the registry on this computer. No torch.

For each file or model, the first of these places in a folder counts:

1. where a download puts it: `<registry name>/<path as published>`;
2. where it was imported from (see `import_links`; for the models folder only);
3. where it lies under its published name, in the folder itself or up to two levels below it.

The last is a search, while Blender waits for the engine's first message, and the folder may be a whole home on a
network. So it begins with the highest folders and ends after `MOST_FOLDERS` folders or `LONGEST_S` seconds.
"""

from __future__ import annotations

import functools
import importlib.util
import logging
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import platformdirs

from ..shared import amounts, small_files
from ..shared.methods import METHODS
from . import import_links, registry
from .registry import Model

GI_FRAMES = 14  # of the model that GI was tuned from; SVD-XT makes 25
MOST_FOLDERS = 2000
LONGEST_S = 2.0
LARGEST_CONFIG_BYTES = 1 << 20

_CONFIG_PATIENCE_S = 1.0
_DEPTH = 2  # folders below the ones that are searched
_SVD_PARTS = ("unet", "vae", "image_encoder", "scheduler")
_GI_NAMES = ("reverse_motion", "keyframe_interpolation")
_BEGUN = ".part"  # ends the name of a partial file
_LIBRARIES = {
    **{name: traits.libraries for name, traits in METHODS.items()},
    "lines:gluestick": ("cv2",),
    "pose:dwpose": ("onnxruntime", "rtmlib"),
}

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Found:
    """Where the models are; None is not there.

    Three are folders: `svd` in diffusers' layout, `gi_unet` and `gi_base` with a folder `unet` in them (that of
    Generative Inbetweening, and of the model that it was tuned from). Each may be the authors' single file instead, if
    that was imported. All others are files.
    """

    svd: Path | None = None
    controlnext: Path | None = None
    unet: Path | None = None
    gi_unet: Path | None = None
    gi_base: Path | None = None
    superpoint: Path | None = None
    gluestick: Path | None = None
    pose: Path | None = None
    people: Path | None = None
    film: Path | None = None


def weights_folder() -> Path:
    """Return the models folder: `FCVG_MODELS`, or `models` in the user's data folder. It need not be there yet."""
    chosen = os.environ.get("FCVG_MODELS")
    return Path(chosen) if chosen else user_data() / "models"


def user_data() -> Path:
    """Return the user's own folder of this project."""
    return platformdirs.user_data_path("fcvg", appauthor=False)


def folders() -> list[Path]:
    """Return where to look: `FCVG_CHECKPOINTS` if set, then the models folder."""
    checkpoints = os.environ.get("FCVG_CHECKPOINTS")
    return [Path(checkpoints), weights_folder()] if checkpoints else [weights_folder()]


def find() -> Found:
    """Look for all models, as the module's docstring says. Opens only small files."""
    there: dict[str, Path] = {}
    for folder in folders():
        for role, place in _downloaded(folder):
            there.setdefault(role, place)
        if folder == weights_folder():
            for role, place in _imported(folder):
                there.setdefault(role, place)
        if len(there) < len(fields(Found)):
            for role, place in _published(folder):
                there.setdefault(role, place)
    return Found(**there)


def lacking(found: Found) -> dict[str, str]:
    """Return the methods that cannot run yet, each with what to do about it. Missing weights of the draft methods do
    not count: they are downloaded when they are first used."""
    wishes = {feature: wish(feature, found) for feature in registry.needs() if ":" not in feature}
    return {method: sentence for method, sentence in wishes.items() if sentence}


def wish(feature: str, found: Found) -> str:
    """Return what an artist has to do before `feature` can be used, in sentences; empty when it can be."""
    models = [registry.models()[name] for name in registry.needs().get(feature, ())]
    missing = [model for model in models if any(getattr(found, role) is None for role in _roles(model))]
    sentences = []
    if missing:
        named = _listed([f"{model.title} ({_terms(model)})" for model in missing])
        them = "it" if len(missing) == 1 else "them"
        sentences.append(f"Download {named} in the preferences, or import {them} from disk.")
    libraries = [name for name in _LIBRARIES.get(feature, ()) if importlib.util.find_spec(name) is None]
    if libraries:
        sentences.append(f"Repair or update the engine in the preferences: it lacks {_listed(libraries)}.")
    return " ".join(sentences)


def _terms(model: Model) -> str:
    """Return how much there is to download, as far as known, and under which licence."""
    size_bytes = model.size_bytes
    return ", ".join([*([amounts.in_words(size_bytes)] if size_bytes else []), f"licence: {model.licence.name}"])


def _roles(model: Model) -> list[str]:
    return [role for role in (model.role, *(file.role for file in model.files)) if role]


def _downloaded(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield role and path of what lies where a download puts it. A whole model counts only with all its files."""
    for name, model in registry.models().items():
        paths = [folder / name / file.path for file in model.files]
        if model.role and all(map(_is_file, paths)):
            yield model.role, folder / name
        for file, path in zip(model.files, paths, strict=True):
            if file.role and _is_file(path):
                yield file.role, path


def _imported(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield role and path of what was imported."""
    for name, model in registry.models().items():
        places = {model.role: name} | {file.role: f"{name}/{file.path}" for file in model.files}
        for role, place in places.items():
            path = import_links.where(folder, place) if role else None
            if path is not None:
                yield role, path


def _published(root: Path) -> Iterator[tuple[str, Path]]:
    """Yield role and path of what lies under its published name."""
    names = _published_names()
    for folder, contents in _walk(root):
        for name in contents & names.keys():
            if _is_file(folder / name):
                yield names[name], folder / name
        if "unet" in contents:
            kind = _kind(folder, folder.relative_to(root).as_posix())
            if kind:
                yield kind, folder


@functools.cache
def _published_names() -> dict[str, str]:
    """Return the name of each published file → its role."""
    files = (file for model in registry.models().values() for file in model.files)
    return {Path(file.path).name: file.role for file in files if file.role}


def _walk(root: Path) -> Iterator[tuple[Path, set[str]]]:
    """Yield `root` and the folders below it, each with the names in it; shallow ones first, within the bounds."""
    give_up = time.monotonic() + LONGEST_S
    seen = 0
    level = [root]
    for depth in range(_DEPTH + 1):
        below: list[Path] = []
        for folder in level:
            if seen == MOST_FOLDERS or time.monotonic() > give_up:
                _log.warning("%s holds too much to be searched for models: %d folders were looked at", root, seen)
                return
            seen += 1
            contents, inner = _listing(folder, give_up)
            yield folder, contents
            if depth < _DEPTH:
                below += inner
        level = below


def _listing(folder: Path, give_up: float) -> tuple[set[str], list[Path]]:
    """Return the names in `folder`, and the folders among them; none when it cannot be read."""
    names: set[str] = set()
    inner = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                names.add(entry.name)
                if entry.is_dir():
                    inner.append(folder / entry.name)
                if time.monotonic() > give_up:
                    break
    except OSError:
        pass
    return names, sorted(inner)


def _kind(folder: Path, name: str) -> str:
    """Return the role of `folder`, which has a unet; empty for none. `name`: its path below the searched folder."""
    try:
        content = small_files.read_json(folder / "unet" / "config.json", LARGEST_CONFIG_BYTES, _CONFIG_PATIENCE_S)
        frames = content.get("num_frames")
    except (OSError, ValueError, AttributeError):
        return ""
    if _begun(folder / part for part in _SVD_PARTS):
        return ""
    if any(part in name for part in _GI_NAMES):
        return "gi_unet"
    if frames == GI_FRAMES:
        return "gi_base"
    whole = all((folder / part).exists() for part in ("model_index.json", *_SVD_PARTS))
    return "svd" if whole else ""


def _begun(parts: Iterable[Path]) -> bool:
    """Whether a download into one of these folders has begun and is not finished."""
    return any(next(part.glob(f"*{_BEGUN}"), None) is not None for part in parts)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # not ours to look at
        return False


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
