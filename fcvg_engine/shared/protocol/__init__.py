# SPDX-License-Identifier: GPL-3.0-or-later
"""The pipe between Blender and the engine: messages, framing and version. Standard library only.

One JSON object a line, UTF-8, at most `MAX_LINE_BYTES` long. Each has a `type` and a `job` (an id that the
client chose; null where no job is meant). Pixels never cross: they are files in the job's folder.

===========  ==================  ==================================================================
type         direction           meaning
===========  ==================  ==================================================================
`hello`      engine → Blender    first line of all: protocol version, engine version, capabilities
`start`      Blender → engine    queue a job
`self_test`  Blender → engine    generate one small frame and say how long it took
`condition`  Blender → engine    draw the conditions of a job and stop there
`examine`    Blender → engine    say of two keys what is to be known before a job
`cancel`     Blender → engine    stop a job, queued or running
`queued`     engine → Blender    the job waits behind `ahead` others
`progress`   engine → Blender    coalesced: the newest replaces older ones not yet read
`frame`      engine → Blender    one drawing is on disk under its final name
`preview`    engine → Blender    coalesced: a small contact sheet of what is being denoised is on disk
`done`       engine → Blender    final report: all frames are there
`examined`   engine → Blender    final report: what is to be known of two keys
`failed`     engine → Blender    final report; with `job` null: a line that was no message
`cancelled`  engine → Blender    final report: stopped on request
===========  ==================  ==================================================================

Every `start`, `condition`, `examine` and `self_test` gets exactly one final report, whatever happens in between.
"""

from .command_messages import FROM_COMMANDS, RESULTS, Finding, Findings, Installed, InstallPlan, ModelInfo, ModelList
from .framing import MAX_LINE_BYTES, decode, encode, parse_request
from .worker_messages import (
    COMMERCIAL,
    DEVICES,
    FINAL,
    FORMATS,
    HOLDS,
    LINES,
    MAX_COUNT,
    METHODS,
    POSES,
    PRESETS,
    TIMINGS,
    TO_BLENDER,
    TO_ENGINE,
    VERSION,
    Cancel,
    CancelledReport,
    Condition,
    ConditionSettings,
    Done,
    Estimate,
    Examine,
    Examined,
    Failed,
    Frame,
    Hello,
    Message,
    Preview,
    Progress,
    Queued,
    Request,
    SamplingSettings,
    SelfTest,
    Start,
    UsedModel,
)

__all__ = [
    "COMMERCIAL",
    "DEVICES",
    "FINAL",
    "FORMATS",
    "FROM_COMMANDS",
    "HOLDS",
    "LINES",
    "MAX_COUNT",
    "MAX_LINE_BYTES",
    "METHODS",
    "POSES",
    "PRESETS",
    "RESULTS",
    "TIMINGS",
    "TO_BLENDER",
    "TO_ENGINE",
    "VERSION",
    "Cancel",
    "CancelledReport",
    "Condition",
    "ConditionSettings",
    "Done",
    "Estimate",
    "Examine",
    "Examined",
    "Failed",
    "Finding",
    "Findings",
    "Frame",
    "Hello",
    "InstallPlan",
    "Installed",
    "Message",
    "ModelInfo",
    "ModelList",
    "Preview",
    "Progress",
    "Queued",
    "Request",
    "SamplingSettings",
    "SelfTest",
    "Start",
    "UsedModel",
    "decode",
    "encode",
    "parse_request",
]
