import bpy

settings = (getattr(bpy.context, "sequencer_scene", None) or bpy.context.scene).fcvg

settings.method = "GMFSS"
settings.timing = "LINEAR"
settings.hold = "TWOS"
settings.format = "PNG"
settings.cuts = "ASK"
