"""Words for the artist: translation, amounts, and the catalogues of each language."""
