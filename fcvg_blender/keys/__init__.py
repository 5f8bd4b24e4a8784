"""The two keys of a gap: rendered out of the edit, and recognised when they change."""
