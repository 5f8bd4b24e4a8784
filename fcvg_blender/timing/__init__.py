"""Timing charts and exposure sheets: when a drawing is made, and which frame shows it."""
