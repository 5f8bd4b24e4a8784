"""The edit: gaps between keys, strips of inbetweens, their takes and their folders."""
