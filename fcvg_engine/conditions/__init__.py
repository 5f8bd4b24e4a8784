"""Frame-wise conditions: what is seen in both keys, matched, and drawn for every frame between them."""
