"""Networks with the published names of their weights. Other rooms load the weights."""
