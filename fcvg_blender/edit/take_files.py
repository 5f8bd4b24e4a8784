"""Names of the files in a take's folder: keys, the manifest, unfinished files."""

from __future__ import annotations

TEMPORARY = ".fcvg-tmp-"  # begins the names of unfinished files, the engine's as well


def suffix(file_format: str) -> str:
    """Of the key files of a job whose frames are in `file_format`: scene-linear EXR where asked, else PNG."""
    return ".exr" if file_format == "exr" else ".png"


KEY_MATCHES = "key_matches.json"  # the artist's own, beside the keys
