"""Diffusion models: noise schedules, the U-Net, training, sampling, text."""

from keras_gen.diffusion.guidance import drop_text, guided_noise
from keras_gen.diffusion.model import DiffusionModel
from keras_gen.diffusion.samplers import ddim_step, reverse_diffusion
from keras_gen.diffusion.schedules import (
    CosineSchedule,
    add_noise,
    diffusion_schedule,
)
from keras_gen.diffusion.text_conditioned import TextConditionedDiffusionModel
from keras_gen.diffusion.text_to_image import TextToImage
from keras_gen.diffusion.unet import TextAttention, build_unet, residual_block

__all__ = [
    "CosineSchedule",
    "DiffusionModel",
    "TextAttention",
    "TextConditionedDiffusionModel",
    "TextToImage",
    "add_noise",
    "build_unet",
    "ddim_step",
    "diffusion_schedule",
    "drop_text",
    "guided_noise",
    "residual_block",
    "reverse_diffusion",
]
