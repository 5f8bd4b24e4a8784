# SPDX-License-Identifier: GPL-3.0-or-later
"""A Blender with an artist before it, who does one deed after the other, by chance."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import bpy
from artist import idle, status, turn_until
from fuzz.edit_deeds import EditDeeds
from fuzz.file_deeds import FileDeeds
from fuzz.whose import World

from fcvg_blender import compat
from fcvg_blender.edit import strip_takes, strips, take_files, take_folders
from fcvg_blender.jobs.session import session
from fcvg_blender.settings import menu_choices, strip_record

LEAVE_S = 20.0
SHARE_MEANWHILE = 0.2  # of an engine's reports, in a Blender without a window, at which somebody does something


@contextmanager
def slow_engine(delay_s: float = 0.04) -> Iterator[None]:
    """While the block runs, dissolves are made by the engine's dummy method, which takes its time and can misbehave."""
    word = menu_choices.engine_word
    with (
        mock.patch.dict(os.environ, FCVG_DUMMY="1", FCVG_DUMMY_DELAY_S=str(delay_s)),
        mock.patch.object(menu_choices, "engine_word", lambda name: "dummy" if name == "DISSOLVE" else word(name)),
    ):
        session.end_engine(LEAVE_S)
        yield
        session.end_engine(LEAVE_S)


@dataclass(frozen=True)
class Outcome:
    """What came of a deed: the blend files that it has `saved`, what they `show` (directories as the file has them, and
    names of files), folders in which painted drawings may have been put aside, what the add-on `stumbled` over."""

    told: str
    saved: list[str] = field(default_factory=list)
    shows: list[tuple[str, list[str]]] = field(default_factory=list)
    redoing: list[str] = field(default_factory=list)
    stumbled: str = ""


class Desk(EditDeeds, FileDeeds):
    """Blender with an artist before it. `has_window`: deeds return at once then, else when all is made, and `meanwhile`
    is called from time to time. `rich`: those that take long are among them."""

    def __init__(self, world: World, chance: random.Random, has_window: bool, rich: bool = True) -> None:
        super().__init__(world, chance)
        self.has_window = has_window
        self.meanwhile: Callable[[], object] = self.kill_the_engine
        self.deeds: dict[Callable[[], object], int] = {
            **dict.fromkeys([self.wait, self.generate], 12),
            **dict.fromkeys([self.redo_yours, self.save], 6),
            **dict.fromkeys([self.resume, self.new_take, self.cancel_one, self.undo, self.save_as], 4),
            **dict.fromkeys([self.open_another, self.change_ones_mind, self.name_a_strange_folder], 4),
            **dict.fromkeys([self.retime, self.make_missing, self.save_a_copy, self.redo_range], 3),
            **dict.fromkeys([self.preview, self.regenerate, self.try_again, self.promote, self.redo], 2),
            **dict.fromkeys([self.flip, self.delete_take, self.remove, self.delete_a_strip, self.cancel_all], 2),
            **dict.fromkeys([self.answer_a_cut, self.pause, self.fail_to_save, self.begin], 2),
            **dict.fromkeys([self.cut_a_strip, self.copy_the_scene, self.append, self.switch_off_and_on], 1),
            **dict.fromkeys([self.generate_a_draft_first, self.render_keys], int(rich)),
            **dict.fromkeys([self.kill_the_engine, self.let_the_engine_die], 1),
        }

    def do(self) -> Outcome:
        """One deed, whichever."""
        deed = self.chance.choices(list(self.deeds), list(self.deeds.values()))[0]
        return self.outcome(deed)

    def outcome(self, deed: Callable[[], object], name: str = "") -> Outcome:
        """Do a deed and tell what came of it."""
        self.saved, self.asked_in, told = [], set(), name or deed.__name__
        redoing = self._redoing_in()
        try:
            deed()
        except RuntimeError as error:  # Blender's own way to tell that an operator refuses
            told += f" refused: {str(error).strip().splitlines()[-1]}"
            if "Traceback" in str(error):
                return Outcome(told, stumbled=str(error))
        stumbled = status().error_message.startswith("The add-on stumbled")
        return Outcome(
            told,
            [str(path) for path in self.saved],
            _shown() if self.saved else [],
            sorted(map(str, redoing | self.asked_in | self._redoing_in())),
            status().error_message + status().error_detail if stumbled else "",
        )

    @contextmanager
    def seated(self) -> Iterator[None]:
        """While the block runs, the artist sits here."""
        with mock.patch.object(compat, "has_window", lambda: self.has_window):
            session.on_progress = lambda job: self._meanwhile()
            yield
            session.on_progress = None
            self._leave()

    def _meanwhile(self) -> None:
        if self.chance.random() < SHARE_MEANWHILE:
            self.chance.choices([self.meanwhile, self.kill_the_engine], [9, 1])[0]()

    def _leave(self) -> None:
        """All that runs is stopped, and the file is closed."""
        self.heal()
        status().paused = False
        bpy.ops.wm.read_factory_settings(use_empty=True)
        bpy.ops.fcvg.cancel()
        turn_until(idle)
        status().paused = False

    def _redoing_in(self) -> set[Path]:
        """The folders in which painted drawings may be put aside now."""
        found = set()
        for _, strip in strips.ours():
            for take in strip_takes.all_of(strip.fcvg):
                is_asked = take.id in self.redoing and take.state in strip_record.UNFINISHED
                if take.redo_yours or is_asked:
                    found.add(take_folders.of_take(strip, take))
        return found


def _shown() -> list[tuple[str, list[str]]]:
    """What the file in memory shows."""
    found = []
    for _, strip in strips.ours():
        found.append((str(strip.directory), sorted({element.filename for element in strip.elements})))
        for take in strip.fcvg.others:
            folder = take_folders.of_take(strip, take)
            found.append((str(folder), [drawing.file for drawing in take_files.made(folder) or ()]))
    return found
