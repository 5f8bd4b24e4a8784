# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files hold a network's weights in a folder laid out as diffusers and transformers do. No torch."""

from __future__ import annotations

from pathlib import Path

from ..shared import small_files

STEMS = {"unet": "diffusion_pytorch_model", "vae": "diffusion_pytorch_model", "image_encoder": "model"}


_LARGEST_INDEX_BYTES = 16 << 20
_MOST_PARTS = 1000


class NoWeights(ValueError):
    """The folder has no weights that can be read; the text is a sentence."""


def weights(folder: Path, stem: str, half: bool) -> list[Path]:
    """Return the files with the network's weights in `folder`: one, or those that an index lists, there or not.

    `stem`: the file's name, see `STEMS`. `half`: prefer the variant in fp16 to that in full precision. Raises
    NoWeights.
    """
    for variant in (".fp16", "") if half else ("", ".fp16"):
        whole = folder / f"{stem}{variant}.safetensors"
        if whole.is_file():
            return [whole]
        for index in (f"{stem}{variant}.safetensors.index.json", f"{stem}.safetensors.index{variant}.json"):
            if (folder / index).is_file():
                return _listed(folder / index)
    raise NoWeights(f"There is no {stem}.safetensors in {folder}.")


def _listed(index: Path) -> list[Path]:
    try:
        parts = small_files.read_json(index, _LARGEST_INDEX_BYTES)["weight_map"]
        names = {Path(part).name for part in parts.values()}  # only the names: an index must not lead out of its folder
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise NoWeights(f"The file {index} lists no weights.") from error
    if not all(names) or not 0 < len(names) <= _MOST_PARTS:
        raise NoWeights(f"The file {index} lists no weights.")
    return [index.with_name(name) for name in sorted(names)]
