"""What all methods build on: their contract, devices, keys as tensors, warping."""
