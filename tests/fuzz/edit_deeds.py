# SPDX-License-Identifier: GPL-3.0-or-later
"""What an artist does in an edit, by chance: inbetweens, takes, conditions, the queue."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

import bpy
from artist import idle, turn_until
from edits import HEIGHT, WIDTH
from fuzz.seat import Seat
from fuzz.whose import World
from line_keys import WORK
from shots3d import Shot3D

from fcvg_blender import compat
from fcvg_blender.edit import strips
from fcvg_blender.jobs import queue, timer
from fcvg_blender.jobs.session import session
from fcvg_blender.settings import strip_record

KEYS = "ABCD"

_TIMINGS = ("LINEAR", "EASE_IN", "EASE_OUT", "EASE_IN_OUT", "FAVOUR_LAST")
_FORMATS = ("PNG", "PNG16", "JPG", "EXR")


def lay_keys(world: World, *gaps: int) -> None:
    """A new file, with pictures that lie so many frames apart."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene: Any = bpy.context.scene
    workspace = bpy.context.window.workspace
    if hasattr(workspace, "sequencer_scene"):
        workspace.sequencer_scene = scene
    scene.render.resolution_x, scene.render.resolution_y = WIDTH, HEIGHT
    scene.sequence_editor_create()
    first = 1
    for name, gap in zip(KEYS, (*gaps, 0), strict=True):
        strip = compat.strips(scene).new_image(
            name=name,
            filepath=str(world.pictures / f"{name}.png"),
            channel=1,
            frame_start=first,
            fit_method="ORIGINAL",
        )
        compat.set_right(strip, first + 2)
        first += 2 + gap
    scene.fcvg.method, scene.fcvg.cuts = "DISSOLVE", "MAKE"


class EditDeeds(Seat):
    """Deeds in an edit. Where a deed cannot be done now, nothing happens, or RuntimeError is raised as Blender does."""

    def begin(self) -> None:
        """A new file, whatever runs."""
        lay_keys(self.world, *self.chance.choices([1, 3, 4], k=len(KEYS) - 1))
        bpy.context.scene.fcvg.cuts = self.chance.choice(["MAKE", "MAKE", "MAKE", "ASK"])
        self.push("Begin")

    def wait(self) -> None:
        """For a moment, while the timer turns."""
        until_s = time.monotonic() + self.chance.choice([0.0, 0.05, 0.2, 0.6])
        while time.monotonic() < until_s:
            timer.tick()
            time.sleep(0.01)

    def settle(self) -> None:
        """Wait until all is made that can be made."""
        turn_until(lambda: idle() and not queue.can_go_on())

    def generate(self) -> None:
        """In one gap, or in all that follow."""
        scene: Any = bpy.context.scene
        first = self.chance.randrange(len(KEYS) - 1)
        last = self.chance.choice([first + 1, first + 1, len(KEYS) - 1])
        self.select(*KEYS[first : last + 1])
        scene.fcvg.format = self.chance.choice(_FORMATS) if self.chance.random() < 0.2 else "PNG"
        scene.fcvg.hold = self.chance.choice(["ONES", "ONES", "TWOS"])
        self.click("generate_inbetweens")

    def generate_a_draft_first(self) -> None:
        """By a method that needs models: without them it fails."""
        self._with_fcvg()
        try:
            self.generate()
        finally:
            bpy.context.scene.fcvg.method = "DISSOLVE"

    def change_ones_mind(self) -> None:
        """Generate, and at once something else."""
        self.generate()
        self.chance.choice([self.cancel_one, self.cancel_all, bpy.ops.ed.undo, self.wait])()

    def preview(self) -> None:
        """Conditions, led by matches; perhaps they are edited then."""
        self._with_fcvg()
        bpy.context.scene.fcvg.conditions.matches = str(self.world.lines)
        first = self.chance.randrange(len(KEYS) - 1)
        self.select(*KEYS[first : first + 2])
        try:
            self.click("preview_conditions")
            if self.chance.random() < 0.5:
                self.settle()
                self.click("edit_matches")
            if self.chance.random() < 0.3:
                self.click("remove_conditions")
        finally:
            bpy.context.scene.fcvg.method = "DISSOLVE"

    def render_keys(self) -> None:
        """Of a 3D scene, in a Blender without a window."""
        if not compat.has_window():
            shot = Shot3D(self.world.pictures)
            shot.move(4, 8, self.chance.choice([9, 12]))
            shot.choices.frames = "4 8"
            self.push("Animate")
            self.click("inbetween_keyframes")

    def new_take(self) -> None:
        if self.choose():
            bpy.context.scene.fcvg.format = self.chance.choice(_FORMATS)
            self.click("new_take")

    def regenerate(self) -> None:
        with suppress(RuntimeError):
            bpy.ops.fcvg.check_keys()
        if self.choose(lambda record: record.stale):
            self.click("regenerate")

    def retime(self) -> None:
        if self.choose(lambda record: record.count > 1):
            self.click("retime", timing=self.chance.choice(_TIMINGS), hold=self.chance.choice(["ONES", "TWOS"]))

    def make_missing(self) -> None:
        if self.choose(lambda record: record.made < record.count and record.state not in strip_record.UNFINISHED):
            self.click("make_missing")

    def resume(self) -> None:
        if self.choose(lambda record: record.state == strip_record.INCOMPLETE):
            self.click("resume")

    def try_again(self) -> None:
        failed = [entry.take.id for entry in queue.every_take() if entry.take.state == strip_record.INCOMPLETE]
        if failed:
            self.click("try_again", take=self.chance.choice(failed))

    def redo_range(self) -> None:
        if strip := self.choose():
            left = compat.left(strip)
            self.click("redo_range", first=left, last=min(left + 1, compat.right(strip) - 1))

    def redo_yours(self) -> None:
        """Make painted drawings of a strip anew."""
        with suppress(RuntimeError):
            bpy.ops.fcvg.check_keys()
        if strip := self.choose(lambda record: record.yours):
            self.redoing.add(strip.fcvg.id)
            self.asked_in.add(strips.folder(strip))
            self.click("redo_yours")

    def promote(self) -> None:
        if strip := self.choose(lambda record: record.state not in strip_record.UNFINISHED):
            bpy.context.scene.frame_current = self.chance.randrange(compat.left(strip), compat.right(strip))
            self.click("promote_to_key")

    def flip(self) -> None:
        if self.choose(lambda record: len(record.others)):
            self.click(self.chance.choice(["next_take", "pin_take"]))

    def delete_take(self) -> None:
        if self.choose(lambda record: len(record.others)):
            self.click("delete_take")

    def remove(self) -> None:
        if self.choose():
            self.click("remove_inbetweens")

    def delete_a_strip(self) -> None:
        """Of ours or of the artist's own."""
        found = list(compat.strips(bpy.context.scene))
        if found:
            compat.strips(bpy.context.scene).remove(self.chance.choice(found))
            self.push("Delete")

    def cut_a_strip(self) -> None:
        if (strip := self.choose()) and compat.right(strip) - compat.left(strip) > 1:
            compat.split(strip, compat.left(strip) + 1)
            self.push("Split")

    def copy_the_scene(self) -> None:
        """With all strips, which show the same takes then."""
        if len(bpy.data.scenes) < 3:
            bpy.context.scene.copy()
            self.push("Copy")

    def cancel_one(self) -> None:
        listed = queue.listed()
        if listed:
            self.click("cancel", take=self.chance.choice(listed))
        elif session.jobs:
            self.click("cancel", job=self.chance.choice(list(session.jobs)))

    def cancel_all(self) -> None:
        self.click(self.chance.choice(["cancel_all", "cancel"]))

    def answer_a_cut(self) -> None:
        asking = queue.asking(bpy.context.scene)
        if asking:
            answer = self.chance.choice(["MAKE", "LEAVE_OUT"])
            self.click("answer_cut", take=self.chance.choice(asking), answer=answer)

    def pause(self) -> None:
        self.click("pause_queue")

    def _with_fcvg(self) -> None:
        """In two steps at the smallest size."""
        settings = bpy.context.scene.fcvg
        settings.method, settings.draft_first = "FCVG", True
        sampling = settings.sampling
        sampling.steps, sampling.work_width, sampling.work_height = 2, WORK, WORK
