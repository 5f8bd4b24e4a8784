"""Time-reversal samplers: pure functions from noise to latents over one denoiser, see `base`."""
