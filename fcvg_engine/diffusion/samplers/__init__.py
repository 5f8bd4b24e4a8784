# SPDX-License-Identifier: GPL-3.0-or-later
"""Time-reversal samplers: pure functions from noise to latents with one denoiser.

A sampler is a module with two names. `OPTIONS` are its published options, a dataclass with `steps`, `guidance_min` and
`guidance_max`. `sample(denoiser, draw_noise, options, on_step)` returns clean latents; where the method's traits say
`key_latents`, it also has the arguments `start` and `end`. The types are in `base`.
"""
