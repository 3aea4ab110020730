"""Autoencoders: plain, denoising, sparse and variational."""

from keras_gen.autoencoders.autoencoder import Autoencoder
from keras_gen.autoencoders.losses import kl_divergence, reconstruction_loss
from keras_gen.autoencoders.networks import (
    build_code_encoder,
    build_decoder,
    build_encoder,
)
from keras_gen.autoencoders.vae import VAE, Sampler, latent_grid

__all__ = [
    "VAE",
    "Autoencoder",
    "Sampler",
    "build_code_encoder",
    "build_decoder",
    "build_encoder",
    "kl_divergence",
    "latent_grid",
    "reconstruction_loss",
]
