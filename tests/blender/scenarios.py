# SPDX-License-Identifier: GPL-3.0-or-later
"""What artists do in a walk: for each operator that changes an edit the steps that lead to it, and the click."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import bpy
from artist import status
from edits import Edit, noise
from line_keys import WORK, one_line
from pictures import write_png
from walk import Walk

from fcvg_blender import compat
from fcvg_blender.edit import strips
from fcvg_blender.settings import strip_record

GAP = 4
RECORDS = ("manifest.json",)  # the engine adds to it where it adds frames

Scenario = Callable[[Walk], None]


def furnish(edit: Edit) -> None:
    """A file in which nothing is as Blender has it by default: two scenes, A and B with `GAP` frames between them."""
    scene, render = edit.scene, edit.scene.render
    a, b = edit.image("A", noise(1), 1, 1, 11), edit.image("B", noise(2), 1, 11 + GAP, 31 + GAP)
    a.transform.offset_x, a.crop.max_y, a.color_tag = 3, 2, "COLOR_02"
    b.modifiers.new("Bright", "BRIGHT_CONTRAST").bright = 5
    for frame, opacity in ((25, 1.0), (31, 0.2)):
        b.blend_alpha = opacity
        b.keyframe_insert("blend_alpha", frame=frame)
    edit.colour("Card", 7, 20, 40, (0.2, 0.4, 0.6)).mute = True
    edit.meta("Group", 9, edit.colour("Inside", 8, 50, 60))
    for name, frame in (("note", 4), ("cut", 20)):
        scene.timeline_markers.new(name, frame=frame)
    scene.frame_start, scene.frame_end, scene.frame_current = 2, 77, 12
    scene.use_preview_range, scene.frame_preview_start, scene.frame_preview_end = True, 3, 50
    scene.view_settings.view_transform, scene.view_settings.exposure = "AgX", 0.5
    render.engine, scene.cycles.samples = "CYCLES", 3
    render.fps, render.filepath, render.resolution_percentage = 25, "//mine/####", 50
    render.use_stamp = render.use_border = render.film_transparent = True
    compat.set_file_format(render.image_settings, "JPEG")
    render.image_settings.quality = 33
    scene.sequence_editor.channels[2].name = "Inbetweens"
    other = Edit(bpy.data.scenes.new("Other"), edit.folder)
    other.image("Elsewhere", noise(3), 3, 5, 15)
    edit.settings.method, edit.settings.cuts = "DISSOLVE", "MAKE"
    edit.select("A", "B")


def board(walk: Walk, *seeds: int) -> None:
    """Panels P1, P2, … behind all that is there, with `GAP` frames between them, and selected."""
    names = [f"P{number}" for number, _ in enumerate(seeds, 1)]

    def lay() -> None:
        for number, (name, seed) in enumerate(zip(names, seeds, strict=True)):
            first = 101 + number * (5 + GAP)
            walk.edit.image(name, noise(seed), 1, first, first + 5)
        walk.edit.select(*names)

    walk.work(lay)


def made(walk: Walk) -> None:
    """Inbetweens between A and B, selected."""
    walk.click("generate_inbetweens")


def inbetweens() -> Any:
    """The strip of inbetweens that was laid first."""
    return next(strip for _, strip in strips.ours())


def take_between(key: str) -> str:
    """Id of the take whose earlier key is `key`."""
    return next(str(strip.fcvg.id) for _, strip in strips.ours() if strip.fcvg.key_start == key)


def paused(walk: Walk, *seeds: int) -> None:
    """A board whose inbetweens all wait."""
    walk.click("pause_queue")
    board(walk, *seeds)
    walk.click("generate_inbetweens")


def generate(walk: Walk) -> None:
    made(walk)
    board(walk, 5, 6, 7)
    walk.click("generate_inbetweens")


def push_and_remove(walk: Walk) -> None:
    """Where room is made all that comes later moves, and moves back."""

    def close_up() -> None:
        compat.set_right(walk.edit.named("A"), 11 + GAP)
        walk.edit.settings.placement, walk.edit.settings.count = "PUSH", 3

    walk.work(close_up)
    moved = tuple(f"Scene/{name}." for name in ("B", "Card", "Group", "Inside"))
    changes = ("Scene.frame_end", "Scene.timeline_markers 1", "Scene.curve ", *moved)
    walk.click("generate_inbetweens", changes=changes)
    walk.click("remove_inbetweens", changes=changes)


def lead_by_a_line(edit: Edit) -> None:
    """Choose FCVG and the file with its one match."""
    lines = edit.folder / "one line.json"
    lines.write_text(json.dumps(one_line()))
    settings = edit.settings
    settings.method, settings.conditions.matches = "FCVG", str(lines)
    settings.sampling.work_width = settings.sampling.work_height = WORK


def preview(walk: Walk) -> None:
    """Conditions, taken to be edited, and removed."""
    walk.work(lambda: lead_by_a_line(walk.edit))
    walk.click("preview_conditions")
    walk.click("edit_matches", changes=("Scene.fcvg.conditions.matches",))
    walk.click("remove_conditions")


def look_first(walk: Walk) -> None:
    """At the keys, and at the pace of an animation."""

    def animate() -> None:
        mover = bpy.data.objects.new("Mover", None)
        walk.edit.scene.collection.objects.link(mover)
        for frame, x in ((9, 0.0), (13, 4.0), (20, 5.0)):
            mover.location.x = x
            mover.keyframe_insert("location", frame=frame)
        walk.edit.settings.spacing.object = mover

    walk.click("preflight")
    walk.work(animate)
    walk.click("read_timing", changes=("Scene.fcvg.timing", "Scene.fcvg.times"))


def cancel(walk: Walk) -> None:
    made(walk)
    paused(walk, 1, 2, 3, 4)
    walk.click("cancel", gone=take_between("P2"), take=take_between("P2"))
    walk.click("cancel_all")
    assert [strip.fcvg.key_start for _, strip in strips.ours()] == ["A"]


def change_the_queue(walk: Walk) -> None:
    paused(walk, 1, 2, 3, 4)
    status().queue_row = 2
    walk.click("move_in_queue", direction="FIRST")
    playhead = ("Scene.frame_current", "Scene.frame_float", "Scene/B.blend_alpha")  # which is animated
    walk.click("show_gap", take=take_between("P2"), changes=playhead)


def hold_the_queue(walk: Walk) -> None:
    """While the inbetweens wait their gap grows."""
    walk.click("pause_queue")
    walk.click("generate_inbetweens")
    walk.frames_to_come()
    walk.work(lambda: compat.shift(walk.edit.named("B"), 3))
    walk.click("pause_queue")
    assert (inbetweens().fcvg.state, inbetweens().fcvg.made) == (strip_record.DONE, GAP + 3)


def asked(walk: Walk) -> None:
    """A board with three cuts, about which the artist is asked."""
    walk.work(lambda: setattr(walk.edit.settings, "cuts", "ASK"))
    board(walk, 1, 2, 2, 3, 4)
    walk.click("generate_inbetweens")
    walk.frames_to_come()
    assert [strip.fcvg.state for _, strip in strips.ours()].count(strip_record.ASKING) == 3


def answer(walk: Walk) -> None:
    asked(walk)
    walk.click("answer_cut", take=take_between("P1"), answer="MAKE", rewrites=RECORDS)
    walk.click("answer_cut", take=take_between("P3"), answer="LEAVE_OUT")


def answer_for_all(walk: Walk) -> None:
    asked(walk)
    cuts, take = ("Scene.fcvg.cuts",), take_between("P3")
    walk.click("answer_cut", take=take, answer="MAKE", for_all=True, changes=cuts, rewrites=RECORDS)


def make_after_all(walk: Walk) -> None:
    """What could not be made, because the picture of a key was gone; it is there again."""
    walk.click("pause_queue")
    board(walk, 1, 2, 3)
    picture = walk.edit.folder / "P2.png"
    walk.click("generate_inbetweens")
    walk.frames_to_come()
    walk.work(lambda: picture.rename(picture.with_name("aside.png")))
    walk.click("pause_queue")
    walk.frames_to_come()
    assert {strip.fcvg.state for _, strip in strips.ours()} == {strip_record.INCOMPLETE}
    walk.work(lambda: picture.with_name("aside.png").rename(picture))
    walk.click("try_again", take=take_between("P1"))
    walk.select(next(strip.name for _, strip in strips.ours() if strip.fcvg.key_start == "P2"))
    walk.click("resume")
    assert {strip.fcvg.state for _, strip in strips.ours()} == {strip_record.DONE}


def retime(walk: Walk) -> None:
    made(walk)
    walk.click("retime", timing="CUSTOM", times="0.1, 0.4, 0.5, 0.9")
    walk.click("retime", timing="EASE_IN")
    assert inbetweens().fcvg.made < GAP
    walk.click("make_missing", rewrites=RECORDS)
    assert inbetweens().fcvg.made == GAP
    walk.click("retime", hold="TWOS")


def flip_through(walk: Walk) -> None:
    """Takes of a strip, in three formats."""
    made(walk)
    walk.work(lambda: setattr(walk.edit.settings, "format", "PNG16"))
    walk.click("new_take")
    assert inbetweens().fcvg.number == 2
    walk.click("show_take", number=1)
    walk.click("next_take", by=-1)
    walk.click("pin_take", number=1)
    walk.work(lambda: setattr(walk.edit.settings, "format", "JPG"))
    walk.click("new_take")
    assert (inbetweens().fcvg.number, len(inbetweens().fcvg.others)) == (1, 2)
    walk.click("delete_take", number=2)
    walk.click("delete_take", number=1)


def regenerate(walk: Walk) -> None:
    made(walk)
    walk.work(lambda: walk.edit.picture("A.png", noise(9)))
    walk.click("check_keys")
    assert inbetweens().fcvg.stale
    walk.click("regenerate")
    walk.click("redo_range", first=12, last=13)
    assert len(list(strips.ours())) == 2


def promote(walk: Walk) -> None:
    made(walk)
    walk.click("promote_to_key", changes=("Scene/Key ",))
    assert len(list(strips.ours())) == 2


def paint_over(walk: Walk) -> None:
    """A drawing that the artist has painted over, and then does not want any more."""
    made(walk)
    folder = strips.folder(inbetweens())
    walk.work(lambda: write_png(folder / "0002.png", noise(8)))
    walk.click("check_keys")
    assert inbetweens().fcvg.yours == 1
    walk.click("redo_yours", rewrites=(*RECORDS, "0002.png"))
    assert inbetweens().fcvg.yours == 0
    assert (folder / "yours-0002.png").is_file()


# The operators that change what an artist has made, each with the walks that lead over it.
EDITING: dict[str, tuple[Scenario, ...]] = {
    "generate_inbetweens": (generate, push_and_remove),
    "remove_inbetweens": (push_and_remove,),
    "preview_conditions": (preview,),
    "edit_matches": (preview,),
    "remove_conditions": (preview,),
    "preflight": (look_first,),
    "read_timing": (look_first,),
    "cancel": (cancel,),
    "cancel_all": (cancel,),
    "move_in_queue": (change_the_queue,),
    "show_gap": (change_the_queue,),
    "pause_queue": (hold_the_queue,),
    "answer_cut": (answer, answer_for_all),
    "try_again": (make_after_all,),
    "resume": (make_after_all,),
    "retime": (retime,),
    "make_missing": (retime,),
    "new_take": (flip_through,),
    "show_take": (flip_through,),
    "next_take": (flip_through,),
    "pin_take": (flip_through,),
    "delete_take": (flip_through,),
    "regenerate": (regenerate,),
    "check_keys": (regenerate,),
    "redo_range": (regenerate,),
    "redo_yours": (paint_over,),
    "promote_to_key": (promote,),
}
