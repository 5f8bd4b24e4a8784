"""What holds the add-on together: Blender's handlers and `blender --command fcvg`."""
