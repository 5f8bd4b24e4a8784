# SPDX-License-Identifier: GPL-3.0-or-later
"""Which layer of an EXR with many is the picture. Files are written by OpenImageIO, in one part and in several."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fcvg_engine.files import images
from fcvg_engine.shared.errors import BadImage

RGB, RGBA = ("R", "G", "B"), ("R", "G", "B", "A")
Part = tuple[str, Sequence[str]]  # the name of a part, and its channels

# Layers that are in the files of renderers beside the picture.
OTHERS = ("View.AO", "View.Albedo", "View.DiffCol", "View.Emit", "diffuse", "Env", "ID", "View.Combination")


def written(path: Path, parts: Sequence[Part], size: tuple[int, int] = (6, 4)) -> dict[str, float]:
    """Write a file whose every channel has a value of its own, and return the values by part and channel."""
    values: dict[str, float] = {}
    specs, pictures = [], []
    for title, names in parts:
        spec = oiio.ImageSpec(*size, len(names), "float")
        spec.channelnames = tuple(names)
        if title:
            spec["oiio:subimagename"] = title
        picture = np.empty((size[1], size[0], len(names)), np.float32)
        for index, name in enumerate(names):
            is_alpha = name.rpartition(".")[2].lower() in ("a", "alpha")
            value = 1.0 if is_alpha else (len(values) + 1) / 100
            values[f"{title}|{name}"] = picture[..., index] = value
        specs.append(spec)
        pictures.append(picture)
    target = oiio.ImageOutput.create("openexr")
    assert target.open(str(path), tuple(specs)) if len(specs) > 1 else target.open(str(path), specs[0])
    for index, picture in enumerate(pictures):
        if index:
            assert target.open(str(path), specs[index], "AppendSubimage"), target.geterror()
        assert target.write_image(picture), target.geterror()
    assert target.close(), target.geterror()
    return values


def linear(path: Path, layer: str = "") -> list[float]:
    """The first pixel's red, green and blue as the file holds them."""
    pixel: list[float] = images.decode_srgb(images.read(path, layer).pixels)[:3, 0, 0].tolist()
    return pixel


def channels(layer: str, kinds: Sequence[str] = RGB) -> list[str]:
    return [f"{layer}.{kind}" for kind in kinds]


class TestThePicture:
    @given(
        st.permutations(OTHERS),
        st.sampled_from(["View.Combined", "Composite.Combined", "Composite", "beauty", "rgba", "VIEW.COMBINED.left"]),
        st.integers(0, len(OTHERS)),
        st.booleans(),
    )
    @settings(max_examples=40)
    def test_what_is_called_so_goes_before_all_others(
        self, tmp_path_factory: pytest.TempPathFactory, others: list[str], name: str, place: int, in_parts: bool
    ) -> None:
        path = tmp_path_factory.mktemp("layers") / "a.exr"
        layers = [*others[:place], name, *others[place:]]
        if in_parts:
            values = written(path, [(layer, RGB) for layer in layers])
            expected = [values[f"{name}|{each}"] for each in RGB]
        else:
            values = written(path, [("", [each for layer in layers for each in channels(layer)])])
            expected = [values[f"|{each}"] for each in channels(name)]
        assert linear(path) == pytest.approx(expected, rel=1e-5)
        assert images.read(path).notes == (f"a.exr has {len(layers)} layers; {name} was taken.",)

    @given(st.permutations([*OTHERS, "View.Combined"]), st.integers(0, len(OTHERS) + 1))
    @settings(max_examples=20)
    def test_plain_channels_go_before_everything(
        self, tmp_path_factory: pytest.TempPathFactory, others: list[str], place: int
    ) -> None:
        path = tmp_path_factory.mktemp("layers") / "a.exr"
        names = [each for layer in others for each in channels(layer)]
        values = written(path, [("", [*names[: 3 * place], *RGB, *names[3 * place :]])])
        assert linear(path) == pytest.approx([values[f"|{each}"] for each in RGB], rel=1e-5)
        assert images.read(path).notes == ()

    def test_of_equals_it_is_the_first_in_the_file(self, tmp_path: Path) -> None:
        values = written(tmp_path / "a.exr", [("", [*channels("second"), *channels("first")])])
        first = oiio.ImageInput.open(str(tmp_path / "a.exr")).spec().channelnames[0]
        assert linear(tmp_path / "a.exr")[0] == pytest.approx(values[f"|{first}"], rel=1e-5)

    @pytest.mark.parametrize("kinds", [RGB, ("r", "g", "b"), ("red", "green", "blue"), ("Red", "Green", "Blue")])
    @pytest.mark.parametrize("layer", ["", "View.Combined."])
    def test_channels_may_be_called_otherwise(self, tmp_path: Path, layer: str, kinds: Sequence[str]) -> None:
        names = [f"{layer}{kind}" for kind in kinds]
        values = written(tmp_path / "a.exr", [("", ["Depth.Z", *names])])
        assert linear(tmp_path / "a.exr") == pytest.approx([values[f"|{name}"] for name in names], rel=1e-5)

    def test_alpha_is_that_of_the_layer(self, tmp_path: Path) -> None:
        path = tmp_path / "a.exr"
        spec = oiio.ImageSpec(2, 2, 8, "float")
        spec.channelnames = (*channels("View.AO", RGBA), *channels("View.Combined", RGBA))
        target = oiio.ImageOutput.create("openexr")
        assert target.open(str(path), spec)
        assert target.write_image(np.full((2, 2, 8), [0.2, 0.2, 0.2, 0.9, 0.1, 0.1, 0.1, 0.25], np.float32))
        assert target.close()
        assert images.read(path).pixels[3].tolist() == [[0.25] * 2] * 2

    @pytest.mark.parametrize("later", [("Combined", RGB), ("", RGB)])
    def test_it_may_be_in_a_later_part(self, tmp_path: Path, later: Part) -> None:
        values = written(tmp_path / "a.exr", [("Depth", ("Z",)), ("AO", RGB), later])
        assert linear(tmp_path / "a.exr") == pytest.approx([values[f"{later[0]}|{each}"] for each in RGB], rel=1e-5)

    def test_cryptomattes_are_no_picture(self, tmp_path: Path) -> None:
        names = [*channels("CryptoObject00", "rgba"), *channels("View.Glow")]
        values = written(tmp_path / "a.exr", [("", names)])
        assert linear(tmp_path / "a.exr")[0] == pytest.approx(values["|View.Glow.R"], rel=1e-5)

    def test_where_none_has_colour_grey_is_taken(self, tmp_path: Path) -> None:
        values = written(tmp_path / "a.exr", [("", ("View.Mist.Z", "View.Combined.Y"))])
        assert linear(tmp_path / "a.exr") == pytest.approx([values["|View.Combined.Y"]] * 3, rel=1e-5)

    def test_lightness_with_colour_beside_it_is_refused(self, tmp_path: Path) -> None:
        written(tmp_path / "a.exr", [("", ("BY", "RY", "Y"))])
        with pytest.raises(BadImage, match="no red, green and blue"):
            images.read(tmp_path / "a.exr")


class TestAsked:
    @pytest.mark.parametrize("wanted", ["View.AO", "AO", "ao", "view.ao"])
    def test_the_layer_that_is_asked_for_is_taken(self, tmp_path: Path, wanted: str) -> None:
        values = written(tmp_path / "a.exr", [("", [*channels("View.Combined"), *channels("View.AO")])])
        assert linear(tmp_path / "a.exr", wanted)[0] == pytest.approx(values["|View.AO.R"], rel=1e-5)
        assert images.read(tmp_path / "a.exr", wanted).notes == ()

    @pytest.mark.parametrize("wanted", ["O", "View", "Combined.R", "\x1b[31m", "x" * 5000])
    def test_one_that_is_not_there_is_said_with_those_that_are(self, tmp_path: Path, wanted: str) -> None:
        written(tmp_path / "a.exr", [("", [*channels("View.Combined"), *channels("View.AO")])])
        with pytest.raises(BadImage, match="has no layer") as raised:
            images.read(tmp_path / "a.exr", wanted)
        assert "View.Combined, View.AO" in str(raised.value.hint) or "View.AO, View.Combined" in str(raised.value.hint)
        assert len(str(raised.value)) < 600

    def test_the_command_line_takes_it_and_the_manifest_tells_it(self, tmp_path: Path) -> None:
        for name in ("start", "end"):
            written(tmp_path / f"{name}.exr", [("", [*channels("View.AO"), *channels("View.Combined")])], (96, 64))

        def run(*more: str) -> Any:
            command = [sys.executable, "-m", "fcvg_engine", "inbetween", "start.exr", "end.exr", "--count", "1"]
            more = ("--method", "dissolve", "--format", "exr", "--json", *more)
            done = subprocess.run([*command, *more], cwd=tmp_path, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            return json.loads(done.stdout.splitlines()[-1])

        taken = run("--out", "likeliest")
        assert taken["notes"][:2] == [f"{name}.exr has 2 layers; View.Combined was taken." for name in ("start", "end")]
        assert linear(tmp_path / "likeliest" / "0001.exr") == pytest.approx([0.04, 0.05, 0.06], rel=2e-3)
        run("--out", "asked", "--layer", "AO")
        assert linear(tmp_path / "asked" / "0001.exr") == pytest.approx([0.01, 0.02, 0.03], rel=2e-3)
        assert json.loads((tmp_path / "asked" / "manifest.json").read_text())["identity"]["layer"] == "AO"
