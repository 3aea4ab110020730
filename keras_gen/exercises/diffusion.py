"""Checks of the set `diffusion`: schedule, blocks, U-Net, and the model around it."""

from keras_gen.exercises import diffusion_parts

checks = diffusion_parts.checks
