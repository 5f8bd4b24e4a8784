# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on comes from a repository and is updated from it while an edit with inbetweens is open, in a real window.

    BLENDER_USER_RESOURCES=EMPTY_DIR tools/real_blender.sh run --app-template Video_Editing --enable-event-simulate \\
        --window-geometry 0 0 1600 900 --python tests/window/test_update.py -- OUT_DIR

What `make repository` makes is served from 127.0.0.1. The second version is a copy of this checkout with another
number.
"""

from __future__ import annotations

import functools
import http.server
import json
import shutil
import sys
import threading
import tomllib
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import addon_utils
import bpy
import stage

sys.path.append(str(stage.ROOT))

from tools import extension

FRESH_PROFILE = True  # tools/window_tests.sh: nothing is installed yet
SHIPPED = ("blender_manifest.toml", "__init__.py", "fcvg_blender", "fcvg_engine", "LICENSE", "README.md")
NAME = "fcvg_inbetween"
REMEMBERED = (
    "id",
    "state",
    "method_used",
    "made",
    "seed",
    "count",
    "timing",
    "key_start",
    "key_end",
    "folder",
    "number",
)


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Files, without a line for each in the log."""

    def log_message(self, format: str, *words: Any) -> None:
        pass


def publish(version: str) -> None:
    """A build of this checkout under that version, as the repository's only one or its newest."""
    tree = stage.out_dir() / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir()
    for name in SHIPPED:
        copy = shutil.copytree if (stage.ROOT / name).is_dir() else shutil.copy
        copy(stage.ROOT / name, tree / name)
    manifest = tree / extension.MANIFEST
    text = manifest.read_text("utf-8")
    manifest.write_text(text.replace(f'\nversion = "{current_version()}"', f'\nversion = "{version}"'), "utf-8")
    with (tree / "__init__.py").open("a", encoding="utf-8") as file:
        file.write(f'\nBUILT_AS = "{version}"\n')  # tells which code Blender has loaded
    program = extension.tool_in(Path(bpy.utils.system_resource("SCRIPTS")))
    extension.build(stage.out_dir() / "zips", tree, program)
    extension.repository(stage.out_dir() / "zips", site(), program)


def current_version() -> str:
    return str(tomllib.loads((stage.ROOT / extension.MANIFEST).read_text("utf-8"))["version"])


def next_version() -> str:
    *above, last = current_version().split(".")
    return ".".join([*above, str(int(last) + 1)])


def site() -> Path:
    return stage.out_dir() / "site"


def serve() -> str:
    """The repository's address."""
    handler = functools.partial(Quiet, directory=str(site()))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/index.json"


def repository() -> Any:
    return next((each for each in bpy.context.preferences.extensions.repos if each.name == "FCVG"), None)


def repository_index() -> int:
    return list(bpy.context.preferences.extensions.repos).index(repository())


def press(operator: Any, **properties: Any) -> None:
    """As a button does: Blender works beside its window."""
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
        operator("INVOKE_DEFAULT", **properties)


def installed_version() -> str:
    """Of the add-on that is enabled, whose code Blender has loaded; empty without."""
    name = f"bl_ext.{repository().module}.{NAME}"
    if not addon_utils.check(name)[1] or name not in sys.modules:
        return ""
    (shown,) = (each.bl_info["version"] for each in addon_utils.modules(refresh=True) if each.__name__ == name)
    loaded = str(sys.modules[name].BUILT_AS)
    return loaded if loaded == ".".join(map(str, shown)) else f"{loaded}, shown as {shown}"


def offered_version() -> str:
    """What Blender has read from the repository last."""
    index = Path(repository().directory, ".blender_ext", "index.json")
    listed = json.loads(index.read_text("utf-8"))["data"] if index.is_file() else []
    return next((each["version"] for each in listed if each["id"] == NAME), "")


def look_up(version: str) -> stage.Steps:
    press(bpy.ops.extensions.repo_sync, repo_index=repository_index())
    yield from stage.until(lambda: offered_version() == version, f"version {version} in the list")
    yield 1.0


def show_extensions(name: str) -> stage.Steps:
    """A picture of the preferences with what is installed and what there is."""
    bpy.ops.screen.userpref_show("INVOKE_DEFAULT", section="EXTENSIONS")
    bpy.context.window_manager.extension_search = "FCVG"
    yield 1.5
    stage.screenshot(name)
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[-1]):
        bpy.ops.wm.window_close()
    yield 0.5


def record() -> dict[str, Any]:
    """What the strip of inbetweens knows of itself, and its pictures."""
    strip = stage.ours()
    assert strip is not None, "the strip is there"
    known = {name: getattr(strip.fcvg, name) for name in REMEMBERED}
    return {**known, "files": [element.filename for element in strip.elements], "takes": len(strip.fcvg.others)}


def install() -> stage.Steps:
    bpy.context.preferences.system.use_online_access = True
    bpy.ops.preferences.extension_repo_add(name="FCVG", remote_url=serve(), type="REMOTE")
    yield from look_up(current_version())
    yield from show_extensions("1_offered")
    press(bpy.ops.extensions.package_install, repo_index=repository_index(), pkg_id=NAME, enable_on_install=True)
    yield from stage.until(lambda: installed_version() == current_version(), "the add-on to be installed")


def update() -> stage.Steps:
    publish(next_version())
    yield from look_up(next_version())
    yield from show_extensions("3_update_offered")
    press(bpy.ops.extensions.package_upgrade_all)
    yield from stage.until(lambda: installed_version() == next_version(), "the add-on to be updated")
    yield 1.0


def steps() -> stage.Steps:
    assert not hasattr(bpy.types.Scene, "fcvg"), "a profile in which nobody has installed the add-on"
    publish(current_version())
    yield from stage.press("ESC")
    yield from install()
    stage.edit()
    yield from stage.show_sidebars()
    stage.sequencer_scene().fcvg.method = "DISSOLVE"
    stage.click()
    yield from stage.until(lambda: stage.ours() and stage.ours().fcvg.state == "DONE", "the inbetweens")
    yield 0.5
    stage.screenshot("2_before")
    before, old_code = record(), stage.addon("registration")
    assert before["made"] == 12, before

    yield from update()
    assert record() == before
    assert stage.addon("registration") is not old_code, "Blender has loaded the new version's code"
    assert not bpy.context.window_manager.fcvg.error_message
    yield from show_extensions("4_updated")
    yield from stage.show_sidebars()
    stage.screenshot("5_after")

    area = stage.timeline()
    stage.sequencer_scene().fcvg.method = "RIFE"
    stage.sequencer_scene().sequence_editor.active_strip = stage.ours()
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0], area=area, region=area.regions[-1]):
        bpy.ops.fcvg.new_take("INVOKE_DEFAULT", True)
    yield from stage.until(
        lambda: record()["number"] == 2 and record()["state"] == "DONE", "a take made by the new one"
    )
    taken = record()
    assert taken["takes"] == before["takes"] + 1
    assert taken["files"] != before["files"] or taken["folder"] != before["folder"]
    yield from stage.press("Z", ctrl=True)
    yield from stage.until(lambda: record() == before, "the take undone")
    stage.write_figures("update", {"from": current_version(), "to": installed_version()})


stage.perform(steps)
