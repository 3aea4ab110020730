"""Generative adversarial networks: one network draws, another judges."""

from keras_gen.gans.conditional import ConditionalGAN
from keras_gen.gans.cyclegan import CycleGAN
from keras_gen.gans.duel import Duel, frozen_call
from keras_gen.gans.gan import GAN
from keras_gen.gans.inversion import invert
from keras_gen.gans.losses import LOSSES, AdversarialLoss, smoothed
from keras_gen.gans.networks import build_discriminator, build_generator
from keras_gen.gans.penalties import Clip, gradient_penalty, mixed, r1_penalty, slopes
from keras_gen.gans.pix2pix import Pix2Pix
from keras_gen.gans.progressive import ProgressiveGAN
from keras_gen.gans.style import build_style_generator, mixed_styles
from keras_gen.gans.translators import build_patch_discriminator, build_translator
from keras_gen.gans.wgan import WassersteinGAN

__all__ = [
    "GAN",
    "LOSSES",
    "AdversarialLoss",
    "Clip",
    "ConditionalGAN",
    "CycleGAN",
    "Duel",
    "Pix2Pix",
    "ProgressiveGAN",
    "WassersteinGAN",
    "build_discriminator",
    "build_generator",
    "build_patch_discriminator",
    "build_style_generator",
    "build_translator",
    "frozen_call",
    "gradient_penalty",
    "invert",
    "mixed",
    "mixed_styles",
    "r1_penalty",
    "slopes",
    "smoothed",
]
