# SPDX-License-Identifier: GPL-3.0-or-later
"""What panels show of jobs, queue, engine and models. Nothing of it is saved."""
# mypy: disable-error-code="valid-type"
# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

from typing import Any

import bpy
from bpy.props import BoolProperty, CollectionProperty, FloatProperty, IntProperty, PointerProperty, StringProperty

from . import keys_3d


class FCVG_Job(bpy.types.PropertyGroup):
    """One job as the panel shows it. `name` (Blender's own) is the title."""

    id: StringProperty(name="Id")
    stage: StringProperty(name="Stage", description="What the engine is doing")
    queued: BoolProperty(name="Queued", description="Other jobs are done first")
    fraction: FloatProperty(name="Progress", description="How much is done", min=0.0, max=1.0, subtype="FACTOR")
    eta: StringProperty(name="Time Left", description="How long it will take")
    sheet: IntProperty(name="Contact Sheet", description="Icon that shows the frames as they are so far, 0 without")
    sheet_step: StringProperty(name="Step", description="How far the frames on the contact sheet have come")


class FCVG_QueueItem(bpy.types.PropertyGroup):
    """A take that is being made, waits or asks, as the panel shows it. `name` (Blender's own) is the title."""

    take: StringProperty(name="Id")
    number: IntProperty(name="Take", description="Number of the take")
    state: StringProperty(name="State", description="Whether it waits, is being made or asks")
    method: StringProperty(name="Method", description="What it will be made with")
    question: StringProperty(name="Question", description="What the artist has to decide, or why it failed")
    fraction: FloatProperty(name="Progress", description="How much is done", min=0.0, max=1.0, subtype="FACTOR")


class FCVG_Need(bpy.types.PropertyGroup):
    """What a method still needs, by the engine's own account. `name` (Blender's own) is the method, its word."""

    text: StringProperty(name="Need", description="What has to be installed before the method can be used")


class FCVG_Chore(bpy.types.PropertyGroup):
    """An installation or a download as it is shown. `name` (Blender's own) is its key."""

    title: StringProperty(name="Title", description="What is being done")
    stage: StringProperty(name="Stage", description="What it is at")
    fraction: FloatProperty(name="Progress", description="How much is done", min=0.0, max=1.0, subtype="FACTOR")
    words: StringProperty(name="Amount", description="Bytes, rate and time left")


class FCVG_Trouble(bpy.types.PropertyGroup):
    """Why an installation or a download has failed. `name` (Blender's own) is its key."""

    message: StringProperty(name="Error", description="What went wrong")
    hint: StringProperty(name="Hint", description="What to do about it")
    detail: StringProperty(name="Detail", description="For a report")


class FCVG_ModelState(bpy.types.PropertyGroup):
    """What the engine knows of a model on this computer. `name` (Blender's own) is the registry's."""

    state: StringProperty(name="State", description="Whether its files are here")
    consent: StringProperty(name="Consent", description="Whether its licence has been accepted, or when")
    note: StringProperty(name="Note", description="What else is to be known")
    path: StringProperty(name="Folder", description="Where its files are")
    size: StringProperty(name="Size", description="Of its files together")


class FCVG_Finding(bpy.types.PropertyGroup):
    """A line of the doctor's."""

    is_mistake: BoolProperty(name="Mistake", description="A likely mistake, with its cure")
    subject: StringProperty(name="Subject", description="What it is about")
    text: StringProperty(name="Text", description="What was found")
    state: StringProperty(name="State", description="Whether it is all right")
    hint: StringProperty(name="Hint", description="What to do about it")


class FCVG_Estimate(bpy.types.PropertyGroup):
    """What a method would take. `name` (Blender's own) is the engine's word for it."""

    label: StringProperty(name="Method")
    seconds: StringProperty(name="Time", description="How long all of the inbetweens would take")
    memory: StringProperty(name="Memory", description="How much memory it would take at its peak")
    usable: BoolProperty(name="Usable", description="Whether it can be used here, and fits the memory that is free")
    hint: StringProperty(name="Hint", description="What it lacks")


class FCVG_Preflight(bpy.types.PropertyGroup):
    """What is known of the pair that was looked at last; `about` tells which that was."""

    about: StringProperty(name="About", options={"SKIP_SAVE"})
    running: BoolProperty(name="Running", options={"SKIP_SAVE"})
    state: StringProperty(name="State", options={"SKIP_SAVE"})
    sentence: StringProperty(name="Sentence", options={"SKIP_SAVE"})
    suggested: StringProperty(name="Suggested Method", options={"SKIP_SAVE"})
    reason: StringProperty(name="Reason", options={"SKIP_SAVE"})
    estimates: CollectionProperty(type=FCVG_Estimate, name="Methods", options={"SKIP_SAVE"})


class FCVG_Status(bpy.types.PropertyGroup):
    """What runs and what went wrong. Lives in the window manager and is not saved."""

    jobs: CollectionProperty(type=FCVG_Job, name="Jobs", options={"SKIP_SAVE"})
    queue: CollectionProperty(type=FCVG_QueueItem, name="Queue", options={"SKIP_SAVE"})
    queue_row: IntProperty(name="Row", description="Row of the queue that is chosen", options={"SKIP_SAVE"})
    paused: BoolProperty(
        name="Pause",
        description="What is being made is finished; nothing else is begun until the queue goes on",
        options={"SKIP_SAVE"},
    )
    queue_done: IntProperty(
        name="Done", description="Takes made since the queue was empty last", min=0, options={"SKIP_SAVE"}
    )
    queue_total: IntProperty(
        name="All", description="These, and those that are still to be made", min=0, options={"SKIP_SAVE"}
    )
    left_out: StringProperty(
        name="Left Out", description="Why pairs of strips got no inbetweens, a line each", options={"SKIP_SAVE"}
    )
    preflight: PointerProperty(type=FCVG_Preflight, name="Preflight", options={"SKIP_SAVE"})
    stills: PointerProperty(type=keys_3d.FCVG_StillsStatus, name="3D Keys", options={"SKIP_SAVE"})
    error_message: StringProperty(name="Error", description="What went wrong", options={"SKIP_SAVE"})
    error_hint: StringProperty(name="Hint", description="What to do about it", options={"SKIP_SAVE"})
    error_detail: StringProperty(name="Detail", description="For a report", options={"SKIP_SAVE"})
    greeted: BoolProperty(name="Known", description="The engine has said what it lacks", options={"SKIP_SAVE"})
    lacking: CollectionProperty(type=FCVG_Need, name="Lacking", options={"SKIP_SAVE"})
    engine_state: StringProperty(name="Engine", description="What the engine is doing", options={"SKIP_SAVE"})
    chores: CollectionProperty(type=FCVG_Chore, name="Chores", options={"SKIP_SAVE"})
    troubles: CollectionProperty(type=FCVG_Trouble, name="Troubles", options={"SKIP_SAVE"})
    models: CollectionProperty(type=FCVG_ModelState, name="Models", options={"SKIP_SAVE"})
    findings: CollectionProperty(type=FCVG_Finding, name="Findings", options={"SKIP_SAVE"})
    install_notes: StringProperty(name="Notes", description="Of the newest installation", options={"SKIP_SAVE"})
    model_notes: StringProperty(name="Notes", description="Of the newest download or import", options={"SKIP_SAVE"})


def panel_status() -> Any:
    """Return the FCVG_Status of this Blender: what all panels show."""
    context: Any = bpy.context
    return context.window_manager.fcvg


def forget() -> None:
    """Let the panels show nothing: another file was opened, and it may have said something of its own."""
    context: Any = bpy.context
    context.window_manager.property_unset("fcvg")
