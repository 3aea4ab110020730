"""Each player of a GAN has the gradient of its own loss, and of nothing else.

One step of plain gradient descent is compared with central differences of each player's
loss, written down once more in NumPy in double precision: networks with batch
normalisation and dropout, every loss, every penalty.
"""

import keras
import numpy as np
import pytest
from keras import layers

from keras_gen import backend, training
from keras_gen.gans import GAN, WassersteinGAN, frozen_call
from keras_gen.training import load_model

LATENTS, POINTS, HIDDEN, NUM = 3, 2, 4, 6
EPSILON = 1e-3  # of the batch normalisation


def network(inputs, outputs, name):
    """Every kind of state there is: weights, statistics, the seed of the dropout."""
    return keras.Sequential(
        [
            keras.Input((inputs,)),
            layers.Dense(HIDDEN, kernel_initializer="normal"),
            layers.BatchNormalization(epsilon=EPSILON),
            layers.Activation("tanh"),
            layers.Dropout(0.3, seed=1),
            layers.Dense(outputs),
        ],
        name=name,
    )


def points(num=NUM, seed=0):
    return np.random.default_rng(seed).standard_normal((num, POINTS)).astype("float32")


def made(kind=GAN, **how):
    model = kind(network(LATENTS, POINTS, "g"), network(POINTS, 1, "d"), seed=0, **how)
    rng = np.random.default_rng(5)
    for weight in model.trainable_variables:  # biases too have a value of their own
        weight.assign(weight.numpy() + 0.5 * rng.standard_normal(weight.shape))
    return model


def values(variables):
    return [keras.ops.convert_to_numpy(v.value).astype("float64") for v in variables]


# ------------------------------------------------------- the networks, in NumPy


def forward(weights, x, mask):
    """The network in training."""
    kernel, bias, gamma, beta, last_kernel, last_bias = weights
    h = x @ kernel + bias
    variance = ((h - h.mean(axis=0)) ** 2).mean(axis=0)
    h = gamma * (h - h.mean(axis=0)) / np.sqrt(variance + EPSILON) + beta
    return (np.tanh(h) * mask) @ last_kernel + last_bias


def slopes(weights, x, mean, variance):
    """The gradient of each logit in its point, with the moving statistics."""
    kernel, bias, gamma, beta, last_kernel, _ = weights
    scale = gamma / np.sqrt(variance + EPSILON)
    h = np.tanh(scale * (x @ kernel + bias - mean) + beta)
    return ((1 - h**2) * scale * last_kernel[:, 0]) @ kernel.T


def softplus(x):
    return np.logaddexp(0.0, x)


PAYS = {  # for true points, for generated ones, what the generator pays
    "minimax": (lambda x: softplus(-x), softplus, lambda x: -softplus(x)),
    "non_saturating": (lambda x: softplus(-x), softplus, lambda x: softplus(-x)),
    "least_squares": (
        lambda x: (x - 1) ** 2 / 2,
        lambda x: (x + 1) ** 2 / 2,
        lambda x: x**2 / 2,
    ),
    "hinge": (
        lambda x: np.maximum(0, 1 - x),
        lambda x: np.maximum(0, 1 + x),
        lambda x: -x,
    ),
    "wasserstein": (lambda x: -x, lambda x: x, lambda x: -x),
}


def drawn(model, epoch=0):
    """The random numbers of an epoch's first step: latents, shares, masks."""
    training.seed_generators(model, 0, epoch)
    shape = (NUM, LATENTS)
    latents = keras.random.normal(shape, seed=model.seed_generator)
    shares = keras.random.uniform((NUM, 1), seed=model.seed_generator)
    ones = np.ones((NUM, HIDDEN), "float32")
    generator_mask = model.generator.layers[3](ones, training=True)
    masks = [model.discriminator.layers[3](ones, training=True) for _ in range(3)]
    training.seed_generators(model, 0, epoch)
    numbers = (latents, shares, generator_mask, *masks)
    return [keras.ops.convert_to_numpy(x).astype("float64") for x in numbers]


def differences(loss_of, weights):
    """The gradient of a function of weights, by central differences."""
    found = []
    for k, weight in enumerate(weights):
        found.append(np.zeros(weight.shape))
        for index in np.ndindex(weight.shape):
            ends = []
            for sign in (1, -1):
                moved = [w.copy() for w in weights]
                moved[k][index] += sign * 1e-5
                ends.append(loss_of(moved))
            found[-1][index] = (ends[0] - ends[1]) / 2e-5
    return found


def step(model, data):
    """What one step of descent with rate 1 takes off each player's weights."""
    model.compile(keras.optimizers.SGD(1.0))
    players = (model.generator, model.discriminator)
    before = [values(player.trainable_variables) for player in players]
    model.train_on_batch(data)
    after = [values(player.trainable_variables) for player in players]
    pairs = zip(before, after, strict=True)
    return before, [[a - b for a, b in zip(*pair, strict=True)] for pair in pairs]


CASES = [
    *[(GAN, {"adversarial_loss": name}) for name in PAYS],
    (GAN, {"smoothing": 0.2}),
    (GAN, {"r1": 0.7}),
    (WassersteinGAN, {"penalty": 3.0, "discriminator_steps": 1}),
]


@pytest.mark.parametrize(("kind", "how"), CASES)
def test_each_player_follows_its_own_loss(kind, how):
    model, real = made(kind, **how), points()
    latents, shares, mask_g, mask_real, mask_fake, mask_frozen = drawn(model)
    (g, d), (taken_g, taken_d) = step(model, real)
    moving = values(model.discriminator.layers[1].non_trainable_variables)
    pays_real, pays_fake, pays_generator = PAYS[model.adversarial_loss]
    share = how.get("smoothing", 0.0)

    def discriminator_loss(weights):
        fake = forward(g, latents, mask_g)
        of_real = forward(weights, real, mask_real)
        loss = (1 - share) * pays_real(of_real) + share * pays_fake(of_real)
        loss = loss.mean() + pays_fake(forward(weights, fake, mask_fake)).mean()
        if "r1" in how:
            squares = (slopes(weights, real, *moving) ** 2).sum(axis=1)
            loss += how["r1"] * squares.mean() / 2
        if "penalty" in how:
            between = shares * real + (1 - shares) * fake
            lengths = np.linalg.norm(slopes(weights, between, *moving), axis=1)
            loss += how["penalty"] * ((lengths - 1) ** 2).mean()
        return loss

    def generator_loss(weights):
        return pays_generator(
            forward(d, forward(weights, latents, mask_g), mask_frozen)
        ).mean()

    for loss, weights, taken in (
        (discriminator_loss, d, taken_d),
        (generator_loss, g, taken_g),
    ):
        expected = differences(loss, weights)
        assert max(np.abs(x).max() for x in expected) > 1e-2
        for found, right in zip(taken, expected, strict=True):
            np.testing.assert_allclose(found, right, rtol=1e-3, atol=1e-5)


def test_the_generator_s_turn_leaves_no_trace_in_the_discriminator():
    """Its statistics move for the true and the generated batch, and no further."""
    model, real = made(), points()
    latents, _, mask_g, *_ = drawn(model)
    (g, d), _ = step(model, real)
    mean = np.zeros(HIDDEN)
    for batch in (real, forward(g, latents, mask_g)):
        mean = 0.99 * mean + 0.01 * (batch @ d[0] + d[1]).mean(axis=0)
    moving_mean = model.discriminator.layers[1].moving_mean
    np.testing.assert_allclose(moving_mean.numpy(), mean, atol=1e-7)


def test_frozen_weights_let_gradients_through_to_the_input_alone():
    judge = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    x = keras.ops.convert_to_tensor(points())
    slope = backend.gradient(lambda x: keras.ops.sum(frozen_call(judge, x)), x)
    expected = np.tile(judge.get_weights()[0].T, (NUM, 1))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(slope), expected, rtol=1e-6)
    seen = backend.gradient(
        lambda x: keras.ops.sum(frozen_call(judge, keras.ops.stop_gradient(x)) + 0 * x),
        x,
    )
    assert not keras.ops.convert_to_numpy(seen).any()


# ------------------------------------------------------------ several steps to one


def moves(model, num, start=0):
    """Whether the weights of the generator and of the discriminator move, by step."""
    found = []
    for i in range(start, start + num):
        players = (model.generator, model.discriminator)
        before = [values(player.trainable_variables) for player in players]
        model.train_on_batch(points(seed=i))
        after = [values(player.trainable_variables) for player in players]
        changes = zip(before, after, strict=True)
        found.append([any(map(np.any, map(np.subtract, *pair))) for pair in changes])
    return found


def test_k_steps_of_the_discriminator_to_one_of_the_generator(tmp_path):
    """Also where the training was saved and resumed in between."""
    model = made(discriminator_steps=3)
    model.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.01))
    expected = [[False, True], [False, True], [True, True]]
    assert moves(model, 4) == [*expected, expected[0]]
    model.save(tmp_path / "model.keras")
    again = load_model(tmp_path / "model.keras")
    for one in (model, again):
        training.seed_generators(one, 0, 1)
        assert moves(one, 2, start=4) == expected[1:]
    for one, two in zip(model.weights, again.weights, strict=True):
        np.testing.assert_array_equal(one.numpy(), two.numpy(), err_msg=one.path)


def test_the_generator_goes_along_the_mean_of_its_gradients():
    model = made(discriminator_steps=2)
    g, d = (
        values(p.trainable_variables) for p in (model.generator, model.discriminator)
    )
    numbers = [drawn(model, epoch) for epoch in (0, 1)]
    model.compile(keras.optimizers.SGD(1.0), keras.optimizers.SGD(0.0))
    for epoch in (0, 1):
        training.seed_generators(model, 0, epoch)
        model.train_on_batch(points())

    def loss(weights):
        logits = [
            forward(d, forward(weights, latents, mask_g), mask)
            for latents, _, mask_g, *_, mask in numbers
        ]
        return np.mean([softplus(-x) for x in logits])

    taken = map(np.subtract, g, values(model.generator.trainable_variables))
    for found, right in zip(taken, differences(loss, g), strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-3, atol=1e-5)


def test_weights_are_clipped_after_each_step_and_only_the_critic_s(tmp_path):
    """Also those of a critic that was loaded."""
    model = made(WassersteinGAN, clip=0.05, discriminator_steps=1)
    model.compile(keras.optimizers.SGD(1.0))
    model.save(tmp_path / "model.keras")
    for one in (model, load_model(tmp_path / "model.keras")):
        one.train_on_batch(points())
        largest = max(
            abs(w).max() for w in values(one.discriminator.trainable_variables)
        )
        assert largest == np.float32(0.05)
        assert (
            max(abs(w).max() for w in values(one.generator.trainable_variables)) > 0.5
        )
