"""The add-on's side of the engine: where it is, its process, its messages. No bpy in this package.

`errors`, `manifest`, `methods`, `protocol`, `registry`, `timing` and `transfer` belong to the engine; the add-on
reaches them through here only. In an installed extension both packages lie inside the extension's package, in a
checkout they are top level.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fcvg_engine import transfer
    from fcvg_engine.models import registry
    from fcvg_engine.shared import errors, manifest, methods, protocol, timing
else:
    try:
        from ...fcvg_engine import transfer
        from ...fcvg_engine.models import registry
        from ...fcvg_engine.shared import errors, manifest, methods, protocol, timing
    except ImportError:
        from fcvg_engine import transfer
        from fcvg_engine.models import registry
        from fcvg_engine.shared import errors, manifest, methods, protocol, timing

__all__ = ["errors", "manifest", "methods", "protocol", "registry", "timing", "transfer"]
