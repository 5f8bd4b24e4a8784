"""Bytes from elsewhere: downloads and package indexes. Standard library only: the add-on uses it too."""
