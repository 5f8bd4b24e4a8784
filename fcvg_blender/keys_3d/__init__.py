"""3D keys: keyframes of a scene rendered out and laid into an edit."""
