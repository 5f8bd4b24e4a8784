# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/api/blender.md: operators, properties, preferences, the command. The add-on has to be registered."""

from __future__ import annotations

import ast
import importlib
import inspect
import textwrap
from collections.abc import Iterator
from itertools import groupby
from typing import Any
from unittest import mock

import bpy

from fcvg_blender import operators
from fcvg_blender.app import cli
from fcvg_blender.engine import errors
from fcvg_blender.operators._base import ExplainedOperator
from tools.api_markdown import code, codes, first_line, generated, options, paragraphs, section, subcommands, table

ADDON = "fcvg_blender"
ABOUT = (
    "What scripts inside Blender may call, set and read. Examples and what is stable: [api.md](../api.md). "
    "Names, defaults and the numbers of choices that version 0.1.0 had stay as they are; more may come."
)
# When an operator can be used, where its own code asks another for the reason why not.
NEEDS = {
    "generate_inbetweens": "Two or more strips are selected that show a picture and follow each other.",
    "preview_conditions": "Two strips are selected, as for `fcvg.generate_inbetweens`.",
    "preflight": "Two strips are selected, as for `fcvg.generate_inbetweens`.",
    "promote_to_key": "A strip of inbetweens is the active one, and the playhead stands on a frame of it that is made.",
    "inbetween_keyframes": "In a 3D view or dope sheet: the scene's choices name two or more frames.",
    "cancel_stills": "Keys are being rendered.",
}


def page() -> str:
    """The whole page."""
    return section(
        generated("The add-on: operators, properties, command", "tools/api_page.py blender", ABOUT),
        "## Operators\n\nAll are in `bpy.ops.fcvg`. *Refused* lists what Blender says when an operator cannot be used "
        "now; called all the same from Python, it raises `RuntimeError`.",
        *_operators(),
        "## `scene.fcvg`\n\nThe artist's choices for the next inbetweens of an edit. Saved with the file.",
        *_group("FCVG_SceneSettings", "scene.fcvg"),
        "## `strip.fcvg`\n\nWhat a strip remembers. Every strip has it; `id` is empty on strips that are not the "
        "add-on's. Read it; what a script writes here, the add-on overwrites or takes at its word. Words such as "
        "`method` are the engine's (`rife`), not Blender's (`RIFE`).",
        *_group("FCVG_StripRecord", "strip.fcvg"),
        "## Preferences\n\n`bpy.context.preferences.addons[NAME].preferences`, where NAME is "
        "`bl_ext.REPOSITORY.fcvg_inbetween` for an installed extension.",
        _properties(_class("FCVG_Preferences")),
        "## `blender --command fcvg`\n\nWithout a window. The exit codes are [those of the engine](engine.md#errors).",
        *_command(),
        "## Errors of the add-on\n\nBeside [those of the engine](engine.md#errors).",
        table(("code", "exit code", "meaning"), _errors()),
    )


def _operators() -> Iterator[str]:
    """A section for each folder of operators, in it one for each operator."""
    for folder, classes in groupby(operators.CLASSES, key=lambda cls: cls.__module__.rpartition(".")[0]):
        title = first_line(importlib.import_module(folder).__doc__).removeprefix("Operators of ").removesuffix(".")
        yield f"### Of {title}"
        yield from map(_operator, classes)


def _operator(cls: Any) -> str:
    """One operator: its tooltip, when it can be used, how it is undone, its properties."""
    name = cls.bl_idname.removeprefix("fcvg.")
    rna = getattr(bpy.ops.fcvg, name).get_rna_type()
    own = [each for each in rna.properties if each.identifier in _declared(cls)]
    undone = "One undo step." if {"UNDO", "UNDO_GROUPED"} & set(getattr(cls, "bl_options", ())) else ""
    hidden = "Made for buttons: it is not found by searching." if "INTERNAL" in getattr(cls, "bl_options", ()) else ""
    return section(
        f"#### `fcvg.{name}`",
        f"*{rna.name}.* {_sentence(paragraphs(cls.__doc__))}",
        " ".join(filter(None, (_waits(cls), undone, hidden))),
        _needs(cls, name),
        _table(own),
    )


def _declared(cls: Any) -> set[str]:
    """The properties that the add-on has declared, those of a base among them."""
    ours = [each for each in cls.__mro__ if each.__module__.startswith(f"{ADDON}.")]
    return {name for each in ours for name in inspect.get_annotations(each)}


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?")) else f"{text}."


def _waits(cls: Any) -> str:
    """How long a call takes, where that is said in the code."""
    said = first_line(getattr(cls.execute, "__doc__", ""))
    return said if said.startswith("With a window") else ""


def _needs(cls: Any, name: str) -> str:
    """When it can be used, in a sentence, and what is said when it cannot; '' when it always can."""
    if "poll" in cls.__dict__:
        function = cls.poll.__func__
    elif issubclass(cls, ExplainedOperator) and cls.why_not.__func__ is not ExplainedOperator.why_not.__func__:
        function = cls.why_not.__func__
    else:
        return ""
    refusals = list(dict.fromkeys(_refusals(cls, function)))
    assert name in NEEDS or refusals, f"say in tools/api_blender.py when {name} can be used"
    needs = f"*Needs:* {NEEDS[name]}" if name in NEEDS else ""
    return " ".join(filter(None, (needs, f"*Refused:* {' · '.join(refusals)}" if refusals else "")))


def _refusals(cls: Any, function: Any) -> Iterator[str]:
    """The reasons that a `poll` or `why_not` of `cls` gives, those of its bases among them; only what is written in the
    code, not what is made out of a selection."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    for each in sorted(filter(_is_placed, ast.walk(tree)), key=lambda node: (node.lineno, node.col_offset)):
        if isinstance(each, ast.Call):
            called = ast.unparse(each.func)
            if called == "super().why_not":
                yield from _refusals(cls, _next_of(cls, function))
            elif called in {"mark", "cls.poll_message_set"} and isinstance(each.args[0], ast.Constant):
                yield each.args[0].value
        elif isinstance(each, ast.Return) and each.value is not None:
            for part in ast.walk(each.value):
                text = function.__globals__.get(part.id) if isinstance(part, ast.Name) else None
                if ast.unparse(part) == "cls.no_log":
                    text = cls.no_log
                if isinstance(text, str) and text.endswith("."):
                    yield text


def _is_placed(node: ast.AST) -> bool:
    return hasattr(node, "lineno")


def _next_of(cls: Any, function: Any) -> Any:
    """The `why_not` that `super()` means inside this one."""
    functions = [each.__dict__["why_not"].__func__ for each in cls.__mro__ if "why_not" in each.__dict__]
    return functions[functions.index(function) + 1]


def _class(name: str) -> Any:
    """A registered class of the add-on."""
    bases = (bpy.types.PropertyGroup, bpy.types.AddonPreferences)
    return next(each for base in bases for each in _below(base) if each.__name__ == name and each.is_registered)


def _group(name: str, path: str) -> Iterator[str]:
    """A property group, and those that are parts of it."""
    yield _properties(_class(name))
    for each in _class(name).bl_rna.properties:
        if each.type in {"POINTER", "COLLECTION"} and each.fixed_type.identifier.startswith("FCVG_"):
            below = f"{path}.{each.identifier}{'[…]' if each.type == 'COLLECTION' else ''}"
            yield f"### `{below}`"
            yield paragraphs(_class(each.fixed_type.identifier).__doc__)
            yield from _group(each.fixed_type.identifier, below)


def _properties(cls: Any) -> str:
    return _table([each for each in cls.bl_rna.properties if each.is_runtime])


def _table(properties: list[Any]) -> str:
    shown = (each for each in properties if not each.is_hidden)
    rows = ((code(each.identifier), _type(each), _default(each), _sense(each)) for each in shown)
    return table(("property", "type and range", "default", "meaning"), rows)


def _sense(declared: Any) -> str:
    said = _sentence(declared.description) if declared.description else ""
    is_named = declared.name not in ("", declared.identifier)
    return " ".join(filter(None, (f"*{declared.name}.*" if is_named else "", said)))


def _type(declared: Any) -> str:
    """The type as Python has it, with what may be in it."""
    if declared.type in {"POINTER", "COLLECTION"}:
        name = declared.fixed_type.identifier
        what = "its own properties, below" if name.startswith("FCVG_") else f"`bpy.types.{name}` or `None`"
        return f"list of {what}" if declared.type == "COLLECTION" else what
    if declared.type == "ENUM":
        words = codes(item.identifier for item in declared.enum_items_static)
        return f"set of {words}" if declared.is_enum_flag else f"one of {words}"
    if declared.type in {"INT", "FLOAT"}:
        kind = "`int`" if declared.type == "INT" else "`float`"
        low, high = declared.hard_min, declared.hard_max
        largest = 2**31 - 1 if declared.type == "INT" else 3e38
        if low <= -largest and high >= largest:
            return kind
        return f"{kind}, {low:g} or more" if high >= largest else f"{kind}, {_number(low)} to {_number(high)}"
    paths = {"FILE_PATH": "`str`, a file", "DIR_PATH": "`str`, a folder", "PASSWORD": "`str`, a secret"}
    return paths.get(declared.subtype, "`bool`" if declared.type == "BOOLEAN" else "`str`")


def _default(declared: Any) -> str:
    if declared.type in {"POINTER", "COLLECTION"}:
        return ""
    if declared.type == "ENUM" and declared.is_enum_flag:
        return codes(sorted(declared.default_flag))
    value = declared.default
    if isinstance(value, float):
        return code(f"{value:g}")
    return code(str(value)) if value != "" else ""


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:g}"


def _command() -> Iterator[str]:
    """The verbs of the command that Blender is told of."""
    cli.unregister()
    try:
        with mock.patch.object(bpy.utils, "register_cli_command") as register:
            cli.register()
    finally:
        cli.register()
    name, run = register.call_args.args
    for verb, (purpose, parser) in subcommands(lambda: run([])).items():
        yield f"### `blender --command {name} {verb}`"
        yield _sentence(purpose[0].upper() + purpose[1:])
        yield table(("option", "default", "meaning"), options(parser))


def _errors() -> Iterator[tuple[str, str, str]]:
    for cls in sorted(_below(errors.FcvgError), key=lambda cls: cls.code):
        if cls.__module__.startswith(f"{ADDON}."):
            yield code(cls.code), code(str(cls.exit_code)), first_line(cls.__doc__)


def _below(cls: type) -> Iterator[Any]:
    for each in cls.__subclasses__():
        yield each
        yield from _below(each)
