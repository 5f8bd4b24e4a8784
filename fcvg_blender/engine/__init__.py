# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on's side of the engine: where it is, its process, its messages. No bpy in this package.

The modules in `__all__` belong to the engine; the add-on reaches them through here only. In an installed extension
both packages lie inside the extension's package, in a checkout they are top level.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fcvg_engine import transfer
    from fcvg_engine.models import registry
    from fcvg_engine.shared import (
        disk_errors,
        errors,
        file_lock,
        file_records,
        folder_record,
        manifest,
        manifest_facts,
        methods,
        own_files,
        plain_text,
        protocol,
        scratch,
        small_files,
        timing,
    )
else:
    try:
        from ...fcvg_engine import transfer
        from ...fcvg_engine.models import registry
        from ...fcvg_engine.shared import (
            disk_errors,
            errors,
            file_lock,
            file_records,
            folder_record,
            manifest,
            manifest_facts,
            methods,
            own_files,
            plain_text,
            protocol,
            scratch,
            small_files,
            timing,
        )
    except ImportError:
        from fcvg_engine import transfer
        from fcvg_engine.models import registry
        from fcvg_engine.shared import (
            disk_errors,
            errors,
            file_lock,
            file_records,
            folder_record,
            manifest,
            manifest_facts,
            methods,
            own_files,
            plain_text,
            protocol,
            scratch,
            small_files,
            timing,
        )

__all__ = [
    "disk_errors",
    "errors",
    "file_lock",
    "file_records",
    "folder_record",
    "manifest",
    "manifest_facts",
    "methods",
    "own_files",
    "plain_text",
    "protocol",
    "registry",
    "scratch",
    "small_files",
    "timing",
    "transfer",
]
