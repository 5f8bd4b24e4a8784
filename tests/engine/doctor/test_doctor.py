# SPDX-License-Identifier: GPL-3.0-or-later
"""The doctor tells everything in order, and names the likeliest mistakes, made here for real, with their cure."""

from __future__ import annotations

import importlib.metadata
import os
import re
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from engine_process import AS_FILE, ROOT, run_engine

from fcvg_engine import doctor
from fcvg_engine.doctor import cards, facts, findings, libraries, mistakes
from fcvg_engine.models import consent, discovery, misplaced
from fcvg_engine.shared import protocol
from fcvg_engine.shared.protocol import Finding, Findings, Progress

MAIN = AS_FILE[-1]
NOWHERE = "/sys"  # nobody, root included, may make files here, and it has no room
LFS_POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 137927889\n"

Named = Callable[[], list[Finding]]


def messages(done: subprocess.CompletedProcess[str]) -> list[protocol.Message]:
    """Everything that `doctor --json` printed."""
    return [protocol.decode(line.encode(), protocol.FROM_COMMANDS) for line in done.stdout.splitlines()]


def found(done: subprocess.CompletedProcess[str]) -> Findings:
    """Its last line."""
    last = messages(done)[-1]
    assert isinstance(last, Findings)
    return last


def only(named: list[Finding]) -> Finding:
    (finding,) = named
    assert finding.hint, "with its cure"
    return finding


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of models of one's own, and no network card, token or card of the machine that tests run on."""
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setenv("FCVG_MODELS", str(folder))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    for name in ("FCVG_CHECKPOINTS", "FCVG_OFFLINE", "PIP_NO_INDEX", "HF_TOKEN", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def named(models: Path) -> Named:
    """Makes the doctor look around here, without a self-test; the mistakes that it names."""
    return lambda: mistakes.named(facts.gather(lambda stage, fraction: None))


@pytest.fixture(scope="module")
def done() -> subprocess.CompletedProcess[str]:
    """A healthy engine's, asked once for all tests."""
    clean = dict.fromkeys(("PATH", "FCVG_CHECKPOINTS", "FCVG_OFFLINE", "PIP_NO_INDEX"), "")
    return run_engine("doctor", "--json", "--blender", "5.2.0", env={**clean, "PYTHONPATH": "/elsewhere"})


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """How an engine is started that has lost libraries, among them some that the doctor itself uses."""
    lost = ("torch", "numpy", "psutil", "OpenImageIO", "hsluv")
    return environment(tmp_path_factory.mktemp("broken"), lost)


class TestAHealthyEngine:
    def test_it_has_made_no_mistake(self, done: subprocess.CompletedProcess[str]) -> None:
        assert found(done).mistakes == []
        assert done.returncode == 0
        assert done.stderr == ""

    def test_everything_is_told_in_the_order_of_need(self, done: subprocess.CompletedProcess[str]) -> None:
        subjects = [each.subject for each in found(done).findings]
        order = ["Blender", "engine", "Python", "torch", "numpy", "hsluv", "torch build", "device cpu", "memory"]
        order += ["disk for models", "disk for temporary files", "model rife", "model film", "network", "self-test"]
        assert [subject for subject in subjects if subject in order] == order
        assert len(set(subjects)) == len(subjects)

    def test_versions_and_the_frame_are_real(self, done: subprocess.CompletedProcess[str]) -> None:
        texts = {each.subject: each.text for each in found(done).findings}
        assert texts["Blender"] == "5.2.0"
        assert texts["torch"] == importlib.metadata.version("torch")
        assert texts["Python"].endswith("isolated")
        assert re.search(r"made a frame of 256×144 on \w+ in \d+\.\d s", texts["self-test"])

    def test_progress_comes_first_and_never_goes_back(self, done: subprocess.CompletedProcess[str]) -> None:
        told = messages(done)[:-1]
        assert all(isinstance(each, Progress) for each in told)
        fractions = [each.fraction for each in told if isinstance(each, Progress)]
        assert fractions == sorted(fractions)
        assert "Making a frame" in {each.stage for each in told if isinstance(each, Progress)}

    def test_it_stops_when_its_input_ends(self) -> None:
        done = run_engine("doctor", "--json", "--until-eof")
        assert done.returncode == 130
        assert messages(done)[-1].type == "cancelled"


def test_no_path_of_a_report_begins_in_the_home_folder(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = models.parent
    monkeypatch.setenv("HOME", str(home))
    (models / "film_net_fp32.pt").write_text(LFS_POINTER)
    examination = doctor.examine("cpu", lambda stage, fraction: None)
    texts = [f"{each.text} {each.hint}" for each in examination.findings + examination.mistakes]
    assert any("~/models" in text for text in texts)
    assert not any(str(home) in text for text in texts)


def test_the_libraries_are_those_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = dict(
        each.replace(" ", "").split(">=") for each in project["dependencies"] + project["optional-dependencies"]["fcvg"]
    )
    known = {each.name: each for each in libraries.LIBRARIES}
    assert {name: known[name].least for name in wanted} == wanted
    assert {name for name in wanted if not known[name].serves} == {
        each.replace(" ", "").split(">=")[0] for each in project["dependencies"]
    }


class TestGraphicsCards:
    """1. Card, driver and torch do not fit."""

    @pytest.fixture
    def smi(self, models: Path) -> Callable[[str, int], None]:
        def write(answer: str, code: int = 0) -> None:
            program = models.parent / "nvidia-smi"
            program.write_text(f"#!/bin/sh\necho '{answer}'\nexit {code}\n")
            program.chmod(0o755)

        return write

    def test_a_card_beside_a_torch_for_the_processor(self, smi: Callable[..., None], named: Named) -> None:
        smi("NVIDIA GeForce RTX 4090, 581.80, 24564")
        mistake = only([each for each in named() if each.subject == "graphics card"])
        assert "NVIDIA GeForce RTX 4090" in mistake.text
        assert "processor only" in mistake.text
        assert "CUDA" in mistake.hint
        assert "driver" not in mistake.hint

    def test_its_old_driver_is_mentioned_too(self, smi: Callable[..., None], named: Named) -> None:
        smi("NVIDIA GeForce GTX 1080, 470.82.01, 8119")
        assert "580" in only([each for each in named() if each.subject == "graphics card"]).hint

    def test_a_driver_for_cuda_12_alone_is_no_reason_to_update_it(self, smi: Callable[..., None], named: Named) -> None:
        smi("NVIDIA GeForce GTX 1080, 550.120, 8119")
        hint = only([each for each in named() if each.subject == "graphics card"]).hint
        assert "CUDA 12" in hint
        assert "driver" not in hint

    def test_a_driver_that_does_not_work(self, smi: Callable[..., None], named: Named) -> None:
        smi("NVIDIA-SMI has failed because it could not communicate with the NVIDIA driver.", 9)
        mistake = only([each for each in named() if each.subject == "graphics card"])
        assert "has failed" in mistake.text
        assert "driver" in mistake.hint

    def test_it_is_told_with_memory_and_driver(self, smi: Callable[..., None], models: Path) -> None:
        smi("NVIDIA GeForce RTX 4090, 581.80, 24564")
        told = findings.all_findings(facts.gather(lambda stage, fraction: None), "")
        texts = [each.text for each in told if each.subject == "graphics card"]
        assert texts == ["NVIDIA GeForce RTX 4090, 25.8 GB, driver 581.80"]

    @pytest.mark.parametrize(
        ("torch", "driver", "words", "cure"),
        [
            (facts.Torch("cuda", "13.0"), "570.10", "too old", "580 or newer, and restart the computer. Or: "),
            (facts.Torch("cuda", "13.0"), "470.10", "too old", "580 or newer, and restart the computer."),
            (facts.Torch("cuda", "12.6"), "470.10", "too old", "525 or newer, and restart the computer."),
            (facts.Torch("cuda", "12.8"), "525.60", "new enough", "Restart"),
            (facts.Torch("rocm", "6.4"), "580.10", "cards of AMD", "choose CUDA as accelerator"),
            (facts.Torch("cuda", "13.0", True, (6, 1), ("sm_75", "sm_90")), "580.10", "too old", "choose CUDA 12 as"),
            (facts.Torch("cuda", "13.0", True, (3, 5), ("sm_75", "sm_90")), "470.10", "too old", "device cpu"),
            (facts.Torch("cuda", "12.6", True, (3, 5), ("sm_50", "sm_90")), "525.60", "too old", "device cpu"),
            (facts.Torch("cuda", "12.6", True, (12, 0), ("sm_75", "sm_90")), "580.10", "newer than", "choose CUDA as"),
            (
                facts.Torch("cuda", "13.0", True, (13, 0), ("sm_75", "sm_90")),
                "580.10",
                "newer than",
                "Update the add-on",
            ),
        ],
    )
    def test_what_else_does_not_fit(self, models: Path, torch: facts.Torch, driver: str, words: str, cure: str) -> None:
        """Cards that the machine of the tests has not: the rules alone."""
        mistake = only(self.told_of(torch, driver))
        assert words in mistake.text
        assert cure in mistake.hint

    @pytest.mark.parametrize(("capability", "driver"), [((6, 1), "550.120"), ((8, 6), "528.33"), ((8, 9), "580.95.05")])
    def test_an_engine_for_cuda_12_suits_older_cards_and_drivers(
        self, models: Path, capability: tuple[int, int], driver: str
    ) -> None:
        kernels = ("sm_50", "sm_60", "sm_70", "sm_75", "sm_80", "sm_86", "sm_90")
        assert self.told_of(facts.Torch("cuda", "12.6", True, capability, kernels), driver) == []

    def told_of(self, torch: facts.Torch, driver: str) -> list[Finding]:
        card = cards.Card("NVIDIA", "GeForce", 8 << 30, driver)
        here = facts.gather(lambda stage, fraction: None)
        found = mistakes.named(replace(here, torch=torch, cards=cards.Cards((card,))))
        return [each for each in found if each.subject == "graphics card"]

    @pytest.mark.parametrize(
        ("capability", "kernels"),
        [((8, 6), ["sm_80"]), ((9, 0), ["sm_75", "sm_90a"]), ((12, 0), ["sm_90", "compute_90"]), ((7, 5), ["sm_75"])],
    )
    def test_cards_that_do_fit(self, capability: tuple[int, int], kernels: list[str]) -> None:
        assert mistakes.fit(capability, kernels) == ""

    def test_cards_of_amd_are_those_with_memory_of_their_own(self, tmp_path: Path) -> None:
        for number, (vendor, memory_bytes) in enumerate([("0x1002", 16 << 30), ("0x1002", 1 << 29), ("0x8086", 0)]):
            device = tmp_path / f"card{number}" / "device"
            device.mkdir(parents=True)
            (device / "vendor").write_text(f"{vendor}\n")
            (device / "mem_info_vram_total").write_text(f"{memory_bytes}\n")
        (tmp_path / "card0-HDMI-A-1").mkdir()
        assert [card.memory_bytes for card in cards.amd_cards(tmp_path)] == [16 << 30]


class TestModelFiles:
    """2. A model file is not what it seems."""

    @pytest.mark.parametrize(
        ("name", "content", "words"),
        [
            ("film/film_net_fp32.pt", LFS_POINTER, "Git LFS"),
            ("controlnext.safetensors", "\n<!DOCTYPE html><html><body>Log in</body></html>", "web page"),
            ("unet.safetensors", "", "empty"),
            ("unet.safetensors", '\x20\0\0\0\0\0\0\0{"a": {"data_offsets": [0, 99]}} ', "cut off"),
            ("unet.ckpt", "a pickle", "pickle"),
            ("svd/unet/diffusion_pytorch_model.bin", "a pickle", "pickle"),
            ("ComfyUI/models/vfi/film_net_fp32.pt", "the network", "FILM"),
        ],
    )
    def test_it_is_named(self, models: Path, named: Named, name: str, content: str, words: str) -> None:
        path = models / name
        path.parent.mkdir(parents=True, exist_ok=True)
        (path.parent / "config.json").write_text("{}")
        path.write_text(content)
        mistake = only(named())
        assert str(path) in mistake.text
        assert words in mistake.text

    @pytest.mark.parametrize("suffix", [".part", ".incomplete", ".crdownload"])
    def test_an_old_half_download_is_one_but_not_one_under_way(self, models: Path, named: Named, suffix: str) -> None:
        path = models / f"film_net_fp32.pt{suffix}"
        path.write_bytes(b"half")
        assert named() == []
        os.utime(path, (time.time() - 600,) * 2)
        assert "unfinished" in only(named()).text

    def test_a_draft_model_is_named_once(self, models: Path, named: Named) -> None:
        path = models / "rife-4.6.safetensors"
        path.write_text(LFS_POINTER)
        assert "Git LFS" in only(named()).text
        path.write_bytes(bytes(1000))
        assert "damaged" in only(named()).text

    def test_many_of_them_are_counted(self, models: Path, named: Named) -> None:
        for number in range(8):
            (models / f"{number}.safetensors").write_bytes(b"")
        texts = [each.text for each in named()]
        assert len(texts) == 6
        assert texts[-1].startswith("3 more")

    def test_what_lies_where_it_is_looked_for_is_none(self, models: Path, named: Named) -> None:
        """The search of the doctor and that of the engine look equally deep."""
        path = models / "a" / "b" / "film_net_fp32.pt"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"the network")
        assert discovery.find().film == path
        assert named() == []
        deeper = path.parent / "c" / path.name
        deeper.parent.mkdir()
        path.rename(deeper)
        assert discovery.find().film is None
        assert "too deep" in only(named()).text

    def test_a_folder_that_is_not_there(self, models: Path, named: Named, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FCVG_CHECKPOINTS", str(models / "unplugged"))
        assert "is not there" in only(named()).text
        (models / "unplugged").mkdir()
        assert "is empty" in only(named()).text
        monkeypatch.setenv("FCVG_CHECKPOINTS", __file__)
        assert "is a file" in only(named()).text

    def test_a_huge_folder_does_not_hold_it_up(self, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(misplaced, "_MOST", 10)
        for number in range(30):
            (models / f"{number:02d}.safetensors").write_bytes(b"")
        assert len(misplaced.search([models], [])) == 10


class TestTheEnvironment:
    """3. A mixed or broken environment."""

    def test_a_torch_from_elsewhere_is_named_and_not_run(self, tmp_path: Path) -> None:
        (tmp_path / "torch.py").write_text("import pathlib; pathlib.Path(__file__).with_name('ran').touch()")
        start = (sys.executable, MAIN)
        done = run_engine("doctor", "--json", start=start, env={"PYTHONPATH": str(tmp_path)})
        assert done.returncode == 3
        mistake = only(found(done).mistakes)
        assert "torch" in mistake.text
        assert "PYTHONPATH" in mistake.text
        assert "-I" in mistake.hint
        assert not (tmp_path / "ran").exists()

    def test_missing_libraries_are_named_and_the_rest_still_told(self, broken: tuple[str, ...]) -> None:
        done = run_engine("doctor", "--json", start=broken)
        assert done.returncode == 3
        told = {each.subject: each for each in found(done).findings}
        assert told["torch"].state == told["numpy"].state == told["OpenImageIO"].state == "error"
        assert told["hsluv"].state == "warning", "only FCVG needs it"
        assert told["safetensors"].state == "ok"
        assert told["self-test"].text.startswith("left out")
        mistake = only(found(done).mistakes)
        assert "torch, numpy, OpenImageIO, psutil" in mistake.text
        assert "Repair" in mistake.hint

    def test_a_person_sees_a_table_the_mistakes_and_one_error(self, broken: tuple[str, ...]) -> None:
        done = run_engine("doctor", start=broken)
        assert done.returncode == 3
        assert re.search(r"^✗ +numpy ", done.stdout, re.MULTILINE)
        assert re.search(r"^✓ +safetensors +\d", done.stdout, re.MULTILINE)
        assert re.search(r"^✗ Parts of the engine are missing: .*\n  Use Repair engine", done.stdout, re.MULTILINE)
        error, hint = done.stderr.splitlines()
        assert "torch" in error
        assert "Repair" in hint

    def test_what_broken_and_old_installations_leave(self, tmp_path: Path) -> None:
        start = environment(tmp_path, ("torch", "hsluv"))
        packages = next(tmp_path.glob("engine/lib/*/site-packages"))
        (packages / "~umpy").mkdir()
        for name, version in (("hsluv", "4.0"), ("rich", "9.1")):
            (packages / f"{name}-{version}.dist-info").mkdir()
            (packages / f"{name}-{version}.dist-info" / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n")
        (packages / "hsluv.py").touch()
        named = [each.text for each in found(run_engine("doctor", "--json", start=start)).mistakes]
        assert any("~umpy" in text for text in named)
        assert any("hsluv 4.0 (5.0)" in text for text in named)
        assert any("rich is installed more than once" in text for text in named)


class TestRoom:
    """4. No room, or no right to write."""

    def test_a_folder_that_cannot_be_written_to(self, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FCVG_MODELS", NOWHERE)
        examination = doctor.examine("cpu", lambda stage, fraction: None)
        assert examination.error
        assert examination.error.exit_code == 5
        mistake = only(examination.mistakes)
        assert NOWHERE in mistake.text
        assert "cannot be written" in mistake.text

    def test_a_full_disk(self, models: Path, named: Named, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(doctor.disk_places, "FULL_BYTES", 10**18)
        mistake = [each for each in named() if "for models" in each.text]
        assert "GB free" in only(mistake).text
        assert mistake[0].state == "error"

    def test_no_place_for_temporary_files_costs_the_frame_but_not_the_findings(
        self, models: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tempfile, "tempdir", NOWHERE)
        examination = doctor.examine("cpu", lambda stage, fraction: None)
        states = {each.subject: each.state for each in examination.findings}
        assert states["disk for temporary files"] == states["self-test"] == "error"
        assert states["numpy"] == "ok"
        assert "temporary files" in only(examination.mistakes).text

    def test_a_folder_of_whole_models_need_not_be_writable(self) -> None:
        place = doctor.disk_places.Place(doctor.disk_places.MODELS, Path("/studio"), 0, writable=False, needed=False)
        assert place.state == "info"


class TestFetching:
    """5. Models that cannot be fetched."""

    def test_offline_without_the_models_that_all_need(
        self, models: Path, named: Named, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert named() == []
        monkeypatch.setenv("FCVG_OFFLINE", "1")
        mistake = only(named())
        assert "RIFE" in mistake.text
        assert "online access" in mistake.hint

    def test_a_gated_model_without_a_token(self, models: Path, named: Named, monkeypatch: pytest.MonkeyPatch) -> None:
        consent.give("svd-xt")
        mistake = only(named())
        assert "Stable Video Diffusion XT" in mistake.text
        assert "token" in mistake.hint
        monkeypatch.setenv("HF_TOKEN", "hf_anything")
        assert named() == []


def environment(folder: Path, without: tuple[str, ...]) -> tuple[str, ...]:
    """A start of the engine in an environment of its own, with all libraries of this one but some."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "engine")], check=True)
    packages = next(folder.glob("engine/lib/*/site-packages"))
    import numpy

    for path in Path(numpy.__file__).parents[1].iterdir():
        if not path.name.startswith(without):
            (packages / path.name).symlink_to(path)
    return (str(folder / "engine" / "bin" / "python"), "-I", MAIN)
