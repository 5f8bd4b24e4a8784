# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender set to German: what the add-on says is German too, and English again after.

    tools/real_blender.sh run --factory-startup --app-template Video_Editing --enable-event-simulate \\
        --window-geometry 0 0 1600 900 --python tests/window/test_german.py -- OUT_DIR
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import bpy
import stage


def speak(language: str) -> stage.Steps:
    """As an artist chooses it in the preferences."""
    bpy.context.preferences.view.language = language
    for area in stage.sequencer_areas():
        area.tag_redraw()
    yield 1.0


def label(operator: str) -> str:
    """What is on the operator's button."""
    rna = getattr(bpy.ops.fcvg, operator).get_rna_type()
    return bpy.app.translations.pgettext_iface(rna.name, rna.translation_context)


def choice(settings: object, name: str) -> str:
    """The name of a property."""
    declared = settings.bl_rna.properties[name]
    return bpy.app.translations.pgettext_iface(declared.name, declared.translation_context)


def sentence(scene: object) -> str:
    """What the panel says of the selection."""
    shots, compat = stage.addon("edit.gaps"), stage.addon("compat")
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
        return shots.sentence(shots.chain(scene, compat.selected_strips(bpy.context), scene.fcvg), "RIFE")


def refused(**call: int) -> str:
    """What Blender reports where an operator fails."""
    area = stage.timeline()
    window = bpy.context.window_manager.windows[0]
    with bpy.context.temp_override(window=window, area=area, region=area.regions[-1]):
        try:
            bpy.ops.fcvg.show_take(**call)
        except RuntimeError as error:
            return str(error)
    return ""


def steps() -> stage.Steps:
    stage.register()
    scene = stage.edit()
    words, background = stage.addon("i18n.translate"), stage.addon("tasks.background")
    yield from stage.press("ESC")  # away with the splash screen
    yield from stage.show_sidebars()
    english = label("generate_inbetweens"), sentence(scene)
    assert english == ("Generate Inbetweens", "12 inbetweens, frames 25–36, channel 1, RIFE"), english

    yield from speak("de_DE")
    assert label("generate_inbetweens") == "Zwischenbilder generieren"
    assert choice(scene.fcvg, "cuts") == "Schnitte"  # which are Ausschnitte to Blender
    assert sentence(scene) == "12 Zwischenbilder, Bilder 25–36, Kanal 1, RIFE", sentence(scene)
    scene.sequence_editor.strips["A"].mute = True
    try:
        sentence(scene)
    except Exception as problem:
        said = words.error_sentence(problem)
    assert said == "„A“ ist stummgeschaltet. Die Stummschaltung aufheben (Alt H), um sein Bild zu verwenden.", said
    scene.sequence_editor.strips["A"].mute = False
    # Sentences of the engine, with and without values; a value can be a sentence itself.
    assert words.translate_sentence("Looking for motion") == "Bewegung wird gesucht"
    assert words.translate_sentence("The disk is full: /tmp/A") == "Der Datenträger ist voll: /tmp/A"
    assert words.translate_sentence("FILM cannot be used. It is missing.") == "FILM ist nicht verwendbar. Es fehlt."
    assert words.translate_sentence("Nobody has ever said this of 3 of 4.") == "Nobody has ever said this of 3 of 4."
    yield from stage.until(lambda: not background.background_tasks.active, "background tasks")
    stage.screenshot("selected")

    stage.click()
    yield from stage.until(lambda: stage.ours() is not None, "a strip")
    yield 1.0
    stage.screenshot("making")
    yield from stage.until(lambda: stage.ours().fcvg.state == "DONE", "inbetweens", 120.0)
    yield 1.5
    stage.screenshot("done")
    assert "Der Streifen hat keinen Take 9." in refused(number=9), refused(number=9)

    registration = stage.addon("registration")
    registration.unregister()
    assert words.translate_sentence("The disk is full: /tmp/A") == "The disk is full: /tmp/A"
    registration.register()
    yield 1.0
    assert label("generate_inbetweens") == "Zwischenbilder generieren"
    assert words.translate_sentence("The disk is full: /tmp/A") == "Der Datenträger ist voll: /tmp/A"

    yield from speak("en_US")
    assert label("generate_inbetweens") == "Generate Inbetweens"
    assert words.translate_sentence("The disk is full: /tmp/A") == "The disk is full: /tmp/A"
    assert "The strip has no take 9." in refused(number=9), refused(number=9)


stage.perform(steps)
