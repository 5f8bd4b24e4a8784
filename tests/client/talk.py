# SPDX-License-Identifier: GPL-3.0-or-later
"""Listening to a client."""

from __future__ import annotations

import time
from pathlib import Path

from fcvg_blender.engine import protocol
from fcvg_blender.engine.client import Client

ROOT = Path(__file__).resolve().parents[2]
HANG_S = 60.0  # far above what anything here takes on a slow machine


def until_final(client: Client, job: str) -> list[protocol.Message]:
    """Everything reported about `job`, its final report last."""
    heard: list[protocol.Message] = []
    deadline = time.monotonic() + HANG_S
    while time.monotonic() < deadline:
        message = client.poll(timeout_s=0.2)
        if message is not None and message.job == job:
            heard.append(message)
            if isinstance(message, protocol.FINAL):
                return heard
    raise AssertionError(f"no final report of {job} within {HANG_S:g} s; heard {heard}; log:\n{client.log.tail()}")
