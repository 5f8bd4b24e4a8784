"""What an artist can do, one verb a file."""

from __future__ import annotations

from . import (
    cancel,
    check_models,
    copy_report,
    dismiss_error,
    edit_matches,
    generate_inbetweens,
    open_folder,
    open_log,
    preview_conditions,
    remove_conditions,
    remove_inbetweens,
    resume,
    test_engine,
)

CLASSES = (
    generate_inbetweens.FCVG_OT_generate_inbetweens,
    preview_conditions.FCVG_OT_preview_conditions,
    edit_matches.FCVG_OT_edit_matches,
    remove_conditions.FCVG_OT_remove_conditions,
    cancel.FCVG_OT_cancel,
    resume.FCVG_OT_resume,
    remove_inbetweens.FCVG_OT_remove_inbetweens,
    open_folder.FCVG_OT_open_folder,
    copy_report.FCVG_OT_copy_report,
    open_log.FCVG_OT_open_log,
    dismiss_error.FCVG_OT_dismiss_error,
    test_engine.FCVG_OT_test_engine,
    check_models.FCVG_OT_check_models,
)
