# SPDX-License-Identifier: GPL-3.0-or-later
"""A method is in the table, and then everywhere else that it has to be. Reads sources; imports no method."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from fcvg_engine.models import registry
from fcvg_engine.shared.methods import METHODS

ROOT = next(folder for folder in Path(__file__).resolve().parents if (folder / "blender_manifest.toml").is_file())
EACH = pytest.mark.parametrize("name", METHODS)


def menu() -> dict[str, int]:
    """Blender's menu of methods, the engine's word → its number."""
    source = (ROOT / "fcvg_blender" / "settings" / "menu_choices.py").read_text("utf-8")
    (rows,) = (
        ast.literal_eval(node.value)
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "METHODS"
    )
    assert len({number for *_, number in rows}) == len(rows), "Two methods have the same number."
    return {word.lower(): number for word, *_, number in rows}


@EACH
def test_it_has_a_function(name: str):
    path = ROOT.joinpath("fcvg_engine", *METHODS[name].module.split(".")).with_suffix(".py")
    names = {
        ast.unparse(target)
        for node in ast.parse(path.read_text("utf-8")).body
        for target in (node.targets if isinstance(node, ast.Assign) else [])
    } | {node.name for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)}
    assert "inbetween" in names, path


@EACH
def test_what_it_takes_can_be_estimated(name: str):
    traits = METHODS[name]
    if traits.generative:
        assert traits.steps and traits.card_s and traits.rank
    else:
        sizes = [cost.pixels for cost in traits.costs]
        assert len(sizes) >= 2, "Between two sizes it is interpolated."
        assert sizes == sorted(set(sizes)), "The smallest size comes first."


@EACH
def test_the_registry_knows_it(name: str):
    assert name in registry.needs()


def test_blender_offers_all_of_them():
    assert menu().keys() == {"auto", *METHODS}
