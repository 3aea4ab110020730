"""GANs: the losses' known values, the builders' rules, conditions, and bad input."""

import runpy
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers, ops

from keras_gen.data import Pictures
from keras_gen.gans import (
    GAN,
    LOSSES,
    ConditionalGAN,
    WassersteinGAN,
    build_discriminator,
    build_generator,
    gradient_penalty,
    mixed,
    r1_penalty,
    smoothed,
)
from keras_gen.quick_layers import BatchNormalization
from keras_gen.training import load_model

fill = runpy.run_path(str(Path(__file__).with_name("zoo.py")))["fill"]
SHAPE, LATENTS = (8, 8, 1), 3


def images(num=6, shape=SHAPE, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (num, *shape), dtype="uint8")


def made(kind=GAN, num_classes=None, **how):
    players = (
        build_generator(SHAPE, LATENTS, (4, 8), num_classes),
        build_discriminator(SHAPE, (4, 8), num_classes, normalization=None),
    )
    classes = {"num_classes": num_classes} if num_classes else {}
    return kind(*players, **classes, seed=0, **how)


@pytest.fixture(scope="module")
def conditional():
    return fill(made(ConditionalGAN, num_classes=3))


# ------------------------------------------------------------- losses and penalties


def at(function, *logits):
    return [round(float(x), 4) for x in function(ops.convert_to_tensor(logits))]


LOG_2 = round(float(np.log(2)), 4)


@pytest.mark.parametrize(
    ("name", "real", "fake", "generator"),
    [
        ("minimax", [LOG_2, 9.0001], [LOG_2, 0.0001], [-LOG_2, -0.0001]),
        ("non_saturating", [LOG_2, 9.0001], [LOG_2, 0.0001], [LOG_2, 9.0001]),
        ("least_squares", [0.5, 50.0], [0.5, 32.0], [0.0, 40.5]),
        ("hinge", [1.0, 10.0], [1.0, 0.0], [0.0, 9.0]),
        ("wasserstein", [0.0, 9.0], [0.0, -9.0], [0.0, 9.0]),
    ],
)
def test_losses_at_an_unsure_and_at_a_sure_discriminator(name, real, fake, generator):
    loss = LOSSES[name]
    for function, expected in zip(loss, (real, fake, generator), strict=True):
        assert at(function, 0.0, -9.0) == expected


def test_smoothing_moves_the_best_logit_for_true_pictures():
    """To where the sigmoid is 0.9, and not beyond."""
    logits = np.linspace(-8, 8, 3201)
    losses = ops.convert_to_numpy(smoothed(LOSSES["minimax"], 0.1)(logits))
    best = logits[losses.argmin()]
    np.testing.assert_allclose(1 / (1 + np.exp(-best)), 0.9, atol=1e-3)
    assert smoothed(LOSSES["minimax"], 0) is LOSSES["minimax"].real


def test_penalties_of_known_slopes():
    slopes = ops.convert_to_tensor(np.array([[3.0, 4.0], [0.6, 0.8]], "float32"))
    assert at(r1_penalty, *slopes) == [12.5, 0.5]
    assert at(gradient_penalty, *slopes) == [16.0, 0.0]


def test_points_between_lie_between():
    real, fake = np.zeros((500, 2), "float32"), np.ones((500, 2), "float32")
    between = ops.convert_to_numpy(mixed(real, fake, seed=0))
    np.testing.assert_array_equal(between[:, 0], between[:, 1])  # a share a picture
    assert 0 <= between.min() < 0.05 and 0.95 < between.max() <= 1
    assert abs(between.mean() - 0.5) < 0.05


# ----------------------------------------------------------------------- networks


@pytest.mark.parametrize(
    ("shape", "widths"),
    [((28, 28, 1), (4, 8)), ((32, 32, 3), (4, 6, 8)), ((64, 64, 3), (4, 5, 6, 8))],
)
def test_networks_follow_the_rules_of_dcgan(shape, widths):
    generator = build_generator(shape, LATENTS, widths)
    discriminator = build_discriminator(shape, widths)
    assert generator.output_shape == discriminator.input_shape == (None, *shape)
    assert generator.output.dtype == discriminator.output.dtype == "float32"
    num = len(widths)
    kinds = [type(layer) for layer in generator.layers + discriminator.layers]
    assert sum(issubclass(kind, layers.Conv2D) for kind in kinds) == num
    assert sum(issubclass(kind, layers.Conv2DTranspose) for kind in kinds) == num
    assert kinds.count(layers.Dense) == 2  # from the latents, to the logit: none hidden
    assert kinds.count(BatchNormalization) == num + num - 1
    assert not any("pool" in kind.__name__.lower() for kind in kinds)
    assert isinstance(discriminator.layers[2], layers.LeakyReLU)
    assert generator.layers[-1].activation is keras.activations.tanh
    for weight in generator.trainable_variables:
        if "kernel" in weight.path:
            assert 0.01 < weight.numpy().std() < 0.03


def test_every_pixel_is_laid_over_equally_often():
    """A constant map gives a constant picture, but for its rim: no checkerboard."""
    layer = build_generator((16, 16, 1), 2, (4, 8)).layers[-1]
    layer.set_weights([np.ones_like(w) for w in layer.get_weights()])
    layer.activation = keras.activations.linear
    inner = ops.convert_to_numpy(layer(ops.ones((1, 8, 8, 4))))[0, 1:-1, 1:-1]
    assert inner.min() == inner.max() > 0


# --------------------------------------------------------------------- conditions


def test_both_players_heed_the_label(conditional):
    latents = np.repeat(conditional.latents(1, seed=0), 3, axis=0)
    labels = np.arange(3)
    drawn = conditional.generator.predict([latents, labels], verbose=0)
    logits = conditional.discriminator.predict([drawn[[0] * 3], labels], verbose=0)
    for found in (drawn, logits):
        for one, other in ((0, 1), (0, 2), (1, 2)):
            change = np.abs(found[one] - found[other]).max()
            assert change > 0.02 * np.abs(found).max()


def test_generate_draws_what_is_asked_for(conditional):
    asked = conditional.generate([2, 0, 2, 1], seed=3)
    assert asked.dtype == np.uint8 and asked.shape == (4, *SHAPE)
    np.testing.assert_array_equal(asked, conditional.generate([2, 0, 2, 1], seed=3))
    in_turn = conditional.generate(4, seed=3)
    np.testing.assert_array_equal(in_turn, conditional.generate([0, 1, 2, 0], seed=3))
    assert (asked != in_turn).any()


def test_it_learns_which_class_is_which():
    """Trained on dark and on bright pictures, it draws bright ones where asked to."""
    labels = np.arange(96) % 2
    grey = np.array([60, 195], "uint8")[labels]
    data = Pictures(np.broadcast_to(grey[:, None, None, None], (96, *SHAPE)), labels)
    model = made(ConditionalGAN, num_classes=2, r1=1.0)
    model.compile(keras.optimizers.Adam(2e-3, beta_1=0.5))
    history = model.fit(data, batch_size=32, epochs=50, verbose=0).history
    names = {"loss", "discriminator_loss", "generator_loss"}
    assert set(history) == names | {"real_accuracy", "fake_accuracy"}
    means = model.generate([0, 1] * 8, seed=0).mean(axis=(1, 2, 3))
    assert means[1::2].min() - means[::2].max() > 60, means


def test_attributes_are_learned_one_by_one():
    """Of pictures that are dark or bright left and right, each half as asked."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, (96, 2))
    grey = np.array([60, 195], "uint8")[labels]
    pixels = np.repeat(grey, 4, axis=1)[:, None, :, None].repeat(8, axis=1)
    model = made(ConditionalGAN, num_classes=(2, 2), r1=1.0)
    model.compile(keras.optimizers.Adam(2e-3, beta_1=0.5))
    data = {"images": pixels, "labels": labels}
    model.fit(data, batch_size=32, epochs=160, verbose=0)
    asked = model.labels_in_turn(16)
    halves = model.generate(16, seed=0).reshape(16, 8, 2, 4).mean(axis=(1, 3))
    np.testing.assert_array_equal(halves > 127, asked == 1)


def test_attributes_in_turn():
    """Few pictures show each value, many show each combination equally often."""
    model = made(ConditionalGAN, num_classes=(4, 3, 5))
    assert [len(set(column)) for column in model.labels_in_turn(24).T] == [4, 3, 5]
    _, often = np.unique(model.labels_in_turn(120), axis=0, return_counts=True)
    assert often.tolist() == [2] * 60


def test_each_seed_draws_combinations_of_its_own():
    model = made(ConditionalGAN, num_classes=(4, 3, 5))
    asked = model.labels_in_turn(16, seed=3)
    assert (asked != model.labels_in_turn(16)).any()
    np.testing.assert_array_equal(
        model.generate(16, seed=3), model.generate(asked, seed=3)
    )


@pytest.mark.parametrize(
    ("built", "told", "said"),
    [
        (3, 4, r"num_classes=4; got .* \('batch',\) and knows 3 classes"),
        (4, 3, r"num_classes=3; got .* \('batch',\) and knows 4 classes"),
        ((2, 3), (3, 2), r"num_classes=\(3, 2\); got .* knows 2 and 3 classes"),
        ((2, 3), 2, r"num_classes=2; got .* \('batch', 2\) and knows 2 and 3 classes"),
        (2, (2, 3), r"num_classes=\(2, 3\); got .* \('batch',\) and knows 2 classes"),
    ],
)
def test_networks_of_other_classes(built, told, said):
    right, wrong = (
        (
            build_generator(SHAPE, LATENTS, (4, 8), num_classes),
            build_discriminator(SHAPE, (4, 8), num_classes),
        )
        for num_classes in (told, built)
    )
    with pytest.raises(ValueError, match="The generator must be built with " + said):
        ConditionalGAN(wrong[0], right[1], told)
    with pytest.raises(ValueError, match="The discriminator must be built .*" + said):
        ConditionalGAN(right[0], wrong[1], told)


def test_networks_may_use_labels_in_their_own_way():
    """An input `(batch, 1)`, and a table that is asked twice or not at all."""
    latents, label = keras.Input((LATENTS,)), keras.Input((1,), dtype="int32")
    code, shift = (layers.Flatten()(layers.Embedding(3, 3)(label)) for _ in range(2))
    x = layers.Dense(64, "tanh")(code * latents + shift)
    generator = keras.Model([latents, label], layers.Reshape(SHAPE)(x))
    pictures, label = keras.Input(SHAPE), keras.Input((), dtype="int32")
    x = layers.Flatten()(pictures)
    told = layers.CategoryEncoding(3, output_mode="one_hot")(label[:, None])
    logits = layers.Dense(1)(layers.Concatenate()([x, told]))
    judge = keras.Model([pictures, label], logits)
    model = ConditionalGAN(generator, judge, 3)
    model.compile()
    model.fit({"images": images(), "labels": [0, 1, 2, 0, 1, 2]}, verbose=0)
    assert model.generate([0, 2], seed=0).shape == (2, *SHAPE)


def test_attributes_that_do_not_fit():
    model = made(ConditionalGAN, num_classes=(2, 3))
    for labels, said in (
        ([0, 1], r"must be integers, 2 a picture; got int64 \(2,\)"),
        ([[0, 3]], r"labels must be from 0 to 1, 2; got \[0 3\]"),
        ([[2, 0]], r"labels must be from 0 to 1, 2; got \[2 0\]"),
    ):
        with pytest.raises(ValueError, match=said):
            model.generate(labels)


# -------------------------------------------------------------------------- using


def test_the_same_seed_draws_the_same_pictures():
    model = made()
    one, same, other = (model.generate(2, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()
    assert model.draw(np.zeros((2, LATENTS))).shape == (2, *SHAPE)


def test_a_gan_that_was_never_compiled_is_stored(tmp_path):
    model = made()
    model.save(tmp_path / "gan.keras")
    again = load_model(tmp_path / "gan.keras")
    assert not again.compiled
    np.testing.assert_array_equal(again.generate(2, seed=0), model.generate(2, seed=0))


def test_uint8_and_floats_are_the_same_pictures():
    model = made()
    model.compile()
    losses = [
        model.evaluate(x, verbose=0, return_dict=True)["discriminator_loss"]
        for x in (images(), (images() / 127.5 - 1).astype("float32"))
    ]
    latents = model.latents(6)  # which differ: only the true pictures' share is alike
    assert latents.shape == (6, LATENTS)
    np.testing.assert_allclose(*losses, rtol=1e-2)


def test_each_player_has_its_optimizer():
    model = made(discriminator_steps=2)
    model.compile(keras.optimizers.Adam(1e-3), keras.optimizers.SGD(1e-2))
    ours, theirs = model.generator_optimizer, model.discriminator_optimizer
    assert (type(ours), type(theirs)) == (keras.optimizers.Adam, keras.optimizers.SGD)
    assert ours.gradient_accumulation_steps == 2
    assert theirs.gradient_accumulation_steps is None
    model.compile(keras.optimizers.Adam(3e-3))
    assert model.discriminator_optimizer is not model.generator_optimizer
    assert float(model.discriminator_optimizer.learning_rate) == np.float32(3e-3)
    assert model.discriminator_optimizer.gradient_accumulation_steps is None


# ---------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (
            {"adversarial_loss": "l2"},
            "adversarial_loss must be one of minimax, non_sat",
        ),
        ({"discriminator_steps": 0}, "discriminator_steps must be a positive integer"),
        ({"smoothing": 0.5}, "smoothing must be below 1/2; got 0.5"),
        ({"smoothing": -1}, r"smoothing must be a number in \[0, 1\]; got -1"),
        ({"r1": -1.0}, "r1 must be a number of at least 0; got -1.0"),
        ({"kind": WassersteinGAN, "penalty": -1}, "penalty must be a number of at lea"),
        ({"kind": WassersteinGAN, "clip": 0}, "clip must be a number above 0; got 0"),
        ({"num_classes": 2, "kind": ConditionalGAN, "r1": -1}, "r1 must be"),
    ],
)
def test_numbers_that_do_not_fit(how, said):
    with pytest.raises(ValueError, match=said):
        made(**how)


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: build_generator((8, 10, 1), 2, (4, 8)), "divisible by 4"),
        (lambda: build_generator((8, 8, 1), 2, 8), "widths must be positive .* got 8"),
        (lambda: build_generator((8, 8, 1), 0), "latent_dim must be a positive"),
        (lambda: build_generator((8, 8, 1), 2, num_classes=0), "num_classes must be"),
        (lambda: build_discriminator(SHAPE, dropout=2), "dropout must be a number in"),
        (
            lambda: build_discriminator(SHAPE, normalization="group"),
            "normalization must be batch, layer, instance or None; got 'group'",
        ),
    ],
)
def test_builders_say_what_does_not_fit(build, said):
    with pytest.raises(ValueError, match=said):
        build()


def test_players_that_do_not_fit_each_other():
    generator, judge = build_generator(SHAPE, 2), build_discriminator(SHAPE)
    labelled = build_generator(SHAPE, 2, num_classes=2)
    for players, said in (
        (
            (generator, build_discriminator((8, 8, 3))),
            r"makes \(8, 8, 1\), but the disc",
        ),
        ((labelled, judge), "generator must take latent vectors; got 2 inputs"),
        ((judge, generator), r"makes \(1,\), but the discriminator takes \(2,\)"),
        ((generator, keras.Sequential()), "discriminator must take pictures; got Seq"),
    ):
        with pytest.raises(ValueError, match=said):
            GAN(*players)
    with pytest.raises(ValueError, match="and labels: give its builder num_classes"):
        ConditionalGAN(generator, judge, num_classes=2)
    vectors = keras.Sequential([keras.Input(SHAPE), layers.Flatten()])
    with pytest.raises(ValueError, match=r"must return one logit, .* \(None, 64\)"):
        GAN(generator, vectors)


def test_pictures_that_do_not_fit():
    model = made()
    model.compile()
    for x, how, said in (
        (images(shape=(8, 9, 1)), {}, r"shape \(batch, 8, 8, 1\); got \(6, 8, 9, 1\)"),
        (images() / 1.0, {}, r"floats in \[-1, 1\]; got floats in \[\d+, 25\d\]"),
        (list(images()), {}, "x must be an array or a feed"),
        (images(), {"y": images()}, "GAN has no use for y and sample_weight"),
        (images(), {"sample_weight": np.ones(6)}, "no use for y and sample_weight"),
    ):
        with pytest.raises(ValueError, match=said):
            model.fit(x, verbose=0, **how)
    with pytest.raises(ValueError, match="loss of a GAN is its own: .* not 'mse'"):
        model.compile(loss="mse")
    with pytest.raises(ValueError, match=r"latents must have the shape \(batch, 3\)"):
        model.draw(np.zeros((2, 4)))
    with pytest.raises(ValueError, match="takes 0 conditions of 2 entries each; got"):
        model.draw(np.zeros((2, 3)), [0, 1])
    with pytest.raises(ValueError, match="num_images must be a positive integer"):
        model.generate(0)


def test_labels_that_do_not_fit(conditional):
    conditional.compile()
    for x, said in (
        (images(), "must be Pictures with labels, or a dict .* got ndarray"),
        (Pictures(images()), "A conditional model needs pictures with labels"),
        ({"images": images()}, "must have the entries images and labels; missing: lab"),
        ({"images": images(), "labels": np.arange(6)}, "from 0 to 2; got 3"),
        ({"images": images(), "labels": np.zeros(6)}, r"got float64 \(6,\)"),
        ({"images": images(), "labels": np.arange(3)}, "as the 6 pictures; got 3"),
    ):
        with pytest.raises(ValueError, match=said):
            conditional.fit(x, verbose=0)
    with pytest.raises(ValueError, match="must be from 0 to 2; got 3"):
        conditional.generate([0, 3])
    latents = conditional.latents(2)
    assert len(conditional.draw(latents, [0, 1])) == 2
    with pytest.raises(ValueError, match=r"1 conditions of 2 .*; got the shapes \[\]"):
        conditional.draw(latents)
