# SPDX-License-Identifier: GPL-3.0-or-later
"""Fault 19: whoever writes a file may be killed at any moment. `benchmarks.reliability` kills whole engines."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

from engine_process import HANG_S, ROOT

from fcvg_engine.shared import folder_record
from fcvg_engine.shared.file_records import Found
from fcvg_engine.shared.folder_record import TEMPORARY, FolderRecord

KILLS = 20
SIZE_BYTES = 2_000_000

WRITER = f"""
import sys
from pathlib import Path
from fcvg_engine.shared.folder_record import FolderRecord
record = FolderRecord(Path(sys.argv[1]))
print("begun", flush=True)
while True:
    for value in range(256):
        record.write("0001.png", bytes([value]) * {SIZE_BYTES})
"""


def test_there_is_the_old_file_or_the_new_one_and_it_is_known_to_be_ours(tmp_path: Path):
    chance = random.Random(19)
    path, seen, unfinished = tmp_path / "0001.png", set(), 0
    for _ in range(KILLS):
        command = [sys.executable, "-c", WRITER, str(tmp_path)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as writer:
            assert writer.stdout
            assert writer.stdout.readline() == b"begun\n"
            time.sleep(chance.uniform(0, 0.1))
            writer.kill()
            writer.wait(HANG_S)
        unfinished += len(list(tmp_path.glob(f"{TEMPORARY}*")))
        folder_record.delete_unfinished(tmp_path)  # as the next job does
        assert not list(tmp_path.glob(f"{TEMPORARY}*"))
        if not path.exists():  # killed in the first write
            continue
        content = path.read_bytes()
        assert len(content) == SIZE_BYTES
        assert len(set(content)) == 1, "half of it is another"
        assert FolderRecord(tmp_path).knows(Found(path))
        seen.add(content[0])
    assert len(seen) > 1
    assert unfinished > 1, "killed while it wrote"
