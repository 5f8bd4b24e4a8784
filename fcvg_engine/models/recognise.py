# SPDX-License-Identifier: GPL-3.0-or-later
"""Recognises models on the artist's disk by their content, and by their names where the content does not differ.

A piece is a whole model, or one file of a model that has several. Names decide in two cases only: Stable Video
Diffusion for 14 and for 25 frames have the same tensors, and so has Generative Inbetweening's tuning of the former. No
torch.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ..shared import small_files
from . import discovery, file_headers, layouts, registry
from .registry import File, Model

DIFFUSERS, AUTHORS, HUB, SINGLE_FILE = "diffusers", "authors", "hub snapshot", "single file"

_LONGEST_REF_BYTES = 1000
_GI_FRAMES, _XT_FRAMES = 14, 25
_NEEDED = {"svd-xt": ("unet", "vae", "image_encoder"), "svd": ("unet",), "gi": ("unet",)}
_TELLING = {  # a tensor that every network of the kind has, and no other
    "unet": "down_blocks.0.resnets.0.temporal_res_block.conv1.weight",
    "vae": "decoder.time_conv_out.weight",
    "image_encoder": "visual_projection.weight",
}
_CONTROLNEXT = {
    "embedding.6.weight",
    "down_res.1.conv_shortcut.bias",
    "mid_convs.1.weight",
    "time_embedding.linear_2.bias",
}
_SINGLE_UNET = "model.diffusion_model.input_blocks.1.0.time_stack.in_layers.2.weight"
_SINGLE_REST = {  # what else the engine reads of SVD in a single file, and what it means when that is not there
    "first_stage_model.decoder.conv_out.time_mix_conv.weight": (
        "It lacks the decoder of frames: this is the version with the decoder of single pictures."
    ),
    "conditioner.embedders.3.encoder.quant_conv.weight": (
        "It lacks the encoder of pictures: it is not as published, another program has saved it anew."
    ),
    "conditioner.embedders.0.open_clip.model.visual.proj": (
        "It lacks the image encoder: it is not as published, another program has saved it anew."
    ),
}
_NEW_XT = re.compile(r"xt[-_. v]*1[-_.]1", re.IGNORECASE)
_GI_NAME = re.compile(r"reverse_motion|keyframe_interpolation")
_SVD_NAME = re.compile(r"img2vid|video[-_]diffusion|svd")
_HUB = re.compile(r"models--.+")


@dataclass(frozen=True)
class Piece:
    """A model, or a file of one. `place`: what it stands for in the models folder, see `import_links`. `missing`: a
    sentence that says why it cannot be used, empty when it can."""

    model: Model
    place: str
    path: Path
    layout: str
    what: str
    size_bytes: int
    missing: str = ""

    @property
    def rank(self) -> tuple[bool, bool, bool, bool, int]:
        """How good it is among several copies; the larger, the better."""
        published = self.path.is_file() and self.size_bytes in {file.size_bytes for file in self.model.files}
        newest = self.model.name == "svd-xt" and bool(_NEW_XT.search(self.path.as_posix()))
        current = self.layout != HUB or _is_current(self.path)
        return (not self.missing, published or newest, current, self.layout != SINGLE_FILE, -len(self.path.parts))


def folder(path: Path, names: Collection[str]) -> Iterator[Piece]:
    """Yield the model that the folder `path` is, if it is one. `names`: the folders in it."""
    if "unet" not in names:
        return
    try:
        config = small_files.read_json(path / "unet" / "config.json", discovery.LARGEST_CONFIG_BYTES)
        frames, kind = config.get("num_frames"), config.get("_class_name", "UNetSpatioTemporalConditionModel")
    except (OSError, ValueError, AttributeError):
        return
    if kind != "UNetSpatioTemporalConditionModel" or frames not in (_GI_FRAMES, _XT_FRAMES):
        return
    tuned = _is_tuned((*path.parts[::-1], str(config.get("_name_or_path", ""))))
    name = "gi" if tuned else "svd" if frames == _GI_FRAMES else "svd-xt"
    size_bytes, faults = 0, []
    for part in _NEEDED[name]:
        part_bytes, fault = _part(path, part)
        size_bytes += part_bytes
        faults += [fault] if fault else []
    if name == "svd-xt" and not (path / "scheduler" / "scheduler_config.json").is_file():
        faults.append("There is no scheduler/scheduler_config.json.")
    model = registry.models()[name]
    layout = AUTHORS if tuned and not _hub(path) else _layout(path)
    yield Piece(model, name, path, layout, f"{_title(model, path)} in folders", size_bytes, " ".join(faults))


def file(path: Path) -> Iterator[Piece]:
    """Yield the model, or the piece of one, that the file `path` is, if it is any."""
    if path.suffix.lower() == ".safetensors":
        yield from _safetensors(path)
        return
    for model, each in _published():
        own = PurePosixPath(each.path)
        if path.suffix != own.suffix or own.suffix == ".safetensors":
            continue
        if path.stem.startswith(own.stem) or _has_size(path, each.size_bytes):
            try:
                yield _piece(model, each, path, file_headers.check(path))
            except file_headers.Unusable as error:
                yield _piece(model, each, path, 0, f"The file {path.name} {error}.")


def telling(file: File) -> set[str]:
    """Return names of tensors that the published safetensors `file` has, and no file of another kind."""
    if file.role == "controlnext":
        return set(_CONTROLNEXT)
    part = file.role or PurePosixPath(file.path).parent.name
    return {_TELLING[part]} if part in _TELLING else set()


def _safetensors(path: Path) -> Iterator[Piece]:
    try:
        shapes = file_headers.shapes(path)
    except file_headers.Unusable as error:
        yield from _unusable(path, f"The file {path.name} {error}.")
        return
    size_bytes = path.stat().st_size
    if _SINGLE_UNET in shapes:
        model = registry.models()[_single_name(path)]
        rest = _SINGLE_REST if model.name == "svd-xt" else {}
        fault = next((sentence for key, sentence in rest.items() if key not in shapes), "")
        yield Piece(model, model.name, path, SINGLE_FILE, _single_what(model, path), size_bytes, fault)
    elif shapes.keys() >= _CONTROLNEXT:
        yield _piece(*_by_role("controlnext"), path, size_bytes)
    elif _TELLING["unet"] in shapes and not path.name.startswith(layouts.STEMS["unet"]):
        yield _piece(*_by_role("unet"), path, size_bytes)  # diffusers' own are found by their folders


def _unusable(path: Path, fault: str) -> Iterator[Piece]:
    """Yield what a file that cannot be read is by its name."""
    for model, each in _published():
        if path.name == each.path:
            yield _piece(model, each, path, 0, fault)
    if re.fullmatch(r"svd(_xt(_1_1)?)?\.safetensors", path.name):
        model = registry.models()[_single_name(path)]
        yield Piece(model, model.name, path, SINGLE_FILE, _single_what(model, path), 0, fault)


def _part(path: Path, part: str) -> tuple[int, str]:
    """Return the size of the weights in the folder `part`, and why they cannot be used, a sentence or empty."""
    try:
        paths = layouts.weights(path / part, layouts.STEMS[part], half=True)
    except layouts.NoWeights:
        return 0, f"The folder {part} has no weights as safetensors."
    found: set[str] = set()
    for each in paths:
        try:
            found |= file_headers.shapes(each).keys()
        except file_headers.Unusable as error:
            return 0, f"The file {part}/{each.name} {error}."
    if not (path / part / "config.json").is_file():
        return 0, f"There is no {part}/config.json."
    if _TELLING[part] not in found:
        return 0, f"The folder {part} holds another network."
    return sum(each.stat().st_size for each in paths), ""


def _piece(model: Model, each: File, path: Path, size_bytes: int, fault: str = "") -> Piece:
    what = model.title if len(model.files) == 1 else f"{model.title}'s {each.path}"
    place = f"{model.name}/{each.path}"
    return Piece(model, place, path, _layout(path, AUTHORS), what, size_bytes, fault)


def _published() -> Iterator[tuple[Model, File]]:
    """Return the files that have a role of their own, each with its model."""
    return ((model, each) for model in registry.models().values() for each in model.files if each.role)


def _by_role(role: str) -> tuple[Model, File]:
    return next((model, each) for model, each in _published() if each.role == role)


def _single_name(path: Path) -> str:
    """Return SVD's registry name for a single file: that for 14 frames was published as svd.safetensors, for 25 as
    svd_xt."""
    name = path.stem.lower()
    return "svd" if _SVD_NAME.search(name) and "xt" not in name else "svd-xt"


def _single_what(model: Model, path: Path) -> str:
    guessed = "" if _SVD_NAME.search(path.stem.lower()) else ", as far as its name tells"
    return f"{_title(model, path)} in a single file{guessed}"


def _is_tuned(names: Collection[str]) -> bool:
    """Whether the network is Generative Inbetweening's. The first of `names` that tells one of the two counts."""
    for name in names:
        if _GI_NAME.search(name.lower()):
            return True
        if _SVD_NAME.search(name.lower()):
            return False
    return False


def _title(model: Model, path: Path) -> str:
    """Return the model's title, without the version where the path does not tell it."""
    if model.name == "svd-xt" and not _NEW_XT.search(path.as_posix()):
        return model.title.removesuffix(" 1.1")
    return model.title


def _layout(path: Path, otherwise: str = DIFFUSERS) -> str:
    return HUB if _hub(path) else otherwise


def _has_size(path: Path, size_bytes: int) -> bool:
    try:
        return bool(size_bytes) and path.stat().st_size == size_bytes
    except OSError:
        return False


def _hub(path: Path) -> Path | None:
    """Return the repository's folder in the hub's cache that `path` lies in; None when it lies elsewhere."""
    return next(
        (each for each in path.parents if _HUB.fullmatch(each.name) and path.is_relative_to(each / "snapshots")), None
    )


def _main(repository: Path) -> str:
    """Return the commit that the hub's cache calls main. Raises OSError, ValueError."""
    return small_files.read_text(repository / "refs" / "main", _LONGEST_REF_BYTES).strip()


def _is_current(path: Path) -> bool:
    """Whether `path` lies in the snapshot that the hub's cache calls main."""
    repository = _hub(path)
    try:
        return repository is not None and _main(repository) in path.parts
    except (OSError, ValueError):
        return False
