"""Makes the engine's environment: plan, download, build, swap, repair. Standard library only, no bpy."""
