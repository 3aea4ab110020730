"""Checks of the set `vae`: sampler, losses, networks, the model, its latent grid."""

from keras_gen.exercises import vae_losses, vae_sampler

PARTS = vae_sampler, vae_losses
checks = vae_sampler.checks
