# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a key's picture, or a file that was chosen, is a pipe, a device or the like, Blender says so and goes on."""

from __future__ import annotations

import random
import struct

import bpy
import pytest
from artist import save, two_strips
from edits import Edit, noise
from fuzz import odd, watching
from laid_strips import insert, strip_of
from pictures import write_png

from fcvg_blender import guard
from fcvg_blender.edit import conditions_strip
from fcvg_blender.engine import errors
from fcvg_blender.jobs import key_watcher, preview_icons
from fcvg_blender.jobs.job import Job
from fcvg_blender.keys import key_fingerprint, plain_png


@pytest.mark.parametrize("number", range(8))
def test_keys_that_are_no_files_hold_nobody(edit: Edit, number: int) -> None:
    two_strips(edit)
    save(edit)
    insert(edit, "A", "B")
    record = strip_of().fcvg
    record.state = "DONE"
    record.print_start = key_fingerprint.of(edit.scene, edit.named("A"), 10)
    record.print_end = key_fingerprint.of(edit.scene, edit.named("B"), 17)
    end = odd.put_something_else(random.Random(number), edit.folder / "A.png")
    problems: list[str] = []
    with watching.bounded(problems):
        assert key_watcher.look_at_all() == 1
        assert key_watcher.tick() == key_watcher.INTERVAL_S
        with pytest.raises(RuntimeError, match="“A”"):
            edit.select("A", "B")
            bpy.ops.fcvg.generate_inbetweens()
    end()
    assert problems == []
    assert guard.failures() == ""
    assert record.stale == "START"


@pytest.mark.parametrize("number", range(8))
def test_edited_matches_that_are_no_file_are_refused(edit: Edit, number: int) -> None:
    conditions = edit.settings.conditions
    path = edit.folder / "matches.json"
    end = odd.put_something_else(random.Random(number), path)
    conditions.matches = str(path)
    problems: list[str] = []
    with watching.bounded(problems):
        if path.is_file() and path.stat().st_size < 1 << 20:
            assert conditions.engine().matches == str(path)
        else:
            with pytest.raises(errors.BadRequest, match="file of edited matches"):
                conditions.engine()
    end()
    assert problems == []


def test_headers_that_lie_take_no_memory_and_no_time(edit: Edit) -> None:
    """A picture of no width, of two thousand million pixels, of a header that is as long as the disk."""
    two_strips(edit)
    _, folder = insert(edit, "A", "B")
    whole = write_png(folder / "0001.png", noise(1)).read_bytes()
    sizes = [(0, 0), (0, 5), (2**31 - 1, 2**31 - 1), (100_000, 100_000), (2**32 - 1, 1)]
    headers = [whole[:16] + struct.pack(">II", *size) + whole[24:] for size in sizes]
    headers += [whole[:8] + b"\xff\xff\xff\xffIHDR" + whole[16:], whole[:20], b"", b"\x89PNG"]
    problems: list[str] = []
    for header in headers:
        (folder / "condition_0001.png").write_bytes(header)
        with watching.bounded(problems):
            conditions_strip.clear_black(folder / "condition_0001.png")
            strip_of().elements[0].filename = "condition_0001.png"
            strip_of().fcvg.overlay, strip_of().fcvg.count = True, 6
            conditions_strip.sync(strip_of())
            assert not plain_png.is_plain(folder / "condition_0001.png", 64, 36)
    assert problems == []


def test_a_preview_that_is_no_small_picture_is_not_opened(edit: Edit) -> None:
    """Without a window nobody looks, so the look is asked for by itself."""
    assert preview_icons.is_small(write_png(edit.folder / "preview.png", noise(1)))
    job = Job("x", folder=edit.folder)
    for number in range(8):
        path = job.folder / f"preview_{number}.png"
        end = odd.put_something_else(random.Random(number), path)
        assert not preview_icons.is_small(path)
        end()
