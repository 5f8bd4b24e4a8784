# SPDX-License-Identifier: GPL-3.0-or-later
"""Where Blender writes a render is a template to it, so no path gets there but through `compat.literal`."""

from __future__ import annotations

import ast
from pathlib import Path

ADDON = Path(__file__).resolve().parents[1] / "fcvg_blender"


def is_render_path(target: ast.expr) -> bool:
    return isinstance(target, ast.Attribute) and target.attr == "filepath" and "render" in ast.unparse(target.value)


def test_every_path_for_a_render_is_literal() -> None:
    seen = 0
    for path in ADDON.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            targets = node.targets if isinstance(node, ast.Assign) else []
            flat = [each for target in targets for each in (target.elts if isinstance(target, ast.Tuple) else [target])]
            if any(map(is_render_path, flat)):
                assert ast.unparse(node.value).startswith("compat.literal("), f"{path.name}:{node.lineno}"
                seen += 1
    assert seen >= 3
