"""Draft methods: RIFE, GMFSS, FILM and the dissolve, and which of them `auto` takes."""
