# SPDX-License-Identifier: GPL-3.0-or-later
"""A large file cut again and again, at random places: how much of it is fetched twice?

    .venv/bin/python -m benchmarks.transfer [--gigabytes 1] [--cuts 10] [--reset]

Served from 127.0.0.1 by tests/hostile_server.py, never in memory as a whole. `--reset`: connections are reset, so that
what was sent and not yet read is lost; a plain cut ends them after what was sent. Bytes fetched twice are those that
the server sent beyond the file's size. Needs as much room in the temporary folder.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from hostile_server import HostileServer, Noise, Page

from fcvg_engine.transfer import Download, fetch


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=1.0)
    parser.add_argument("--cuts", type=int, default=10)
    parser.add_argument("--reset", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    body = Noise(int(options.gigabytes * 1e9), options.seed)
    ends = sorted(random.Random(options.seed).sample(range(body.size), options.cuts))
    lengths: list[int | None] = [end - start for start, end in zip([0, *ends], ends, strict=False)]
    sha256 = body.sha256()
    with HostileServer() as server, tempfile.TemporaryDirectory() as folder:
        server.pages["/model"] = Page(body, **{"resets" if options.reset else "cuts": lengths})
        start = time.monotonic()
        wanted = Download(server.url("/model"), Path(folder) / "model", sha256, body.size)
        digests = fetch([wanted], lambda rate: None)
        seconds = time.monotonic() - start
        assert digests[wanted.path] == sha256
        twice = server.served("/model") / body.size - 1
        print(
            f"{body.size / 1e9:.2f} GB, {options.cuts} {'resets' if options.reset else 'cuts'}, "
            f"{len(server.requests)} requests: {twice:.3%} fetched twice, {seconds:.1f} s"
        )


if __name__ == "__main__":
    main()
