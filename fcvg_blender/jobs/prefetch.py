# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds Blender's prefetching of an edit while one of its strips fills with frames.

With *Prefetch Frames* on, Blender reads ahead in a thread, and begins again each time a strip changes. The change
itself waits until the frame being read is done: up to 1.4 s of the main thread at 3840 × 2160. The engine needs the
processor too. So prefetching is held until no strip of the edit fills any more.

The scene notes that prefetching is held, beside Blender's setting. Whatever brings an older state back (undo, redo, a
file saved by a Blender that crashed) brings both back, and `settle` puts them right.
"""

from __future__ import annotations

from typing import Any

import bpy

from ..edit import strips


def settle(busy_takes: set[str]) -> None:
    """Hold prefetching in each scene that has a strip with a take in `busy_takes`; let it go on in all others."""
    if bpy.app.background:
        return  # where nothing is drawn, nothing is prefetched
    busy = {
        scene.name: strip
        for scene, strip in strips.ours()
        if any(take.id in busy_takes for take in (strip.fcvg, *strip.fcvg.others))
    }
    scenes: list[Any] = list(bpy.data.scenes)
    for scene in scenes:
        editor, settings = scene.sequence_editor, scene.fcvg
        if editor is None or scene.library is not None:
            continue
        if scene.name in busy and editor.use_prefetch and not settings.prefetch_held:
            editor.use_prefetch, settings.prefetch_held = False, True
            busy[scene.name].invalidate_cache("RAW")  # waits for the thread that is reading ahead
        elif scene.name not in busy and settings.prefetch_held:
            editor.use_prefetch, settings.prefetch_held = True, False
