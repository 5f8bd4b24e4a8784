# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors: the exit code that belongs to each code."""

from __future__ import annotations

import pytest

from fcvg_engine.shared import errors


@pytest.mark.parametrize(
    ("code", "exit_code"), [("internal", 1), ("bad_request", 2), ("download", 3), ("disk", 5), ("cancelled", 130)]
)
def test_each_code_has_an_exit_code(code: str, exit_code: int):
    assert errors.exit_code_of(code) == exit_code


def test_an_error_below_another_has_its_exit_code():
    class BadSelection(errors.BadRequest):
        code = "bad_selection_of_a_test"

    assert errors.exit_code_of(BadSelection.code) == BadSelection.exit_code == 2


def test_a_code_that_no_error_has():
    assert errors.exit_code_of("") == errors.exit_code_of("no such code") == 1


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("CUDA error: unspecified launch failure\nCUDA kernel errors might be reported later.", "device_lost"),
        ("CUDA driver error: unknown error", "device_lost"),
        ("CUDA unknown error - this may be due to an incorrectly set up environment", "device_lost"),
        ("CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm`", "device_lost"),
        ("cuDNN error: CUDNN_STATUS_INTERNAL_ERROR", "device_lost"),
        ("HIP error: the operation cannot be performed in the present state", "device_lost"),
        ("No CUDA GPUs are available", "device_lost"),
        ("CUDA error: out of memory", "internal"),  # `core.pictures` knows it
        ("an error of ours about CUDA", "internal"),
    ],
)
def test_a_card_that_fails_is_told_from_other_errors(said: str, code: str):
    explained = errors.explain(RuntimeError(said))
    assert explained.code == code
    assert "\n" not in explained.message
    assert explained.hint
