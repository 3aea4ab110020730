"""Checks of the set `vae`: sampler, losses, networks, the model, latent grid."""

from keras_gen.exercises import (
    vae_losses,
    vae_networks,
    vae_objective,
    vae_picture,
    vae_sampler,
)

PARTS = vae_sampler, vae_losses, vae_networks, vae_objective, vae_picture
checks = vae_sampler.checks
