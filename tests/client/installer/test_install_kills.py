# SPDX-License-Identifier: GPL-3.0-or-later
"""The installer killed twenty times, at random moments of downloading, building and swapping: never a broken engine."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from homes import Home, Running, Site, make_site
from hostile_server import HostileServer

from fcvg_blender.engine import installed_engines, protocol

SIZES_BYTES = [2_000_000, 1_500_000, 1_000_000, 500_000, 1000, 1000]
BYTES_PER_S = 700_000.0
SEED = 15
DOWNLOADING, BUILDING, SWAPPING = 8, 6, 6  # kills
SWAP_S = 0.03


def built() -> list[Path]:
    """Environments that are being built."""
    return list(installed_engines.engines().glob(".building-*/env"))


def stamped() -> list[Path]:
    """Environments that have been built and are about to take the old one's place."""
    return [folder for folder in built() if (folder / installed_engines.LEASE).exists()]


@pytest.fixture
def sites(server: HostileServer, tmp_path: Path) -> tuple[Site, Site]:
    old = make_site(server, tmp_path / "published", "1.0", [1000])
    return old, make_site(server, tmp_path / "published", "2.0", SIZES_BYTES)


def test_killed_at_twenty_random_moments(home: Home, sites: tuple[Site, Site]):
    old, new = sites
    chance = random.Random(SEED)
    home.install(old)
    moments: list[str] = []

    def kill(running: Running, moment: str) -> None:
        if running.process.poll() is not None:  # it was done already, which is no kill
            return
        running.kill()
        engine = home.engine()
        assert engine in (old.packages, new.packages), moments
        moments.append(f"{moment}: {'old' if engine == old.packages else 'new'} engine")

    for index in range(4):
        new.page(index).bytes_per_s = BYTES_PER_S
    for share in sorted(chance.uniform(0.02, 0.9) for _ in range(DOWNLOADING)):
        running = home.start("update", "--lock", new.lock)
        running.wait_until(lambda share=share: new.served_bytes >= share * new.size_bytes)
        kill(running, f"with {100 * share:.0f} % downloaded")
    assert home.engine() == old.packages

    running = home.start("update", "--lock", new.lock)
    running.wait_until(lambda: bool(built()))
    began_s = time.monotonic()
    running.wait_until(lambda: bool(stamped()))
    build_s = time.monotonic() - began_s
    kill(running, "just before the swap")

    phases = (("begun to build", built, BUILDING, build_s), ("built", stamped, SWAPPING, SWAP_S))
    for name, is_reached, count, last_s in phases:
        wanted = len(moments) + count
        while len(moments) < wanted:
            running = home.start("repair", "--lock", new.lock)
            running.wait_until(lambda is_reached=is_reached: bool(is_reached()))
            after_s = chance.uniform(0.0, last_s)
            time.sleep(after_s)
            kill(running, f"{1000 * after_s:.0f} ms after it had {name}")
    print(f"seed {SEED}, killed", *moments, f"{new.served_bytes / new.size_bytes:.3f} of one download", sep="\n  ")
    assert len(moments) >= 20

    home.install(new, "repair")
    assert home.left() == []
    final = home.run("status", "--lock", new.lock).final
    assert isinstance(final, protocol.Installed)
    assert final.state == "current"
    # Starting over each time would take four downloads and more; what was on the wire at a kill comes twice.
    assert new.served_bytes <= 1.5 * new.size_bytes
