"""Pix2Pix and CycleGAN: their losses in NumPy, what their parts are, and bad input."""

import keras
import numpy as np
import pytest
from keras import layers

from keras_gen.gans import (
    CycleGAN,
    Pix2Pix,
    build_patch_discriminator,
    build_translator,
)

SHAPE, NUM = (4, 4, 1), 3
RATE = 1.0


def pictures(seed, shape=SHAPE, num=NUM):
    """Floats in [-1, 1]."""
    return np.random.default_rng(seed).uniform(-1, 1, (num, *shape)).astype("float32")


def translator(seed):
    """Each pixel alone: `tanh(a x + b)`."""
    x = keras.Input(SHAPE)
    layer = layers.Conv2D(1, 1, activation="tanh")
    model = keras.Model(x, layer(x))
    model.set_weights(numbers(seed, (1, 1, 1, 1), (1,)))
    return model


def judge(seed, num_inputs=1):
    """A logit for each pixel: `c x + d s + e`."""
    inputs = [keras.Input(SHAPE) for _ in range(num_inputs)]
    x = layers.Concatenate()(inputs) if num_inputs > 1 else inputs[0]
    model = keras.Model(inputs if num_inputs > 1 else x, layers.Conv2D(1, 1)(x))
    model.set_weights(numbers(seed, (1, 1, num_inputs, 1), (1,)))
    return model


def numbers(seed, *shapes):
    rng = np.random.default_rng(seed)
    return [rng.uniform(0.3, 0.9, shape).astype("float32") for shape in shapes]


def flat(network):
    return np.concatenate([w.ravel() for w in network.get_weights()]).astype("float64")


def moved(model, data, networks):
    """What one step of descent with rate 1 takes off the weights of each network."""
    model.compile(keras.optimizers.SGD(RATE))
    before = [flat(network) for network in networks]
    model.train_on_batch(data)
    return before, [
        b - flat(network) for b, network in zip(before, networks, strict=True)
    ]


def differences(loss, weights):
    steps = 1e-5 * np.eye(len(weights))
    return [(loss(weights + s) - loss(weights - s)) / 2e-5 for s in steps]


def softplus(x):
    return np.logaddexp(0, x).mean()


def draw(weights, x):
    return np.tanh(weights[0] * x + weights[1])


def distance(x, y):
    return np.abs(x - y).mean()


def test_pix2pix_players_follow_their_own_losses():
    """Equation 4 of the paper, by central differences, with weights of its own."""
    model = Pix2Pix(translator(1), judge(2, num_inputs=2), l1=3.0)
    images, sources = pictures(3), pictures(4)
    networks = (model.generator, model.discriminator)
    (g, d), taken = moved(model, {"images": images, "sources": sources}, networks)

    def logits(d, x):
        return d[0] * x + d[1] * sources + d[2]

    def generator_loss(g):
        made = draw(g, sources)
        return softplus(-logits(d, made)) + 3.0 * distance(images, made)

    def discriminator_loss(d):
        return softplus(-logits(d, images)) + softplus(logits(d, draw(g, sources)))

    for loss, weights, found in (
        (generator_loss, g, taken[0]),
        (discriminator_loss, d, taken[1]),
    ):
        np.testing.assert_allclose(found, differences(loss, weights), rtol=1e-3)


def test_cyclegan_players_follow_their_own_losses():
    """Equation 3 of the paper and its identity loss, by central differences."""
    model = CycleGAN(
        translator(1),
        translator(2),
        judge(3),
        judge(4),
        "least_squares",
        cycle=5.0,
        identity=0.4,
    )
    images, sources = pictures(5), pictures(6)
    networks = (
        model.generator,
        model.generator_back,
        model.discriminator,
        model.discriminator_back,
    )
    data = {"images": images, "sources": sources}
    weights, taken = moved(model, data, networks)
    there, back, judge_images, judge_sources = weights

    def half_squares(logits, target):
        return np.mean((logits - target) ** 2) / 2

    def logits(d, x):
        return d[0] * x + d[1]

    def both_generators(there, back):
        new, old = draw(there, sources), draw(back, images)
        fooled = half_squares(logits(judge_images, new), 0)
        fooled += half_squares(logits(judge_sources, old), 0)
        lost = distance(sources, draw(back, new)) + distance(images, draw(there, old))
        kept = distance(images, draw(there, images))
        kept += distance(sources, draw(back, sources))
        return fooled + 5.0 * (lost + 0.4 * kept)

    def one_judge(d, true, made):
        return half_squares(logits(d, true), 1) + half_squares(logits(d, made), -1)

    losses = (
        lambda w: both_generators(w, back),
        lambda w: both_generators(there, w),
        lambda w: one_judge(w, images, draw(there, sources)),
        lambda w: one_judge(w, sources, draw(back, images)),
    )
    for loss, own, found in zip(losses, weights, taken, strict=True):
        np.testing.assert_allclose(found, differences(loss, own), rtol=1e-3)


def test_logged_are_both_losses_and_the_distances():
    model = Pix2Pix(translator(1), judge(2, num_inputs=2))
    model.compile()
    data = {"images": pictures(3), "sources": pictures(4)}
    logs = model.evaluate(data, verbose=0, return_dict=True)
    made = draw(flat(model.generator), data["sources"])
    assert logs["l1_distance"] == pytest.approx(distance(data["images"], made), 1e-4)
    assert {"generator_loss", "discriminator_loss", "fake_accuracy"} <= set(logs)
    model = CycleGAN(translator(1), translator(2), judge(3), judge(4))
    model.compile()
    logs = model.evaluate(data, verbose=0, return_dict=True)
    there, back = flat(model.generator), flat(model.generator_back)
    lost = distance(data["sources"], draw(back, draw(there, data["sources"])))
    lost += distance(data["images"], draw(there, draw(back, data["images"])))
    assert logs["cycle_distance"] == pytest.approx(lost / 2, 1e-4)


def test_pix2pix_learns_to_turn_a_picture_negative():
    images = np.random.default_rng(0).integers(0, 256, (64, 8, 8, 1), dtype="uint8")
    model = Pix2Pix(
        build_translator((8, 8, 1), (16, 16), normalization=None),
        build_patch_discriminator((8, 8, 1), (4, 8), None, source_channels=1),
    )
    model.compile(keras.optimizers.Adam(3e-3, beta_1=0.5))
    data = {"images": 255 - images, "sources": images}
    model.fit(data, batch_size=16, epochs=60, verbose=0)
    made = model.translate(images)
    assert made.dtype == np.uint8
    assert distance(made.astype("float32"), 255.0 - images) < 30  # grey: 64


# ------------------------------------------------------------------------ networks


def test_each_logit_sees_a_patch_of_the_promised_size():
    """6 * 2 ** n - 2 pixels: what a pixel's change can reach, seen from the logit."""
    for num in (1, 2):
        network = build_patch_discriminator((48, 48, 1), (2, 2)[:num], None)
        image = np.zeros((1, 48, 48, 1), "float32")
        place = 24 // 2**num
        reached = []
        for column in range(48):
            image[:] = 0
            image[0, :, column] = 1.0
            changed = network.predict(image, verbose=0) - network.predict(
                0 * image, verbose=0
            )
            reached.append(abs(changed[0, place, place, 0]) > 0)
        assert sum(reached) == 6 * 2**num - 2


def test_translators_hand_each_stage_over():
    """A pixel of the source reaches its own place, past the lowest maps."""
    network = build_translator((16, 16, 3), (4, 8, 8), source_channels=1)
    assert network.input_shape == (None, 16, 16, 1)
    assert network.output_shape == (None, 16, 16, 3)
    joins = [x for x in network.layers if isinstance(x, layers.Concatenate)]
    assert [join.output.shape[1:] for join in joins] == [(4, 4, 16), (8, 8, 8)]


# ----------------------------------------------------------------------- bad input


def test_networks_that_do_not_fit():
    shape = (8, 8, 1)
    generator, judge = build_translator(shape, (2,)), build_patch_discriminator(shape)
    with pytest.raises(ValueError, match="and sources: give its builder source_chan"):
        Pix2Pix(generator, judge)
    with pytest.raises(ValueError, match=r"makes \(8, 8, 1\), but the discriminator t"):
        CycleGAN(generator, generator, build_patch_discriminator((8, 8, 3)), judge)
    grey = build_translator(shape, (2,), source_channels=3)
    with pytest.raises(ValueError, match=r"takes \(8, 8, 3\), but the other makes"):
        CycleGAN(grey, generator, judge, judge)
    colours = build_patch_discriminator((8, 8, 3))
    back = build_translator((8, 8, 3), (2,), source_channels=1)
    with pytest.raises(ValueError, match="identity must be 0 if sources and images"):
        CycleGAN(grey, back, judge, colours)
    assert CycleGAN(grey, back, judge, colours, identity=0.0).cycle == 10
    for wrong in ({"l1": -1.0}, {"adversarial_loss": "l2"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            Pix2Pix(translator(0), globals()["judge"](0, 2), **wrong)
    with pytest.raises(ValueError, match="cycle must be a number of at least 0"):
        CycleGAN(generator, generator, judge, judge, cycle=-1)
    with pytest.raises(ValueError, match="divisible by 4"):
        build_translator((8, 10, 1), (2, 2))


@pytest.mark.parametrize("kind", ["pix2pix", "cyclegan"])
def test_data_that_does_not_fit(kind):
    model = {
        "pix2pix": lambda: Pix2Pix(translator(1), judge(2, 2)),
        "cyclegan": lambda: CycleGAN(*map(translator, (1, 2)), *map(judge, (3, 4))),
    }[kind]()
    model.compile()
    x = pictures(1)
    for data, said in (
        (x, "x must be a dict with the entries images and sources, .* got ndarray"),
        ({"images": x}, "must have the entries images and sources; missing: sources"),
        ({"images": x, "sources": x[:2]}, "got (3 and )?2"),
        ({"images": x, "sources": x[:, :2]}, r"sources must have the shape \(batch, 4"),
        ({"images": 300 * x, "sources": x}, r"images must be uint8 .* floats in \[-1"),
        ([x, x], "x must be an array or a feed"),
    ):
        with pytest.raises(ValueError, match=said):
            model.fit(data, verbose=0)
    with pytest.raises(ValueError, match="has no use for y and sample_weight"):
        model.fit({"images": x, "sources": x}, x, verbose=0)
    with pytest.raises(ValueError, match=r"sources must have the shape \(batch, 4, 4"):
        model.translate(x[:, :2])
