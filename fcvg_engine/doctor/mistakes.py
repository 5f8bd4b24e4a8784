# SPDX-License-Identifier: GPL-3.0-or-later
"""Names the five likeliest mistakes, each only when it was made, with its cure.

They come from the issue trackers of add-ons and programs that run such models (Dream Textures, Pallaidium, ComfyUI, the
WebUI for Stable Diffusion, and libraries they use). People report again and again:

1. **Graphics card and torch do not fit**: a processor-only torch beside an NVIDIA card ("Torch not compiled with CUDA
   enabled"), a driver older than torch's CUDA, a card too old or too new for it ("no kernel image is available").
2. **A model file is not what it seems**: a Git LFS pointer or a web page under the model's name (safetensors' "header
   too large"), half a download, a pickle instead of safetensors, the right file in the wrong folder.
3. **A mixed or broken environment**: torch or numpy from the user's own packages or PYTHONPATH, two versions of one
   library, leftovers of a failed update, libraries that are too old for the program after its own update.
4. **No room, or no right to write**: a full disk in the middle of a download, folders that need an administrator.
5. **Models that cannot be fetched**: no network allowed, or a gated model without a token.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence

from ..models import registry
from ..shared import amounts
from ..shared.protocol import Finding
from .cards import Card
from .facts import DRAFTS, Facts, Torch

_DRIVERS = {13: 580, 12: 525, 11: 450}  # CUDA → oldest driver, by NVIDIA's table of minor version compatibility
_OLDEST_OF_CUDA_12 = (5, 0)  # the lowest compute capability that torch for CUDA 12.6 has kernels for
_REINSTALL = "In the preferences of FCVG Inbetween choose {} as accelerator and install the engine again."
_REPAIR = "Use Repair engine in the preferences of FCVG Inbetween."
_MOST_FILES = 5  # that are named one by one


def named(facts: Facts) -> list[Finding]:
    """Returns the mistakes that were made, in the order above."""
    return [*_card(facts), *_files(facts), *_environment(facts), *_room(facts), *_fetching(facts)]


def fit(capability: tuple[int, int], kernels: Sequence[str]) -> str:
    """Says whether torch has kernels for an NVIDIA card: empty if so, else "old" or "new" for the card.

    `kernels` are like `sm_86` or `compute_120`. `sm` runs on cards of the same major capability and at least that minor
    one; `compute` is translated for any newer card.
    """
    built = [(kind, divmod(int(number), 10)) for kind, number in re.findall(r"(sm|compute)_(\d+)", " ".join(kernels))]
    if any(at <= capability and (kind == "compute" or at[0] == capability[0]) for kind, at in built):
        return ""
    return "old" if all(at > capability for _, at in built) else "new"


def _card(facts: Facts) -> Iterator[Finding]:
    torch = facts.torch
    card = next(iter(facts.cards.cards), None)
    if facts.cards.problem:
        yield Finding(
            "graphics card", facts.cards.problem, "warning", "Restart the computer; then install NVIDIA's driver again."
        )
    elif card and not torch.problem:
        yield from _nvidia(torch, card) if card.maker == "NVIDIA" else _amd(torch, card)


def _nvidia(torch: Torch, card: Card) -> Iterator[Finding]:
    driver = int(re.match(r"\d*", card.driver)[0] or 0)  # type: ignore[index]
    toolkit = int(torch.toolkit.partition(".")[0] or 0)
    needed = _DRIVERS.get(toolkit, _DRIVERS[13])
    only_12 = _DRIVERS[12] <= driver < _DRIVERS[13]
    update = f"update NVIDIA's driver to {needed} or newer"
    text = hint = ""
    if torch.build != "cuda":
        text = f"There is a graphics card ({card.name}), but the engine's torch cannot use it: it was made for {{}}."
        text = text.format({"cpu": "the processor only", "rocm": "cards of AMD"}.get(torch.build, torch.build))
        hint = _REINSTALL.format("CUDA 12" if only_12 else "CUDA")
        hint += f" Before that, {update} (it is {card.driver})." if driver < _DRIVERS[12] else ""
    elif not torch.usable and driver < needed:
        text = (
            f"The driver {card.driver} of {card.name} is too old for the engine's torch, made for CUDA {torch.toolkit}."
        )
        hint = f"Please {update}, and restart the computer."
        hint += f" Or: {_REINSTALL.format('CUDA 12')}" if only_12 else ""
    elif not torch.usable and os.environ.get("CUDA_VISIBLE_DEVICES", "0") in ("", "-1"):
        text = f"{card.name} is hidden from the engine by the variable CUDA_VISIBLE_DEVICES."
        hint = "Remove the variable and start Blender again."
    elif not torch.usable:
        text = f"The engine's torch cannot use {card.name}, though its driver {card.driver} is new enough."
        hint = f"Restart the computer. {_REPAIR}"
    elif fit(torch.capability, torch.kernels) == "old":
        text = f"{card.name} is too old for the engine's torch."
        helps = toolkit >= 13 and torch.capability >= _OLDEST_OF_CUDA_12
        hint = _REINSTALL.format("CUDA 12") if helps else "Choose the device cpu, or use a newer card."
    elif fit(torch.capability, torch.kernels) == "new":
        text = f"{card.name} is newer than the engine's torch, which has no program for it."
        hint = "Update the add-on and its engine; until then choose the device cpu."
        hint = _REINSTALL.format("CUDA") if toolkit == 12 else hint
    if text:
        yield Finding("graphics card", text, "warning", hint)


def _amd(torch: Torch, card: Card) -> Iterator[Finding]:
    if torch.build != "rocm":
        text = f"There is an {card.name}, but the engine's torch cannot use it."
        yield Finding("graphics card", text, "warning", _REINSTALL.format("ROCm"))
    elif not torch.usable:
        text = f"The engine's torch cannot use the {card.name}."
        hint = "Check that your user is in the groups render and video, log in again, and install AMD's driver."
        yield Finding("graphics card", text, "warning", hint)


def _files(facts: Facts) -> Iterator[Finding]:
    if facts.folder_problem:
        hint = "Correct the folder in the preferences of FCVG Inbetween, or connect its disk."
        yield Finding("model folder", facts.folder_problem, "warning", hint)
    for each in facts.suspects[:_MOST_FILES]:
        yield Finding("model file", f"{each.path} {each.what}.", "warning", each.cure)
    for model in facts.models:
        if model.state == "damaged" and not any(str(each.path).startswith(model.path) for each in facts.suspects):
            text = f"The files of {model.title} are damaged or not the published ones: {model.path}"
            yield Finding("model file", text, "warning", "Download the model again; what is whole of it is kept.")
    more = len(facts.suspects) - _MOST_FILES
    if more > 0:
        yield Finding("model file", f"{more} more files are like that.", "warning", facts.suspects[_MOST_FILES].cure)


def _environment(facts: Facts) -> Iterator[Finding]:
    for each in facts.libraries:
        if each.foreign:
            text = f"{each.library.name} comes from outside of the engine, {each.foreign}: {each.origin}"
            hint = "Start the engine from Blender or with python -I; remove PYTHONPATH and that package."
            yield Finding("environment", text, "error", hint)
        elif len(each.versions) > 1:
            text = f"{each.library.name} is installed more than once ({', '.join(each.versions)})."
            yield Finding("environment", text, "warning", _REPAIR)
    missing = [each.library.name for each in facts.libraries if not (each.version or each.library.serves)]
    if missing:
        yield Finding("environment", f"Parts of the engine are missing: {', '.join(missing)}.", "error", _REPAIR)
    if facts.leftovers:
        text = f"A broken update left {', '.join(facts.leftovers)} in the engine."
        yield Finding("environment", text, "warning", _REPAIR)
    old = [f"{each.library.name} {each.version} ({each.library.least})" for each in facts.libraries if each.too_old]
    if old:
        text = f"The engine is older than the add-on: {', '.join(old)}; in brackets what is needed."
        yield Finding("environment", text, "warning", "Use Update engine in the preferences of FCVG Inbetween.")
    if facts.torch.problem and not any(each.foreign for each in facts.libraries) and "torch" not in missing:
        hint = _REPAIR
        if sys.platform == "win32":
            hint = f"Install Microsoft's Visual C++ Redistributable (x64) and restart. If it stays so: {_REPAIR}"
        yield Finding("environment", f"The engine's torch cannot be loaded: {facts.torch.problem}", "error", hint)


def _room(facts: Facts) -> Iterator[Finding]:
    for each in facts.places:
        what = f"The folder for {each.purpose} ({each.folder})"
        if each.state in ("ok", "info"):
            continue
        if not each.writable:
            hint = "Give yourself the right to write there, or choose another folder."
            yield Finding("disk", f"{what} cannot be written to.", each.state, hint)
        else:
            text = f"{what} has only {amounts.in_words(each.free_bytes)} free."
            yield Finding("disk", text, each.state, "Free some space there, or choose a folder on another disk.")


def _fetching(facts: Facts) -> Iterator[Finding]:
    missing = [each for each in facts.models if each.state != "present"]
    drafts = [each.title for each in missing if each.name in DRAFTS]
    if drafts and not facts.online:
        text = f"The models of {' and '.join(drafts)} are not there, and the engine may not use the network."
        hint = "Allow online access in Blender's preferences (System, Network), or import the models from disk."
        yield Finding("models", text, "warning", hint)
    for each in missing:
        agreed = each.consent not in ("needed", "not needed")
        if agreed and facts.online and not facts.token and registry.models()[each.name].source.gated:
            text = f"{each.title} cannot be downloaded: its publisher wants to know who you are."
            hint = "Accept its licence on its page too, make a token there, and enter it in the preferences (HF_TOKEN)."
            yield Finding("models", text, "warning", hint)
