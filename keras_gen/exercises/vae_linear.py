"""A VAE's networks that are known: linear, so that losses and slopes are closed forms.

With what the submission's own sampler and losses say of them: a VAE that uses those is
right with them.
"""

import numpy as np
from scipy.special import expit

from keras_gen.exercises.registry import Failed
from keras_gen.exercises.vae_losses import (
    of_kl,
    of_reconstruction,
    slope_of_reconstruction,
    slopes_of_kl,
)
from keras_gen.exercises.vae_sampler import normal
from keras_gen.grading.student import StudentError

SHAPE, LATENT_DIM = (4, 4, 2), 3
PIXELS = 4 * 4 * 2


class Networks:
    """Encoder and decoder with random weights, here and beside the submission.

    Args:
        student: the student.
        rng: source of the weights.
        setting: constants for z_mean and z_log_var; None leaves one linear.
    """

    def __init__(self, student, rng, setting):
        self.weights = []
        for constant in setting:
            kernel = 0.25 * normal(rng, PIXELS, LATENT_DIM)
            bias = 0.5 * normal(rng, LATENT_DIM)
            if constant is not None:
                kernel, bias = 0 * kernel, np.full_like(bias, constant)
            self.weights += [kernel, bias]
        self.weights += [
            0.4 * normal(rng, LATENT_DIM, PIXELS),
            0.3 * normal(rng, PIXELS),
        ]
        how = {"image_shape": SHAPE, "latent_dim": LATENT_DIM}
        self.student = student
        self.encoder = student.probe("vae.encoder", **how)
        self.decoder = student.probe("vae.decoder", **how)
        student.set_weights(self.encoder, self.weights[:4])
        student.set_weights(self.decoder, self.weights[4:])
        self.vae = student.make("VAE", self.encoder, self.decoder)

    def encode(self, images):
        """`(z_mean, z_log_var)`, in float64."""
        flat = np.float64(images).reshape(len(images), -1)
        kernel, bias, other, shift = self.weights[:4]
        return flat @ kernel + bias, flat @ other + shift

    def decode(self, z):
        """Images, in float64."""
        return expit(z @ self.weights[4] + self.weights[5]).reshape(len(z), *SHAPE)

    def now(self):
        """The weights as training has left them."""
        return self.student.weights(self.encoder) + self.student.weights(self.decoder)

    def slopes(self, images, z, back, of_reconstructions, of_latents):
        """Gradients of the loss, of all weights, one after the other in one array.

        Args:
            images: the batch.
            z: its latents.
            back: function from the gradient of z to those of z_mean and z_log_var.
            of_reconstructions: gradient of the reconstruction term.
            of_latents: gradients of the KL term.
        """
        p = self.decode(z)
        logits = (of_reconstructions * p * (1 - p)).reshape(len(z), -1)
        heads = zip(back(logits @ self.weights[4].T), of_latents, strict=True)
        mean, log_var = (one + other for one, other in heads)
        flat = np.float64(images).reshape(len(images), -1)
        made = [flat.T @ mean, mean.sum(0), flat.T @ log_var, log_var.sum(0)]
        return joined([*made, z.T @ logits, logits.sum(0)])


def joined(arrays):
    """Arrays as one, flat."""
    return np.concatenate([np.ravel(array) for array in arrays])


# ---------------------------------------------------------- the right parts, and theirs


def with_theirs(student, name, right, theirs) -> list:
    """What the right part says, and what the submission's own says if it has one."""
    if not student.has(name):
        return [right]
    try:
        return [right, theirs()]
    except (StudentError, Failed, TypeError, ValueError, AttributeError):
        return [right]


def own_mean(student, name, args, wrt):
    """The mean of what an own loss returns, and its gradients."""
    answer = student.call(name, *args)
    cotangent = np.full(answer.shape, 1 / answer.size, "float32")
    args = [np.float32(arg) for arg in args]
    _, slopes = student.vjp(name, args, [cotangent], wrt=wrt)
    return float(answer.mean()), [np.float64(slope) for slope in slopes]


def reconstructions_of(student, images, p):
    """Mean reconstruction losses with their gradients of `p`, right and own."""
    args, name = [np.float32(images), np.float32(p)], "reconstruction_loss"
    right = of_reconstruction(*args).mean(), slope_of_reconstruction(*args) / len(p)

    def theirs():
        mean, (slope,) = own_mean(student, name, args, [1])
        return mean, slope.reshape(p.shape)

    return with_theirs(student, name, right, theirs)


def kls_of(student, z_mean, z_log_var):
    """Mean KL terms with their gradients, right and own."""
    args, name = [np.float32(z_mean), np.float32(z_log_var)], "kl_divergence"
    slopes = [slope / len(z_mean) for slope in slopes_of_kl(*args)]
    right = of_kl(*args).mean(), slopes
    theirs = lambda: own_mean(student, name, args, [0, 1])  # noqa: E731
    return with_theirs(student, name, right, theirs)


def latents_of(student, z_mean, z_log_var):
    """Latents where there is no noise, each with the way back; right and own."""
    args = [np.float32(z_mean), np.float32(z_log_var)]

    def theirs():
        sampler = student.make("Sampler")
        z = np.float64(student.call(sampler, *args)).reshape(z_mean.shape)

        def back(cotangent):
            asked = [np.float32(cotangent)]
            _, slopes = student.vjp(sampler, args, asked, wrt=[0, 1])
            return [np.float64(slope) for slope in slopes]

        return z, back

    right = z_mean, lambda cotangent: (cotangent, np.zeros_like(cotangent))
    return with_theirs(student, "Sampler", right, theirs)
