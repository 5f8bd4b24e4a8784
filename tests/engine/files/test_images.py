# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading keys and encoding drawings: each format, each rule of images.py, each way a file can be broken."""

from __future__ import annotations

import os
import resource
import struct
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import OpenImageIO as oiio
import pytest
from fuzz import whole_images
from pictures import cmyk_jpeg_bytes, cmyk_tiff_bytes, png_bytes, write_png

from fcvg_engine.files import images
from fcvg_engine.shared.errors import BadImage
from fcvg_engine.shared.protocol import FORMATS

RNG = np.random.default_rng(7)
Pixels = np.ndarray[Any, Any]


def noise(channels: int, dtype: type = np.uint8, height: int = 13, width: int = 17) -> Pixels:
    return RNG.integers(0, np.iinfo(dtype).max + 1, (height, width, channels), dtype)


def write_oiio(path: Path, pixels: Pixels, names: tuple[str, ...] = (), windows: Any = None, **attributes: Any) -> Path:
    """An image written by OpenImageIO: for formats that tests cannot write by hand. `pixels` [H, W, C]."""
    height, width, channels = pixels.shape
    spec = oiio.ImageSpec(
        width, height, channels, {"float16": "half", "float32": "float"}.get(pixels.dtype.name, pixels.dtype.name)
    )
    if names:
        spec.channelnames = names
    if windows:
        spec.x, spec.y, spec.full_x, spec.full_y, spec.full_width, spec.full_height = windows
    for name, value in attributes.items():
        spec[name.replace("__", ":")] = value
    target = oiio.ImageOutput.create(str(path))
    assert target.open(str(path), spec), target.geterror()
    assert target.write_image(pixels), target.geterror()
    assert target.close(), target.geterror()
    return path


def decode(data: bytes) -> Pixels:
    """An encoded drawing as another library reads it, [H, W, C], RGB(A)."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    return pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]


def planes(pixels: Pixels) -> Pixels:
    return pixels.transpose(2, 0, 1)


class TestRules:
    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
    def test_rgb_png_is_divided_by_its_largest_value(self, tmp_path: Path, dtype: type):
        stored = noise(3, dtype)
        read = images.read(write_png(tmp_path / "a.png", stored)).pixels
        assert read.dtype == np.float32
        np.testing.assert_array_equal(read, planes(stored).astype(np.float32) / np.float32(np.iinfo(dtype).max))

    def test_straight_alpha_becomes_premultiplied(self, tmp_path: Path):
        stored = noise(4)
        read = images.read(write_png(tmp_path / "a.png", stored)).pixels
        straight = planes(stored).astype(np.float64) / 255
        np.testing.assert_allclose(read[:3], straight[:3] * straight[3], atol=1e-7)
        np.testing.assert_allclose(read[3], straight[3], atol=1e-7)

    def test_alpha_that_is_opaque_throughout_is_dropped(self, tmp_path: Path):
        stored = noise(4)
        stored[..., 3] = 255
        assert images.read(write_png(tmp_path / "a.png", stored)).pixels.shape == (3, 13, 17)

    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
    def test_grey_is_the_same_in_red_green_and_blue(self, tmp_path: Path, dtype: type):
        stored = noise(1, dtype)
        read = images.read(write_png(tmp_path / "a.png", stored)).pixels
        expected = stored[..., 0].astype(np.float32) / np.float32(np.iinfo(dtype).max)
        for channel in range(3):
            np.testing.assert_array_equal(read[channel], expected)

    def test_grey_with_alpha_is_premultiplied(self, tmp_path: Path):
        read = images.read(write_png(tmp_path / "a.png", np.array([[[200, 51]]], np.uint8))).pixels
        np.testing.assert_allclose(read[:, 0, 0], [200 / 255 * 0.2] * 3 + [0.2], atol=1e-6)

    def test_one_bit_grey_is_black_and_white(self, tmp_path: Path):
        (tmp_path / "a.png").write_bytes(png_bytes(8, 1, 1, 0, [b"\xa5"]))
        assert images.read(tmp_path / "a.png").pixels[0, 0].tolist() == [1, 0, 1, 0, 0, 1, 0, 1]

    def test_palette_is_expanded_with_its_transparency(self, tmp_path: Path):
        extra = {b"PLTE": bytes([255, 0, 0, 0, 255, 0, 0, 0, 255]), b"tRNS": bytes([255, 128, 0])}
        (tmp_path / "a.png").write_bytes(png_bytes(3, 1, 8, 3, [b"\0\1\2"], extra))
        read = images.read(tmp_path / "a.png").pixels[:, 0]
        half = 128 / 255
        np.testing.assert_allclose(read.T, [[1, 0, 0, 1], [0, half, 0, half], [0, 0, 0, 0]], atol=1e-6)

    def test_jpeg_comes_near_what_was_written(self, tmp_path: Path):
        smooth = np.stack(np.meshgrid(np.arange(0, 160, 10), np.arange(0, 96, 8)), -1).astype(np.uint8)
        stored = np.concatenate([smooth, smooth[..., :1]], -1)
        quality = [
            cv2.IMWRITE_JPEG_QUALITY,
            100,
            cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
            cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
        ]
        cv2.imwrite(str(tmp_path / "a.jpg"), stored, quality)
        read = images.read(tmp_path / "a.jpg").pixels
        assert np.abs(read * 255 - planes(stored[..., ::-1])).max() < 6

    def test_cmyk_jpeg_becomes_rgb_by_ink_times_black(self, tmp_path: Path):
        (tmp_path / "a.jpg").write_bytes(cmyk_jpeg_bytes((255, 128, 0, 204)))  # stored inverted: 255 is no ink
        read = images.read(tmp_path / "a.jpg").pixels[:, 4, 4]
        np.testing.assert_allclose(read, [0.8, 0.8 * 128 / 255, 0], atol=0.02)

    def test_cmyk_tiff_becomes_rgb_by_ink_times_black(self, tmp_path: Path):
        (tmp_path / "a.tif").write_bytes(cmyk_tiff_bytes((0, 127, 255, 51)))
        read = images.read(tmp_path / "a.tif").pixels[:, 0, 0]
        np.testing.assert_allclose(read, [0.8, 0.8 * 128 / 255, 0], atol=0.01)

    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
    def test_tiff_with_straight_alpha_is_read_like_the_png(self, tmp_path: Path, dtype: type):
        stored = noise(4, dtype)
        tiff = write_oiio(tmp_path / "a.tif", stored, oiio__UnassociatedAlpha=1)
        png = write_png(tmp_path / "a.png", stored)
        np.testing.assert_array_equal(images.read(tiff).pixels, images.read(png).pixels)

    def test_tiff_with_associated_alpha_is_taken_as_it_is(self, tmp_path: Path):
        stored = np.full((2, 2, 4), 51, np.uint8)
        np.testing.assert_allclose(images.read(write_oiio(tmp_path / "a.tif", stored)).pixels, 0.2, atol=1e-6)

    def test_lossless_webp_is_read_exactly(self, tmp_path: Path):
        stored = noise(3)
        cv2.imwrite(str(tmp_path / "a.webp"), stored[..., ::-1], [cv2.IMWRITE_WEBP_QUALITY, 101])
        read = images.read(tmp_path / "a.webp").pixels
        np.testing.assert_array_equal(read, planes(stored) / np.float32(255))

    @pytest.mark.parametrize(("dtype", "suffix"), [(np.float16, "exr"), (np.float32, "exr"), (np.float32, "tif")])
    def test_half_and_float_are_linear_and_keep_what_is_above_one_and_below_zero(
        self, tmp_path: Path, dtype: type, suffix: str
    ):
        stored = np.array([[[0.0, 0.0025, 0.5], [1.0, 16.0, -0.5]]], dtype)
        read = images.read(write_oiio(tmp_path / f"a.{suffix}", stored)).pixels
        bright = 1.055 * 16 ** (1 / 2.4) - 0.055
        middle = 1.055 * 0.5 ** (1 / 2.4) - 0.055
        expected = [[0.0, 0.0025 * 12.92, middle], [1.0, bright, -middle]]
        np.testing.assert_allclose(read[:, 0].T, expected, rtol=2e-4, atol=1e-6)

    def test_the_curve_bends_the_colour_and_not_the_premultiplied_colour(self, tmp_path: Path):
        stored = np.array([[[0.25, 0.25, 0.25, 0.5]]], np.float32)
        read = images.read(write_oiio(tmp_path / "a.exr", stored)).pixels[:, 0, 0]
        np.testing.assert_allclose(read, [0.5 * (1.055 * 0.5 ** (1 / 2.4) - 0.055)] * 3 + [0.5], rtol=1e-5)

    def test_light_without_alpha_in_an_exr_stays(self, tmp_path: Path):
        stored = np.array([[[1.0, 0.0, 0.0, 0.0]]], np.float32)
        read = images.read(write_oiio(tmp_path / "a.exr", stored)).pixels[:, 0, 0]
        np.testing.assert_allclose(read, [1, 0, 0, 0], rtol=1e-6)

    def test_no_numbers_are_replaced_and_told(self, tmp_path: Path):
        stored = np.full((2, 2, 3), 0.5, np.float32)
        stored[0, 0, 0], stored[1, 1, 2] = np.nan, np.inf
        picture = images.read(write_oiio(tmp_path / "glow.exr", stored))
        assert picture.pixels[0, 0, 0] == 0
        assert np.isfinite(picture.pixels).all()
        assert picture.pixels[2, 1, 1] > 50
        assert len(picture.notes) == 1
        assert "glow.exr" in picture.notes[0]
        assert " 2 " in picture.notes[0]

    def test_luminance_of_an_exr_is_grey(self, tmp_path: Path):
        read = images.read(write_oiio(tmp_path / "a.exr", np.ones((1, 1, 1), np.float32), ("Y",))).pixels
        np.testing.assert_allclose(read.ravel(), 1, rtol=1e-6)

    def test_an_exr_without_colour_is_refused(self, tmp_path: Path):
        path = write_oiio(tmp_path / "depth.exr", np.ones((1, 1, 1), np.float32), ("Z",))
        with pytest.raises(BadImage, match=r"depth\.exr"):
            images.read(path)

    def test_a_deep_exr_is_refused(self, tmp_path: Path):
        spec = oiio.ImageSpec(2, 2, 4, "float")
        spec.deep = True
        samples = oiio.DeepData()
        samples.init(4, 4, [oiio.TypeFloat] * 4, ("R", "G", "B", "A"))
        target = oiio.ImageOutput.create("openexr")
        assert target.open(str(tmp_path / "deep.exr"), spec)
        assert target.write_deep_image(samples)
        assert target.close()
        with pytest.raises(BadImage, match="deep"):
            images.read(tmp_path / "deep.exr")

    def test_the_display_window_is_the_picture(self, tmp_path: Path):
        stored = np.arange(1, 13, dtype=np.float32).reshape(2, 2, 3)
        inside = write_oiio(tmp_path / "in.exr", stored, windows=(1, 2, 0, 0, 4, 5))
        read = images.decode_srgb(images.read(inside).pixels)
        assert read.shape == (3, 5, 4)
        np.testing.assert_allclose(read[:, 2:4, 1:3], planes(stored), rtol=1e-5)
        assert np.count_nonzero(read) == 12
        over = write_oiio(tmp_path / "over.exr", stored, windows=(-1, -1, 0, 0, 1, 1))
        np.testing.assert_allclose(images.decode_srgb(images.read(over).pixels)[:, 0, 0], [10, 11, 12], rtol=1e-5)

    @pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 3)])
    def test_odd_and_tiny_sizes(self, tmp_path: Path, size: tuple[int, int]):
        path = write_png(tmp_path / "a.png", noise(3, height=size[0], width=size[1]))
        assert images.read(path).pixels.shape == (3, *size)
        assert images.read_size(path) == (size[1], size[0])

    def test_the_name_does_not_matter_but_the_content(self, tmp_path: Path):
        stored = noise(3)
        path = write_png(tmp_path / "really_a_png.exr", stored)
        np.testing.assert_array_equal(images.read(path).pixels, planes(stored) / np.float32(255))


class TestPairs:
    def test_both_get_alpha_when_one_has_it(self, tmp_path: Path):
        opaque = write_png(tmp_path / "a.png", noise(3))
        pair = images.read_pair(opaque, write_png(tmp_path / "b.png", noise(4)))
        assert pair.start.shape == pair.end.shape == (4, 13, 17)
        assert (pair.start[3] == 1).all()

    def test_no_alpha_when_both_are_opaque(self, tmp_path: Path):
        opaque = noise(4)
        opaque[..., 3] = 255
        paths = write_png(tmp_path / "a.png", noise(3)), write_png(tmp_path / "b.png", opaque)
        assert images.read_pair(*paths).end.shape == (3, 13, 17)

    def test_different_sizes_are_both_named(self, tmp_path: Path):
        paths = write_png(tmp_path / "a.png", noise(3)), write_png(tmp_path / "b.png", noise(3, width=18))
        with pytest.raises(BadImage, match=r"17×13.*18×13") as caught:
            images.read_pair(*paths)
        assert caught.value.hint


class TestBroken:
    @pytest.mark.parametrize("part", [0.3, 0.7, 0.97])
    @pytest.mark.parametrize("kind", ["png", "jpg", "tif", "webp", "zip.exr", "none.exr", "piz.exr", "tiled.exr"])
    def test_a_file_cut_off_is_refused_with_its_path(self, tmp_path: Path, kind: str, part: float):
        whole = tmp_path / f"whole.{kind}"
        if kind.endswith("exr"):
            pixels = RNG.random((64, 96, 3), np.float32)
            compression = {} if kind == "tiled.exr" else {"compression": kind.removesuffix(".exr")}
            write_oiio(whole, pixels, **compression)
        else:
            cv2.imwrite(str(whole), noise(3, height=64, width=96))
        images.read(whole)
        cut = tmp_path / f"cut.{kind}"
        cut.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * part)])
        with pytest.raises(BadImage, match="cut") as caught:
            images.read(cut)
        assert "\n" not in caught.value.message

    @pytest.mark.parametrize(
        "content", [b"", b"<!DOCTYPE html><html><body>404</body></html>", b"\x89PN", b"\x89PNG\r\n\x1a\n", b"\0" * 5000]
    )
    @pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "exr", "webp"])
    def test_what_is_no_image_is_refused_with_its_path(self, tmp_path: Path, suffix: str, content: bytes):
        path = tmp_path / f"download.{suffix}"
        path.write_bytes(content)
        for reads in (images.read, images.read_size):
            with pytest.raises(BadImage, match="download"):
                reads(path)

    def test_what_is_no_file_is_refused_without_waiting(self, tmp_path: Path):
        os.mkfifo(tmp_path / "pipe.png")
        for path in (tmp_path, tmp_path / "pipe.png", tmp_path / "missing.png", tmp_path / ("x" * 300)):
            with pytest.raises(BadImage) as caught:
                images.read(path)
            assert str(path) in caught.value.message

    @pytest.mark.parametrize("kind", ["png", "jpg", "tif", "webp", "exr"])
    def test_a_header_that_claims_60000_pixels_a_side_is_refused_before_allocating(self, tmp_path: Path, kind: str):
        path = tmp_path / f"bomb.{kind}"
        path.write_bytes(huge_header(kind, tmp_path))
        before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for reads in (images.read, images.read_size):
            with pytest.raises(BadImage, match="bomb"):
                reads(path)
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < 50_000

    def test_8192_pixels_a_side_are_the_most(self, tmp_path: Path):
        row = b"\0" * 1024
        (tmp_path / "fits.png").write_bytes(png_bytes(8192, 1, 1, 0, [row]))
        (tmp_path / "wide.png").write_bytes(png_bytes(8193, 1, 1, 0, [row + b"\0"]))
        assert images.read_size(tmp_path / "fits.png") == (8192, 1)
        with pytest.raises(BadImage, match="8193×1"):
            images.read_size(tmp_path / "wide.png")

    def test_too_many_channels_are_refused(self, tmp_path: Path):
        names = ("R", "G", "B", *(f"extra{number}" for number in range(300)))
        path = write_oiio(tmp_path / "a.exr", np.zeros((1, 1, 303), np.float32), names)
        with pytest.raises(BadImage, match="303"):
            images.read(path)


def test_channels_that_lie_far_apart_take_no_memory_for_what_is_between_them(tmp_path: Path):
    names = ("R", *(f"extra{number:03d}" for number in range(200)), "G", "B", "A")
    pixels = np.zeros((512, 512, len(names)), np.float16)
    for value, channel in enumerate((0, -3, -2), 1):
        pixels[..., channel] = value / 4
    path = write_oiio(tmp_path / "a.exr", pixels, names, compression="zip")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    read = images.read(path).pixels
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) << 10
    np.testing.assert_allclose(images.decode_srgb(read[:, 9, 9]), (0.25, 0.5, 0.75, 0)[: len(read)], rtol=1e-3)
    assert grown < 512 * 512 * len(names) * 4 / 2


def test_a_tile_that_is_larger_than_any_picture_is_refused(tmp_path: Path):
    content = whole_images.whole()["openexr-tiled.exr"]
    tiles, huge = struct.pack("<II", 16, 16), struct.pack("<II", 60_000, 60_000)
    assert tiles in content
    path = tmp_path / "a.exr"
    path.write_bytes(content.replace(tiles, huge, 1))
    with pytest.raises(BadImage, match="tiles"):
        images.read(path)


def test_colours_over_next_to_no_alpha_stay_finite(tmp_path: Path):
    pixels = np.full((4, 4, 4), 3e38, np.float32)
    pixels[..., 3] = np.float32(1e-45)
    assert np.isfinite(images.read(write_oiio(tmp_path / "a.exr", pixels)).pixels).all()


@pytest.mark.parametrize("offset", [-(2**31), -(2**30), -5, 5, 2**30, 2**31 - 1])
def test_windows_anywhere_give_a_picture_or_are_refused(tmp_path: Path, offset: int):
    path = write_oiio(tmp_path / "a.exr", np.zeros((8, 8, 3), np.float16))
    window = struct.pack("<4i", 0, 0, 7, 7)
    content = path.read_bytes()
    first, last = (max(-(2**31), min(offset + side, 2**31 - 1)) for side in (0, 7))
    path.write_bytes(content.replace(window, struct.pack("<4i", first, first, last, last), 1))
    try:
        assert np.isfinite(images.read(path).pixels).all()
    except BadImage as error:
        assert str(path) in error.message


def huge_header(kind: str, folder: Path) -> bytes:
    """A small file of one kind whose header claims 60000×60000 pixels (WebP: 16383×16383, all it can)."""
    if kind == "png":
        return png_bytes(60000, 60000, 8, 2, [b"\0" * 1000])
    if kind == "webp":
        return b"RIFF\x20\0\0\0WEBPVP8L\x10\0\0\0\x2f" + (16382 | 16382 << 14).to_bytes(4, "little") + b"\0" * 11
    small = folder / f"small.{kind}"
    if kind == "exr":
        write_oiio(small, np.zeros((8, 8, 3), np.float32), compression="zip")
        window, claimed = struct.pack("<4i", 0, 0, 7, 7), struct.pack("<4i", 0, 0, 59999, 59999)
        assert window in small.read_bytes()
        return small.read_bytes().replace(window, claimed)
    cv2.imwrite(str(small), np.zeros((8, 8, 3), np.uint8))
    content = small.read_bytes()
    if kind == "jpg":
        at = content.index(b"\xff\xc0") + 5  # height and width in the frame header
        return content[:at] + struct.pack(">HH", 60000, 60000) + content[at + 4 :]
    for tag in (256, 257):  # width and height, as short or long
        at = content.index(struct.pack("<HH", tag, 3))
        content = content[:at] + struct.pack("<HHII", tag, 4, 1, 60000) + content[at + 12 :]
    return content


class TestEncoding:
    def test_every_colour_and_alpha_of_a_png_survives(self, tmp_path: Path):
        stored = np.zeros((256, 256, 4), np.uint8)
        stored[..., 0] = np.arange(256)
        stored[..., 1] = np.arange(256)[::-1]
        stored[..., 3] = np.arange(256)[:, None]
        stored[0] = 0  # under alpha 0 there is no colour
        read = images.read(write_png(tmp_path / "a.png", stored)).pixels
        np.testing.assert_array_equal(decode(images.encode(read, "png")), stored)

    @pytest.mark.parametrize("channels", [3, 4])
    def test_a_16_bit_png_survives(self, tmp_path: Path, channels: int):
        stored = noise(channels, np.uint16, 200, 200)
        stored[..., 3:] = np.maximum(stored[..., 3:], 1)
        read = images.read(write_png(tmp_path / "a.png", stored)).pixels
        np.testing.assert_array_equal(decode(images.encode(read, "png16")), stored)

    def test_values_are_rounded_to_nearest_and_clipped(self):
        values = np.float32([-1, 0.49, 0.51, 254.49, 254.51, 300]) / 255
        pixels = np.broadcast_to(values, (3, 1, 6)).copy()
        assert decode(images.encode(pixels, "png"))[0, :, 0].tolist() == [0, 0, 1, 254, 255, 255]

    @pytest.mark.parametrize("channels", [3, 4])
    def test_a_half_exr_survives_with_values_above_one(self, tmp_path: Path, channels: int):
        stored = (RNG.random((20, 30, channels)) * 8).astype(np.float16)
        if channels == 4:
            stored[..., 3] = RNG.random((20, 30)).astype(np.float16)
            stored[0, :10, 3] = 0
        read = images.read(write_oiio(tmp_path / "a.exr", stored)).pixels
        assert read.max() > 2
        (tmp_path / "b.exr").write_bytes(images.encode(read, "exr"))
        source = oiio.ImageInput.open(str(tmp_path / "b.exr"))
        assert source.spec().format == oiio.HALF
        assert source.spec()["compression"] == "zip"
        assert source.spec().channelnames == ("R", "G", "B", "A")[:channels]
        np.testing.assert_array_equal(source.read_image(oiio.HALF), stored)

    def test_what_is_brighter_than_a_half_can_hold_does_not_become_infinite(self, tmp_path: Path):
        (tmp_path / "a.exr").write_bytes(images.encode(np.full((3, 1, 1), 1000, np.float32), "exr"))
        assert oiio.ImageInput.open(str(tmp_path / "a.exr")).read_image(oiio.FLOAT).ravel().tolist() == [65504] * 3

    def test_jpeg_lies_over_black(self):
        half = np.full((4, 16, 16), 0.5, np.float32)  # white, half transparent
        assert abs(int(decode(images.encode(half, "jpg"))[8, 8, 0]) - 128) <= 2
        assert decode(images.encode(half, "jpg")).shape == (16, 16, 3)

    @pytest.mark.parametrize("file_format", FORMATS)
    def test_the_same_picture_makes_the_same_file(self, file_format: str):
        pixels = RNG.random((4, 9, 7), np.float32)
        assert images.encode(pixels, file_format) == images.encode(pixels, file_format)

    def test_the_curve_and_its_inverse_cancel(self):
        values = np.float32([-20, -1, -0.001, 0, 0.001, 0.0031308, 0.02, 0.5, 1, 3, 60000])
        np.testing.assert_allclose(images.decode_srgb(images.encode_srgb(values)), values, rtol=1e-5)
