# SPDX-License-Identifier: GPL-3.0-or-later
"""What all engine tests share. Imports neither torch nor bpy: the add-on's tests run without torch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import runs_in

with suppress(ImportError):  # Blender's Python has none
    import hypothesis

    # Machines are slow, or busy: how long an example takes proves nothing.
    hypothesis.settings.register_profile("untimed", hypothesis.settings(), deadline=None)
    hypothesis.settings.load_profile("untimed")

_LEFT_OUT = pytest.StashKey[Counter[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--goldens",
        type=Path,
        default=Path(__file__).parent / "goldens",
        metavar="DIR",
        help="folder of published outputs that the parity tests compare with (default: tests/goldens)",
    )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out what this Python cannot run. A folder goes as a whole: its conftest.py may not be importable either.

    A file or folder that is named on the command line is never asked about: it fails with the import that it lacks.
    """
    if collection_path.is_dir():
        files = list(runs_in.test_files(collection_path))
    else:
        files = [collection_path] if collection_path.match("test_*.py") else []
    if not files or any(map(runs_in.runs_here, files)):
        return None
    asked = [config.invocation_params.dir / name.partition("::")[0] for name in config.args]
    if any(collection_path.is_relative_to(path.resolve()) for path in asked):
        config.stash.setdefault(_LEFT_OUT, Counter()).update(map(runs_in.kind, files))
    return True


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep pytest from importing the extension's own `__init__.py`, which it takes for that of a package of tests.

    The package would be called like the checkout's folder, and most folders have names that Python cannot import.
    """
    for item in items:
        for node in item.listchain():
            if isinstance(node, pytest.Package) and node.path == config.rootpath:
                node.setup = lambda: None  # type: ignore[method-assign]


def pytest_report_collectionfinish(config: pytest.Config) -> list[str]:
    """Say so before the tests, also with `-q`, which hides the header."""
    left_out = config.stash.get(_LEFT_OUT, Counter())
    return [runs_in.told(left_out)] if left_out else []


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, Path]:
    """Two small keys: a grey ramp that becomes brighter, and noise in its second half of rows."""
    import numpy as np
    from pictures import write_png

    noise = np.random.default_rng(0).integers(0, 256, (12, 32, 3), np.uint8)
    ramp = np.repeat(np.linspace(0, 100, 32).astype(np.uint8)[None, :, None], 24, axis=0).repeat(3, axis=2)
    bright = ramp + 120
    bright[12:] = noise
    return write_png(tmp_path / "start.png", ramp), write_png(tmp_path / "end.png", bright)


@pytest.fixture
def request_of(keys: tuple[Path, Path], tmp_path: Path) -> Callable[..., object]:
    """Requests for the dummy method between `keys`, into the folder `out` of the test."""
    from fcvg_engine.shared.protocol import Request

    def make(out: str = "out", count: int = 3, **options: object) -> Request:
        paths = (str(keys[0]), str(keys[1]), str(tmp_path / out))
        return Request(*paths, count, **{"method": "dummy", **options})  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="module")
def warm_worker() -> Iterator[object]:
    """One worker for all tests of a file that leave it as they found it."""
    from engine_process import Worker

    with Worker() as worker:
        worker.receive()  # hello
        yield worker
