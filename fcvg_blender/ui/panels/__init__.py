"""The panels of the *Inbetween* tab, a section a file."""
