# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that the add-on says to an artist, and how far each language has come.

    PYTHON tools/messages.py              what is there, and what each catalogue lacks
    PYTHON tools/messages.py LANGUAGE     bring fcvg_blender/i18n/catalogues/LANGUAGE.po up to date, or begin it

PYTHON is one that has bpy. A catalogue that is brought up to date keeps its translations; messages that are new stand
there untranslated, and those that nothing says any more are gone.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tools import check_system

if __name__ == "__main__":
    check_system.explain_absences()  # a Python without bpy, say

from fcvg_blender.i18n import catalogues
from fcvg_engine.models import registry

ADDON, ENGINE = ROOT / "fcvg_blender", ROOT / "fcvg_engine"

# Function → which of its arguments are shown: positions from 0, and names.
SHOWN: dict[str, tuple[int | str, ...]] = {
    "rpt": (0,),
    "iface": (0,),
    "tip": (0,),
    "mark": (0,),
    "translate_sentence": (0,),
    "translate_sentences": (0,),
    "plural": (0, 1),
    "report": (1,),
    "poll_message_set": (0,),
    "label": ("text",),
    "operator": ("text",),
    "prop": ("text",),
    "prop_enum": ("text",),
    "menu": ("text",),
    "popover": ("text",),
    "progress": ("text",),
    "invoke_confirm": ("title", "message", "confirm_text"),
    "invoke_props_dialog": ("title", "confirm_text"),
    "text_box": (2, 3, "text", "hint"),
    "paragraph": (1,),
    "lines": (1,),
    "wrapped": (1,),
    "fact": (2, 3),
}
# Of the engine, whose words arrive in messages, every sentence counts, and these arguments.
HEARD: dict[str, tuple[int | str, ...]] = {
    "report": (0,),
    "Progress": (1,),
    "Finding": (0, 1, 3, "subject", "text", "hint"),
}
SENTENCE = re.compile(r"[A-Z{“].* .*[.?]", re.DOTALL)
# Who meets these reads English: other programs, who types commands, and the makers of the add-on.
ENGLISH = (
    *("fcvg_blender/app/cli.py", "fcvg_blender/takes/recipe.py", "fcvg_blender/tasks/error_report.py"),
    *("fcvg_blender/installer/cli.py", "fcvg_blender/installer/output.py"),
    *("fcvg_engine/cli/", "fcvg_engine/server/", "fcvg_engine/shared/protocol/", "fcvg_engine/draft/dummy.py"),
)


def messages() -> dict[str, set[str]]:
    """English → where it is said. To be called where the add-on is registered."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for place, message in (*_of_classes(), *_of_sources(), *_of_models()):
        if re.search(r"[^\W\d_]{2}", re.sub(r"\{.*?\}", "", message)):  # words, not only signs
            found[message.replace("{}", "{value}")].add(place)
    return found


def joins() -> list[str]:
    """Places of the add-on where words are shown that are put together so that nobody can translate them; panels do
    little else than show words, so no f-string of theirs may have any."""
    found = []
    for path in _sources(ADDON):
        if not _is_heard(path):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            shown = {node for argument in _shown(tree, SHOWN) for node in _words(argument)}
            for node in ast.walk(tree) if _draws(path) else shown:
                if isinstance(node, ast.JoinedStr) and re.search(r"[^\W\d_]{2}", _template(node)[1]):
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    return sorted(found)


def _of_classes() -> Iterator[tuple[str, str]]:
    """Names, descriptions and choices of what is registered with Blender."""
    import bpy
    from bl_ui.utils import PresetPanel

    from fcvg_blender import compat, registration

    groups: list[Any] = [bpy.types.Scene, bpy.types.WindowManager, compat.StripType]
    for group in groups:
        assert "fcvg" in group.bl_rna.properties, "the add-on is not registered"
    for cls in registration._CLASSES:
        name, rna = cls.__name__, cls.bl_rna
        ours = {each for base in cls.__mro__ if "fcvg" in base.__module__ for each in inspect.get_annotations(base)}
        if issubclass(cls, bpy.types.Operator):
            module, operator = cls.bl_idname.split(".")
            rna = getattr(getattr(bpy.ops, module), operator).get_rna_type()
            yield name, rna.name
            yield name, rna.description
        elif issubclass(cls, PresetPanel):
            continue  # its title is that of the preset that was chosen last
        elif issubclass(cls, bpy.types.Panel | bpy.types.Menu):
            yield name, cls.bl_label
            yield name, getattr(cls, "bl_category", "")
        for declared in rna.properties:
            if declared.identifier in ours and not declared.is_hidden:
                yield name, declared.name
                yield name, declared.description
                if declared.type == "ENUM":
                    for item in declared.enum_items:
                        yield name, item.name
                        yield name, item.description


def _of_sources() -> Iterator[tuple[str, str]]:
    """What the code shows, and the sentences of the engine, as templates where they carry values."""
    for folder in (ADDON, ENGINE):
        for path in _sources(folder):
            is_heard = _is_heard(path)
            tree = ast.parse(path.read_text(encoding="utf-8"))
            shown = [node for part in _shown(tree, HEARD if is_heard else SHOWN) for node in _words(part)]
            for node in {*shown, *(_sentences(tree) if is_heard else ())}:
                if isinstance(node, ast.Constant):
                    yield path.relative_to(ROOT).as_posix(), node.value
                elif is_heard:
                    yield path.relative_to(ROOT).as_posix(), _template(node)[0]


def _of_models() -> Iterator[tuple[str, str]]:
    """What is to be known of each model."""
    place = registry.FILE.relative_to(ROOT).as_posix()
    for model in registry.models().values():
        for text in (model.licence.name, model.licence.summary, model.commercial_why, model.training_data):
            yield place, text
        if model.source.kind == "manual":
            yield place, model.source.where
    for part in registry.needs():
        if ":" in part:
            yield place, registry.label(part)


def _sources(folder: Path) -> Iterator[Path]:
    paths = sorted(folder.rglob("*.py"))
    return (path for path in paths if not path.relative_to(ROOT).as_posix().startswith(ENGLISH))


def _is_heard(path: Path) -> bool:
    """Whether its words arrive in messages, from another process or as if from one."""
    package, room = path.relative_to(ROOT).parts[:2]
    return package == ENGINE.name or room in ("engine", "installer")


def _draws(path: Path) -> bool:
    """Whether it does little else than show words."""
    return path.relative_to(ADDON).parts[0] == "ui"


def _shown(tree: ast.Module, functions: dict[str, tuple[int | str, ...]]) -> Iterator[ast.expr]:
    """Arguments of calls in `tree` that an artist reads."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            which = (0, 1, "message", "hint") if name in _errors() else functions.get(name, ())
            yield from (argument for place, argument in enumerate(node.args) if place in which)
            yield from (keyword.value for keyword in node.keywords if keyword.arg in which)


def _sentences(tree: ast.Module) -> Iterator[ast.Constant | ast.JoinedStr]:
    """Strings that are whole sentences; not what is written for who reads the code."""
    others = {part for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    others |= {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            text = _template(node)[0]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in others:
            text = node.value
        else:
            continue
        if SENTENCE.fullmatch(text):
            yield node


def _errors() -> set[str]:
    """Names of the errors that are made for artists."""
    from fcvg_engine.shared.errors import FcvgError

    found, left = set[str](), [FcvgError]
    while left:
        error = left.pop()
        found.add(error.__name__)
        left.extend(error.__subclasses__())
    return found


def _words(argument: ast.expr) -> Iterator[ast.Constant | ast.JoinedStr]:
    """The strings of an argument, not those of calls inside it."""
    if isinstance(argument, ast.JoinedStr) or (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
        yield argument
    elif isinstance(argument, ast.IfExp):
        yield from (*_words(argument.body), *_words(argument.orelse))
    elif isinstance(argument, ast.List | ast.Tuple):
        for element in argument.elts:
            yield from _words(element)
    elif isinstance(argument, ast.BoolOp):
        for value in argument.values:
            yield from _words(value)


def _template(node: ast.JoinedStr) -> tuple[str, str]:
    """An f-string as a template, `{name}` for each value, and only its words."""
    parts, words, seen = [], [], dict[str, str]()
    for part in node.values:
        if isinstance(part, ast.Constant):
            parts.append(str(part.value))
            words.append(str(part.value))
        elif isinstance(part, ast.FormattedValue):
            source = ast.unparse(part.value)
            name = re.sub(r"\W+", "_", source.rpartition(".")[2] if re.fullmatch(r"[\w.]+", source) else "value")
            while name in seen and seen[name] != source:
                name += "_"
            seen[name] = source
            parts.append(f"{{{name}}}")
    return "".join(parts), " ".join(words)


def write(path: Path, known: dict[str, set[str]]) -> None:
    """Bring a catalogue up to date."""
    catalogue = catalogues.read(path) if path.is_file() else {}
    contexts: defaultdict[str, set[str]] = defaultdict(lambda: {catalogues.DEFAULT})
    for context, message in catalogue:
        contexts[message].add(context)
    entries = [f'# {path.stem} of FCVG Inbetween\nmsgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n']
    for message in sorted(known, key=lambda each: (each.casefold(), each)):
        for context in sorted(contexts[message]):
            lines = [f"#: {place}" for place in sorted(known[message])]
            if context != catalogues.DEFAULT:
                lines.append(f"msgctxt {_quoted(context)}")
            lines += [f"msgid {_quoted(message)}", f"msgstr {_quoted(catalogue.get((context, message), ''))}"]
            entries.append("\n".join(lines) + "\n")
    path.write_text("\n".join(entries), encoding="utf-8")


def _quoted(text: str) -> str:
    for sign, written in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n")):
        text = text.replace(sign, written)
    return f'"{text}"'


def main(languages: list[str]) -> None:
    """What the file's docstring says."""
    import fcvg_blender

    fcvg_blender.register()
    known = messages()
    fcvg_blender.unregister()
    for language in languages:
        write(catalogues.FOLDER / f"{language}.po", known)
    if not languages:
        print("\n".join(sorted(known)))
    catalogues.catalogues.cache_clear()
    for language, catalogue in catalogues.catalogues().items():
        translated = {message for _, message in catalogue}
        print(f"{language}: {len(known.keys() & translated)} of {len(known)} messages", file=sys.stderr)
    print(*joins(), sep="\n", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
