# SPDX-License-Identifier: GPL-3.0-or-later
"""What a picture file says about its own numbers: which colours they stand for, how wide a pixel is, which way is up.

Numbers are carried from keys to frames as they are, so what gives them their meaning has to go with them: where both
keys say the same, and where the frames' format can hold it. Else a sentence tells the artist.

=====================  =========================================================================  ============
                       in keys                                                                    in frames
=====================  =========================================================================  ============
ICC profile            PNG, JPEG, TIFF, WebP; for red, green and blue only                        PNG, JPEG
cICP, gAMA             PNG                                                                        PNG
chromaticities         OpenEXR                                                                    OpenEXR
shape of pixels        PNG, JPEG, TIFF, OpenEXR                                                   all
orientation            all that can say it; where the keys differ in it, both are turned upright  all
=====================  =========================================================================  ============
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import OpenImageIO as oiio
from numpy.typing import NDArray

from ..shared.errors import FcvgError
from .encoders import Value, run_encoder

UPRIGHT = 1
TURNED = "The keys are stored turned in different ways, so both were turned upright."

_PROFILE, _CODES, _PRIMARIES = "ICCProfile", "CICP", "chromaticities"
_CURVE, _GAMMA = "oiio:ColorSpace", "oiio:Gamma"
_ASPECT, _ORIENTATION = "PixelAspectRatio", "Orientation"
_DIFFERING = {
    _PROFILE: "The keys have different colour profiles, so the frames have none. Save both keys with the same one.",
    _CODES: "The keys name different colours (cICP), so the frames name none. Save both keys in the same way.",
    _CURVE: "The keys have different gammas (gAMA), so the frames name none. Save both keys in the same way.",
    _PRIMARIES: "The keys have different chromaticities, so the frames name none. Save both keys in the same way.",
    _ASPECT: "The pixels of the keys have different shapes, so those of the frames are square.",
}
_LOST = {
    _PROFILE: "The colour profile of the keys is left out: of the formats for frames PNG and JPEG hold one.",
    _CODES: "What the keys say of their colours (cICP) is left out: of the formats for frames only PNG holds it.",
    _CURVE: "The gamma that the keys name (gAMA) is left out: of the formats for frames only PNG holds it.",
    _PRIMARIES: "The chromaticities of the keys are left out: of the formats for frames only EXR holds them.",
}
_EVERYWHERE = {_ASPECT, _ORIENTATION}
_HELD = {"png": {_PROFILE, _CODES, _CURVE}, "jpeg": {_PROFILE}, "openexr": {_PRIMARIES}}
_MOST_PROFILE_BYTES = 1 << 22
_LEAST_ASPECT, _MOST_ASPECT = 0.1, 10.0
_ALIKE = 1e-3


@dataclass(frozen=True)
class Meaning:
    """What one file, or both keys, say. `said`: by the names that OpenImageIO has for it; nothing that goes without
    saying."""

    said: Mapping[str, Value] = field(default_factory=dict)

    @property
    def orientation(self) -> int:
        """1 to 8, as in EXIF."""
        value = self.said.get(_ORIENTATION, UPRIGHT)
        return value if isinstance(value, int) else UPRIGHT

    def upright(self) -> Meaning:
        """The same of a picture that was turned upright, see `turned`."""
        said = {name: value for name, value in self.said.items() if name != _ORIENTATION}
        aspect = said.get(_ASPECT)
        if isinstance(aspect, float) and self.orientation > 4:
            said[_ASPECT] = 1 / aspect
        return Meaning(said)

    def attributes(self, codec: str) -> dict[str, Value]:
        """What a file that OpenImageIO's `codec` writes can hold of it."""
        held = _HELD[codec] | _EVERYWHERE
        return {
            name: value for name, value in self.said.items() if name in held and _can_be_written(codec, name, value)
        }

    def lost(self, codec: str) -> list[str]:
        """What such a file cannot hold, a sentence each."""
        held = self.attributes(codec)
        return [_LOST[name] for name in self.said if name not in held]


def of_file(spec: oiio.ImageSpec) -> Meaning:
    """Return what the header of a picture says."""
    return Meaning(dict(_said(spec)))


def shared(start: Meaning, end: Meaning) -> tuple[Meaning, list[str]]:
    """Return what both keys say, and a sentence for each thing that they differ in. Their orientation is the same."""
    names = [name for name in (*_DIFFERING, _ORIENTATION) if name in start.said or name in end.said]
    same = {name: start.said[name] for name in names if _equal(start.said.get(name), end.said.get(name))}
    return Meaning(same), [_DIFFERING[name] for name in names if name not in same]


def turned(pixels: NDArray[np.float32], orientation: int) -> NDArray[np.float32]:
    """Turn and mirror [C, H, W] such that what is stored with an `orientation` is upright."""
    if orientation > 4:
        pixels = pixels.transpose(0, 2, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[..., ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def _said(spec: oiio.ImageSpec) -> Iterator[tuple[str, Value]]:
    profile = spec.getattribute(_PROFILE)
    if profile is not None and spec.get_string_attribute("ICCProfile:color_space") == "RGB":
        content = np.asarray(profile, np.uint8).tobytes()
        if len(content) <= _MOST_PROFILE_BYTES:
            yield _PROFILE, content
    codes = spec.getattribute(_CODES)
    if isinstance(codes, tuple) and len(codes) == 4:
        yield _CODES, tuple(int(code) for code in codes)
    if spec.getattribute(_GAMMA) is not None:
        yield _CURVE, spec.get_string_attribute(_CURVE)
    primaries = spec.getattribute(_PRIMARIES)
    if isinstance(primaries, tuple) and len(primaries) == 8 and np.isfinite(primaries).all():
        yield _PRIMARIES, tuple(float(each) for each in primaries)
    aspect = spec.get_float_attribute(_ASPECT, 1.0)
    if abs(aspect - 1) > _ALIKE and _LEAST_ASPECT <= aspect <= _MOST_ASPECT:
        yield _ASPECT, aspect
    orientation = spec.get_int_attribute(_ORIENTATION, UPRIGHT)
    if 1 < orientation <= 8:
        yield _ORIENTATION, orientation


def _equal(one: Value | None, other: Value | None) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= _ALIKE * one
    return one == other


@functools.lru_cache(maxsize=8)
def _can_be_written(codec: str, name: str, value: Value) -> bool:
    """Whether the encoder takes it: profiles may be damaged."""
    if name != _PROFILE:
        return True
    try:
        run_encoder(codec, np.zeros((1, 1, 3), np.uint8), {name: value})
    except FcvgError:
        return False
    return True
