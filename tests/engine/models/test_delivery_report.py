# SPDX-License-Identifier: GPL-3.0-or-later
"""What a delivery was made with, over several jobs, old ones and other programs' files among them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fcvg_engine.jobs import inbetween
from fcvg_engine.models import delivery_report, registry, report_file
from fcvg_engine.shared.errors import BadRequest
from fcvg_engine.shared.protocol import Message, Request

RequestOf = Callable[..., Request]
SVD_XT = registry.models()["svd-xt"]
USED = {
    "name": "svd-xt",
    "title": SVD_XT.title,
    "licence": SVD_XT.licence.name,
    "commercial": SVD_XT.commercial,
}


def run(request: Request) -> None:
    def ignore(message: Message) -> None:
        """Progress that nobody reads."""

    inbetween.run(request, "j", ignore, lambda: False)


def manifest(folder: Path, **content: Any) -> Path:
    """One as the engine writes it, without its frames."""
    folder.mkdir(parents=True, exist_ok=True)
    frames = [{"index": 1, "hold": 2}, {"index": 3, "hold": 1}]
    whole = {
        "manifest": 1,
        "state": "done",
        "identity": {"engine": "0.9"},
        "frames": frames,
        "method": "trf",
        **content,
    }
    (folder / "manifest.json").write_text(json.dumps(whole))
    return folder / "manifest.json"


@pytest.fixture
def delivery(request_of: RequestOf, tmp_path: Path) -> Path:
    """Two shots that were really made, one of them held on twos."""
    run(request_of("delivery/shot 1", method="rife", count=3, hold=2))
    run(request_of("delivery/scenes/shot 2", method="dissolve", count=2))
    return tmp_path / "delivery"


def test_models_and_frames_of_all_jobs_are_listed(delivery: Path) -> None:
    rife, none = delivery_report.rows(delivery)
    model = registry.models()["rife"]
    assert (rife.model, rife.title, rife.licence, rife.commercial) == ("rife", model.title, "MIT", "yes")
    assert (rife.why, rife.licence_url) == (model.commercial_why, model.licence.url)
    assert (rife.frames, rife.methods, rife.folders) == (3, ("RIFE 4.6",), ("shot 1",))
    assert (none.model, none.title, none.frames) == ("", "no model", 2)
    assert (none.methods, none.folders) == (("Dissolve",), ("scenes/shot 2",))


def test_one_job_is_a_delivery_too(delivery: Path) -> None:
    (row,) = delivery_report.rows(delivery / "shot 1")
    assert row.folders == (".",)


def test_a_model_of_several_jobs_is_one_row(tmp_path: Path) -> None:
    manifest(tmp_path / "b", models=[USED], method="vibid")
    manifest(tmp_path / "a", models=[USED])
    (row,) = delivery_report.rows(tmp_path)
    assert (row.frames, row.methods, row.folders) == (6, ("TRF", "ViBiDSampler"), ("a", "b"))
    assert "one million" in row.why


def test_another_licence_at_the_time_is_another_row(tmp_path: Path) -> None:
    manifest(tmp_path / "now", models=[USED])
    manifest(tmp_path / "then", models=[{**USED, "licence": "Non-Commercial", "commercial": "no"}])
    manifest(tmp_path / "other", models=[{**USED, "name": "gone", "title": "Forgotten"}])
    rows = {row.folders: row for row in delivery_report.rows(tmp_path)}
    assert rows["then",].commercial == "no"
    assert (rows["then",].why, rows["then",].licence_url) == ("", "")
    assert rows["other",].title == "Forgotten" and rows["other",].why == ""
    assert rows["now",].licence_url == SVD_XT.licence.url


def test_what_is_not_recorded_is_said(tmp_path: Path) -> None:
    manifest(tmp_path / "old")
    (tmp_path / "cut").mkdir()
    (tmp_path / "cut" / "manifest.json").write_text('{"manifest": 1, "identity": {')
    old, cut = delivery_report.rows(tmp_path)
    assert (old.title, old.frames) == ("not recorded (made by version 0.9)", 3)
    assert (old.licence, old.commercial) == ("", "")
    assert (cut.title, cut.folders) == ("not recorded (the manifest cannot be read)", ("cut",))


def test_other_programs_manifests_and_links_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "manifest.json").write_text('{"manifest_version": 3, "name": "an extension"}')
    real = manifest(tmp_path / "a", models=[USED])
    (tmp_path / "again").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "manifest.json").symlink_to(real)
    (row,) = delivery_report.rows(tmp_path)
    assert row.folders == ("a",)


def test_too_much_is_refused_rather_than_half_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest(tmp_path / "a" / "b", models=[USED])
    monkeypatch.setattr(delivery_report, "MOST_FOLDERS", 2)
    with pytest.raises(BadRequest, match="more than 2 folders"):
        delivery_report.rows(tmp_path)
    with pytest.raises(BadRequest, match="no folder"):
        delivery_report.rows(tmp_path / "gone")


def test_it_is_shown_as_a_table_a_spreadsheet_and_json(delivery: Path) -> None:
    manifest(delivery / "shot 3, late", models=[USED])
    rows = delivery_report.rows(delivery)
    head, rife, svd, none, *notes = delivery_report.text(rows).splitlines()
    assert [line.index(word) for line, word in ((head, "licence"), (rife, "MIT"), (svd, "Stability"))] == [
        head.index("licence")
    ] * 3
    assert none.startswith("no model")
    assert any(SVD_XT.commercial_why in note and SVD_XT.licence.url in note for note in notes)
    table = list(csv.DictReader(io.StringIO(delivery_report.as_csv(rows))))
    assert [line["model"] for line in table] == ["RIFE 4.6", SVD_XT.title, "no model"]
    assert (table[1]["frames"], table[1]["folders"]) == ("3", "shot 3, late")
    assert table[1]["why"] == SVD_XT.commercial_why
    assert json.loads(json.dumps(delivery_report.as_json(rows)))[1]["licence"] == SVD_XT.licence.name
    assert "No frames" in delivery_report.text([])


class TestFile:
    """The report goes into a file that somebody has named."""

    @pytest.fixture(autouse=True)
    def own_data(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(report_file.discovery, "user_data", lambda: tmp_path / "data")

    @pytest.mark.parametrize("form", [delivery_report.text, delivery_report.as_csv])
    def test_our_own_is_replaced(self, tmp_path: Path, form: Callable[..., str]) -> None:
        out = tmp_path / "models.csv"
        assert report_file.write(out, form([])) == [f"Written: {out}"]
        assert report_file.write(out, "more") == [f"Written: {out}"]
        assert out.read_text() == "more"
        assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["models.csv"]

    @pytest.mark.parametrize("form", [delivery_report.text, delivery_report.as_csv])
    @pytest.mark.parametrize("edited", ["checked by Anna\n", ""])
    def test_one_that_was_edited_or_made_elsewhere_is_put_aside(
        self, tmp_path: Path, form: Callable[..., str], edited: str
    ) -> None:
        out = tmp_path / "models.csv"
        if edited:
            report_file.write(out, form([]))
        out.write_text(form([]) + edited)
        before = out.read_text()
        note, written = report_file.write(out, "new")
        (aside,) = (path for path in tmp_path.iterdir() if "yours" in path.name)
        assert aside.name in note and aside.read_text() == before
        assert out.read_text() == "new" and written == f"Written: {out}"

    @pytest.mark.parametrize("what", ["a file", "a link", "a folder", "a link to nowhere", "an empty file"])
    def test_another_file_stays(self, tmp_path: Path, what: str) -> None:
        out, original = tmp_path / "shots.csv", tmp_path / "original.csv"
        original.write_text("mine")
        match what:
            case "a file":
                out.write_text("shot,frames\n1,24\n")
            case "an empty file":
                out.touch()
            case "a folder":
                out.mkdir()
            case _:
                out.symlink_to(original if what == "a link" else "gone")
        before = out.lstat().st_ino
        with pytest.raises(BadRequest, match="is there already"):
            report_file.write(out, "new")
        assert out.lstat().st_ino == before
        assert original.read_text() == "mine"
        assert not (tmp_path / "gone").exists()

    def test_without_a_place_for_the_record_it_is_written_all_the_same(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "data").write_text("a file where the folder should be")
        assert report_file.write(tmp_path / "out.txt", delivery_report.text([]))
        assert len(report_file.write(tmp_path / "out.txt", "new")) == 2


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"])
def test_no_cell_of_the_spreadsheet_is_a_formula(tmp_path: Path, begins: str):
    hostile = f"{begins}HYPERLINK(x)"
    used = dict.fromkeys(("name", "title", "licence", "commercial"), hostile)
    manifest(tmp_path / "shot", models=[used], method=hostile)
    (line,) = list(csv.reader(io.StringIO(delivery_report.as_csv(delivery_report.rows(tmp_path)))))[1:]
    assert len([cell for cell in line if "HYPERLINK" in cell]) == 4
    for cell in line:
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d")), ascii(cell)
        assert "HYPERLINK" not in cell or cell.startswith("'")


def test_a_hold_that_no_frame_has_is_not_counted(tmp_path: Path):
    frames = [{"hold": hold} for hold in (2**31, 10**19, -4, True, 2.0, "3", None, [], 2)]
    manifest(tmp_path / "shot", frames=frames, models=[])
    (row,) = delivery_report.rows(tmp_path)
    assert row.frames == 2


@pytest.mark.parametrize("form", [delivery_report.text, delivery_report.as_csv])
def test_no_log_in_is_reported_and_no_cell_goes_with_it(tmp_path: Path, form: Callable[..., str]):
    model = {**USED, "licence": "https://artist:hunter2@studio.example/terms?token=abc"}
    manifest(tmp_path / "shot", models=[model])
    told = form(delivery_report.rows(tmp_path))
    assert "hunter2" not in told
    assert "token" not in told
    assert "https://studio.example/terms" in told
    assert SVD_XT.commercial in told
    report_file.write(tmp_path / "report", told)
    assert "hunter2" not in (tmp_path / "report").read_text()
