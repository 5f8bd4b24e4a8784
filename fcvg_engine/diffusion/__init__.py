"""Stable Video Diffusion between two keys: networks, encoding, denoising, decoding."""
