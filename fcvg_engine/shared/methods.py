# SPDX-License-Identifier: GPL-3.0-or-later
"""The inbetweening methods: one entry each, with everything that the rest of the program asks of a method.

To add a method, add its entry here, a file with a function `inbetween` (see `core.method_contract.Method`), and what it
needs to `models/registry.json`. A generative method also has its sampler in `diffusion/samplers/`. Nothing else in the
engine names a method. Blender's menu of methods is `fcvg_blender/settings/menu_choices.py`.

Standard library only: the add-on reads this too.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cost:
    """What a draft method costs on two cores of a processor, for pictures of `pixels`.

    `once_s`: seconds of work on the pair. `drawing_s`: seconds for each drawing. `memory_bytes`: memory at its peak.
    Measured with `python -m benchmarks.draft`.
    """

    pixels: float
    once_s: float
    drawing_s: float
    memory_bytes: float


@dataclass(frozen=True)
class MethodTraits:
    """What a method is.

    `name`: its word in requests, on the command line and in the registry.
    `purpose`: what it is good for.
    `module`: the engine's module that has its function `inbetween`.
    `libraries`: modules that it imports beside those that the engine always has.
    `lighter`: what to choose instead where there is too little memory for it, in a few words; empty for nothing.

    Draft methods only:
    `costs`: at several sizes, the smallest first.

    Generative methods only:
    `generative`: it draws all frames of a chart together out of noise and heeds `Request.sampling`.
    `conditioned`: lines and poses that are matched between the keys guide it, through FCVG's UNet and ControlNeXt.
    `backward_unet`: it denoises backward in time with a second UNet, that of Generative Inbetweening.
    `key_latents`: its sampler is given the latents of both keys.
    `steps`: the published number of denoising steps.
    `card_s`: published seconds for 25 frames of 1024×576 pixels on one graphics card.
    `rank`: of the generative methods that can run, the one with the lowest is suggested.
    """

    name: str
    purpose: str
    module: str
    costs: tuple[Cost, ...] = ()
    generative: bool = False
    conditioned: bool = False
    backward_unet: bool = False
    key_latents: bool = False
    libraries: tuple[str, ...] = ()
    lighter: str = "choose the method RIFE"
    steps: int = 0
    card_s: float = 0.0
    rank: int = 0


_SVD = ("diffusers", "transformers")

METHODS: dict[str, MethodTraits] = {
    traits.name: traits
    for traits in (
        MethodTraits(
            "rife",
            "films, renderings, small to large motion",
            "draft.rife",
            costs=(
                Cost(0.25e6, 0.6, 0.20, 0.45e9),
                Cost(0.52e6, 0.8, 0.38, 0.61e9),
                Cost(2.07e6, 3.0, 1.45, 1.23e9),
                Cost(8.29e6, 3.0, 2.1, 1.8e9),
            ),
            lighter="choose the method Dissolve",
        ),
        MethodTraits(
            "gmfss",
            "drawings, flat colour, clean lines",
            "draft.gmfss",
            costs=(Cost(0.25e6, 2.6, 1.2, 0.9e9), Cost(0.52e6, 4.8, 2.3, 1.6e9), Cost(2.07e6, 25.0, 12.0, 4.5e9)),
        ),
        MethodTraits(
            "dissolve",
            "a cross-fade, needs no model",
            "draft.dissolve",
            costs=(Cost(0.25e6, 0.04, 0.006, 0.30e9), Cost(2.07e6, 0.04, 0.021, 0.42e9)),
            lighter="",
        ),
        MethodTraits(
            "film",
            "films, renderings, large motion; slow",
            "draft.film",
            costs=(Cost(0.25e6, 3.0, 2.4, 1.5e9), Cost(2.07e6, 3.0, 20.0, 6.0e9)),  # not measured: about twice GMFSS
        ),
        MethodTraits(
            "fcvg",
            "large motion, guided by matched lines and poses",
            "methods.fcvg",
            generative=True,
            conditioned=True,
            libraries=(*_SVD, "cv2", "hsluv"),
            steps=25,
            card_s=523.0,
            rank=1,
        ),
        MethodTraits(
            "trf",
            "large motion, one video model from both ends",
            "methods.trf",
            generative=True,
            libraries=_SVD,
            steps=50,
            card_s=1230.0,
            rank=4,
        ),
        MethodTraits(
            "vibid",
            "the same in fewer steps",
            "methods.vibid",
            generative=True,
            key_latents=True,
            libraries=_SVD,
            steps=25,
            card_s=195.0,
            rank=3,
        ),
        MethodTraits(
            "gi",
            "the same with a network for going back",
            "methods.gi",
            generative=True,
            backward_unet=True,
            libraries=_SVD,
            steps=50,
            card_s=975.0,
            rank=2,
        ),
    )
}
GENERATIVE = tuple(name for name, traits in METHODS.items() if traits.generative)
CONDITIONED = tuple(name for name, traits in METHODS.items() if traits.conditioned)


def is_generative(name: str) -> bool:
    """Whether the method draws new pictures out of noise. False for a name that this version does not know."""
    return any(name == each.name and each.generative for each in METHODS.values())


def is_conditioned(name: str) -> bool:
    """Whether lines and poses that are matched between the keys guide the method. False for an unknown name."""
    return any(name == each.name and each.conditioned for each in METHODS.values())
