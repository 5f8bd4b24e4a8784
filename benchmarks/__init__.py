"""Measurements a reader can repeat; none of this ships with the engine."""
