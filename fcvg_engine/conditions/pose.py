# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds people in the keys with DWPose: YOLOX finds each person, RTMPose the keypoints.

rtmlib prepares the pictures and runs the networks. The choice of people, the scores and the order of joints are those
of FCVG's own copy of DWPose. rtmlib differs there: it accepts things of every kind as people, and a keypoint's score is
the mean of both axes' scores instead of the smaller one.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from ..core.method_contract import Options, ReportProgress
from ..files import job_folder
from ..models import discovery, registry
from ..shared import small_files
from ..shared.errors import MissingModel, MissingPart, NumericError, OutOfMemory
from .people import BODY, COUNT, Keypoints, pair
from .skeleton import VISIBLE, Picture

ANY_FILE = "FCVG_ANY_POSE_FILE"  # environment variable; "1" allows other networks of the same kind

_PEOPLE_FILE, _POSE_FILE = "yolox_l.onnx", "dw-ll_ucoco_384.onnx"
_HINT = "Download DWPose (yzd-v/DWPose) in the preferences, or import it from disk"
_PEOPLE_SIZE = (640, 640)  # height, width of YOLOX's input
_POSE_SIZE = (288, 384)  # width, height of RTMPose's input
_POSITIONS_A_PIXEL = 2  # RTMPose scores so many positions for each pixel of an axis
_PERSON = 0  # the first of COCO's kinds of things
_LEAST_SCORE, _MOST_OVERLAP = 0.3, 0.45  # of boxes around people

# OpenPose's joints in COCO's numbers. COCO has no neck: it is inserted after the 17 joints of the body.
_SHOULDERS, _NECK = (5, 6), 17
_OPENPOSE = (0, _NECK, 6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3)

Floats = npt.NDArray[np.floating[Any]]


def ready() -> bool:
    """Whether people can be searched for: the libraries are installed and both networks lie in a model folder."""
    found = discovery.find()
    libraries = all(importlib.util.find_spec(name) for name in ("rtmlib", "onnxruntime"))
    return libraries and found.people is not None and found.pose is not None


def find(
    start: torch.Tensor, end: torch.Tensor, options: Options, report: ReportProgress
) -> list[tuple[Keypoints, Keypoints]]:
    """Finds the people who are in both keys [3, H, W] in [0, 1]; returns each at the start and at the end.

    Downloads nothing. Raises MissingModel when a network is not there, cannot be read or is not the published
    one (see `ANY_FILE`), MissingPart, OutOfMemory, NumericError, and whatever `report` raises.
    """
    report("Looking for people", 0.0)
    dwpose = _DWPose(options)
    before = dwpose.people(start)
    report("Looking for people", 0.5)
    after = dwpose.people(end)
    report("Looking for people", 1.0)
    return pair(before, after, (start.shape[2], start.shape[1]))


class _DWPose:
    """DWPose's two networks, on the GPU if ONNX Runtime can use it."""

    def __init__(self, options: Options) -> None:
        try:
            import onnxruntime
            import rtmlib
        except ImportError as error:
            raise MissingPart(
                f"Poses cannot be found without the library {error.name}.",
                "Install it with: pip install onnxruntime && pip install --no-deps rtmlib; or choose no poses.",
            ) from error
        found = discovery.find()
        self._people_file = _checked(found.people, _PEOPLE_FILE)
        self._pose_file = _checked(found.pose, _POSE_FILE)
        self._as_published = options.as_published
        cuda = options.device.type == "cuda" and "CUDAExecutionProvider" in onnxruntime.get_available_providers()
        where = {"backend": "onnxruntime", "device": f"cuda:{options.device.index or 0}" if cuda else "cpu"}
        limits = {"score_thr": _LEAST_SCORE, "nms_thr": _MOST_OVERLAP, "det_mode": "multiclass"}
        with contextlib.redirect_stdout(io.StringIO()):  # rtmlib prints what it loads
            with _explained(self._people_file):
                self._yolox = rtmlib.YOLOX(str(self._people_file), _PEOPLE_SIZE, **limits, **where)
            with _explained(self._pose_file):
                self._rtmpose = rtmlib.RTMPose(str(self._pose_file), _POSE_SIZE, **where)

    def people(self, key: torch.Tensor) -> list[Keypoints]:
        """Finds the people in `key` [3, H, W], the surest first.

        Where YOLOX finds nobody, the published program treats the whole picture as a person, which helps with drawn
        figures. Here this person counts only if its body is visible, so that an empty room stays empty.
        """
        picture = key.clamp(0, 1).mul(255).round().byte().permute(1, 2, 0).contiguous().cpu().numpy()
        with _explained(self._people_file):
            boxes, kinds = self._yolox(picture)
            boxes = boxes[kinds == _PERSON]
        if len(boxes):
            return [self._keypoints(picture, box) for box in boxes]
        height, width = picture.shape[:2]
        whole = self._keypoints(picture, np.array((0, 0, width, height)))
        seen = float(np.mean(whole.scores[BODY])) >= VISIBLE
        return [whole] if seen or self._as_published else []

    def _keypoints(self, picture: Picture, box: Floats) -> Keypoints:
        """Finds the keypoints of the person in `box` (left, top, right, bottom)."""
        with _explained(self._pose_file):
            seen, centre, extent = self._rtmpose.preprocess(picture, box)
            across, down = (axis.reshape(COUNT - 1, -1) for axis in self._rtmpose.inference(seen))
        scores = np.minimum(across.max(1), down.max(1))
        if not np.isfinite(scores).all():
            raise NumericError("Looking for poses failed with invalid numbers.", "Choose no poses.")
        places = np.stack((across.argmax(1), down.argmax(1)), 1) / _POSITIONS_A_PIXEL
        points, scores = _in_openpose_order(places / _POSE_SIZE * extent + centre - extent / 2, scores)
        return Keypoints(tuple((float(x), float(y)) for x, y in points), tuple(scores.tolist()))


def _in_openpose_order(points: Floats, scores: Floats) -> tuple[Floats, Floats]:
    """Reorders points [133, 2] and scores [133] of COCO's whole body → [134, 2], [134].

    The neck is put between the shoulders. Its score is 1 when both are visible, else 0.
    """
    shoulders = list(_SHOULDERS)
    points = np.insert(points, _NECK, points[shoulders].mean(0), axis=0)
    scores = np.insert(scores, _NECK, (scores[shoulders] > VISIBLE).all(), axis=0)
    order = [*_OPENPOSE, *range(BODY.stop, COUNT)]
    return points[order], scores[order]


def _checked(path: Path | None, name: str) -> Path:
    """Returns `path` when it holds the published network. Raises MissingModel."""
    if path is None:
        raise MissingModel(f"{name} is not there; it is needed to find people.", f"{_HINT}, or choose no poses.")
    try:
        state = small_files.require_file(path)
        if os.environ.get(ANY_FILE) == "1":
            return path
        digest = _sha256(path, state.st_size, state.st_mtime_ns)
    except OSError as error:
        raise MissingModel(f"{path} cannot be read: {error.strerror or error}.", f"{_HINT}.") from error
    if digest not in [file.sha256 for file in registry.models()["dwpose"].files if file.path == name]:
        raise MissingModel(
            f"{path} is not the published network, or not all of it.",
            f"{_HINT}. To use this one all the same, set the environment variable {ANY_FILE}=1.",
        )
    return path


@functools.lru_cache
def _sha256(path: Path, size: int, changed_ns: int) -> str:
    """Hashes the file, again only when it has changed."""
    return job_folder.sha256_of(path)


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turns what ONNX Runtime and rtmlib raise, which has no common class, into errors for an artist."""
    try:
        yield
    except Exception as error:
        if isinstance(error, MemoryError) or "alloc" in str(error).lower():
            raise OutOfMemory("There is not enough memory to find people.", "Choose no poses.") from error
        raise MissingModel(
            f"{path} is damaged, or no network that finds people ({' '.join(str(error).split()):.150}).",
            f"{_HINT}, or choose no poses.",
        ) from error
