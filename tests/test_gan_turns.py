"""Turns: who waits keeps all that it has, and who moves answers what has moved."""

import runpy
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from keras_gen import training
from keras_gen.gans import GAN, ConditionalGAN, WassersteinGAN
from keras_gen.recipes import recipe, set_learning_rates
from keras_gen.training import load_model

here = Path(__file__)
zoo = runpy.run_path(str(here.with_name("zoo.py")))
own = runpy.run_path(str(here.with_name("test_gan_gradients.py")))
NUM, made, points, values = (own[k] for k in ("NUM", "made", "points", "values"))


def two_players(model):
    """All that the generator has, and all that the discriminator has."""
    return [
        values([*player.trainable_variables, *optimizer.variables])
        for player, optimizer in (
            (model.generator, model.generator_optimizer),
            (model.discriminator, model.discriminator_optimizer),
        )
    ]


def changes(before, after):
    """How many of each player's variables are no longer the same, to the last bit."""
    return [
        sum(not np.array_equal(*pair) for pair in zip(*both, strict=True))
        for both in zip(before, after, strict=True)
    ]


def moves(model, num, start=0):
    """By batch: how many variables of the generator change, of the discriminator."""
    found, before = [], two_players(model)
    for i in range(start, start + num):
        model.train_on_batch(points(seed=i))
        after = two_players(model)
        found.append(changes(before, after))
        before = after
    return found


@pytest.mark.parametrize(
    ("kind", "steps", "how"),
    [(GAN, 1, {}), (GAN, 3, {"r1": 0.1}), (WassersteinGAN, 5, {"penalty": 1.0})],
)
def test_only_who_is_in_turn_moves(kind, steps, how):
    """Weights, momenta, squares, the number of steps; and in turn, all of them."""
    model = made(kind, alternating=True, discriminator_steps=steps, **how)
    model.compile(keras.optimizers.Adam(1e-2, weight_decay=0.1, use_ema=True))
    # Six weights, each with an average and two momenta, and the counter; the critic's
    # last bias, which is in no difference of scores, has no momenta, but decays.
    shift = 2 if kind is WassersteinGAN else 0
    discriminator_s, generator_s = [0, 6 * 4 + 1 - shift], [6 * 4 + 1, 0]
    period = [discriminator_s] * steps + [generator_s]
    assert moves(model, steps + 2) == [*period, discriminator_s]
    assert int(model.generator_optimizer.iterations) == 1
    assert int(model.discriminator_optimizer.iterations) == steps + 1


def test_the_generator_answers_what_the_discriminator_has_become():
    """Its step is the central difference of its loss, after two steps of the other."""
    model = made(alternating=True, discriminator_steps=2)
    model.compile(keras.optimizers.SGD(1.0))
    moves(model, 2)
    latents, _, mask_g, *_, mask = own["drawn"](model, epoch=1)
    g, d = (
        values(p.trainable_variables) for p in (model.generator, model.discriminator)
    )
    model.train_on_batch(points(seed=7))

    def loss(weights):
        forward = own["forward"]
        logits = forward(d, forward(weights, latents, mask_g), mask)
        return own["softplus"](-logits).mean()

    taken = map(np.subtract, g, values(model.generator.trainable_variables))
    for found, right in zip(taken, own["differences"](loss, g), strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-3, atol=1e-5)


def test_training_goes_on_in_the_middle_of_a_period(tmp_path):
    model = made(alternating=True, discriminator_steps=2)
    model.compile(keras.optimizers.Adam(1e-2), keras.optimizers.SGD(0.1, momentum=0.9))
    moves(model, 4)
    model.save(tmp_path / "model.keras")
    again = load_model(tmp_path / "model.keras")
    assert again.alternating
    for one in (model, again):
        training.seed_generators(one, 0, 1)
        in_turn = [np.argmax(changed) for changed in moves(one, 3, start=4)]
        assert in_turn == [1, 0, 1]
    for attribute in ("variables", "optimizer.variables"):
        for one, two in zip(*(_at(m, attribute) for m in (model, again)), strict=True):
            np.testing.assert_array_equal(one.value, two.value, err_msg=one.path)


def _at(model, attribute):
    for name in attribute.split("."):
        model = getattr(model, name)
    return model


def test_conditional_gans_take_turns_under_fit():
    players = zoo["players"](None, num_classes=2)
    model = ConditionalGAN(*players, num_classes=2, alternating=True)
    model.compile()
    data = {"images": zoo["images"](num=10), "labels": np.arange(10) % 2}
    history = model.fit(data, batch_size=2, epochs=1, verbose=0).history
    steps = (
        model.generator_optimizer.iterations,
        model.discriminator_optimizer.iterations,
    )
    assert [int(n) for n in steps] == [2, 3]
    assert np.isfinite(list(history.values())).all()


# -------------------------------------------------------- the example of two weights


@keras.saving.register_keras_serializable(package="tests")
class AlwaysHere(layers.Layer):
    """Draws one point, whatever the latent vectors are."""

    def build(self, input_shape):
        self.place = self.add_weight(shape=(1,), initializer="ones")

    def call(self, latents):
        return keras.ops.zeros_like(latents) + self.place


@pytest.mark.parametrize("alternating", [False, True])
def test_steps_at_once_spiral_outward_and_turns_go_round(alternating):
    """One true point at 0, a drawn one, and a line as the discriminator: Dirac-GAN.

    With the Wasserstein loss, each pair of steps at once lengthens the way to the
    equilibrium by the same factor; steps in turn stay on an ellipse (Mescheder et al.
    2018, https://arxiv.org/abs/1801.04406, lemma 2.3 and 2.4).
    """
    line = layers.Dense(1, use_bias=False, kernel_initializer="ones")
    model = GAN(
        keras.Sequential([keras.Input((1,)), AlwaysHere()]),
        keras.Sequential([keras.Input((1,)), line]),
        adversarial_loss="wasserstein",
        alternating=alternating,
    )
    rate, rounds = 0.2, 40
    model.compile(keras.optimizers.SGD(rate))
    data = np.zeros((2 * rounds if alternating else rounds, 1), "float32")
    model.fit(data, batch_size=1, verbose=0)
    point, slope = (
        float(w[0].flat[0]) for w in map(values, ([v] for v in model.weights[:2]))
    )
    if alternating:
        invariant = point**2 + slope**2 - rate * point * slope
        assert invariant == pytest.approx(2 - rate, rel=1e-4)
    else:
        grown = (1 + rate**2) ** rounds
        assert point**2 + slope**2 == pytest.approx(2 * grown, rel=1e-4)


# ---------------------------------------------------------------------- the recipe


def test_each_player_s_learning_rate_ends_with_its_own_steps():
    model = made(alternating=True, discriminator_steps=3)
    how = {"alternating": True, "discriminator_steps": 3, "epochs": 5}
    model.compile()
    set_learning_rates(model, recipe("gan", batch_size=NUM, **how), 8 * NUM)
    for optimizer, steps in (
        (model.generator_optimizer, 10),
        (model.discriminator_optimizer, 30),
    ):
        optimizer.iterations.assign(steps // 2)
        assert float(optimizer.learning_rate) > 1e-4
        optimizer.iterations.assign(steps + steps // 10)  # of which a tenth warms up
        assert float(optimizer.learning_rate) < 1e-9
