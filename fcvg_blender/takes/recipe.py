# SPDX-License-Identifier: GPL-3.0-or-later
"""How a take is made again on another computer: command lines out of what the engine wrote down about it. No bpy."""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Collection, Iterator
from pathlib import Path, PureWindowsPath
from typing import Any

from ..edit import take_files
from ..engine import errors, manifest, methods, plain_text, protocol, registry

OUT = "frames"  # folder that the command lines write into
LONGEST = 2000  # letters of a comment

_COMMAND = ("python", "-m", "fcvg_engine", "inbetween")
_WORD = re.compile(r"[A-Za-z0-9][\w.:-]*", re.ASCII)  # of the engine's; no shell changes it
_SIGNS = frozenset(" .,:()/+@-_–—…“”’·×")
_BRACKET = re.compile(r"(?<! )\(|\((?!\w)")
_TYPOGRAPHIC = str.maketrans({"'": "’", '"': "”", "[": "(", "]": ")"})


def text(folder: Path, title: str) -> str:
    """The recipe of the take in `folder`: shell comments that say what it needs, then a command line for its first
    chart and one for the drawings that were added to it. Paths are relative to a folder with the keys in it.

    Whatever the title and the manifest say, a comment stays one line and a comment, and a command has the arguments
    that are meant. Raises BadRequest where the take was never begun or its manifest is not to be read.
    """
    written = take_files.read_manifest(folder)
    try:
        comments = [f"# {inert(line)}".rstrip() for line in _needs(written, title)]
        commands = [shlex.join(arguments) for arguments in _commands(written)]
    except (KeyError, TypeError, AttributeError) as error:
        raise errors.BadRequest(
            f"There is nothing in {folder} that tells how these frames were made.", "Resume the take, then try again."
        ) from error
    return "\n".join([*comments, *commands, ""])


def inert(line: str) -> str:
    """A line of text that is harmless behind a `#`, wherever it is pasted: some shells know no comments.

    zsh takes a `#` that is typed for a program's name, and so does Windows' command prompt; what follows would be
    expanded, or run. So letters, digits and a few signs stay, and all else is `_`. A bracket stays where it encloses a
    remark: behind a word, or empty, zsh gives it a meaning.
    """
    text = unicodedata.normalize("NFC", line[:LONGEST].translate(_TYPOGRAPHIC))
    return _BRACKET.sub("_", "".join(sign if _is_harmless(sign) else "_" for sign in text))


def _is_harmless(sign: str) -> bool:
    """Whether no shell gives the sign a meaning, nor to what Unicode takes for the same sign."""
    if sign.isascii() or sign in _SIGNS:
        return sign.isalnum() or sign in _SIGNS
    same = unicodedata.normalize("NFKC", sign)
    is_text = unicodedata.category(sign)[0] in "LMN" or unicodedata.category(sign) == "So"
    return is_text and all(each.isalnum() or not each.isascii() for each in same)


def _needs(written: dict[str, Any], title: str) -> Iterator[str]:
    identity = written["identity"]
    yield f"{title}: {registry.label(written['method'])}, {identity['count']} frames."
    yield f"These lines make the same files again, in a folder “{OUT}”, byte for byte where all of this is the same:"
    yield f"  engine {identity['engine']} on {written['device']}"
    yield f"  {', '.join(f'{name} {version}' for name, version in written['versions'].items())}"
    for engine in sorted({frame["engine"] for frame in written["frames"] if "engine" in frame}):
        yield f"  engine {engine} for some of the drawings that were added"
    for which in (take_files.START, take_files.END):
        sha256 = identity[manifest.key_hash(take_files.side(which))]
        yield f"  {_key(written, which)}, beside these frames: SHA-256 {sha256}"
    if "matches_sha256" in identity:
        yield f"  {take_files.KEY_MATCHES}, beside these frames: SHA-256 {identity['matches_sha256']}"
    for used in written.get("models", ()):
        yield from _model(used)


def _model(used: dict[str, str]) -> Iterator[str]:
    """Lines about a model that took part: its licence, where it is from, the SHA-256 of its files.

    Less is told of a model that the registry no longer knows, or whose makers publish no SHA-256.
    """
    yield f"  {used['title']} ({used['licence']})"
    model = registry.models().get(used["name"])
    if model is None:
        return
    yield f"    from {' '.join(filter(None, (model.source.where, model.source.revision)))}"
    for file in model.files:
        if file.sha256:
            yield f"    {file.path}: SHA-256 {file.sha256}"


def _commands(written: dict[str, Any]) -> Iterator[list[str]]:
    identity = written["identity"]
    keys = [_key(written, which) for which in (take_files.START, take_files.END)]
    settings = {
        "method": _word(written["method"]),
        "seed": written["seed"],
        "format": identity["format"],
        "device": _word(written["device"]),
        **_generative(written),
    }
    shared = [f"--{name}={value}" for name, value in settings.items()]
    first = [*_COMMAND, *keys, f"--out={OUT}"]
    yield [*first, *_chart(identity["count"], identity["timing"], identity["hold"]), *shared]
    added = [frame["time"] for frame in written["frames"] if frame["index"] > identity["count"]]
    for begin in range(0, len(added), protocol.MAX_COUNT):  # in the order of their numbers, which they get again
        times = added[begin : begin + protocol.MAX_COUNT]
        yield [*first, *_chart(len(times), times, 1), *shared, "--extend"]


def _chart(count: int, timing: str | list[float], hold: int) -> list[str]:
    spacing = timing if isinstance(timing, str) else ",".join(map(repr, timing))
    return [f"--count={count}", f"--timing={spacing}", f"--hold={hold}"]


def _generative(written: dict[str, Any]) -> dict[str, Any]:
    identity = written["identity"]
    asked = {name: value for name, value in identity.get("sampling", {}).items() if value != ""}
    sampling = {name.replace("_", "-"): _word(each) if isinstance(each, str) else each for name, each in asked.items()}
    if not methods.is_conditioned(written["method"]):
        return sampling
    if "matches_sha256" in identity:
        return {**sampling, "matches": take_files.KEY_MATCHES}
    names = {used["name"] for used in written.get("models", ())}
    conditions = identity["conditions"]
    return {
        **sampling,
        "lines": _found_by(_word(conditions["lines"]), "lines", protocol.LINES, names),
        "pose": _found_by(_word(conditions["pose"]), "pose", protocol.POSES, names),
    }


def _found_by(asked: str, kind: str, words: Collection[str], models: Collection[str]) -> str:
    """How lines or poses were found, `auto` resolved by the models that took part: another computer may have others."""
    if asked != "auto":
        return asked
    needs = {word: registry.needs().get(f"{kind}:{word}", ()) for word in words}
    return next((word for word, names in needs.items() if names and set(names) <= set(models)), "none")


def _word(text: str) -> str:
    """A word of the engine's. Raises KeyError for what is none."""
    if not _WORD.fullmatch(text):
        raise KeyError(text)
    return text


def _key(written: dict[str, Any], which: str) -> str:
    """File name of a key. Its path may be one of Windows or of another system. A name that cannot be pasted is left:
    beside the frames the keys have the add-on's own names."""
    name = PureWindowsPath(written.get("keys", {}).get(take_files.side(which), "")).name
    if not name or plain_text.plain(name) != name:
        name = take_files.key_file(which, written["identity"]["format"])
    return f"./{name}" if name.startswith("-") else name
