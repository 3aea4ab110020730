"""Image generation with Keras 3: the software of a university lecture.

One source for JAX and TensorFlow.  Importing the package does no work; each name is
imported when it is first used.

Synopsis:

>>> import keras_gen
>>> encoder = keras_gen.build_encoder((28, 28, 1), latent_dim=2)
>>> decoder = keras_gen.build_decoder((28, 28, 1), latent_dim=2)
>>> vae = keras_gen.VAE(encoder, decoder)
"""

import importlib
import os

# TensorFlow's quicker convolutions, which it leaves off on processors without AVX-512.
# Here, as Keras starts TensorFlow before it reaches `backend.py`.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

__version__ = "0.1.0"

_ROOM_OF = {
    "autoencoders": (
        "VAE",
        "Autoencoder",
        "Sampler",
        "build_code_encoder",
        "build_decoder",
        "build_encoder",
        "kl_divergence",
        "latent_grid",
        "reconstruction_loss",
    ),
    "data": (
        "Batches",
        "Pictures",
        "cifar10",
        "digits",
        "fashion_mnist",
        "flower_nights",
        "flower_outlines",
        "flowers",
        "folder",
        "folder_pairs",
        "load_data",
        "mnist",
        "oxford_flowers",
    ),
    "diffusion": (
        "DDIM",
        "ClassConditionedDiffusionModel",
        "CosineSchedule",
        "DiffusionModel",
        "LinearSchedule",
        "TextConditionedDiffusionModel",
        "TextToImage",
        "add_noise",
        "build_unet",
        "diffusion_schedule",
        "guided_noise",
        "residual_block",
        "scale_output",
    ),
    "gans": (
        "GAN",
        "ConditionalGAN",
        "CycleGAN",
        "Pix2Pix",
        "ProgressiveGAN",
        "WassersteinGAN",
        "build_discriminator",
        "build_generator",
        "build_patch_discriminator",
        "build_style_generator",
        "build_translator",
        "invert",
        "mixed_styles",
    ),
    "latents": ("attribute_direction",),
    "text": (
        "TextEncoder",
        "interpolate_prompts",
        "pool_tokens",
        "pretrain_text_encoder",
        "slerp",
    ),
    "training": ("SampleGrid", "load_model"),
}
_HOME = {name: room for room, names in _ROOM_OF.items() for name in names}
# The rest of the grader's room is the judge's, which never loads Keras.
_HOME |= dict.fromkeys(("check", "check_all", "mine_or_ours"), "grading.notebook")
_HOME["budget"] = "course"
_ROOMS = ("backend", "metrics", "plots", "presets", "recipes", *_ROOM_OF)

__all__ = sorted([*_HOME, *_ROOMS])


def __getattr__(name):
    if name in _ROOMS:
        return importlib.import_module(f"keras_gen.{name}")
    if name in _HOME:
        return getattr(importlib.import_module(f"keras_gen.{_HOME[name]}"), name)
    raise AttributeError(f"module 'keras_gen' has no attribute {name!r}")


def __dir__():
    return __all__
