"""How probable a diffusion model finds a picture: the likelihood of its flow.

The probability-flow equation carries noise to pictures without any chance, so how
it stretches and squeezes the space says how probable each picture is.

Synopsis:

>>> from keras_gen import presets
>>> from keras_gen.data import digits
>>> model, images = presets.load("diffusion_digits"), digits()[1].images[:2]
>>> bits_per_dimension(model, images, num_steps=4, seed=0).shape
(2,)
"""

import weakref

import keras
import numpy as np
from keras import ops

from keras_gen import backend
from keras_gen.checks import check_images, check_positive_integers
from keras_gen.diffusion.generation import picture_and_noise

LEAST = 1e-12  # probability of a pixel's value that is not taken for rounding
PROGRAMS = weakref.WeakKeyDictionary()  # model -> its compiled step, for as long


def flow_log_likelihood(model, noisy_images, num_steps=50, seed=0):
    """Computes the log density of pictures at diffusion time 0.

    With `y = noisy_image / signal_rate` and `s = noise_rate / signal_rate` the flow is
    `dy/ds = noise(y)`, from the data's s up to that of time 1, where the density is
    that of pure noise.  On the way the log density falls by the trace of the noise's
    derivative, which is estimated with one random vector of signs for each picture.
    Heun's method walks evenly in log s.

    Args:
        model: a `DiffusionModel`.
        noisy_images: `(n, height, width, channels)`, normalised, and noisy as pictures
            are at time 0.
        num_steps: of the walk; each asks the network twice.
        seed: of the random signs.

    Returns:
        float64 array `(n,)`, in nats.

    Reference:
        Song et al. 2020, https://arxiv.org/abs/2011.13456, app. D.2 (likelihood) and
        eq. 40 (the random signs, after Hutchinson and Grathwohl et al.).
    """
    check_positive_integers(num_steps=num_steps)
    check_images(noisy_images, model.image_shape, name="noisy_images")
    noise_rates, signal_rates = _ends(model)
    levels = np.geomspace(*(noise_rates / signal_rates), num_steps + 1)
    network = model.ema_unet
    values = [
        [variable.value for variable in group]
        for group in (network.trainable_variables, network.non_trainable_variables)
    ]
    step = _program(model)
    y = ops.convert_to_tensor(noisy_images / signal_rates[0], "float32")
    signs = np.random.default_rng(seed).choice((-1.0, 1.0), size=y.shape)
    signs = ops.convert_to_tensor(signs, "float32")
    lost = np.zeros(len(noisy_images))
    for low, high in zip(levels[:-1], levels[1:], strict=True):
        ends = [ops.convert_to_tensor(level, "float32") for level in (low, high)]
        y, change = step(*values, y, signs, *ends)
        lost += ops.convert_to_numpy(change).astype("float64")
    noise = ops.convert_to_numpy(y).astype("float64") * signal_rates[1]
    num_values = np.prod(model.image_shape)
    at_the_end = np.sum(-0.5 * noise**2 - 0.5 * np.log(2 * np.pi), axis=(1, 2, 3))
    return at_the_end + lost + num_values * np.log(signal_rates[1] / signal_rates[0])


def bits_per_dimension(model, images, num_steps=50, seed=0):
    """Bounds from above what a picture's values cost, in bits each.

    At time 0 a picture still holds some noise.  So the price is that of the noisy
    picture by `flow_log_likelihood`, plus that of the picture given the noisy one: a
    Gaussian around what the network predicts, of the deviation that fits these
    pictures, in 256 steps; less what the noise is worth, which comes back.

    Args:
        model: a `DiffusionModel`.
        images: uint8 `(n, height, width, channels)`.
        num_steps: of the flow.
        seed: of the noise.

    Returns:
        float64 array `(n,)`, in bits; the pictures as they are stored cost 8.

    Reference:
        Kingma et al. 2021, https://arxiv.org/abs/2107.00630, eq. 11 (the bound).
    """
    check_images(images, model.image_shape)
    noise_rate, signal_rate = (ends[0] for ends in _ends(model))
    normalized = ops.convert_to_numpy(model.normalizer(images)).astype("float64")
    noise = np.random.default_rng(seed).standard_normal(normalized.shape)
    noisy = signal_rate * normalized + noise_rate * noise
    of_noise = -0.5 * noise**2 - 0.5 * np.log(2 * np.pi) - np.log(noise_rate)
    rates = [np.full((len(images), 1, 1, 1), x) for x in (noise_rate, signal_rate)]
    predicted, _ = model.denoise(*(x.astype("float32") for x in (noisy, *rates)))
    nats = (
        np.sum(of_noise, axis=(1, 2, 3))
        - flow_log_likelihood(model, noisy, num_steps, seed)
        - _log_probability(images, _in_pixels(model, predicted))
    )
    return nats / (np.prod(model.image_shape) * np.log(2))


def _ends(model):
    """Noise rates and signal rates at times 0 and 1, in double precision."""
    rates = model.schedule(np.array([0.0, 1.0], "float32"))
    return [ops.convert_to_numpy(x).astype("float64") for x in rates]


def _program(model):
    """The step, compiled once for each model and shape: not anew at each call."""
    if model not in PROGRAMS:
        PROGRAMS[model] = backend.compile(_step_of(model.ema_unet, model.target))
    return PROGRAMS[model]


def _step_of(network, target):
    def slope(weights, state, y, signs, level):
        """The noise in a picture, and the trace of its derivative."""
        signal_rate = 1.0 / ops.sqrt(1.0 + level**2)
        rates = [
            ops.broadcast_to(rate, (ops.shape(y)[0], 1, 1, 1))
            for rate in (level * signal_rate, signal_rate)
        ]

        def noise_of(y):
            noisy = y * signal_rate
            prediction, _ = network.stateless_call(
                weights, state, [noisy, rates[0]], training=False
            )
            return picture_and_noise(target, noisy, *rates, prediction)[1]

        pulled = backend.gradient(lambda y: ops.sum(noise_of(y) * signs), y)
        return noise_of(y), ops.sum(pulled * signs, axis=(1, 2, 3))

    def step(weights, state, y, signs, low, high):
        """Heun's step in log s, in which the slopes are s times as steep."""
        width = ops.log(high / low)
        first, trace = slope(weights, state, y, signs, low)
        ahead = y + width * low * first
        second, trace_ahead = slope(weights, state, ahead, signs, high)
        y = y + 0.5 * width * (low * first + high * second)
        return y, 0.5 * width * (low * trace + high * trace_ahead)

    return step


def _in_pixels(model, normalized):
    mean, variance = model.normalizer.mean, model.normalizer.variance
    deviation = ops.maximum(ops.sqrt(variance), keras.config.epsilon())
    return ops.convert_to_numpy(mean + normalized * deviation).astype("float64")


def _log_probability(images, means):
    """Of pixel values, by Gaussians of one deviation that are cut into 256 steps."""
    from scipy.stats import norm

    pixels = images.astype("float64")
    deviation = np.sqrt(np.mean((pixels - means) ** 2))
    above = np.where(pixels == 255, np.inf, pixels + 0.5)
    below = np.where(pixels == 0, -np.inf, pixels - 0.5)
    shares = norm.cdf(above, means, deviation) - norm.cdf(below, means, deviation)
    return np.sum(np.log(np.maximum(shares, LEAST)), axis=(1, 2, 3))
