"""Images and job folders: read, encoded, and written whole or not at all."""
