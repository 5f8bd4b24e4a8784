import bpy

settings = (getattr(bpy.context, "sequencer_scene", None) or bpy.context.scene).fcvg

settings.method = "RIFE"
settings.timing = "EASE_IN_OUT"
settings.hold = "TWOS"
settings.format = "JPG"
settings.cuts = "LEAVE_OUT"
