# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators of the models: list, download, import, verify, remove, consent."""

from __future__ import annotations

from .accept_licence import FCVG_OT_accept_licence
from .download_model import FCVG_OT_download_model
from .get_models import FCVG_OT_get_models
from .hub_login import FCVG_OT_hub_login
from .import_models import FCVG_OT_import_models
from .list_models import FCVG_OT_list_models
from .models_report import FCVG_OT_models_report
from .open_licence import FCVG_OT_open_licence
from .remove_model import FCVG_OT_remove_model
from .show_model import FCVG_OT_show_model
from .verify_model import FCVG_OT_verify_model

CLASSES = (
    FCVG_OT_list_models,
    FCVG_OT_get_models,
    FCVG_OT_download_model,
    FCVG_OT_verify_model,
    FCVG_OT_remove_model,
    FCVG_OT_show_model,
    FCVG_OT_accept_licence,
    FCVG_OT_open_licence,
    FCVG_OT_import_models,
    FCVG_OT_hub_login,
    FCVG_OT_models_report,
)
