"""Where the published model files lie on this computer, found by the names they were published under. No torch."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import platformdirs

GI_FRAMES = 14  # of the model that GI was tuned from; SVD-XT makes 25
_DEPTH = 2  # folders below the ones that are searched
_SVD_PARTS = ("model_index.json", "unet", "vae", "image_encoder", "scheduler")
_GI_NAMES = ("reverse_motion", "keyframe_interpolation")
_FILES = {
    "controlnext": "controlnext.safetensors",
    "unet": "unet.safetensors",
    "superpoint": "superpoint_v1.pth",
    "gluestick": "checkpoint_GlueStick_MD.tar",
    "pose": "dw-ll_ucoco_384.onnx",
    "people": "yolox_l.onnx",
}
_LIBRARIES = {"fcvg": ("diffusers", "transformers", "cv2", "hsluv")} | dict.fromkeys(
    ("trf", "vibid", "gi"), ("diffusers", "transformers")
)
_NEEDS: dict[str, tuple[str, ...]] = {
    "fcvg": ("svd", "controlnext", "unet"),
    "trf": ("svd",),
    "vibid": ("svd",),
    "gi": ("svd", "gi_unet", "gi_base"),
}
_WHAT = {
    "svd": "the folder of Stable Video Diffusion XT (with model_index.json)",
    "controlnext": "FCVG's controlnext.safetensors",
    "unet": "FCVG's unet.safetensors",
    "gi_unet": "Generative Inbetweening's folder svd_reverse_motion_with_attnflip",
    "gi_base": "the folder of Stable Video Diffusion for 14 frames",
}


@dataclass(frozen=True)
class Origin:
    """What the user is told about a kind of file: its licence, who publishes it and what it enables."""

    licence: str
    source: str
    enables: str


_GLUESTICK_LINES = "lines by GlueStick"
ORIGINS = {  # of each field of `Found`
    "svd": Origin(
        "Stability AI Community",
        "hub: stabilityai/stable-video-diffusion-img2vid-xt-1-1",
        "FCVG, TRF, ViBiDSampler, Generative Inbetweening",
    ),
    "controlnext": Origin("none stated", "FCVG's authors", "FCVG"),
    "unet": Origin("none stated", "FCVG's authors", "FCVG"),
    "gi_unet": Origin("as Stable Video Diffusion", "Generative Inbetweening's authors", "Generative Inbetweening"),
    "gi_base": Origin(
        "Stability AI Community", "hub: stabilityai/stable-video-diffusion-img2vid", "Generative Inbetweening"
    ),
    "superpoint": Origin("Magic Leap, not for commercial work", "GlueStick's repository", _GLUESTICK_LINES),
    "gluestick": Origin("MIT", "GlueStick's release", _GLUESTICK_LINES),
    "pose": Origin("Apache-2.0", "DWPose's authors", "poses"),
    "people": Origin("Apache-2.0", "DWPose's authors", "poses"),
}


@dataclass(frozen=True)
class Found:
    """What there is; None is not there. The rest are files, these are folders: `svd` in diffusers' layout, `gi_unet`
    and `gi_base` with a `unet` folder in it (Generative Inbetweening's, and the model it was tuned from)."""

    svd: Path | None = None
    controlnext: Path | None = None
    unet: Path | None = None
    gi_unet: Path | None = None
    gi_base: Path | None = None
    superpoint: Path | None = None
    gluestick: Path | None = None
    pose: Path | None = None
    people: Path | None = None


def folders() -> list[Path]:
    """Where to look: `FCVG_CHECKPOINTS` if set, then the folder of the draft methods' weights."""
    chosen = os.environ.get("FCVG_MODELS")
    weights = Path(chosen) if chosen else platformdirs.user_data_path("fcvg", appauthor=False) / "models"
    checkpoints = os.environ.get("FCVG_CHECKPOINTS")
    return [Path(checkpoints), weights] if checkpoints else [weights]


def find() -> Found:
    """Search the folders and those in them, two levels deep; the first of each kind counts. Opens small files only."""
    there: dict[str, Path] = {}
    for root in folders():
        for folder in _walk(root, _DEPTH):
            for name, file in _FILES.items():
                if (folder / file).is_file():
                    there.setdefault(name, folder / file)
            kind = _kind(folder, folder.relative_to(root).as_posix())
            if kind:
                there.setdefault(kind, folder)
    return Found(**{each.name: there.get(each.name) for each in fields(Found)})


def lacking(found: Found) -> dict[str, str]:
    """Methods that cannot run yet, each with a sentence that says what it needs."""
    sentences = {}
    for method, needs in _NEEDS.items():
        libraries = [name for name in _LIBRARIES[method] if importlib.util.find_spec(name) is None]
        files = [_WHAT[name] for name in needs if getattr(found, name) is None]
        wishes = []
        if files:
            wishes.append(f"Put {_listed(files)} into {folders()[0]}.")
        if libraries:
            wishes.append(f"Install the engine with its extra fcvg ({', '.join(libraries)} cannot be found).")
        if wishes:
            sentences[method] = " ".join(wishes)
    return sentences


def _walk(folder: Path, depth: int) -> Iterator[Path]:
    """`folder` and those in it, shallow ones first, names in order."""
    level = [folder]
    for _ in range(depth + 1):
        yield from level
        below: list[Path] = []
        for each in level:
            with contextlib.suppress(OSError):  # not there, or not ours to read
                below += sorted(path for path in each.iterdir() if path.is_dir())
        level = below


def _kind(folder: Path, name: str) -> str:
    """Which folder of `Found` this is, called `name` where it was found; empty for none."""
    try:
        content = json.loads((folder / "unet" / "config.json").read_text("utf-8"))
        frames = content.get("num_frames")
    except (OSError, ValueError, AttributeError, RecursionError):
        return ""
    if any(part in name for part in _GI_NAMES):
        return "gi_unet"
    if frames == GI_FRAMES:
        return "gi_base"
    return "svd" if all((folder / part).exists() for part in _SVD_PARTS) else ""


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
