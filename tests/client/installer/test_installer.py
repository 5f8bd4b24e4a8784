# SPDX-License-Identifier: GPL-3.0-or-later
"""The installer at work, with real environments, the real uv and small packages from a server on this computer."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from homes import Home, Site, make_site, make_wheel
from hostile_server import HostileServer, Page

from fcvg_blender.engine import child_process, errors, file_lock, find_python, installed_engines, protocol

SIZES_BYTES = [300_000, 1000, 500]


@pytest.fixture
def site(server: HostileServer, tmp_path: Path) -> Site:
    return make_site(server, tmp_path / "published", "1.0", SIZES_BYTES)


@pytest.fixture
def newer(server: HostileServer, tmp_path: Path) -> Site:
    return make_site(server, tmp_path / "published", "2.0", SIZES_BYTES)


def failed(home: Home, verb: str, *options: object, **variables: str) -> protocol.Failed:
    ended = home.run(verb, *options, **variables)
    assert isinstance(ended.final, protocol.Failed), ended.final
    assert ended.code != 0
    return ended.final


def plan(home: Home, site: Site, *options: object, **variables: str) -> protocol.InstallPlan:
    final = home.run("check", "--lock", site.lock, *options, **variables).final
    assert isinstance(final, protocol.InstallPlan), final
    return final


def test_what_an_installation_would_do_is_told_before_it_does_anything(home: Home, site: Site):
    told = plan(home, site)
    assert (told.state, told.accelerator, told.packages, told.problems) == ("none", "cpu", 3, [])
    assert told.download_bytes == site.size_bytes
    assert told.needed_bytes > told.download_bytes + 1_000_000
    assert told.detected
    assert not home.data.exists()
    assert site.server.requests == []


def test_an_engine_is_installed_and_says_how_far_it_is(home: Home, site: Site):
    site.page(0).bytes_per_s = 200_000
    ended = home.install(site)
    downloading = [each for each in ended.progress if each.stage.startswith("Downloading small0 1.0")]
    assert downloading
    assert downloading[-1].total_bytes == site.size_bytes
    assert 0 < downloading[-1].done_bytes <= site.size_bytes
    assert any(each.bytes_per_s > 0 for each in downloading)
    fractions = [each.fraction for each in ended.progress]
    assert fractions == sorted(fractions)
    assert find_python.find().path == Path(home.python())
    assert home.left() == []


def test_what_is_installed_already_is_left_alone(home: Home, site: Site):
    home.install(site)
    made, site.server.requests[:] = home.python(), []
    ended = home.install(site)
    assert "already" in " ".join(ended.final.notes)
    assert home.python() == made
    assert site.server.requests == []
    assert plan(home, site).state == "current"


def test_the_users_own_python_settings_change_nothing(home: Home, site: Site, tmp_path: Path):
    (tmp_path / "sitecustomize.py").write_text("raise SystemExit('not wanted')")
    (tmp_path / "small0.py").write_text("raise SystemExit('not wanted')")
    (tmp_path / "uv.toml").write_text("no-such-setting = 1")
    variables = {"PYTHONPATH": str(tmp_path), "PYTHONHOME": str(tmp_path), "PYTHONSTARTUP": str(tmp_path / "x")}
    variables |= {"UV_CONFIG_FILE": str(tmp_path / "uv.toml"), "UV_PYTHON": "2.7", "UV_TARGET": str(tmp_path / "t")}
    variables |= {"PIP_REQUIRE_VIRTUALENV": "1", "VIRTUAL_ENV": str(tmp_path), "CONDA_PREFIX": str(tmp_path)}
    home.install(site, **variables)


def test_an_update_is_made_beside_an_engine_that_runs(home: Home, site: Site, newer: Site):
    home.install(site)
    with (home.folder / "log").open("wb") as log:
        running = child_process.start([home.python(), "-I", "-c", "input(); import small0"], dict(os.environ), log)
    old = Path(home.python()).parents[1]
    assert plan(home, newer).state == "outdated"
    home.install(newer, "update")
    assert old.name in home.left()
    running.communicate(b"\n")
    assert running.returncode == 0  # what it had not imported yet was still there
    assert home.run("status").code == 0
    home.install(newer, "repair")
    assert home.left() == []
    kept = {path.name for path in (home.data / "downloads").glob("*.whl")}
    assert kept >= {wheel.name for wheel in newer.wheels}
    assert not kept & {wheel.name for wheel in site.wheels}


@pytest.mark.parametrize("fault", ["a package is gone", "the Blender it was made with is gone", "the folder is gone"])
def test_a_broken_engine_is_noticed_and_repaired_without_a_download(home: Home, site: Site, fault: str):
    home.install(site)
    python = Path(home.python())
    if fault == "a package is gone":
        shutil.rmtree(next(python.parents[1].glob("lib/*/site-packages/small1-*")))
    elif fault == "the folder is gone":
        shutil.rmtree(python.parents[1])
    else:
        python.unlink()
        python.symlink_to("/blender-4.2/python3.11")
    assert plan(home, site).state == "broken"
    with pytest.raises(errors.MissingPart) as caught:
        find_python.find()
    assert "Repair" in caught.value.hint
    served_bytes = site.served_bytes
    home.install(site, "repair")
    assert site.served_bytes == served_bytes
    assert plan(home, site).state == "current"


def test_removing_takes_only_what_the_installer_made(home: Home, site: Site):
    home.install(site)
    by_hand = home.data / "engine" / "bin" / "python"
    for path in (by_hand, home.data / "models" / "a.safetensors", installed_engines.engines() / "mine" / "notes.txt"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("mine")
    assert home.run("remove").final.state == "foreign"
    assert find_python.find().path == by_hand
    assert home.left() == ["mine"]
    assert {path.name for path in home.data.iterdir()} >= {"engine", "models", "engines", "downloads"}
    home.run("remove", "--downloads")
    assert not (home.data / "downloads").exists()
    assert (home.data / "models" / "a.safetensors").exists()


def test_the_disk_that_downloads_take_can_be_freed(home: Home, site: Site):
    home.install(site)
    final = home.run("free").final
    assert isinstance(final, protocol.Installed)
    assert "MB" in final.notes[0]
    assert not list(home.data.glob("downloads/*.whl"))
    assert home.engine() == site.packages


def test_a_wheel_that_is_not_the_pinned_one_is_refused_and_the_old_engine_stays(
    home: Home, site: Site, newer: Site, tmp_path: Path
):
    home.install(site)
    newer.page(0).body = make_wheel(tmp_path / "other", "small0", "3.0", SIZES_BYTES[0])
    failure = failed(home, "update", "--lock", newer.lock)
    assert failure.code == "download"
    assert "small0" in failure.message
    assert home.engine() == site.packages
    newer.page(0).body = newer.wheels[0]
    home.install(newer, "update")


def test_a_kept_wheel_that_was_changed_is_fetched_again(home: Home, site: Site):
    home.install(site)
    kept = home.data / "downloads" / site.wheels[0].name
    content = bytearray(kept.read_bytes())
    content[1000] ^= 1
    kept.write_bytes(content)
    home.install(site, "repair")
    assert kept.read_bytes() == site.wheels[0].read_bytes()


def test_without_online_access_it_refuses_at_once(home: Home, site: Site):
    assert "Allow Online Access" in plan(home, site, FCVG_OFFLINE="1").problems[0]
    failure = failed(home, "install", "--lock", site.lock, FCVG_OFFLINE="1")
    assert "Allow Online Access" in failure.hint
    assert failed(home, "install", "--lock", site.lock, "--offline").code == "download"
    assert site.server.requests == []


def test_a_folder_made_on_another_computer_is_all_it_needs(home: Home, site: Site, tmp_path: Path):
    brought = tmp_path / "a stick"
    assert home.run("download", "--lock", site.lock, "--to", brought).code == 0
    assert not home.data.exists()
    assert {path.name for path in brought.iterdir()} >= {wheel.name for wheel in site.wheels}
    site.server.close()
    home.options[:2] = []  # uv is in that folder, too
    home.install(site, "install", "--from", brought, FCVG_OFFLINE="1")


@pytest.mark.parametrize("how", ["--index", "FCVG_INDEX_URL", "--proxy", "FCVG_PROXY"])
def test_a_studio_may_have_its_own_index_or_proxy(home: Home, server: HostileServer, tmp_path: Path, how: str):
    site = make_site(server, tmp_path / "published", "1.0", [1000], address="http://packages.invalid")
    name = site.wheels[0].name
    server.pages["/simple/small0/"] = Page(f'<a href="/{name}">{name}</a>'.encode(), content_type="text/html")
    address = server.url("/simple/") if "index" in how.lower() else server.url()
    if how.startswith("--"):
        home.install(site, "install", how, address)
    else:
        home.install(site, **{how: address})
    (seen,) = server.seen(f"/{name}")
    assert bool(seen.proxied) == ("proxy" in how.lower())


def test_a_disk_that_is_too_small_is_noticed_before(home: Home, server: HostileServer, tmp_path: Path):
    site = make_site(server, tmp_path / "published", "1.0", SIZES_BYTES, unpacked_bytes=10**17)  # 0.5 GB are kept free
    failure = failed(home, "install", "--lock", site.lock)
    assert failure.code == "disk"
    assert "100000000.5 GB" in failure.message
    assert server.requests == []


def test_a_disk_that_fills_up_leaves_the_old_engine(home: Home, site: Site, newer: Site):
    home.install(site)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SIZES_BYTES[0] // 2, hard))
    try:
        failure = failed(home, "update", "--lock", newer.lock)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert failure.code == "disk"
    assert "full" in failure.message
    assert home.engine() == site.packages
    home.install(newer, "update")


def test_an_engine_that_fails_its_self_test_is_not_used(home: Home, site: Site, newer: Site):
    home.install(site)
    home.options[-1] = "frame"  # for which these packages do not have what it takes
    failure = failed(home, "update", "--lock", newer.lock)
    assert failure.code == "install"
    assert "does not work" in failure.message
    assert "small0==2.0" in failure.detail
    assert home.engine() == site.packages
    assert home.left() == []


def test_packages_for_another_computer_are_refused(home: Home, site: Site, server: HostileServer, tmp_path: Path):
    home.install(site)
    wrong = make_site(server, tmp_path / "published", "2.0", [1000], tag="cp27-cp27m-win32")
    failure = failed(home, "update", "--lock", wrong.lock)
    assert failure.code == "install"
    assert "small0" in failure.message
    assert home.engine() == site.packages


def test_a_folder_that_may_not_be_written_to_is_said_before(home: Home, site: Site):
    home.folder.write_text("a file in the way")
    assert "not a folder" in plan(home, site).problems[0]
    assert failed(home, "install", "--lock", site.lock).code == "disk"


def test_of_two_installers_the_second_waits_and_finds_it_done(home: Home, site: Site):
    site.page(0).bytes_per_s = 250_000
    first = home.start("install", "--lock", site.lock)
    first.wait_for("Downloading")
    second = home.start("install", "--lock", site.lock)
    second.wait_for("Waiting for another Blender")
    assert first.end().code == 0
    assert "meanwhile" in " ".join(second.end().final.notes)
    assert home.engine() == site.packages
    assert site.served_bytes == site.size_bytes


def test_a_killed_installer_is_waited_for_no_longer(home: Home, site: Site):
    site.page(0).bytes_per_s = 250_000
    first = home.start("install", "--lock", site.lock)
    first.wait_for("Downloading")
    second = home.start("install", "--lock", site.lock)
    second.wait_for("Waiting for another Blender")
    first.kill()
    assert second.end().code == 0
    assert home.engine() == site.packages


@pytest.mark.parametrize("how", ["end of input", "SIGTERM", "SIGINT"])
def test_it_is_cancelled_and_the_next_one_goes_on(home: Home, site: Site, how: str):
    site.page(0).stalls = [200_000]
    running = home.start("install", "--lock", site.lock, "--until-eof")
    part = home.data / "downloads" / f"{site.wheels[0].name}.part"
    running.wait_until(lambda: part.exists() and part.stat().st_size > 0)
    if how == "end of input":
        assert running.process.stdin is not None
        running.process.stdin.close()
        running.process.stdin = None
    else:
        running.process.send_signal(getattr(__import__("signal"), how))
    ended = running.end()
    assert isinstance(ended.final, protocol.CancelledReport)
    assert ended.code == 130
    home.install(site)
    # Twice comes only what was on the wire, sent but not read yet, when it was stopped; that wheel is resumed.
    assert site.server.seen(f"/{site.wheels[0].name}")[-1].headers["Range"].startswith("bytes=")
    assert site.served_bytes < 2 * site.size_bytes


def test_a_lock_is_free_once_its_holder_is_killed(tmp_path: Path):
    program = "import sys, time; from fcvg_blender.engine import file_lock; from pathlib import Path; "
    program += "file_lock.acquire(Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"
    command = [sys.executable, "-c", program, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        assert file_lock.acquire(tmp_path / "lock") is None
        holder.kill()
    descriptor = file_lock.acquire(tmp_path / "lock")
    assert descriptor is not None
    os.close(descriptor)
