# SPDX-License-Identifier: GPL-3.0-or-later
"""Every source file names its licence in the first line."""

from __future__ import annotations

import pytest

from tools import spdx


def test_every_source_file_has_the_line():
    lacking = [
        path.relative_to(spdx.ROOT).as_posix() for path in spdx.sources() if not spdx.has_line(path.read_text("utf-8"))
    ]
    assert not lacking, "Run: python tools/spdx.py"


def test_all_rooms_are_looked_at_and_goldens_left_alone():
    places = {path.relative_to(spdx.ROOT).parts[0] for path in spdx.sources()}
    assert places >= {"__init__.py", *spdx.FOLDERS}
    assert not any("goldens" in path.parts or "presets" in path.parts for path in spdx.sources())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"{spdx.LINE}\n"),
        ('"""Words."""\n', f'{spdx.LINE}\n"""Words."""\n'),
        ("#!/usr/bin/env bash\n# Words.\n", f"#!/usr/bin/env bash\n{spdx.LINE}\n# Words.\n"),
    ],
)
def test_it_is_written_once_and_below_the_interpreter(before: str, after: str):
    assert not spdx.has_line(before)
    assert spdx.with_line(before) == after
    assert spdx.has_line(after)
