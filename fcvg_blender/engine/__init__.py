"""The add-on's side of the engine: where it is, its process, its messages. No bpy in this package.

`protocol` and `errors` belong to the engine; the add-on reaches them through here only. In an installed extension
both packages lie inside the extension's package, in a checkout they are top level.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fcvg_engine import errors, protocol
else:
    try:
        from ...fcvg_engine import errors, protocol
    except ImportError:
        from fcvg_engine import errors, protocol

__all__ = ["errors", "protocol"]
