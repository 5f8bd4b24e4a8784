"""Draft methods: RIFE, GMFSS, FILM and the dissolve, and the choice among them for `auto`."""
