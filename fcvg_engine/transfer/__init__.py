# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes from elsewhere: downloads, package indexes, archives. Standard library only: the add-on uses it too."""

from .addresses import CleanText, cleaned, cleaned_all
from .download import PATIENCE, Download, OnRate, Patience, Rate, fetch, is_offline
from .package_index import Places, Wheel, locate, places
from .partial_file import PartialFile
from .unpack import member

__all__ = [
    "PATIENCE",
    "CleanText",
    "Download",
    "OnRate",
    "PartialFile",
    "Patience",
    "Places",
    "Rate",
    "Wheel",
    "cleaned",
    "cleaned_all",
    "fetch",
    "is_offline",
    "locate",
    "member",
    "places",
]
