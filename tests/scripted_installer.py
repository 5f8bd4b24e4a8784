# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands in for the installer where a test is about Blender's side: says what the real one says, at a chosen pace.

    python -I scripted_installer.py VERB [--accelerator NAME] …

Its engine is a folder as the installer makes them, whose packages are those of the Python named by FCVG_SCRIPT_ENGINE:
it works. FCVG_SCRIPT_STEPS: steps of 50 ms that an installation takes. FCVG_SCRIPT_FAULT: `disk` fails half way,
`crash` dies there, `problem` has the check find one.
"""

from __future__ import annotations

import datetime
import hashlib
import itertools
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from fcvg_blender.engine import installed_engines, places, protocol
from fcvg_blender.installer import environments, pylock

JOB = "job"
FAULT = os.environ.get("FCVG_SCRIPT_FAULT", "")
STEPS = int(os.environ.get("FCVG_SCRIPT_STEPS", "10"))
STEP_S = 0.05
TORCH_BYTES = 191_794_682


def say(message: protocol.Message) -> None:
    sys.stdout.buffer.write(protocol.encode(message))
    sys.stdout.buffer.flush()


def leave_at_end_of_input() -> None:
    def read() -> None:
        while os.read(0, 1024):
            pass
        say(protocol.CancelledReport(JOB))
        os._exit(130)

    threading.Thread(target=read, daemon=True).start()


def plan(accelerator: str) -> protocol.InstallPlan:
    """As of a computer with a graphics card from NVIDIA."""
    stamp = installed_engines.current()
    download_mb = {"cpu": 312, "cuda": 2_870, "cuda12": 3_720, "rocm": 3_400}
    download_bytes = download_mb[accelerator] * 1_000_000
    problems = ["5.1 GB are needed on the disk, 2.2 GB are free. Free some space there."] if FAULT == "problem" else []
    return protocol.InstallPlan(
        JOB,
        accelerator=accelerator,
        accelerators=["cpu", "cuda", "cuda12", "rocm"],
        detected="NVIDIA GeForce RTX 4070, driver 580.95: the engine for CUDA suits it.",
        packages=61,
        download_bytes=download_bytes,
        needed_bytes=2 * download_bytes,
        free_bytes=512_000_000_000,
        folder=str(installed_engines.engines()),
        state="none" if stamp is None else "current",
        engine=stamp.sentence() if stamp else "",
        problems=problems,
    )


def build(accelerator: str) -> installed_engines.EngineStamp:
    """An environment with the packages of another one."""
    python = Path(os.environ["FCVG_SCRIPT_ENGINE"])
    ask = "import sys, sysconfig as s; print(sys.base_prefix, sys.version.split()[0], s.get_path('purelib'), sep='\\n')"
    asked = subprocess.run([python, "-I", "-c", ask], capture_output=True, text=True, check=True)
    home, version, packages = asked.stdout.split("\n")[:3]
    folder = environments.begin()
    site = folder / "lib" / f"python{'.'.join(version.split('.')[:2])}" / "site-packages"
    (site / "torch-2.13.0.dist-info").mkdir(parents=True)
    (site / "those.pth").write_text(packages)
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to(Path(home) / "bin" / "python3")
    (folder / "pyvenv.cfg").write_text(f"home = {home}/bin\n")
    lock = pylock.find("linux-x86_64", accelerator, ".".join(version.split(".")[:2]))
    stamp = installed_engines.EngineStamp(
        name=hashlib.sha256(str(time.time_ns()).encode()).hexdigest()[:12],
        lock_sha256=lock.sha256,
        accelerator=accelerator,
        python=version,
        packages={"torch": "2.13.0"},
        made=datetime.datetime.now(datetime.UTC).isoformat(),
        base_python=home,
        size_bytes=1_100_000_000,
    )
    return environments.finish(folder, stamp)


def install(accelerator: str) -> protocol.Message:
    for step in range(STEPS):
        fraction = step / STEPS
        stage = "Downloading torch, torchvision" if fraction < 0.8 else "Putting the engine together"
        done_bytes = int(fraction * TORCH_BYTES)
        eta_s = (1 - fraction) * 40
        say(protocol.Progress(JOB, stage, fraction, eta_s, done_bytes, TORCH_BYTES, 11_200_000.0))
        time.sleep(STEP_S)
        if FAULT == "crash" and step == STEPS // 2:
            sys.exit("Segmentation fault, say")
        if FAULT == "disk" and step == STEPS // 2:
            hint = "Free some space there, then install again: what has been downloaded is kept."
            return protocol.Failed(JOB, "disk", "The disk is full.", hint, f"OSError in {places.user_data()}/downloads")
    stamp = build(accelerator)
    return protocol.Installed(JOB, "current", stamp.sentence(), str(stamp.folder))


def main() -> None:
    verb, options = sys.argv[1], sys.argv[2:]
    leave_at_end_of_input()
    given = dict(itertools.pairwise(options)).get("--accelerator", "auto")
    accelerator = "cuda" if given == "auto" else given
    match verb:
        case "check":
            say(plan(accelerator))
        case "remove":
            environments.forget()
            environments.sweep()
            say(protocol.Installed(JOB, "none", "", ""))
        case "free":
            say(protocol.Installed(JOB, "none", "", "", ["312 MB were freed."]))
        case _:
            say(install(accelerator))
    os._exit(0)


main()
