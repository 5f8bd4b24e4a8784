# SPDX-License-Identifier: GPL-3.0-or-later
"""What gives the numbers of keys their meaning goes with them into the frames, or a note says that it does not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import OpenImageIO as oiio
import pytest
from PIL import Image, ImageCms

from fcvg_engine.files import images
from fcvg_engine.files.encoders import Value, run_encoder
from fcvg_engine.jobs.inbetween import run
from fcvg_engine.shared.protocol import Request

SUFFIX = {"png": "png", "jpeg": "jpg", "openexr": "exr", "tiff": "tif", "webp": "webp"}
ORIENTATION = 274  # a tag of TIFF
PRIMARIES = (0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.3127, 0.329)


ICC = bytes(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
SAID: list[tuple[str, str, Value, str]] = [
    # what, codec of the keys, value, formats of frames that hold it
    ("ICCProfile", "png", ICC, "png png16 jpg"),
    ("ICCProfile", "jpeg", ICC, "png png16 jpg"),
    ("ICCProfile", "tiff", ICC, "png png16 jpg"),
    ("ICCProfile", "webp", ICC, "png png16 jpg"),
    ("CICP", "png", (12, 13, 0, 1), "png png16"),
    ("oiio:ColorSpace", "png", "g18_rec709_scene", "png png16"),
    ("chromaticities", "openexr", PRIMARIES, "exr"),
    ("PixelAspectRatio", "png", 2.0, "png png16 jpg exr"),
    ("PixelAspectRatio", "jpeg", 2.0, "png png16 jpg exr"),
    ("PixelAspectRatio", "openexr", 1.5, "png png16 jpg exr"),
    ("Orientation", "jpeg", 6, "png png16 jpg exr"),
    ("Orientation", "png", 3, "png png16 jpg exr"),
    ("Orientation", "tiff", 8, "png png16 jpg exr"),
]


def key(folder: Path, name: str, codec: str, said: Mapping[str, Value], shape: tuple[int, int] = (40, 64)) -> Path:
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]]
    pixels = np.stack((rows * 4, columns * 3, rows + columns + (60 if name == "end" else 0)), -1)
    values = pixels.astype(np.uint8) if codec != "openexr" else (pixels / 255).astype(np.float16)
    return saved(folder / f"{name}.{SUFFIX[codec]}", codec, values, said)


def saved(path: Path, codec: str, values: np.ndarray, said: Mapping[str, Value]) -> Path:
    if codec == "tiff":  # OpenImageIO writes it to real files only
        tags = {ORIENTATION: said["Orientation"]} if "Orientation" in said else {}
        Image.fromarray(values).save(path, tiffinfo=tags, icc_profile=said.get("ICCProfile"))
    else:
        path.write_bytes(run_encoder(codec, values, said))
    return path


def frame(folder: Path, start: Path, end: Path, file_format: str) -> tuple[oiio.ImageSpec, str]:
    """The header of a frame between the keys, and the notes."""
    request = Request(
        start=str(start), end=str(end), out=str(folder / "out"), count=1, method="dissolve", format=file_format
    )
    done = run(request, "job", lambda message: None, lambda: False)
    opened = oiio.ImageInput.open(str(folder / "out" / f"0001.{'png' if file_format == 'png16' else file_format}"))
    spec = opened.spec()
    opened.close()
    return spec, " ".join(done.notes)


def value(spec: oiio.ImageSpec, name: str) -> object:
    found = spec.getattribute(name)
    return np.asarray(found, np.uint8).tobytes() if isinstance(found, np.ndarray) else found


@pytest.mark.parametrize("file_format", ["png", "png16", "jpg", "exr"])
@pytest.mark.parametrize(("name", "codec", "said", "held"), SAID)
def test_what_both_keys_say_is_carried_or_a_note_says_that_it_is_not(
    tmp_path: Path, name: str, codec: str, said: Value, held: str, file_format: str
) -> None:
    start, end = (key(tmp_path, each, codec, {name: said}) for each in ("start", "end"))
    spec, notes = frame(tmp_path, start, end, file_format)
    if file_format in held.split():
        assert value(spec, name) == pytest.approx(said)
        assert "left out" not in notes
    else:
        assert value(spec, name) != said
        assert "left out" in notes


@pytest.mark.parametrize(("name", "codec", "said", "held"), [each for each in SAID if each[0] != "Orientation"])
def test_where_the_keys_differ_a_note_says_so(tmp_path: Path, name: str, codec: str, said: Value, held: str) -> None:
    start, end = key(tmp_path, "start", codec, {name: said}), key(tmp_path, "end", codec, {})
    spec, notes = frame(tmp_path, start, end, held.split()[0])
    assert value(spec, name) != said
    assert "different" in notes


@pytest.mark.parametrize("codec", ["jpeg", "png", "tiff", "openexr"])
@pytest.mark.parametrize("turned", range(2, 9))
def test_keys_that_are_stored_turned_in_different_ways_are_not_blended_turned(
    tmp_path: Path, turned: int, codec: str
) -> None:
    """The same picture, stored upright and turned: nothing changes between the keys."""
    upright = np.arange(24 * 36 * 3, dtype=np.uint32).reshape(24, 36, 3) % 7 * 30
    picture = Image.fromarray(upright.astype(np.uint8).repeat(4, 0).repeat(4, 1))
    way = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[turned]
    stored = np.asarray(picture.transpose(Image.Transpose(way)))
    paths = []
    for name, pixels, orientation in (("start", np.asarray(picture), 1), ("end", stored, turned)):
        values = (pixels / 255).astype(np.float16) if codec == "openexr" else pixels
        said: dict[str, Value] = {"Orientation": orientation, "jpeg:subsampling": "4:4:4"}
        paths.append(saved(tmp_path / f"{name}.{SUFFIX[codec]}", codec, values, said))
    pair = images.read_pair(*paths)
    assert np.abs(pair.start - pair.end).mean() < 0.02
    assert "upright" in " ".join(pair.notes)
    assert pair.meaning.orientation == 1


@pytest.mark.parametrize("content", [b"", b"\0" * 200, ICC[:100], ICC[:-20], b"\xff" * 3000])
def test_a_damaged_profile_stops_nothing(tmp_path: Path, content: bytes) -> None:
    start, end = (key(tmp_path, each, "jpeg", {"ICCProfile": content}) for each in ("start", "end"))
    frame(tmp_path, start, end, "png")


def test_a_profile_for_grey_is_not_put_on_colours(tmp_path: Path) -> None:
    grey = bytearray(ICC)
    grey[16:20] = b"GRAY"
    start, end = (key(tmp_path, each, "tiff", {"ICCProfile": bytes(grey)}) for each in ("start", "end"))
    spec, _ = frame(tmp_path, start, end, "png")
    assert spec.getattribute("ICCProfile") is None


def test_keys_that_say_nothing_give_frames_as_before(tmp_path: Path) -> None:
    pixels = np.full((3, 8, 8), 0.5, np.float32)
    for file_format in images.CODECS:
        assert images.encode(pixels, file_format) == images.encode(pixels, file_format, images.Meaning())
