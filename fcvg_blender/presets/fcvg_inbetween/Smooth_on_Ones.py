import bpy

settings = (getattr(bpy.context, "sequencer_scene", None) or bpy.context.scene).fcvg

settings.method = "AUTO"
settings.timing = "LINEAR"
settings.hold = "ONES"
settings.format = "PNG"
settings.cuts = "ASK"
