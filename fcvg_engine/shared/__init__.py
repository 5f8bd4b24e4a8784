"""What the add-on reads too: errors, timing charts, manifests, the protocol. Standard library only."""
