# SPDX-License-Identifier: GPL-3.0-or-later
"""Commercial-safe models only: what is refused, what stays, and what every job says it was made with."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import checkpoints
import pytest
from engine_process import Worker

from fcvg_engine.draft import choose_method
from fcvg_engine.jobs import draw_conditions as conditions_job
from fcvg_engine.jobs import inbetween
from fcvg_engine.models import registry, usage
from fcvg_engine.shared.errors import BadRequest, LicenceRefused
from fcvg_engine.shared.methods import GENERATIVE
from fcvg_engine.shared.protocol import (
    ConditionSettings,
    Done,
    Failed,
    Message,
    Queued,
    Request,
    SamplingSettings,
    Start,
)

RequestOf = Callable[..., Request]
QUICK = SamplingSettings(steps=1, work_size="64x64")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """FCVG and what it needs, with small networks."""
    from fcvg_engine.diffusion import networks as models

    yield checkpoints.write(tmp_path_factory.mktemp("checkpoints"))
    models.release()


@pytest.fixture
def networks(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FCVG_CHECKPOINTS", str(tiny))


def run(request: Request, runner: Callable[..., Done] = inbetween.run) -> Done:
    def ignore(message: Message) -> None:
        """Progress that nobody reads."""

    return runner(request, "j", ignore, lambda: False)


def manifest(request: Request) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((Path(request.out) / "manifest.json").read_text("utf-8"))
    return content


def names(done: Done) -> list[str]:
    return [model.name for model in done.models]


def refusal(request: Request, runner: Callable[..., Done] = inbetween.run) -> LicenceRefused:
    """Why the job was refused, before anything was done for it."""
    with pytest.raises(LicenceRefused) as caught:
        run(request, runner)
    assert not Path(request.out).exists()
    assert caught.value.code == "licence" and "Commercial-safe models only" in caught.value.hint
    return caught.value


# What is refused


@pytest.mark.parametrize("method", GENERATIVE)
def test_generative_methods_are_refused_and_say_why(method: str, request_of: RequestOf) -> None:
    told = refusal(request_of(method=method, commercial_only=True)).message
    assert told.startswith(registry.label(method))
    assert "one million US dollars" in told
    assert ("ask the authors" in told) == (method == "fcvg")


def test_gluestick_is_refused_by_name_and_flow_is_not(request_of: RequestOf) -> None:
    def conditions(lines: str, out: str) -> Request:
        settings = ConditionSettings(lines=lines, pose="none")
        return request_of(out, method="fcvg", commercial_only=True, conditions=settings, sampling=QUICK)

    told = refusal(conditions("gluestick", "refused"), conditions_job.run)
    assert told.message.startswith("Lines by GlueStick") and "SuperPoint: " in told.message
    assert told.hint.startswith("Match lines by flow")
    for lines in ("auto", "flow"):
        done = run(conditions(lines, lines), conditions_job.run)
        assert (done.method, names(done)) == ("flow", ["gmfss"])


def test_edited_matches_are_what_they_were_found_by(request_of: RequestOf, tmp_path: Path) -> None:
    path = tmp_path / "matches.json"
    request = request_of(
        method="fcvg", commercial_only=True, conditions=ConditionSettings(matches=str(path)), sampling=QUICK
    )
    path.write_text(json.dumps({"version": 1, "size": [32, 24], "lines_by": "gluestick", "pose_by": "none"}))
    assert "Lines by GlueStick" in refusal(request, conditions_job.run).message
    path.write_text(json.dumps({"version": 1, "size": [32, 24]}))
    assert names(run(request, conditions_job.run)) == []  # by hand
    path.unlink()
    with pytest.raises(BadRequest, match=r"matches\.json"):
        run(request, conditions_job.run)


def test_the_refusal_crosses_the_pipe(request_of: RequestOf) -> None:
    with Worker() as worker:
        worker.receive()  # hello
        worker.send(Start("j", request_of(method="fcvg", commercial_only=True)))
        told = worker.receive()
        while isinstance(told, Queued):
            told = worker.receive()
    assert isinstance(told, Failed)
    assert told.code == "licence" and "FCVG" in told.message


def test_what_is_chosen_by_itself_is_never_refused(request_of: RequestOf, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the registry stands, all that `auto` chooses is free; here nothing but RIFE is."""
    unclear = {
        name: model if name == "rife" else dataclasses.replace(model, commercial="unclear")
        for name, model in registry.models().items()
    }
    monkeypatch.setattr(registry, "models", lambda: unclear)
    request = request_of(method="fcvg", commercial_only=True)
    assert usage.narrowed(request).conditions == ConditionSettings(lines="none", pose="none")
    free = dataclasses.replace(request, commercial_only=False)
    assert usage.narrowed(free) == free
    monkeypatch.setattr(choose_method, "_suiting", lambda start, end, options: ("gmfss", "GMFSS, since …"))
    done = run(request_of(method="auto", commercial_only=True))
    assert (done.method, names(done)) == ("rife", ["rife"])
    assert "not free for commercial work" in done.notes[-1]
    done = run(request_of("free", method="auto"))
    assert (done.method, names(done)) == ("gmfss", ["rife", "gmfss"])


# What a job was made with


@pytest.mark.parametrize(("method", "expected"), [("rife", ["rife"]), ("dissolve", []), ("gmfss", ["rife", "gmfss"])])
def test_free_methods_work_and_tell_their_models(method: str, expected: list[str], request_of: RequestOf) -> None:
    request = request_of(method=method, commercial_only=True, count=1)
    done = run(request)
    assert names(done) == expected
    assert manifest(request)["models"] == [dataclasses.asdict(model) for model in done.models]
    for model in done.models:
        known = registry.models()[model.name]
        assert (model.title, model.licence, model.commercial) == (known.title, known.licence.name, "yes")


def test_the_switch_does_not_make_other_frames(request_of: RequestOf) -> None:
    run(request_of(method="rife", count=2))
    again = run(request_of(method="rife", count=2, commercial_only=True))
    assert again.reused == 2
    assert names(again) == ["rife"]


def test_a_manifest_from_before_models_were_recorded_is_gone_on_with(request_of: RequestOf) -> None:
    request = request_of(method="rife", count=2)
    run(request)
    path = Path(request.out) / "manifest.json"
    older = manifest(request)
    del older["models"]
    path.write_text(json.dumps(older))
    assert run(request).models == [], "nothing is made up about frames that are there"
    (Path(request.out) / "0001.png").unlink()
    assert names(run(request)) == ["rife"]


def test_fcvg_tells_all_that_took_part_however_little_is_new(request_of: RequestOf, networks: None) -> None:
    def request(out: str, **options: Any) -> Request:
        return request_of(out, method="fcvg", sampling=QUICK, **options)

    native = request("out", timing=[0.25, 0.5, 0.75])  # frames that were generated, none drawn between two
    assert names(run(native)) == ["gmfss", "svd-xt", "fcvg"]
    assert {each["name"]: each["commercial"] for each in manifest(native)["models"]} == {
        "gmfss": "yes",
        "svd-xt": "conditional",
        "fcvg": "unclear",
    }
    assert names(run(native)) == ["gmfss", "svd-xt", "fcvg"], "all of it reused"
    (Path(native.out) / "0002.png").unlink()
    done = run(native)
    assert (done.reused, names(done)) == (2, ["gmfss", "svd-xt", "fcvg"]), "gone on with"
    between = request("out", timing=[0.26, 0.5, 0.75], overwrite=True)
    done = run(between)
    assert any("earlier" in note for note in done.notes), "nothing was generated"
    assert names(done) == ["rife", "gmfss", "svd-xt", "fcvg"]


def test_parts_name_their_models_once_and_unknown_ones_none() -> None:
    told = usage.used(["pose:dwpose", "gmfss", "rife", "lines:flow", "lines:by hand", "dummy"])
    assert [model.name for model in told] == ["rife", "gmfss", "dwpose"]
