# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators of the engine: install, update, repair, remove, doctor."""

from __future__ import annotations

from .allow_online import FCVG_OT_allow_online
from .cancel_chore import FCVG_OT_cancel_chore
from .check_models import FCVG_OT_check_models
from .copy_doctor_report import FCVG_OT_copy_doctor_report
from .copy_install_report import FCVG_OT_copy_install_report
from .dismiss_trouble import FCVG_OT_dismiss_trouble
from .free_downloads import FCVG_OT_free_downloads
from .install_engine import FCVG_OT_install_engine
from .open_install_log import FCVG_OT_open_install_log
from .remove_engine import FCVG_OT_remove_engine
from .repair_engine import FCVG_OT_repair_engine
from .run_doctor import FCVG_OT_run_doctor
from .test_engine import FCVG_OT_test_engine
from .update_engine import FCVG_OT_update_engine

CLASSES = (
    FCVG_OT_test_engine,
    FCVG_OT_check_models,
    FCVG_OT_allow_online,
    FCVG_OT_install_engine,
    FCVG_OT_update_engine,
    FCVG_OT_repair_engine,
    FCVG_OT_remove_engine,
    FCVG_OT_open_install_log,
    FCVG_OT_copy_install_report,
    FCVG_OT_cancel_chore,
    FCVG_OT_dismiss_trouble,
    FCVG_OT_run_doctor,
    FCVG_OT_copy_doctor_report,
    FCVG_OT_free_downloads,
)
