"""Where the published model files lie on this computer. What there is to find stands in the registry. No torch.

In each folder, the first of these that holds a file or model counts:

1. what was downloaded: `<registry name>/<path as published>`;
2. what was imported, and lies elsewhere (`imports`; in the models folder only);
3. whatever else lies there under its published name, in the folder itself or two levels below it.

The last is a search, and a folder may be somebody's whole home on a network, while Blender waits for the engine's
greeting. So it ends after `MOST_FOLDERS` folders or `LONGEST_S` seconds, and begins with those that lie highest.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import logging
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import platformdirs

from ..shared.methods import METHODS
from . import import_links, registry
from .registry import Model

GI_FRAMES = 14  # of the model that GI was tuned from; SVD-XT makes 25
MOST_FOLDERS = 2000
LONGEST_S = 2.0

_DEPTH = 2  # folders below the ones that are searched
_SVD_PARTS = ("unet", "vae", "image_encoder", "scheduler")
_GI_NAMES = ("reverse_motion", "keyframe_interpolation")
_BEGUN = ".part"  # ends the name of a file that is being downloaded
_LIBRARIES = {
    **{name: traits.libraries for name, traits in METHODS.items()},
    "lines:gluestick": ("cv2",),
    "pose:dwpose": ("onnxruntime", "rtmlib"),
}

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Found:
    """What there is; None is not there. The rest are files, these are folders: `svd` in diffusers' layout, `gi_unet`
    and `gi_base` with a `unet` folder in it (Generative Inbetweening's, and the model it was tuned from). Instead of
    such a folder, it may be the authors' single file, where one was imported."""

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
    """The models folder: `FCVG_MODELS`, or `models` in the user's data folder. It need not be there yet."""
    chosen = os.environ.get("FCVG_MODELS")
    return Path(chosen) if chosen else user_data() / "models"


def user_data() -> Path:
    """The user's own folder of this project."""
    return platformdirs.user_data_path("fcvg", appauthor=False)


def folders() -> list[Path]:
    """Where to look: `FCVG_CHECKPOINTS` if set, then the models folder."""
    checkpoints = os.environ.get("FCVG_CHECKPOINTS")
    return [Path(checkpoints), weights_folder()] if checkpoints else [weights_folder()]


def find() -> Found:
    """All that is there, see above; the first of each kind counts. Opens small files only."""
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
    """Methods that cannot run yet, each with what to do about it. The draft methods' weights are no reason: those come
    by themselves when they are first used."""
    wishes = {part: wish(part, found) for part in registry.needs() if ":" not in part}
    return {method: sentence for method, sentence in wishes.items() if sentence}


def wish(part: str, found: Found) -> str:
    """What an artist has to do before `part`, one of the registry's, can run; empty when it can."""
    models = [registry.models()[name] for name in registry.needs().get(part, ())]
    missing = [model for model in models if any(getattr(found, role) is None for role in _roles(model))]
    sentences = []
    if missing:
        named = _listed([f"{model.title} ({_terms(model)})" for model in missing])
        them = "it" if len(missing) == 1 else "them"
        sentences.append(f"Download {named} in the preferences, or import {them} from disk.")
    libraries = [name for name in _LIBRARIES.get(part, ()) if importlib.util.find_spec(name) is None]
    if libraries:
        sentences.append(f"Repair or update the engine in the preferences: it lacks {_listed(libraries)}.")
    return " ".join(sentences)


def _terms(model: Model) -> str:
    """How much there is to download, as far as known, and under which licence."""
    size_bytes = model.size_bytes
    size = f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 1e9 else f"{max(1, round(size_bytes / 1e6))} MB"
    return ", ".join([*([size] if size_bytes else []), f"licence: {model.licence.name}"])


def _roles(model: Model) -> list[str]:
    return [role for role in (model.role, *(file.role for file in model.files)) if role]


def _downloaded(folder: Path) -> Iterator[tuple[str, Path]]:
    """Role and place of what lies under its registry name; a whole model only with all its files."""
    for name, model in registry.models().items():
        paths = [folder / name / file.path for file in model.files]
        if model.role and all(map(_is_file, paths)):
            yield model.role, folder / name
        for file, path in zip(model.files, paths, strict=True):
            if file.role and _is_file(path):
                yield file.role, path


def _imported(folder: Path) -> Iterator[tuple[str, Path]]:
    """The same of what lies elsewhere."""
    for name, model in registry.models().items():
        places = {model.role: name} | {file.role: f"{name}/{file.path}" for file in model.files}
        for role, place in places.items():
            path = import_links.where(folder, place) if role else None
            if path is not None:
                yield role, path


def _published(root: Path) -> Iterator[tuple[str, Path]]:
    """The same of what is found by its published names."""
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
    """Name of a file → its role."""
    files = (file for model in registry.models().values() for file in model.files)
    return {Path(file.path).name: file.role for file in files if file.role}


def _walk(root: Path) -> Iterator[tuple[Path, set[str]]]:
    """`root` and the folders in it with the names in them, shallow ones first, names in order; within the bounds."""
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
    """The names in `folder`, and the folders among them; of a folder that is not ours to read, none."""
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
    """The role of `folder`, which has a unet and is called `name` where it was found; empty for none."""
    try:
        content = json.loads((folder / "unet" / "config.json").read_text("utf-8"))
        frames = content.get("num_frames")
    except (OSError, ValueError, AttributeError, RecursionError):
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
    """Whether something in these folders is still on its way."""
    return any(next(part.glob(f"*{_BEGUN}"), None) is not None for part in parts)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # not ours to look at
        return False


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
