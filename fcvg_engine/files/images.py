# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads key images and encodes finished drawings, through OpenImageIO.

Inside the engine a picture is float32 [C, H, W], display-encoded (sRGB curve), C = 3, or 4 with premultiplied alpha
last. What a file holds is brought to that by these rules:

==================  ==============================================================================================
formats             PNG, JPEG, TIFF, OpenEXR, WebP, told by their content; the name's ending does not matter
integers            display-encoded, divided by their largest value
half and float      scene-linear; colour goes through the sRGB curve, continued above 1 and mirrored below 0
grey                the same value in red, green and blue
palette             expanded, its transparent entries become alpha
CMYK                red = (1 - cyan)(1 - black) and so on; embedded profiles are not applied
alpha               clamped to [0, 1]; dropped when both keys are opaque throughout
hidden colour       under alpha 0 it is lost, except in half and float files, where it is light added to the picture
NaN, infinity       NaN becomes 0, infinity the largest half (±65504); a note says how many values
layers, parts       of an EXR: see `layers`, or the one that is asked for; a note names what was taken of several
pages               the first
EXR windows         the display window is the picture; what the data window leaves out is 0
meaning             profiles, gamma, shape of pixels, orientation: not applied (neither does Blender), see `meaning`
size                at most `MAX_SIDE` each way and `MAX_CHANNELS` channels, checked before pixels are allocated
==================  ==============================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import OpenImageIO as oiio
from numpy.typing import NDArray

from ..shared import small_files
from ..shared.errors import BadImage
from ..shared.plain_text import encodable
from . import layers
from .encoders import Value, one_line, run_encoder
from .meaning import TURNED, Meaning, of_file, shared, turned

Array = NDArray[np.float32]

MAX_SIDE = 8192  # pixels
MAX_CHANNELS = 256
JPEG_QUALITY = 95
LARGEST_HALF = 65504.0
CODECS = {"png": "png", "png16": "png", "jpg": "jpeg", "exr": "openexr"}  # of protocol.FORMATS

_SETTINGS: dict[str, dict[str, Value]] = {
    "openexr": {"compression": "zip:2", "DateTime": ""},
    "jpeg": {"Compression": f"jpeg:{JPEG_QUALITY}", "jpeg:subsampling": "4:4:4"},
    # The lowest level with the filter "average": files an eighth larger than the default's, many times as fast.
    "png": {"oiio:UnassociatedAlpha": 1, "png:compressionLevel": 1, "png:filter": 64},
}

_SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": "png",
    b"\xff\xd8\xff": "jpeg",
    b"II*\0": "tiff",
    b"MM\0*": "tiff",
    b"II+\0": "tiff",
    b"MM\0+": "tiff",
    b"\x76\x2f\x31\x01": "openexr",
}
_HEAD_BYTES = 32
_OPEN_FILES = Path("/proc/self/fd")  # on Linux: names for the files that this process has open
_MOST_AT_ONCE = 8  # channels that are read together where those that are used do not lie side by side
_MOST_TILE_BYTES = 1 << 30


_NOTHING = Meaning()


@dataclass(frozen=True)
class Pair:
    """Both keys, float32 [C, H, W] of the same shape, see the module. `notes`: sentences for the artist. `meaning`: of
    their numbers, where both have the same."""

    start: Array
    end: Array
    notes: tuple[str, ...] = ()
    meaning: Meaning = _NOTHING


@dataclass(frozen=True)
class Picture:
    """One picture, float32 [C, H, W]; C = 4 only where it is not opaque throughout. `notes`: sentences for the
    artist."""

    pixels: Array
    notes: tuple[str, ...] = ()
    meaning: Meaning = _NOTHING


def read_pair(start: Path, end: Path, layer: str = "") -> Pair:
    """Read both keys; C = 4 for both where either is not opaque. `layer`: see `read`. Raises BadImage, also when their
    sizes differ."""
    check_pair(start, end, layer)
    first, last = read(start, layer), read(end, layer)
    notes = first.notes + last.notes
    if first.meaning.orientation != last.meaning.orientation:
        first, last = _upright(first), _upright(last)
        notes += (TURNED,)
    both, differing = shared(first.meaning, last.meaning)
    notes += tuple(differing)
    channels = max(len(first.pixels), len(last.pixels))
    return Pair(_with_channels(first.pixels, channels), _with_channels(last.pixels, channels), notes, both)


def check_pair(start: Path, end: Path, layer: str = "") -> tuple[int, int]:
    """Return the width and height of both keys, from their headers alone. Raises BadImage, also when they differ."""
    (size, turn), (end_size, end_turn) = _header(start, layer), _header(end, layer)
    if turn != end_turn:  # both are turned upright
        size, end_size = (each[::-1] if way > 4 else each for each, way in ((size, turn), (end_size, end_turn)))
    if size != end_size:
        raise BadImage(
            f"The keys differ in size: {start.name} is {size[0]}×{size[1]}, {end.name} is {end_size[0]}×{end_size[1]}.",
            "Bring both to the same size, then try again.",
        )
    return size


def read_size(path: Path, layer: str = "") -> tuple[int, int]:
    """Return width and height in pixels, from the header alone. Raises BadImage naming the path."""
    return _header(path, layer)[0]


def _header(path: Path, layer: str) -> tuple[tuple[int, int], int]:
    """Return width and height, and the orientation."""
    with _open(path, layer) as opened:
        return (opened.spec.full_width, opened.spec.full_height), of_file(opened.spec).orientation


def _upright(picture: Picture) -> Picture:
    pixels = turned(picture.pixels, picture.meaning.orientation)
    return Picture(pixels, picture.notes, picture.meaning.upright())


def read(path: Path, layer: str = "") -> Picture:
    """Read one picture. `layer`: the name of the layer to take, whole or its end. Raises BadImage naming the path, also
    where the file breaks off early."""
    with _open(path, layer) as opened:
        source, spec, colour, alpha = opened.source, opened.spec, opened.layer.colour, opened.layer.alpha
        used = [*colour, *([] if alpha is None else [alpha])]
        linear = spec.format.basetype in (oiio.HALF, oiio.FLOAT, oiio.DOUBLE)
        kept = spec.format.basetype if spec.format.basetype in (oiio.UINT8, oiio.UINT16) else oiio.FLOAT
        stored = _planes(source, opened.layer.part, used, kept)
        problem = source.geterror() or oiio.geterror()
        straight = bool(spec.get_int_attribute("oiio:UnassociatedAlpha"))
        meaning = of_file(spec)
    if not stored or problem:  # a JPEG that breaks off gives pixels and an error
        raise BadImage(f"{path} is damaged or cut off: {one_line(problem)}", "Save or copy the image again.")
    pixels = np.empty((len(used), *stored[0].shape), np.float32)  # [C, H, W]
    for plane, values in zip(pixels, stored, strict=True):
        plane[...] = values
    if kept != oiio.FLOAT:
        pixels /= np.float32(255 if kept == oiio.UINT8 else 65535)
    del stored
    notes = opened.notes + (_clean(pixels, path) if linear else ())
    pixels = _on_display_window(pixels, spec)
    if len(colour) == 1:
        pixels = np.concatenate([pixels[:1], pixels[:1], pixels])
    if alpha is not None:
        np.clip(pixels[3], 0, 1, out=pixels[3])
        if straight:
            pixels[:3] *= pixels[3]
        if pixels[3].min() == 1:
            pixels = pixels[:3]
    if linear:
        with np.errstate(over="ignore"):  # a colour divided by next to no alpha
            _apply_to_colour(pixels, encode_srgb)
        np.nan_to_num(pixels, copy=False, nan=0.0, posinf=LARGEST_HALF, neginf=-LARGEST_HALF)
    return Picture(np.ascontiguousarray(pixels), notes, meaning)


def encode(pixels: Array, file_format: str, meaning: Meaning = _NOTHING) -> bytes:
    """Return the content of an image file with one picture, float32 [C, H, W] as in the module.

    `file_format` is one of protocol.FORMATS. png and png16 hold straight alpha and values rounded to nearest. exr holds
    half floats, scene-linear and premultiplied. jpg has no alpha, so the picture lies over black. `meaning`: of its
    numbers. Raises DiskError when the encoder finds no room.
    """
    codec = CODECS[file_format]
    attributes = {**_SETTINGS[codec], **meaning.attributes(codec)}
    if file_format == "exr":
        linear = pixels.copy()
        _apply_to_colour(linear, decode_srgb)
        np.clip(linear, -LARGEST_HALF, LARGEST_HALF, out=linear)
        return run_encoder(codec, linear.astype(np.float16).transpose(1, 2, 0), attributes)
    if file_format == "jpg":
        return run_encoder(codec, _quantise(pixels[:3], 255), attributes)
    return run_encoder(codec, _quantise(_straight(pixels), 65535 if file_format == "png16" else 255), attributes)


def encode_srgb(linear: Array) -> Array:
    """Apply the sRGB curve (IEC 61966-2-1) to scene-linear values; it is continued above 1 and mirrored below 0."""
    size = np.abs(linear)
    curve = np.float32(1.055) * np.power(size, np.float32(1 / 2.4)) - np.float32(0.055)
    return np.copysign(np.where(size <= 0.0031308, size * np.float32(12.92), curve), linear)


def decode_srgb(display: Array) -> Array:
    """Undo `encode_srgb`."""
    size = np.abs(display)
    curve = np.power((size + np.float32(0.055)) / np.float32(1.055), np.float32(2.4))
    return np.copysign(np.where(size <= 0.04045, size / np.float32(12.92), curve), display)


@dataclass(frozen=True)
class _Opened:
    """An open image: its reader, at the part with the layer that is the picture, and the header of that part."""

    source: oiio.ImageInput
    spec: oiio.ImageSpec
    layer: layers.Layer
    notes: tuple[str, ...]


@contextmanager
def _open(path: Path, layer: str) -> Iterator[_Opened]:
    """Open an image whose header is inside all limits. Raises BadImage, also for what the block does with the
    reader."""
    kind, head = _sniff(path)
    if kind == "webp":  # its reader decodes at opening, before the header could be looked at
        _check_size(path, *_webp_size(head))
    try:
        with _reader(path) as source:
            yield _at_layer(source, kind, path, layer)
    except (ValueError, RuntimeError) as error:  # the library's, and names in the file that are no text
        raise BadImage(f"{path} is damaged: {one_line(str(error))}", "Save or copy the image again.") from error


def _planes(source: oiio.ImageInput, part: int, channels: list[int], kept: oiio.BASETYPE) -> list[NDArray[np.generic]]:
    """Return the channels, each [H, W]; none where they cannot be read. Memory is taken for these alone."""
    first, last = min(channels), max(channels)
    if last - first < _MOST_AT_ONCE:
        stored = source.read_image(part, 0, first, last + 1, kept)
        return [] if stored is None else [stored[..., channel - first] for channel in channels]
    planes = [source.read_image(part, 0, channel, channel + 1, kept) for channel in channels]
    whole = [plane[..., 0] for plane in planes if plane is not None]
    return whole if len(whole) == len(channels) else []


@contextmanager
def _reader(path: Path) -> Iterator[oiio.ImageInput]:
    wish = oiio.ImageSpec()
    wish["oiio:UnassociatedAlpha"] = 1  # straight alpha stays straight: premultiplied here in float32, exactly
    with _name_in_text(path) as name:
        source = oiio.ImageInput.open(name, wish)
        if source is None:
            raise BadImage(f"{path} cannot be read: {one_line(oiio.geterror())}", "Save or copy the image again.")
        try:
            yield source
        finally:
            source.close()


@contextmanager
def _name_in_text(path: Path) -> Iterator[str]:
    """Give a name of the file that OpenImageIO takes, which wants UTF-8: a disk may have names in an older encoding.
    Raises BadImage."""
    name = str(path)
    if name == encodable(name):
        yield name
    elif not _OPEN_FILES.exists():
        raise BadImage(f"The name of {path} is no text.", "Give the image another name.")
    else:
        with small_files.open_file(path) as file:
            yield str(_OPEN_FILES / str(file.fileno()))


def _at_layer(source: oiio.ImageInput, kind: str, path: Path, wanted: str) -> _Opened:
    """Go to the part with the picture, whose header is inside all limits. Raises BadImage."""
    if source.format_name() != kind:
        raise BadImage(f"{path} is no {kind} image, though it begins like one.", "Save or copy the image again.")
    specs = [source.spec(0, 0)]
    while kind == "openexr" and len(specs) < layers.MOST_PARTS and source.seek_subimage(len(specs), 0):
        specs.append(source.spec(len(specs), 0))
    oiio.geterror()  # that there are no more
    if channels := next((each.nchannels for each in specs if each.nchannels > MAX_CHANNELS), 0):
        raise BadImage(f"{path} has {channels} channels; {MAX_CHANNELS} are the most.", "Save fewer layers.")
    if all(spec.deep for spec in specs):
        raise BadImage(f"{path} is a deep image: it has no single colour a pixel.", "Save it flattened.")
    found = layers.ordered(specs)
    if not found:
        raise BadImage(f"{path} has no red, green and blue and no grey.", "Save the image with its colour layer.")
    layer = layers.find(found, wanted) if wanted else found[0]
    if layer is None:
        names = ", ".join(each.name or "one without a name" for each in found)
        raise BadImage(f"{path} has no layer {wanted!r:.200}.", f"It has {names:.500}.")
    if not source.seek_subimage(layer.part, 0):
        raise BadImage(f"{path} is damaged: {one_line(source.geterror())}", "Save or copy the image again.")
    _check(specs[layer.part], path)
    notes = () if wanted or not layer.name or len(found) == 1 else (_taken(path, layer, len(found)),)
    return _Opened(source, specs[layer.part], layer, notes)


def _taken(path: Path, layer: layers.Layer, count: int) -> str:
    return f"{path.name} has {count} layers; {layer.name} was taken."


def _check(spec: oiio.ImageSpec, path: Path) -> None:
    for width, height in ((spec.width, spec.height), (spec.full_width, spec.full_height)):
        _check_size(path, width, height)
    if spec.depth > 1:
        raise BadImage(f"{path} is a volume, no picture.", "Save a flat image.")
    if max(spec.tile_width, spec.tile_height) > MAX_SIDE or spec.tile_bytes() > _MOST_TILE_BYTES:
        raise BadImage(f"{path} has tiles that are too large.", "Save it with smaller tiles, or in lines.")


def _sniff(path: Path) -> tuple[str, bytes]:
    """Return the format by the file's first bytes, and those bytes. Raises BadImage."""
    try:
        head = small_files.read_beginning(path, _HEAD_BYTES)
    except small_files.NotSmallFile as error:
        raise BadImage(f"{path} is no image: {error.strerror}.", "Choose an image file.") from error
    except OSError as error:
        reason = error.strerror or error
        raise BadImage(f"{path} cannot be opened: {reason}.", "Check that the image is still there.") from error
    if not head:
        raise BadImage(f"{path} is empty.", "Save or copy the image again.")
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp", head
    for signature, kind in _SIGNATURES.items():
        if head.startswith(signature):
            return kind, head
    raise BadImage(f"{path} is no image that can be read.", "Use a PNG, JPEG, TIFF, EXR or WebP file.")


def _webp_size(head: bytes) -> tuple[int, int]:
    """Return width and height from a WebP file's first bytes, an extended, lossless or lossy header."""
    little = int.from_bytes
    if head[12:16] == b"VP8X":
        return little(head[24:27], "little") + 1, little(head[27:30], "little") + 1
    if head[12:16] == b"VP8L":
        bits = little(head[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return little(head[26:28], "little") & 0x3FFF, little(head[28:30], "little") & 0x3FFF


def _check_size(path: Path, width: int, height: int) -> None:
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise BadImage(f"{path} is {width}×{height}; {MAX_SIDE}×{MAX_SIDE} is the most.", "Make the image smaller.")


def _clean(pixels: Array, path: Path) -> tuple[str, ...]:
    """Replace NaN and infinity, in place. Return a note that says so, if there were any."""
    broken = int(pixels.size - np.count_nonzero(np.isfinite(pixels)))
    if not broken:
        return ()
    np.nan_to_num(pixels, copy=False, nan=0.0, posinf=LARGEST_HALF, neginf=-LARGEST_HALF)
    return (f"{path.name} holds {broken} values that are no numbers (NaN or infinite); NaN became 0.",)


def _on_display_window(pixels: Array, spec: oiio.ImageSpec) -> Array:
    """Return the pixels [C, H, W] of the display window, given those of the data window."""
    if (spec.x, spec.y, spec.width, spec.height) == (spec.full_x, spec.full_y, spec.full_width, spec.full_height):
        return pixels
    window = np.zeros((len(pixels), spec.full_height, spec.full_width), np.float32)
    left, top = spec.x - spec.full_x, spec.y - spec.full_y
    rows = slice(max(top, 0), max(min(top + spec.height, spec.full_height), 0))
    columns = slice(max(left, 0), max(min(left + spec.width, spec.full_width), 0))
    part = pixels[:, max(-top, 0) :, max(-left, 0) :]
    target = window[:, rows, columns]
    target[...] = part[:, : target.shape[1], : target.shape[2]]
    return window


def _apply_to_colour(pixels: Array, curve: Callable[[Array], Array]) -> None:
    """Apply `curve` to the unpremultiplied colour, in place; where alpha is 0, to the colour as it is (added light)."""
    weight = np.where(pixels[3] > 0, pixels[3], np.float32(1)) if len(pixels) == 4 else np.float32(1)
    for plane in pixels[:3]:
        plane[...] = curve(plane / weight) * weight


def _straight(pixels: Array) -> Array:
    """Return the picture with straight alpha: colour divided by alpha, black where alpha is 0."""
    if len(pixels) == 3:
        return pixels
    alpha = pixels[3]
    colour = np.divide(pixels[:3], alpha, out=np.zeros_like(pixels[:3]), where=alpha > 0)
    return np.concatenate([colour, pixels[3:]])


def _quantise(pixels: Array, largest: int) -> NDArray[np.generic]:
    """Round [C, H, W] in [0, 1] to the nearest integers [H, W, C] in [0, `largest`]."""
    scaled = np.clip(pixels, 0, 1) * np.float32(largest) + np.float32(0.5)
    return scaled.astype(np.uint8 if largest == 255 else np.uint16).transpose(1, 2, 0)


def _with_channels(pixels: Array, channels: int) -> Array:
    if len(pixels) == channels:
        return pixels
    return np.concatenate([pixels, np.ones_like(pixels[:1])])
