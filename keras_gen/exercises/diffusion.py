"""Checks of the set `diffusion`: schedule, blocks, U-Net, and the model around it."""

from keras_gen.exercises import (
    diffusion_call,
    diffusion_generate,
    diffusion_model,
    diffusion_networks,
    diffusion_parts,
)

# Each adds its checks.
PARTS = diffusion_parts, diffusion_networks, diffusion_model, diffusion_call
PARTS += (diffusion_generate,)
checks = diffusion_parts.checks
