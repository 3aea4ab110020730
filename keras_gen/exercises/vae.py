"""Checks of the set `vae`: sampler, losses, networks, the model, and its latent grid."""

from keras_gen.exercises import vae_sampler

PARTS = (vae_sampler,)
checks = vae_sampler.checks
