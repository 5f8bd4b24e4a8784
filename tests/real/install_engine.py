# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine installed for real: by the add-on's own operator out of the shipped zip, in real Blender, into a home that
nobody has used; then inbetweens made with it.

    PYTHON_WITH_BPY tests/real/install_engine.py ZIP

Fetches half a gigabyte from the package index (PIP_FIND_LINKS, FCVG_INDEX_URL and the like are heeded). Prints what it
took; any failure ends it with an error.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

SIZE = (320, 192)
COUNT = 3


def main(package: Path, home: Path) -> None:
    addon = home / "addon"
    with zipfile.ZipFile(package) as archive:
        archive.extractall(addon)
    for name in [name for name in os.environ if name.startswith("FCVG_")]:
        del os.environ[name]
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "BLENDER_USER_RESOURCES", "TMPDIR"):
        folder = home / name.lower()
        folder.mkdir()
        os.environ[name] = str(folder)
    # A library of this name must reach neither the installer nor the engine.
    (home / "bent").mkdir()
    (home / "bent" / "torch.py").write_text("raise SystemExit('the wrong torch')")
    os.environ["PYTHONPATH"] = str(home / "bent")
    sys.path.insert(0, str(addon))

    import bpy

    import fcvg_blender

    bpy.ops.wm.read_factory_settings(use_empty=True)
    fcvg_blender.register()
    try:
        click_through(bpy, home)
    finally:
        fcvg_blender.unregister()


def click_through(bpy, home: Path) -> None:
    before = sorted(sys.modules)
    try:
        bpy.ops.fcvg.install_engine(accelerator="CPU")
        raise AssertionError("installed although Blender is offline")
    except RuntimeError as refused:
        print("offline:", str(refused).strip().splitlines()[0])
    bpy.ops.fcvg.allow_online()
    began_s = time.monotonic()
    assert bpy.ops.fcvg.install_engine(accelerator="CPU") == {"FINISHED"}
    print(f"installed in {time.monotonic() - began_s:.0f} s")
    assert not {"torch", "diffusers"} & (set(sys.modules) - set(before)), "Blender's own Python was touched"

    data = home / "xdg_data_home" / "fcvg"
    pointer = json.loads((data / "engine.json").read_text())
    print(f"pointer: {pointer}")
    sizes = {each.name: used_bytes(each) / 1e6 for each in sorted(data.iterdir())}
    print("disk, MB:", {name: round(size) for name, size in sizes.items()})

    frames = generate(bpy, home)
    import numpy as np

    positions = [centre(np, bpy, path) for path in frames]
    print("the disc's way, pixels:", [round(each, 1) for each in positions])
    assert len(frames) == COUNT
    assert all(first < second for first, second in itertools.pairwise(positions)), positions
    assert abs(positions[COUNT // 2] - SIZE[0] / 2) < SIZE[0] / 40

    began_s = time.monotonic()
    bpy.ops.fcvg.remove_engine()
    assert not (data / "engine.json").exists()
    assert bpy.ops.fcvg.install_engine(accelerator="CPU") == {"FINISHED"}  # from what was downloaded
    print(f"installed again in {time.monotonic() - began_s:.0f} s")
    assert not [line for line in processes() if str(home) in line and "fcvg_engine" not in line]


def generate(bpy, home: Path) -> list[Path]:
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = SIZE
    scene.view_settings.view_transform = "Standard"
    editor = scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    for name, position, frame in (("A", 0.4, 1), ("B", 0.6, 1 + COUNT + 1)):
        strips.new_image(name, str(disc(bpy, home / f"{name}.png", position)), channel=1, frame_start=frame)
    for strip in strips:
        strip.select = True
    bpy.ops.wm.save_as_mainfile(filepath=str(home / "film.blend"))
    scene.fcvg.method = "RIFE"
    began_s = time.monotonic()
    assert bpy.ops.fcvg.generate_inbetweens() == {"FINISHED"}
    print(f"{COUNT} inbetweens in {time.monotonic() - began_s:.1f} s")
    ours = next(strip for strip in (editor.strips if hasattr(editor, "strips") else editor.sequences) if strip.fcvg.id)
    assert ours.fcvg.state == "DONE", ours.fcvg.state
    assert ours.fcvg.method_used == "rife"
    folder = Path(bpy.path.abspath(ours.directory))
    models = json.loads((folder / "manifest.json").read_text())["models"]
    print("made by:", models)
    return [folder / element.filename for element in ours.elements]


def disc(bpy, path: Path, position: float) -> Path:
    """A bright disc on a dark ground, `position` of the way across."""
    import numpy as np

    width, height = SIZE
    rows, columns = np.mgrid[:height, :width]
    inside = (columns - position * width) ** 2 + (rows - height / 2) ** 2 < (height / 5) ** 2
    pixels = np.ones((height, width, 4), np.float32)
    pixels[..., :3] = np.where(inside, 0.9, 0.2)[..., None]
    image = bpy.data.images.new(path.stem, width, height)
    image.pixels.foreach_set(pixels.ravel())
    image.filepath_raw, image.file_format = str(path), "PNG"
    image.save()
    bpy.data.images.remove(image)
    return path


def centre(np, bpy, path: Path) -> float:
    """Where the bright disc of a frame lies, in pixels from the left."""
    image = bpy.data.images.load(str(path))
    pixels = np.empty(SIZE[0] * SIZE[1] * 4, np.float32)
    image.pixels.foreach_get(pixels)
    bpy.data.images.remove(image)
    bright = pixels.reshape(SIZE[1], SIZE[0], 4)[..., 0] > 0.5
    return float(np.nonzero(bright)[1].mean())


def used_bytes(path: Path) -> int:
    """On the disk, files with several names counted once."""
    paths = [path, *path.rglob("*")] if path.is_dir() else [path]
    stats = {(stat.st_dev, stat.st_ino): stat.st_blocks * 512 for stat in (each.lstat() for each in paths)}
    return sum(stats.values())


def processes() -> list[str]:
    return subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout.splitlines()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="a home of nobody's ", ignore_cleanup_errors=True) as folder:
        main(Path(sys.argv[1]).resolve(), Path(folder))
    sys.stdout.flush()
    os._exit(0)  # some versions of bpy crash at exit
