"""What the artist chooses and what Blender saves: properties of scenes, strips and preferences."""
