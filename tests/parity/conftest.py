# SPDX-License-Identifier: GPL-3.0-or-later
"""Every case folder under the goldens becomes a test; a folder without cases is an error, never a pass."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "interpolation_case" in metafunc.fixturenames:
        root: Path = metafunc.config.getoption("--goldens")
        cases = sorted(start.parent for start in (root / "interpolation").glob("*/start.png"))
        if not cases:
            raise pytest.UsageError(f"No case folder (NAME/start.png) in {root / 'interpolation'}.")
        metafunc.parametrize("interpolation_case", cases, ids=lambda case: case.name)
