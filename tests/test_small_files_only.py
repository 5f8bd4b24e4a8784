# SPDX-License-Identifier: GPL-3.0-or-later
"""One module of the engine opens files that others have named: `fcvg_engine/shared/small_files.py`. What lies there may
be a pipe, a device or a giant, and JSON may say anything. So nobody else opens a file to read it, or parses JSON.

Every module's source is read. What is looked for are calls by their names.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OWNER = "fcvg_engine/shared/small_files.py"

READING = {"read_text", "read_bytes", "open", "safe_open", "load_file", "fromfile", "imread"}
PARSING = {"json.load", "json.loads", "pickle.load", "pickle.loads", "torch.load"}

# Module → what it opens or parses, and why it may.
ALLOWED = {
    "fcvg_engine/__main__.py": {"os.open", "Path(os.devnull).open"},  # streams that are closed
    "fcvg_engine/cli/terminal.py": {"os.open"},  # the same
    "fcvg_engine/shared/file_lock.py": {"os.open"},  # locks hold nothing, and are opened without waiting
    "fcvg_engine/shared/file_records.py": {"os.open"},  # its own check of what lies there
    "fcvg_engine/shared/own_files.py": {"os.open", "partial.open", "path.open"},  # files that are written
    "fcvg_engine/models/registry.py": {"json.loads", "FILE.read_text"},  # comes with the engine
    "fcvg_engine/doctor/cards.py": {
        "(each / 'mem_info_vram_total').read_text",
        "(each / 'vendor').read_text",
    },  # Linux's
    "fcvg_engine/files/encoders.py": {"target.open", "oiio.ImageInput.open", "Path(path).read_bytes"},  # just written
    "fcvg_engine/files/images.py": {"oiio.ImageInput.open"},  # looked at before
    "fcvg_engine/diffusion/safetensors_loading.py": {"safe_open"},  # looked at before
    "fcvg_engine/models/gluestick_weights.py": {
        "safetensors.safe_open",
        "torch.load",
    },  # looked at before; no code is run
    "fcvg_engine/models/draft_weights.py": {"torch.load"},  # of bytes whose sha256 is pinned
    "fcvg_engine/diffusion/native_frames.py": {"json.loads"},  # of its own
    "fcvg_engine/transfer/unpack.py": {"opened.open"},  # in an archive
    "fcvg_engine/transfer/http_requests.py": {"opener.open"},  # of the web
}


def faults(source: str) -> Iterator[str]:
    """Yield each call in `source` that opens a file or parses what was read."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            owner, _, called = name.rpartition(".")
            if name in PARSING or (called in READING and owner != "small_files"):
                yield name


def modules() -> list[str]:
    return sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "fcvg_engine").rglob("*.py"))


@pytest.mark.parametrize("module", [each for each in modules() if each != OWNER])
def test_files_are_read_through_one_module(module: str):
    found = set(faults((ROOT / module).read_text("utf-8")))
    assert found - ALLOWED.get(module, set()) == set(), f"{module}: small_files has a function for it, with a limit"
    assert ALLOWED.get(module, set()) - found == set(), "The table names what is gone."


@pytest.mark.parametrize("source", ["path.read_text()", "open(path)", "json.loads(x)", "x.open('rb')", "torch.load(f)"])
def test_such_calls_are_found(source: str):
    assert list(faults(source))
