"""What every method builds on: its contract, devices, pictures as tensors, warping."""
