# SPDX-License-Identifier: GPL-3.0-or-later
"""An installer that is run as Blender runs it, in a home of its own, and small packages for it to install."""

from __future__ import annotations

import random
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from hostile_server import HostileServer, Page

from fcvg_blender.engine import installed_engines, protocol
from fcvg_blender.installer import pylock

TIMEOUT_S = 120.0


def make_wheel(folder: Path, package: str, version: str, size_bytes: int = 1000, tag: str = "py3-none-any") -> Path:
    """A wheel with one module that says its version, and noise that cannot be packed any smaller."""
    path = folder / f"{package}-{version}-{tag}.whl"
    information = f"{package}-{version}.dist-info"
    members = {
        f"{package}.py": f"VERSION = {version!r}\n".encode(),
        f"{package}.noise": random.Random(f"{package} {version}").randbytes(size_bytes),
        f"{information}/METADATA": f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n".encode(),
        f"{information}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n".encode(),
    }
    members[f"{information}/RECORD"] = "".join(f"{name},,\n" for name in (*members, f"{information}/RECORD")).encode()
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@dataclass
class Site:
    """A lock and the server that has its wheels. `packages`: name → version."""

    server: HostileServer
    lock: Path
    wheels: list[Path]
    packages: dict[str, str]

    @property
    def size_bytes(self) -> int:
        return sum(wheel.stat().st_size for wheel in self.wheels)

    @property
    def served_bytes(self) -> int:
        return sum(self.server.served(f"/{wheel.name}") for wheel in self.wheels)

    def page(self, index: int) -> Page:
        return self.server.pages[f"/{self.wheels[index].name}"]


def make_site(
    server: HostileServer,
    folder: Path,
    version: str,
    sizes_bytes: list[int],
    unpacked_bytes: int = 1_000_000,
    tag: str = "py3-none-any",
    address: str = "",
) -> Site:
    """Packages small0, small1 … of one version, each with so many bytes of noise. `address`: where the lock says they
    are, instead of on the server."""
    wheels = [make_wheel(folder, f"small{index}", version, size, tag) for index, size in enumerate(sizes_bytes)]
    facts = {"platform": pylock.platform(), "accelerator": "cpu", "unpacked_bytes": unpacked_bytes}
    lines = ['lock-version = "1.0"', 'created-by = "a test"', "[tool.fcvg]"]
    lines += [f"{name} = {value!r}" for name, value in facts.items()]
    for wheel in wheels:
        content = wheel.read_bytes()
        server.pages[f"/{wheel.name}"] = Page(wheel)
        row = f"url = '{address or server.url()}/{wheel.name}', size = {len(content)}"
        row += f", hashes = {{ sha256 = '{sha256(content).hexdigest()}' }}"
        name = wheel.name.partition("-")[0]
        lines += ["[[packages]]", f"name = '{name}'", f"version = '{version}'", f"wheels = [{{ {row} }}]"]
    lock = folder / f"pylock.{version}.toml"
    lock.write_text("\n".join(lines) + "\n", "utf-8")
    return Site(server, lock, wheels, {f"small{index}": version for index in range(len(wheels))})


@dataclass
class Ended:
    """How an installer ended: its last message, and those before it."""

    final: protocol.Message
    progress: list[protocol.Progress]
    code: int

    @property
    def stages(self) -> str:
        return "\n".join(each.stage for each in self.progress)


@dataclass
class Running:
    """An installer at work. Its standard input stays open until `close_input`."""

    process: subprocess.Popen[bytes]
    lines: list[bytes] = field(default_factory=list)

    def kill(self) -> None:
        """As the system does, without a word."""
        self.process.kill()
        self.process.communicate()

    def wait_for(self, stage: str) -> None:
        """Comes back when it has said so."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if stage.encode() in line:
                return
        raise AssertionError(f"it never came to {stage!r}: {self.lines}")

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        """Comes back when it is so, or when the installer has ended."""
        give_up_s = time.monotonic() + TIMEOUT_S
        while not is_so() and self.process.poll() is None:
            assert time.monotonic() < give_up_s
            time.sleep(0.001)

    def end(self) -> Ended:
        """Its messages, once it has ended by itself."""
        output, _ = self.process.communicate(timeout=TIMEOUT_S)
        lines = [*self.lines, *output.splitlines()]
        *progress, final = (protocol.decode(line, protocol.FROM_COMMANDS) for line in lines)
        assert all(isinstance(each, protocol.Progress) for each in progress), progress
        return Ended(final, progress, self.process.returncode)


@dataclass
class Home:
    """A user's data folder, and the installer that works on it."""

    folder: Path
    extension: Path
    environment: dict[str, str]
    options: list[str]

    @property
    def data(self) -> Path:
        return self.folder / "fcvg"

    def start(self, verb: str, *options: object, **variables: str) -> Running:
        """Starts the installer as Blender does."""
        program = self.extension / "fcvg_blender" / "engine" / "install.py"
        command = [sys.executable, "-I", str(program), verb, "--json", *self.options, *map(str, options)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        return Running(subprocess.Popen(command, env=self.environment | variables, **pipes))  # type: ignore[call-overload]

    def run(self, verb: str, *options: object, **variables: str) -> Ended:
        """The same, to its end."""
        return self.start(verb, *options, **variables).end()

    def install(self, site: Site, verb: str = "install", *options: object, **variables: str) -> Ended:
        """An engine out of the site's packages, which is what it is in the end."""
        ended = self.run(verb, "--lock", site.lock, *options, **variables)
        assert isinstance(ended.final, protocol.Installed), ended.final
        assert self.engine() == site.packages
        return ended

    def engine(self) -> dict[str, str]:
        """The packages of the engine in use and their versions, as its own Python finds them, each imported."""
        stamp = installed_engines.current()
        assert stamp is not None, installed_engines.pointed()
        program = (
            "import importlib, importlib.metadata as m\n"
            "for d in sorted(m.distributions(), key=lambda d: d.name):\n"
            "    assert importlib.import_module(d.name).VERSION == d.version\n"
            "    print(d.name, d.version)"
        )
        done = subprocess.run([self.python(), "-I", "-c", program], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        found = dict(line.split() for line in done.stdout.splitlines())
        assert found == stamp.packages
        return found

    def python(self) -> str:
        """The interpreter of the engine in use."""
        stamp = installed_engines.current()
        assert stamp is not None
        return str(stamp.folder / "bin" / "python")

    def left(self) -> list[str]:
        """What lies beside the engine in use, where only it should be."""
        pointed = installed_engines.pointed()
        return sorted(path.name for path in installed_engines.engines().iterdir() if path != pointed)
