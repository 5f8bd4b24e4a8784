# SPDX-License-Identifier: GPL-3.0-or-later
"""What keys of 3D keyframes look like in a real window: EEVEE, a 3D view's shading; the X beside the progress bar.

    tools/real_blender.sh run --factory-startup --app-template Video_Editing --enable-event-simulate \\
        --window-geometry 0 0 1600 900 --python tests/window/test_looks.py -- OUT_DIR
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path[:0] = [str(folder) for folder in Path(__file__).parents[:2]]

import bpy
import gpu
import numpy as np
import rna
import shot3d
import stage
from shot3d import AT, FRAMES, keys, scene, status, view, window

SIZE = (240, 136)
FEW, MANY = 4, 600  # samples of EEVEE; of Cycles for some seconds a key
SAME = 1 / 255
NEAR = 0.01  # antialiasing, and the screen's few bits
X_FROM_RIGHT, X_STEP = 55, 10  # pixels: where the X is in the sidebar, and how closely it is looked for


def toon() -> Any:
    """Flat bands of colour: only EEVEE renders them."""
    material = bpy.data.materials.new("Toon")
    tree = material.node_tree
    diffuse, colour, bands, glow = (
        tree.nodes.new(f"ShaderNode{kind}") for kind in ("BsdfDiffuse", "ShaderToRGB", "ValToRGB", "Emission")
    )
    bands.color_ramp.interpolation = "CONSTANT"
    bands.color_ramp.elements[0].color = (0.15, 0.02, 0.1, 1)
    bands.color_ramp.elements.new(0.25).color = (0.9, 0.25, 0.05, 1)
    for source, target in ((diffuse, colour), (colour, bands), (bands, glow), (glow, tree.nodes["Material Output"])):
        tree.links.new(source.outputs[0], target.inputs[0])
    return material


def build() -> None:
    head = shot3d.build("BLENDER_EEVEE", SIZE)
    head.data.materials.append(toon())
    head.color = (0.1, 0.4, 0.9, 1)
    head.rotation_euler.y = 0.5
    scene().world = bpy.data.worlds.new("World")
    scene().world.color = (0.02, 0.08, 0.05)
    scene().eevee.taa_render_samples, scene().eevee.taa_samples = FEW, 1
    scene().cycles.samples, scene().cycles.use_denoising, scene().cycles.use_adaptive_sampling = MANY, False, False
    bpy.ops.ed.undo_push(message="Shot")


def picture(path: Path) -> Any:
    """The colours in a file, float [height, width, 3], 0 to 1."""
    image = bpy.data.images.load(str(path))
    image.colorspace_settings.name = "Non-Color"
    values = np.array(image.pixels, np.float32).reshape(image.size[1], image.size[0], 4)
    bpy.data.images.remove(image)
    return values[..., :3]


def pictures() -> list[Any]:
    return [picture(Path(bpy.path.abspath(key.directory)) / key.elements[0].filename) for key in keys()]


def rendered(frame: int) -> Any:
    """The frame as Blender itself renders it."""
    shot, path = scene(), stage.out_dir() / f"plain_{frame}.png"
    before = shot.render.filepath, shot.render.image_settings.color_depth
    shot.render.filepath, shot.render.image_settings.color_depth = str(path), "16"
    shot.frame_set(frame)
    with bpy.context.temp_override(window=window()):
        bpy.ops.render.render(write_still=True)
    shot.render.filepath, shot.render.image_settings.color_depth = before
    shot.frame_set(AT)
    return picture(path)


def seen(frame: int) -> Any:
    """The frame as the 3D view draws it when one looks through the camera, without overlays."""
    shot, area, (width, height) = scene(), view(), SIZE
    space, region = area.spaces.active, next(each for each in area.regions if each.type == "WINDOW")
    space.overlay.show_overlays = False
    shot.frame_set(frame)
    with bpy.context.temp_override(window=window(), area=area, region=region):
        lens = shot.camera.calc_matrix_camera(bpy.context.evaluated_depsgraph_get(), x=width, y=height)
        eye = shot.camera.matrix_world.inverted()
        target = gpu.types.GPUOffScreen(width, height)
        target.draw_view3d(shot, bpy.context.view_layer, space, region, eye, lens, do_color_management=True)
        with target.bind():
            values = gpu.state.active_framebuffer_get().read_color(0, 0, width, height, 3, 0, "FLOAT")
        target.free()
    space.overlay.show_overlays = True
    shot.frame_set(AT)
    return np.array(values.to_list(), np.float32).reshape(height, width, 3)


def apart(one: Any, other: Any) -> float:
    """The mean difference of two pictures, 0 to 1."""
    return float(np.abs(one - other).mean())


def artists() -> dict[str, Any]:
    """What an artist would miss if it changed."""
    space = view().spaces.active
    kinds = ("scenes", "objects", "materials", "worlds", "node_groups", "cameras")
    names = {kind: sorted(each.name for each in getattr(bpy.data, kind)) for kind in kinds}
    places = {each.name: (str(each.matrix_world), each.select_get()) for each in scene().objects}
    return {**rna.settings(scene(), "scene"), **rna.settings(space, "view"), **names, **places}


def unchanged(before: dict[str, Any]) -> None:
    now = artists()
    assert before == now, {name: (before.get(name), value) for name, value in now.items() if before.get(name) != value}


def make(over: Any = None) -> stage.Steps:
    """Inbetween Keyframes, until the panel says how it went."""
    yield from shot3d.click(over)
    yield from stage.until(lambda: status().outcome, "the keys")


def inbetweens(film: Any = None) -> stage.Steps:
    yield from stage.until(lambda: shot3d.all_done(film), "the inbetweens")
    yield 0.5


def eevee() -> stage.Steps:
    before = artists()
    yield from shot3d.click()
    yield from stage.until(lambda: status().number == 2, "the second key")
    stage.screenshot("eevee_rendering")
    yield from stage.until(lambda: status().outcome, "all keys")
    assert status().outcome.startswith("3 keys: all rendered."), status().outcome
    unchanged(before)
    assert [key.left_handle for key in keys()] == list(FRAMES)
    yield from inbetweens()
    stage.screenshot("eevee_done")
    for key, frame in zip(pictures(), FRAMES, strict=True):
        assert np.abs(key - rendered(frame)).max() < SAME


def solid() -> stage.Steps:
    """The view's shading through the camera, with the view's own angle, overlays and colours left as they are."""
    final = pictures()
    view().spaces.active.shading.color_type = "OBJECT"
    scene().fcvg.stills.look = "VIEWPORT"
    before = artists()
    yield from make()
    assert status().outcome.startswith("3 keys: all rendered."), status().outcome
    unchanged(before)
    yield from inbetweens()
    stage.screenshot("solid_done")
    assert view().spaces.active.region_3d.view_perspective == "PERSP"
    for key, was, frame in zip(pictures(), final, FRAMES, strict=True):
        assert apart(key, seen(frame)) < NEAR
        assert apart(key, was) > 5 * NEAR


def press_x() -> stage.Steps:
    """Click the X that ends the rendering: looked for from below, it is the first button in its column."""
    region = next(each for each in view().regions if each.type == "UI")
    x = region.x + region.width - X_FROM_RIGHT
    for y in range(region.y + region.height // 3, region.y + region.height, X_STEP):
        window().event_simulate("MOUSEMOVE", "NOTHING", x=x, y=y)
        yield 0.02
        for value in ("PRESS", "RELEASE"):
            window().event_simulate("LEFTMOUSE", value, x=x, y=y)
            yield 0.02
        if status().stopping:
            return
    raise AssertionError("no X was found")


def cancel() -> stage.Steps:
    """The X lets the key be finished that is being rendered, and what is there is not rendered again."""
    scene().fcvg.stills.look, scene().render.engine = "FINAL", "CYCLES"
    before, shown = artists(), [key.elements[0].filename for key in keys()]
    yield from shot3d.click()
    yield from stage.until(lambda: bpy.app.is_job_running("RENDER"), "a render job")
    yield from press_x()
    stage.screenshot("stopping")
    yield from stage.until(lambda: status().outcome, "the end")
    told = status().outcome
    assert told == "The rendering was cancelled. 1 of 3 keys is there and will be used next time.", told
    unchanged(before)
    assert [key.elements[0].filename for key in keys()] == shown, "the edit stays as it was"
    yield 0.3
    stage.screenshot("cancelled")

    yield from shot3d.click()
    yield from stage.until(lambda: status().number == 3, "the last key")
    yield from press_x()
    yield from stage.until(lambda: status().outcome, "the end")
    assert status().outcome.endswith("3 of 3 keys are there and will be used next time."), status().outcome
    assert [key.elements[0].filename for key in keys()] == shown, "the artist has cancelled"

    yield from make()
    assert status().outcome.startswith("3 keys: 0 rendered, 3 reused."), status().outcome


def dopesheet() -> stage.Steps:
    """Of three keyframes two are selected there."""
    area = stage.timeline()
    area.type = "DOPESHEET_EDITOR"
    yield from shot3d.show_tab(area)
    for curve in stage.addon("compat").fcurves(bpy.data.objects["Ball"]):
        for point, frame in zip(curve.keyframe_points, FRAMES, strict=True):
            is_selected = frame in FRAMES[:2]
            point.select_control_point = point.select_left_handle = point.select_right_handle = is_selected
    scene().render.engine = "BLENDER_EEVEE"
    film = scene().fcvg.stills.edit = bpy.data.scenes.new("Another")
    film.fcvg.method = "DISSOLVE"
    before = artists()
    yield from make(area)
    assert status().outcome.startswith("2 keys: 0 rendered, 2 reused."), status().outcome
    unchanged(before)
    strips = film.sequence_editor.strips
    assert sorted(each.left_handle for each in strips if each.fcvg.still_scene) == list(FRAMES[:2])
    yield from inbetweens(film)
    stage.screenshot("dopesheet_done")


def steps() -> stage.Steps:
    stage.register()
    build()
    shot3d.edit(SIZE)
    yield from shot3d.press("ESC")
    yield from shot3d.show_tab(view())
    for part in (eevee, solid, cancel, dopesheet):
        yield from part()


stage.perform(steps)
