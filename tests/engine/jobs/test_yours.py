# SPDX-License-Identifier: GPL-3.0-or-later
"""What an artist has painted, linked or put into a job's folder is kept, whatever is made there afterwards."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pictures import write_png

from fcvg_engine.jobs import inbetween
from fcvg_engine.shared.errors import BadImage, BadRequest, DiskError, FcvgError
from fcvg_engine.shared.protocol import Done, Frame, Message, Request

PAINTED = np.full((24, 32, 3), (10, 200, 30), np.uint8)


@pytest.fixture(autouse=True)
def dummy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FCVG_DUMMY", "1")


def run(request: Request, emit: Callable[[Message], None] = lambda message: None) -> tuple[Done, list[Frame]]:
    heard: list[Frame] = []

    def hear(message: Message) -> None:
        if isinstance(message, Frame):
            heard.append(message)
        emit(message)

    return inbetween.run(request, "j", hear, lambda: False), heard


def paint(path: Path) -> bytes:
    write_png(path, PAINTED)
    return path.read_bytes()


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("[!.]*") if path.is_file()}


class TestPaintedOver:
    @pytest.mark.parametrize("more", [{}, {"extend": True}, {"extend": True, "count": 2, "timing": [0.5, 0.9]}])
    def test_it_is_kept_and_said_to_be_yours(self, request_of, more: dict[str, Any]):
        request = request_of(count=3)
        run(request)
        out = Path(request.out)
        painted = paint(out / "0002.png")
        (out / "0003.png").unlink()
        done, frames = run(dataclasses.replace(request, **more))
        assert (out / "0002.png").read_bytes() == painted
        assert [frame.file for frame in frames if frame.yours] == ["0002.png"]
        assert any("yours" in note for note in done.notes)
        told = json.loads((out / "manifest.json").read_bytes())["frames"]
        assert [each["file"] for each in told if each.get("yours")] == ["0002.png"]

    def test_one_that_is_painted_back_is_ours_again(self, request_of):
        request = request_of(count=3)
        run(request)
        path = Path(request.out) / "0002.png"
        before = path.read_bytes()
        paint(path)
        run(request)
        path.write_bytes(before)
        assert not any(frame.yours for frame in run(request)[1])
        assert "yours" not in (Path(request.out) / "manifest.json").read_text()

    def test_a_held_drawing_shows_what_was_painted_on_all_its_frames(self, request_of):
        request = request_of(count=4, hold=2)
        run(request)
        painted = paint(Path(request.out) / "0001.png")
        run(request)
        assert (Path(request.out) / "0002.png").read_bytes() == painted

    def test_a_held_frame_that_was_painted_stays(self, request_of):
        request = request_of(count=4, hold=2)
        run(request)
        painted = paint(Path(request.out) / "0002.png")
        run(request)
        run(dataclasses.replace(request, count=1, timing=[0.3], hold=1, extend=True))
        assert (Path(request.out) / "0002.png").read_bytes() == painted

    def test_redoing_it_puts_it_aside(self, request_of):
        request = request_of(count=3)
        run(request)
        before = files(Path(request.out))
        painted = paint(Path(request.out) / "0002.png")
        done, _ = run(dataclasses.replace(request, redo_yours=True))
        after = files(Path(request.out))
        assert after.pop("yours-0002.png") == painted
        assert after.pop("manifest.json")
        assert after.items() <= before.items()
        assert done.reused == 2

    def test_redoing_that_fails_leaves_it_where_it_is(self, request_of, monkeypatch: pytest.MonkeyPatch):
        request = request_of(count=3)
        run(request)
        painted = paint(Path(request.out) / "0002.png")
        monkeypatch.setenv("FCVG_DUMMY_FAULT", "error")
        monkeypatch.setenv("FCVG_DUMMY_AT", "0")
        with pytest.raises(RuntimeError):
            run(dataclasses.replace(request, redo_yours=True))
        assert (Path(request.out) / "0002.png").read_bytes() == painted

    def test_overwriting_puts_it_aside(self, request_of):
        request = request_of(count=3)
        run(request)
        painted = paint(Path(request.out) / "0002.png")
        run(dataclasses.replace(request, count=2, overwrite=True))
        assert (Path(request.out) / "yours-0002.png").read_bytes() == painted
        assert not (Path(request.out) / "0003.png").exists()

    def test_one_that_is_painted_while_others_are_made_is_yours(self, request_of):
        request = request_of(count=3)
        painted = b""

        def emit(message: Message) -> None:
            nonlocal painted
            if isinstance(message, Frame) and not painted:  # the breakdown comes first
                painted = paint(Path(request.out) / "0003.png")

        done, frames = run(request, emit)
        assert painted
        assert (Path(request.out) / "0003.png").read_bytes() == painted
        assert done.frames == 3
        assert [frame.file for frame in frames if frame.yours] == ["0003.png"]
        assert any("yours" in note for note in done.notes)

    def test_one_that_cannot_be_read_stays_where_it_is(self, request_of, monkeypatch: pytest.MonkeyPatch):
        request = request_of(count=3)
        run(request)
        path = Path(request.out) / "0002.png"
        painted = paint(path)
        opened = os.open

        def refused(name: Any, *rest: Any, **more: Any) -> int:
            if str(name) == str(path):
                raise PermissionError(13, "Permission denied", str(name))
            return opened(name, *rest, **more)

        with monkeypatch.context() as patch:
            patch.setattr(os, "open", refused)
            with pytest.raises(BadRequest, match=r"0002\.png .* cannot be read"):
                run(request)
        assert path.read_bytes() == painted
        assert not list(path.parent.glob("yours-*"))

    def test_what_is_no_picture_makes_way_and_it_is_said(self, request_of):
        request = request_of(count=3)
        run(request)
        (Path(request.out) / "0002.png").write_text("notes")
        done, _ = run(request)
        assert (Path(request.out) / "yours-0002.png").read_text() == "notes"
        assert any("yours-0002.png" in note for note in done.notes)

    @pytest.mark.parametrize("more", [{}, {"redo_yours": True}, {"overwrite": True}, {"overwrite": True, "hold": 1}])
    def test_the_last_copy_of_one_that_was_held_is_not_replaced(self, request_of, more: dict[str, Any]):
        request = request_of(count=4, hold=2)
        run(request)
        out = Path(request.out)
        painted = paint(out / "0001.png")
        run(request)
        (out / "0001.png").replace(out / "0002.png")
        run(dataclasses.replace(request, **more))
        assert (out / "yours-0002.png").read_bytes() == painted
        assert painted not in ((out / "0002.png").read_bytes(), (out / "0001.png").read_bytes())

    @pytest.mark.parametrize("more", [{"redo_yours": True}, {"overwrite": True}])
    def test_redoing_one_that_is_held_puts_it_aside_once(self, request_of, more: dict[str, Any]):
        request = request_of(count=4, hold=2)
        run(request)
        paint(Path(request.out) / "0001.png")
        run(request)
        done, _ = run(dataclasses.replace(request, **more))
        assert [path.name for path in Path(request.out).glob("yours-*")] == ["yours-0001.png"]
        assert any("yours-0001.png" in note for note in done.notes)

    def test_a_link_to_a_drawing_elsewhere_is_kept_and_shown(self, request_of, tmp_path: Path):
        request = request_of(count=3)
        run(request)
        original = paint(tmp_path / "original.png")
        (Path(request.out) / "0002.png").unlink()
        (Path(request.out) / "0002.png").symlink_to(tmp_path / "original.png")
        _, frames = run(request)
        assert (Path(request.out) / "0002.png").is_symlink()
        assert [frame.file for frame in frames if frame.yours] == ["0002.png"]
        run(dataclasses.replace(request, overwrite=True))
        assert (tmp_path / "original.png").read_bytes() == original
        assert (Path(request.out) / "yours-0002.png").is_symlink()


class TestOtherFiles:
    @pytest.mark.parametrize("name", ["preview.png", "native", "notes.txt", "yours-0001.png", "0009.png", "a.exr"])
    @pytest.mark.parametrize("more", [{}, {"overwrite": True}])
    def test_what_has_a_name_that_we_might_use_stays(self, request_of, name: str, more: dict[str, bool]):
        request = request_of(count=2, **more)
        out = Path(request.out)
        out.mkdir()
        (out / name).write_bytes(b"the artist's own")
        if name == "0009.png" and not more:
            with pytest.raises(BadRequest):
                run(request)
        else:
            run(request)
            run(dataclasses.replace(request, count=3, overwrite=True))
        assert (out / name).read_bytes() == b"the artist's own"

    @pytest.mark.parametrize("name", [".fcvg-files", ".fcvg.lock", ".fcvg-tmp-0001.png", ".fcvg-tmp-manifest.json"])
    @pytest.mark.parametrize("link", [Path.symlink_to, Path.hardlink_to])
    def test_nothing_is_written_through_a_link(self, request_of, tmp_path: Path, name: str, link: Any):
        request = request_of(count=2)
        Path(request.out).mkdir()
        (tmp_path / "original").write_bytes(b"the artist's own")
        link(Path(request.out) / name, tmp_path / "original")
        with contextlib.suppress(FcvgError):
            run(request)
        assert (tmp_path / "original").read_bytes() == b"the artist's own"

    @pytest.mark.parametrize("content", [b'{"name": "my site"}', b"[1, 2]", b'{"manifest": 2, "identity": {}}', b"7"])
    @pytest.mark.parametrize("more", [{}, {"overwrite": True}, {"extend": True}])
    def test_another_programs_manifest_is_never_replaced(self, request_of, content: bytes, more: dict[str, bool]):
        request = request_of(count=2, **more)
        Path(request.out).mkdir()
        (Path(request.out) / "manifest.json").write_bytes(content)
        with pytest.raises(BadRequest, match=r"manifest\.json"):
            run(request)
        assert files(Path(request.out)) == {"manifest.json": content}

    def test_a_damaged_manifest_is_put_aside(self, request_of):
        request = request_of(count=2)
        Path(request.out).mkdir()
        (Path(request.out) / "manifest.json").write_bytes(b'{"manifest": 1, "ident')
        run(request)
        assert (Path(request.out) / "yours-manifest.json").read_bytes() == b'{"manifest": 1, "ident'

    @pytest.mark.parametrize("edit", [lambda text: text + "\n", lambda text: text.replace("\n ", "\n  ")])
    @pytest.mark.parametrize("during", [False, True])
    @pytest.mark.parametrize("more", [{}, {"extend": True}])
    def test_a_manifest_that_was_edited_by_hand_is_put_aside(
        self, request_of, edit: Callable[[str], str], during: bool, more: dict[str, bool]
    ):
        request = request_of(count=3)
        run(request)
        path, edited = Path(request.out) / "manifest.json", ""
        (Path(request.out) / "0001.png").unlink()

        def emit(message: Message) -> None:
            nonlocal edited
            if isinstance(message, Frame) is during and not edited:
                edited = edit(path.read_text())
                path.write_text(edited)

        run(dataclasses.replace(request, **more), emit)
        assert [each.read_text() for each in Path(request.out).glob("yours-*")] == [edited]
        assert run(request)[0].reused == 3

    @pytest.mark.parametrize("make", [Path.mkdir, lambda path: path.symlink_to("nowhere"), os.mkfifo])
    @pytest.mark.parametrize("more", [{}, {"overwrite": True}])
    def test_what_is_no_picture_is_told_before_the_work(
        self, request_of, monkeypatch, make: Any, more: dict[str, bool]
    ):
        request = request_of(count=4, hold=2)
        run(request)
        for number in (3, 4):  # a drawing, and a frame that holds it
            path = Path(request.out) / f"000{number}.png"
            kept = path.read_bytes()
            path.unlink()
            make(path)
            monkeypatch.setenv("FCVG_DUMMY_FAULT", "crash")
            monkeypatch.setenv("FCVG_DUMMY_AT", "0")
            with pytest.raises(BadRequest, match=path.name):
                run(dataclasses.replace(request, **more))
            path.rmdir() if path.is_dir() else path.unlink()
            path.write_bytes(kept)


class TestKeys:
    @pytest.mark.parametrize("link", [Path.symlink_to, Path.hardlink_to])
    @pytest.mark.parametrize("side", ["start", "end"])
    def test_a_key_that_is_a_link_to_a_frame_is_never_overwritten(
        self, request_of, tmp_path: Path, link: Any, side: str
    ):
        request = request_of(count=2)
        run(request)
        frame = Path(request.out) / "0001.png"
        before = frame.read_bytes()
        link(tmp_path / "key.png", frame)
        with pytest.raises(BadRequest, match="key"):
            run(dataclasses.replace(request, overwrite=True, **{side: str(tmp_path / "key.png")}))
        assert frame.read_bytes() == before

    @pytest.mark.parametrize("name", ["preview.png", "native.png", "yours-0001.png", "matches.json"])
    def test_keys_in_the_folder_stay_whatever_they_are_called(self, request_of, name: str):
        request = request_of(count=2)
        Path(request.out).mkdir()
        key = Path(request.out) / name
        key.write_bytes(Path(request.start).read_bytes())
        before = key.read_bytes()
        run(dataclasses.replace(request, start=str(key)))
        assert key.read_bytes() == before

    def test_a_key_that_is_replaced_while_it_is_read_is_not_taken_for_the_one_before(
        self, request_of, keys, monkeypatch: pytest.MonkeyPatch
    ):
        read_pair = inbetween.images.read_pair

        def swapped(*paths: Path) -> Any:
            write_png(keys[0], PAINTED)
            return read_pair(*paths)

        monkeypatch.setattr(inbetween.images, "read_pair", swapped)
        request = request_of(count=2)
        with pytest.raises(BadImage, match="changed"):
            run(request)
        assert not Path(request.out).exists()


class TestWhileItFills:
    @pytest.mark.parametrize("gone", ["0001.png", "0002.png", "0003.png"])
    def test_a_frame_that_is_taken_away_is_told(self, request_of, gone: str):
        request = request_of(count=4, hold=2)

        def emit(message: Message) -> None:
            (Path(request.out) / gone).unlink(missing_ok=True)

        with pytest.raises(DiskError, match=gone):
            run(request, emit)
        assert run(request)[0].frames == 4

    def test_a_folder_that_is_swapped_is_told_and_the_other_stays(self, request_of, tmp_path: Path):
        request = request_of(count=4)
        out = Path(request.out)

        def emit(message: Message) -> None:
            if isinstance(message, Frame) and not (tmp_path / "moved").exists():
                out.rename(tmp_path / "moved")
                out.mkdir()
                (out / "0001.png").write_bytes(b"another's")

        with pytest.raises(DiskError, match="another folder"):
            run(request, emit)
        assert files(out) == {"0001.png": b"another's"}


class TestNothingIsLeft:
    @pytest.mark.parametrize("is_there", [False, True])
    def test_a_refused_job_leaves_nothing(self, request_of, keys, monkeypatch, is_there: bool):
        request = request_of(count=2)
        out = Path(request.out) / "deep" / "er"
        if is_there:
            out.mkdir(parents=True)
        before = sorted(out.parents[2].rglob("*"))
        for fault in ("size", "error"):
            if fault == "size":
                original = keys[1].read_bytes()
                write_png(keys[1], np.zeros((9, 9, 3), np.uint8))
            else:
                keys[1].write_bytes(original)
                monkeypatch.setattr(inbetween.images, "read_pair", lambda *paths: (_ for _ in ()).throw(DiskError("x")))
            with pytest.raises(FcvgError):
                run(dataclasses.replace(request, out=str(out)))
            assert sorted(out.parents[2].rglob("*")) == before

    @pytest.mark.usefixtures("keys")
    def test_a_complete_folder_that_cannot_be_written_is_done(self, request_of):
        request = request_of(count=4, hold=2)
        run(request)
        out = Path(request.out)
        before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in out.iterdir()}
        done, _ = run(request)
        assert done.reused == 2
        assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in out.iterdir()} == before


class Studio:
    """A folder in which jobs run and an artist works, in any order. It knows what is the artist's."""

    NAMES = ("0001.png", "0002.png", "0003.png", "0004.png", "preview.png", "notes.txt", "manifest.json")

    def __init__(self, request: Request, chance: random.Random, folder: Path) -> None:
        self.request, self.chance = request, chance
        self.out, self.original = Path(request.out), folder / "elsewhere.png"
        self.out.mkdir()
        self.kept = paint(self.original)
        self.theirs: set[bytes] = set()  # the contents of the artist's files; no two are alike
        self.links: set[Path] = set()

    def step(self) -> None:
        """One deed, after which nothing of the artist's is lost."""
        self.chance.choice([self.job] * 4 + [self.paint] * 3 + [self.put, self.link, self.hard_link, self.take_away])()
        there = files(self.out)
        assert self.theirs <= set(there.values())
        assert self.original.read_bytes() == self.kept
        for link in self.links:
            aside = self.out.glob(f"yours-{link.stem}*")
            assert any(path.is_symlink() for path in (link, *aside))

    def job(self) -> None:
        """A job of any kind, cut off or not. What it moves of the artist's, it only puts aside, and only when told."""
        more: dict[str, Any] = self.chance.choice(
            [{}, {"extend": True}, {"overwrite": True}, {"redo_yours": True}, {"extend": True, "redo_yours": True}]
        )
        more |= {"count": self.chance.randint(1, 5), "hold": self.chance.choice([1, 2])}
        stop_after, made = self.chance.choice([99, 1, 2]), 0
        before = files(self.out)

        def emit(message: Message) -> None:
            nonlocal made
            made += isinstance(message, Frame)

        with contextlib.suppress(FcvgError):  # refused, or cancelled
            inbetween.run(dataclasses.replace(self.request, **more), "j", emit, lambda: made >= stop_after)
        after = files(self.out)
        for name, content in before.items():
            if content in self.theirs and after.get(name) != content:
                assert more.get("overwrite") or more.get("redo_yours") or name == "manifest.json"
                assert content in [after[each] for each in after if each.startswith("yours-")]

    def paint(self) -> None:
        """The artist paints over a frame, in place, as most programs do."""
        frames = [path for path in self.out.glob("0*.png") if path.is_file() and not path.is_symlink()]
        if frames:
            self._change(self.chance.choice(sorted(frames)))

    def put(self) -> None:
        """The artist saves something under a name that we might use."""
        path = self.out / self.chance.choice(self.NAMES)
        if not os.path.lexists(path):
            self._change(path)

    def link(self) -> None:
        """The artist links to a file elsewhere."""
        path = self.out / self.chance.choice(self.NAMES)
        if not os.path.lexists(path):
            path.symlink_to(self.original)
            self.links.add(path)

    def hard_link(self) -> None:
        """The same, in a way that cannot be seen from the name."""
        path = self.out / self.chance.choice(self.NAMES)
        if not os.path.lexists(path):
            path.hardlink_to(self.original)
            self.theirs.add(self.kept)

    def take_away(self) -> None:
        """The artist deletes a frame."""
        frames = sorted(self.out.glob("0*.png"))
        if frames:
            path = self.chance.choice(frames)
            self.links.discard(path)
            path.unlink()
            self.theirs &= set(files(self.out).values())

    def _change(self, path: Path) -> None:
        if path.exists() and path.samefile(self.original):
            return
        write_png(path, np.frombuffer(self.chance.randbytes(24 * 32 * 3), np.uint8).reshape(24, 32, 3))
        self.theirs.add(path.read_bytes())
        self.theirs &= set(files(self.out).values())


@pytest.mark.parametrize("seed", range(40))
def test_in_any_history_nothing_of_the_artists_is_lost(request_of, tmp_path: Path, seed: int):
    studio = Studio(request_of(), random.Random(seed), tmp_path)
    for _ in range(25):
        studio.step()
