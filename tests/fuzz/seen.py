# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that the add-on shows and does by itself in a file that is open, and what is wrong with it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import bpy
from drawn_panels import Sheet, drawn
from fuzz import watching

from fcvg_blender import guard, operators
from fcvg_blender.edit import strips, take_files
from fcvg_blender.engine import plain_text
from fcvg_blender.jobs import key_watcher, publish, timer
from fcvg_blender.jobs.resync import resync
from fcvg_blender.ui import badges, panels, take_labels

MOST_LETTERS = 5000  # in one line of a panel


def look(problems: list[str], handlers: bool = False) -> None:
    """Do all that Blender does by itself, and draw all that it can show."""
    with watching.bounded(problems):
        if handlers:
            resync()
        publish.publish_all()
        timer.tick()
        key_watcher.tick()
    _each_strip(problems)
    for panel in panels.CLASSES:
        with watching.bounded(problems):
            problems += [f"drawn: {text[:200]!r}" for text in _texts(panel) if not _is_plain(text)]
    for operator in operators.CLASSES:
        with watching.bounded(problems):
            module, name = operator.bl_idname.split(".")
            getattr(getattr(bpy.ops, module), name).poll()
    if guard.failures():
        problems.append(f"told in the console:\n{guard.failures()}")
        guard.forget()


def _each_strip(problems: list[str]) -> None:
    """All that is shown of each strip of inbetweens, made the active one."""
    for scene, strip in list(strips.ours()):
        with watching.bounded(problems):
            scene.sequence_editor.active_strip = strip
            strip.select = True
            record = strip.fcvg
            shown = [sign.word for sign in badges.signs(record)]
            for take in (record, *record.others)[:3]:
                shown += take_labels.title(record, take), take_labels.everything(record, take)
            problems += [f"said: {text[:200]!r}" for text in shown if not _is_plain(text, lines=True)]
            take_files.made(strips.folder(strip))
    for name in ("copy_recipe", "copy_report"):
        with watching.bounded(problems):
            cls = getattr(bpy.types, f"FCVG_OT_{name}")
            if cls.poll(bpy.context):
                cls.execute(
                    SimpleNamespace(text=cls.text.__get__(object()), report=lambda *_: None, copied=""), bpy.context
                )


def _texts(panel: Any) -> list[str]:
    """What a panel or a list shows; [] where it is not there."""
    if issubclass(panel, bpy.types.UIList):
        sheet = Sheet()
        status = bpy.context.window_manager.fcvg
        for item in list(status.queue)[:50]:
            panel.draw_item(SimpleNamespace(), _context(), sheet, status, item, 0, status, "", 0, 0)
        return sheet.texts
    if not _is_there(panel) or not hasattr(panel, "draw") or panel.bl_rna.identifier == "FCVG_PT_presets":
        return []
    return drawn(panel).texts


def _is_there(panel: Any) -> bool:
    """Whether Blender would draw a panel: neither it nor the one around it says no."""
    around = next(
        (each for each in panels.CLASSES if each.bl_rna.identifier == getattr(panel, "bl_parent_id", "")), None
    )
    if around is not None and not _is_there(around):
        return False
    return bool(panel.poll(bpy.context)) if "poll" in vars(panel) else True


def _context() -> Any:
    names = ("scene", "window_manager", "preferences")
    return SimpleNamespace(**{name: getattr(bpy.context, name) for name in names}, region=SimpleNamespace(width=1000))


def _is_plain(shown: str, lines: bool = False) -> bool:
    return plain_text.plain(shown, lines=lines) == shown and len(shown) <= MOST_LETTERS
