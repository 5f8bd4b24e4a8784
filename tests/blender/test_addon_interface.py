# SPDX-License-Identifier: GPL-3.0-or-later
"""Of the add-on nothing is lost that files, scripts, presets and shortcuts rely on: names, defaults, numbers."""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import bpy
import interface
from bl_ui.utils import PresetPanel

import fcvg_blender
from fcvg_blender import registration
from fcvg_blender.app import cli
from fcvg_blender.engine import errors

PREFIX = "FCVG_"  # of all classes
ADDON = "fcvg_blender"

# What Blender asks a panel, a menu or a list; for those that say nothing there is Blender's own answer.
ASKED = {
    "bl_label": "",
    "bl_space_type": "EMPTY",
    "bl_region_type": "WINDOW",
    "bl_category": "",
    "bl_context": "",
    "bl_parent_id": "",
    "bl_order": 0,
}


def state() -> dict[str, Any]:
    """All of it, as it is now; the add-on is registered."""
    types = bpy.types
    return {
        "operators": {f"fcvg.{name}": _operator(getattr(bpy.ops.fcvg, name)) for name in dir(bpy.ops.fcvg)},
        "panels": {cls.__name__: _drawn(cls) for cls in _ours(types.Panel)},
        "menus": {cls.__name__: _drawn(cls) for cls in _ours(types.Menu)},
        "lists": {cls.__name__: _drawn(cls) for cls in _ours(types.UIList)},
        "groups": {cls.__name__: _properties(cls.bl_rna) for cls in _ours(types.PropertyGroup)},
        "preferences": {cls.__name__: _preferences(cls) for cls in _ours(types.AddonPreferences)},
        "attached": {name: _attached(holder) for name, holder in _holders().items()},
        "shortcuts": dict(_shortcuts()),
        "in Blender's own menus": dict(_additions()),
        "told by Blender": {name: True for name in dir(bpy.app.handlers) if _is_told(name)},
        "presets": _presets(),
        "command": _command(),
        "errors": {
            cls.__name__: {"code": cls.code, "exit code": cls.exit_code}
            for cls in _below(errors.FcvgError)
            if cls.__module__.startswith(f"{ADDON}.")
        },
    }


def _below(cls: type) -> Iterator[Any]:
    for each in cls.__subclasses__():
        yield each
        yield from _below(each)


def _ours(base: type) -> list[Any]:
    """The registered classes of the add-on of one kind, wherever they are defined."""
    return [cls for cls in _below(base) if cls.__name__.startswith(PREFIX) and cls.is_registered]


def _operator(operator: Any) -> dict[str, Any]:
    rna = operator.get_rna_type()
    return {"label": rna.name, "options": sorted(operator.bl_options), "properties": _properties(rna)}


def _drawn(cls: Any) -> dict[str, Any]:
    found = {name.removeprefix("bl_"): getattr(cls, name, default) for name, default in ASKED.items()}
    if issubclass(cls, PresetPanel):
        found["label"] = cls.preset_subdir  # its title is that of the preset that was chosen last
    return {**found, "id": getattr(cls, "bl_idname", cls.__name__), "options": sorted(getattr(cls, "bl_options", ()))}


def _preferences(cls: Any) -> dict[str, Any]:
    return {"id": cls.bl_idname, "properties": _properties(cls.bl_rna)}


def _properties(rna: Any) -> dict[str, Any]:
    """The properties that the add-on has given a type, and those that a base of it in Blender's scripts has."""
    return {each.identifier: _property(each) for each in rna.properties if each.is_runtime}


def _property(declared: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": declared.type,
        "subtype": declared.subtype,
        "saved": not declared.is_skip_save,
        "hidden": declared.is_hidden,
    }
    if declared.type in {"POINTER", "COLLECTION"}:
        return {**found, "of": declared.fixed_type.identifier}
    if declared.type == "ENUM":
        found["items"] = {item.identifier: item.value for item in declared.enum_items_static}
        several = declared.is_enum_flag
        return {**found, "default": sorted(declared.default_flag) if several else declared.default}
    if declared.type in {"INT", "FLOAT"}:
        limits = ("hard_min", "hard_max", "soft_min", "soft_max")
        found.update({name: getattr(declared, name) for name in limits})
    is_array = getattr(declared, "is_array", False)
    return {**found, "default": list(declared.default_array) if is_array else declared.default}


def _holders() -> dict[str, Any]:
    """The types of Blender's that carry something of the add-on's; strips had another name before 4.4."""
    types: Any = bpy.types
    strip = types.Strip if hasattr(types, "Strip") else types.Sequence
    return {"Scene": types.Scene, "Strip": strip, "WindowManager": types.WindowManager}


def _attached(holder: Any) -> dict[str, Any]:
    return {
        each.identifier: _property(each)
        for each in holder.bl_rna.properties
        if each.type == "POINTER" and each.fixed_type.identifier.startswith(PREFIX)
    }


def _shortcuts() -> Iterator[tuple[str, Any]]:
    """By what they do; the map of keys that they are in has another name in each Blender."""
    for keymap in bpy.context.window_manager.keyconfigs.addon.keymaps:
        for item in keymap.keymap_items:
            if item.idname.startswith("fcvg."):
                options = json.dumps(dict(item.properties.items()), sort_keys=True)
                held = [name for name in ("any", "shift", "ctrl", "alt", "oskey") if getattr(item, name)]
                yield (
                    f"{item.idname} {options}",
                    {"key": item.type, "value": item.value, "held": held, "space": keymap.space_type},
                )


def _additions() -> Iterator[tuple[str, Any]]:
    """How many of the functions that draw a menu or a header of Blender's are the add-on's."""
    for name in dir(bpy.types):
        functions = getattr(getattr(getattr(bpy.types, name), "draw", None), "_draw_funcs", ())
        count = sum(each.__module__.startswith(f"{ADDON}.") for each in functions)
        if count:
            yield name, interface.words(str(number) for number in range(1, count + 1))


def _is_told(name: str) -> bool:
    handlers = getattr(bpy.app.handlers, name)
    return isinstance(handlers, list) and any(each.__module__.startswith(f"{ADDON}.") for each in handlers)


def _presets() -> dict[str, Any]:
    """What a preset holds, and those that come with the add-on."""
    (cls,) = (each for each in _ours(bpy.types.Operator) if each.__name__ == "FCVG_OT_add_preset")
    folders = [Path(path) for path in bpy.utils.preset_paths(cls.preset_subdir)]
    shipped = [path.name for folder in folders if folder.is_relative_to(ROOT) for path in folder.glob("*.py")]
    return {
        "folder": cls.preset_subdir,
        "defines": cls.preset_defines,
        "values": interface.words(cls.preset_values),
        "shipped": interface.words(shipped),
    }


def _command() -> dict[str, Any]:
    """The command that Blender is told of, with its verbs and their options."""
    cli.unregister()
    try:
        with mock.patch.object(bpy.utils, "register_cli_command") as register:
            cli.register()
    finally:
        cli.register()
    name, main = register.call_args.args
    return {"name": name, "verbs": interface.options_of(lambda: main([]))}


def test_nothing_that_others_rely_on_has_changed() -> None:
    lost = interface.lost("blender", state())
    assert not lost, "\n".join(lost)


def test_the_snapshot_knows_the_numbers_that_are_in_files() -> None:
    """So that what is compared is not empty."""
    known = interface.known("blender")
    assert known["groups"]["FCVG_SceneSettings"]["method"]["items"]["FILM"] == 8
    assert known["operators"]["fcvg.retime"]["properties"]["timing"]["items"]["KEEP"] == 100
    assert known["attached"]["Strip"]["fcvg"]["of"] == "FCVG_StripRecord"
    assert known["panels"]["FCVG_PT_takes"]["parent_id"] == "FCVG_PT_strip"
    assert set(known["command"]["verbs"]) == {"inbetween", "storyboard"}
    assert len(known["operators"]) == 60


def test_no_class_is_forgotten() -> None:
    """Each operator, panel, menu, list and group that a file of the add-on defines is registered."""
    found = pkgutil.walk_packages(fcvg_blender.__path__, f"{ADDON}.")
    modules = [importlib.import_module(each.name) for each in found if each.name.split(".")[1] != "installer"]
    assert len(modules) > 150
    defined = [
        name
        for module in modules
        for name, value in vars(module).items()
        if name.startswith(PREFIX) and getattr(value, "__module__", "") == module.__name__
    ]
    assert sorted(defined) == sorted(cls.__name__ for cls in registration._CLASSES)


AS_EXTENSION = """
import json, os, sys
import bpy
from bl_ui.utils import PresetPanel
folder = sys.argv[-1]
bpy.ops.wm.read_factory_settings(use_empty=True)
preferences = bpy.context.preferences
preferences.extensions.repos.new(name="Here", module="here", custom_directory=folder)
bpy.ops.preferences.addon_enable(module="bl_ext.here.fcvg_inbetween")
addon = preferences.addons["bl_ext.here.fcvg_inbetween"]
scene = bpy.context.scene
editor = scene.sequence_editor_create()
strips = editor.strips if hasattr(editor, "strips") else editor.sequences
end = "frame_end" if "frame_end" in strips.bl_rna.functions["new_effect"].parameters else "length"
for name, left in (("A", 1), ("B", 9)):
    right = {end: left + 5 if end == "frame_end" else 5}
    strips.new_effect(name=name, type="COLOR", channel=1, frame_start=left, **right).select = True
scene.fcvg.method = "DISSOLVE"
made = bpy.ops.fcvg.generate_inbetweens()
print(json.dumps({
    "preferences": type(addon.preferences).__name__,
    "made": [(s.fcvg.state, s.fcvg.made, s.directory) for s in strips if s.fcvg.id],
    "kept in": bpy.utils.extension_path_user("bl_ext.here.fcvg_inbetween"),
    "presets": [path for path in bpy.utils.preset_paths("fcvg_inbetween")],
    "top level": [name for name in sys.modules if name in ("fcvg_blender", "fcvg_engine")],
}))
bpy.ops.preferences.addon_disable(module="bl_ext.here.fcvg_inbetween")
sys.stdout.flush()
os._exit(0)
"""


def test_as_an_extension_it_knows_its_place(tmp_path: Path) -> None:
    """Its packages have other names then: preferences, presets and frames of a file never saved are found by them."""
    extension = tmp_path / "here" / "fcvg_inbetween"
    extension.mkdir(parents=True)
    for name in ("__init__.py", "blender_manifest.toml", "fcvg_blender", "fcvg_engine"):
        (extension / name).symlink_to(ROOT / name)
    environment = {**os.environ, "BLENDER_USER_RESOURCES": str(tmp_path / "user")}
    environment.setdefault("FCVG_ENGINE_PYTHON", str(ROOT / ".venv" / "bin" / "python"))
    program = [sys.executable, "-c", AS_EXTENSION]
    if bpy.app.binary_path:  # a whole Blender, whose Python has no bpy of its own
        program = [bpy.app.binary_path, "--background", "--factory-startup", "--python-expr", AS_EXTENSION, "--"]
    done = subprocess.run(
        [*program, str(extension.parent)],
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("{"))
    found = json.loads(line)
    assert found["preferences"] == "FCVG_Preferences"
    ((state, made, directory),) = found["made"]
    assert (state, made) == ("DONE", 3)
    assert Path(directory).is_relative_to(Path(found["kept in"]) / "inbetweens")
    assert [Path(path).is_relative_to(extension) for path in found["presets"]] == [True]
    assert found["top level"] == []


if __name__ == "__main__":
    fcvg_blender.register()
    interface.write("blender", state())
    fcvg_blender.unregister()
    sys.stdout.flush()
    os._exit(0)  # bpy 4.2 crashes when Python is taken down
