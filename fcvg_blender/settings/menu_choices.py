# SPDX-License-Identifier: GPL-3.0-or-later
"""The choices that menus offer, and what the engine calls them.

Identifiers and numbers are saved in .blend files: add new ones, never change those that are here.
"""

from ..engine import plain_text, registry
from ..i18n.translate import rpt

_LONGEST = 400  # letters of a word that is shown as it is

METHODS = [
    ("AUTO", "Automatic", "Looks at the two keys and takes what suits them best", 0),
    ("RIFE", "RIFE", "Fast. Best on rendered and filmed pictures", 1),
    ("GMFSS", "GMFSS", "Slower. Best on drawn animation with large motion", 2),
    ("DISSOLVE", "Dissolve", "Fades one key into the other without moving anything", 3),
    ("FCVG", "FCVG", "Draws what lies between, led by matched lines and poses. Large motion; slow, needs models", 4),
    ("TRF", "TRF", "A video model draws from both keys towards the middle. Large motion; slow, needs models", 5),
    ("VIBID", "ViBiDSampler", "As TRF, with both directions kept together step by step. Slow, needs models", 6),
    ("GI", "Generative Inbetweening", "As TRF, with a model of its own for the way back. Slow, needs models", 7),
    ("FILM", "FILM", "Slower than RIFE. Soft and steady on photographs and renders of one scene. Needs its model", 8),
]
PLACEMENTS = [
    ("OVER_END", "Over the End", "Lay the inbetweens over the last frames of the earlier strip", 0),
    ("OVER_START", "Over the Start", "Lay the inbetweens over the first frames of the later strip", 1),
    ("CENTRED", "Centred on the Cut", "Lay half of the inbetweens over each of the two strips", 2),
    ("PUSH", "Push Later Strips", "Make room: move everything after the cut to the right", 3),
]
TIMINGS = [
    ("LINEAR", "Even", "The same distance from each drawing to the next", 0),
    ("EASE_IN", "Slow Out of First", "Starts slowly: drawings gather at the earlier key", 1),
    ("EASE_OUT", "Slow In to Last", "Ends slowly: drawings gather at the later key", 2),
    ("EASE_IN_OUT", "Slow Both Ends", "Starts and ends slowly: drawings gather at both keys", 3),
    ("CUSTOM", "Typed Chart", "Say for each drawing how far it is on the way from the earlier to the later key", 4),
    ("FAVOUR_FIRST", "Favour First", "All drawings are nearer to the earlier key", 5),
    ("FAVOUR_LAST", "Favour Last", "All drawings are nearer to the later key", 6),
    ("ANTICIPATION", "Anticipation", "Winds up at the earlier key, then goes fast and settles into the later one", 7),
    ("CURVE", "Free Curve", "Draw how the drawings are spaced", 8),
    ("FCURVE", "From Animation", "Spaced as an object moves between the two keys", 9),
]
HOLDS = [
    ("ONES", "On Ones", "A new drawing on every frame", 1),
    ("TWOS", "On Twos", "Each drawing is held for two frames", 2),
    ("THREES", "On Threes", "Each drawing is held for three frames", 3),
]
CUTS = [
    ("ASK", "Ask", "Ask before making inbetweens of two keys that do not look like the same shot", 0),
    ("MAKE", "Make Anyway", "Make inbetweens of any two keys", 1),
    ("LEAVE_OUT", "Leave Out", "Make no inbetweens of two keys that do not look like the same shot", 2),
]
FORMATS = [
    ("PNG", "PNG", "8 bits a channel, with transparency. Right for most edits", 0),
    ("PNG16", "PNG 16 bit", "16 bits a channel, with transparency. For later colour grading", 1),
    ("EXR", "OpenEXR", "Scene-linear with transparency. Keeps values brighter than white", 2),
    ("JPG", "JPEG", "Small files without transparency", 3),
]

OF_8_BITS = ("png", "jpg")  # the engine's words for them


def engine_word(identifier: str) -> str:
    """The engine's word for an enum identifier: `EASE_IN` is `ease-in`."""
    return identifier.lower().replace("_", "-")


def method_label(word: str) -> str:
    """What the artist calls the method that the engine calls `word`; the word itself where another version knows it."""
    return label_of(METHODS, word)


def label_of(items: list[tuple[str, str, str, int]], word: str) -> str:
    """The label, translated, of the item that the engine calls `word`; the word itself, made plain, where another
    version knows it, or where it is no word but a chart."""
    return rpt(
        next((label for name, label, *_ in items if engine_word(name) == word), plain_text.plain(word[:_LONGEST]))
    )


def needs_download(method: str) -> bool:
    """Whether the method (the engine's word) needs models that are not installed with the engine."""
    names = registry.needs().get(method, ())
    return any(registry.models()[name].source.kind != "wheel" for name in names)
