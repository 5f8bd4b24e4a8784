from .fcvg_blender import register, unregister  # noqa: F401
