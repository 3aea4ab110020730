"""Diffusion models: noise schedules, the U-Net, training, sampling, text."""

from keras_gen.diffusion.attention import SelfAttention, TextAttention
from keras_gen.diffusion.autoguidance import Guidance, autoguided
from keras_gen.diffusion.class_conditioned import ClassConditionedDiffusionModel
from keras_gen.diffusion.conditioning import SinusoidalEmbedding
from keras_gen.diffusion.guidance import drop_text, guided_noise
from keras_gen.diffusion.model import DiffusionModel
from keras_gen.diffusion.samplers import (
    DDIM,
    SAMPLERS,
    ddim_step,
    ddpm_step,
    dpm_solver_step,
    euler_step,
    reverse_diffusion,
)
from keras_gen.diffusion.schedules import (
    SPACINGS,
    CosineSchedule,
    LinearSchedule,
    add_noise,
    diffusion_schedule,
    shift_times,
)
from keras_gen.diffusion.text_conditioned import TextConditionedDiffusionModel
from keras_gen.diffusion.text_to_image import TextToImage
from keras_gen.diffusion.unet import build_unet, residual_block
from keras_gen.ranges import scale_output

__all__ = [
    "DDIM",
    "SAMPLERS",
    "SPACINGS",
    "ClassConditionedDiffusionModel",
    "CosineSchedule",
    "DiffusionModel",
    "Guidance",
    "LinearSchedule",
    "SelfAttention",
    "SinusoidalEmbedding",
    "TextAttention",
    "TextConditionedDiffusionModel",
    "TextToImage",
    "add_noise",
    "autoguided",
    "build_unet",
    "ddim_step",
    "ddpm_step",
    "diffusion_schedule",
    "shift_times",
    "dpm_solver_step",
    "drop_text",
    "euler_step",
    "guided_noise",
    "residual_block",
    "reverse_diffusion",
    "scale_output",
]
