# SPDX-License-Identifier: GPL-3.0-or-later
"""A fake model hub in a process of its own, for tests inside Blender, whose process must have no threads.

    python -I hub_process.py FOLDER

Prints one line of JSON: `registry`, the path of one that leads to this hub, and `environment`, that of a user who keeps
everything in FOLDER. Ends with its standard input.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from fake_hub import TOKEN, FakeHub, Repository, entry, write_registry

FILES = {"unet/config.json": b'{"num_frames": 25}', "unet/model.safetensors": bytes(range(256)) * 1200}
FILM = bytes(reversed(range(256))) * 700
SLOW = bytes(range(256)) * 8000


def main() -> None:
    folder = Path(sys.argv[1])
    with FakeHub({"maker/svd": Repository(FILES, gated=True)}) as hub:
        release = hub.release("/releases/v1/film_net_fp32.pt", FILM).rpartition("/")[0]
        slow = hub.release("/releases/v1/yolox_l.onnx", SLOW).rpartition("/")[0]
        hub.storage_page(SLOW).bytes_per_s = 100_000
        registry = write_registry(
            folder / "registry.json",
            {
                "svd-xt": {
                    "files": [entry(path, content) for path, content in FILES.items()],
                    "sources": [{"kind": "hub", "where": "maker/svd", "gated": True}],
                },
                "film": {
                    "files": [entry("film_net_fp32.pt", FILM, role="film")],
                    "sources": [{"kind": "github", "where": "maker/film", "url": release}],
                },
                "dwpose": {
                    "files": [entry("yolox_l.onnx", SLOW)],
                    "sources": [{"kind": "github", "where": "maker/pose", "url": slow}],
                },
            },
        )
        told = {"registry": str(registry), "environment": hub.environment(folder), "token": TOKEN}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


main()
