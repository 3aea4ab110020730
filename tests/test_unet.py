"""The U-Net: its wiring, what its output depends on, its ways of seeing a text."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from keras_gen.diffusion import (
    SelfAttention,
    SinusoidalEmbedding,
    TextAttention,
    build_unet,
    residual_block,
)
from keras_gen.diffusion.conditioning import modulate
from keras_gen.diffusion.unet import NORMALIZATIONS, from_patches, to_patches


def draw_weights(model, seed=0, scale=0.3):
    """Gives every trainable weight a random value, so that nothing is zero."""
    random = np.random.default_rng(seed)
    for weight in model.trainable_variables:
        weight.assign(random.normal(0, scale, weight.shape))
    return model


def noisy_inputs(unet, batch_size=2, seed=1):
    """Random inputs of the shapes that the U-Net takes."""
    random = np.random.default_rng(seed)
    shapes = [(batch_size, *tensor.shape[1:]) for tensor in unet.inputs]
    return [random.uniform(0.1, 0.9, shape).astype("float32") for shape in shapes]


def predict(unet, inputs):
    return ops.convert_to_numpy(unet(inputs, training=False))


def layers_of(unet, kind):
    return [layer for layer in unet.layers if isinstance(layer, kind)]


@pytest.fixture(scope="module")
def unet():
    """A U-Net with random weights."""
    return draw_weights(build_unet((4, 6, 2), widths=(4, 6), block_depth=1))


# Few sizes in this file: on JAX, each new one is compiled anew.
@pytest.mark.parametrize("shape", [(1, 4, 4, 1), (3, 6, 4, 3), (2, 4, 6, 2)])
def test_untrained_net_predicts_zero_for_any_shape_and_batch_size(shape):
    unet = build_unet(shape[1:], widths=(4, 6), block_depth=1)
    assert unet.output_shape == (None, *shape[1:])
    noise_masks = predict(unet, noisy_inputs(unet, batch_size=shape[0]))
    np.testing.assert_array_equal(noise_masks, np.zeros(shape))


def test_net_sees_the_noise_rate(unet):
    images, rates = noisy_inputs(unet)
    before = predict(unet, [images, rates])
    changed = rates + np.array([0.0, 0.1], "float32").reshape(2, 1, 1, 1)
    difference = np.abs(predict(unet, [images, changed]) - before).max(axis=(1, 2, 3))
    assert difference[0] < 1e-6 < 1e-3 < difference[1]


def test_net_sees_every_pixel(unet):
    images, rates = noisy_inputs(unet, 1)
    num = images.size
    changed = np.repeat(images, num, axis=0)
    changed.reshape(num, num)[np.diag_indices(num)] += 0.5
    there = predict(unet, [changed, np.repeat(rates, num, axis=0)])
    moved = np.abs(there - predict(unet, [images, rates])).reshape(num, num)
    assert np.diag(moved).min() > 1e-3


@pytest.mark.parametrize(
    "widths, block_depth", [((4,), 2), ((4, 6), 1), ((4, 6, 6), 2)]
)
def test_stages_blocks_and_skips(widths, block_depth):
    unet = build_unet((8, 12, 1), widths, block_depth)
    levels = [*range(len(widths)), *reversed(range(len(widths) - 1))]
    expected = [
        (None, 8 >> level, 12 >> level, widths[level])
        for level in levels
        for _ in range(block_depth)
    ]
    blocks = [layer.output for layer in layers_of(unet, layers.Add)]
    assert [block.shape for block in blocks] == expected
    num_downs = len(widths) - 1
    assert len(layers_of(unet, layers.AveragePooling2D)) == num_downs
    ups = [u for u in layers_of(unet, layers.UpSampling2D) if u.size == (2, 2)]
    assert [up.interpolation for up in ups] == ["bilinear"] * num_downs
    # The first joins the noise rate, each other one a block and its mirror.
    joins = [layer.input for layer in layers_of(unet, layers.Concatenate)]
    assert len(joins) == 1 + num_downs * block_depth
    down = blocks[: num_downs * block_depth]
    assert [id(skip) for _, skip in joins[1:]] == [id(x) for x in reversed(down)]


def block(channels, width):
    x = keras.Input((5, 6, channels))
    return keras.Model(x, residual_block(x, width))


@pytest.mark.parametrize(
    "channels, width, kernels", [(4, 4, [3, 3]), (3, 4, [1, 3, 3])]
)
def test_residual_block_has_two_convolutions_and_a_skip(channels, width, kernels):
    model = block(channels, width)
    assert model.output_shape == (None, 5, 6, width)
    convolutions = layers_of(model, layers.Conv2D)
    assert sorted(layer.kernel_size[0] for layer in convolutions) == kernels


def test_residual_block_without_its_convolutions_is_the_identity():
    model = block(4, 4)
    x = np.random.default_rng(0).normal(size=(2, 5, 6, 4)).astype("float32")
    assert np.abs(predict(model, x) - x).max() > 1e-2
    for weight in model.trainable_variables:
        weight.assign(np.zeros(weight.shape))
    np.testing.assert_array_equal(predict(model, x), x)


def test_modulation_is_its_formula():
    x, code = keras.Input((2, 3, 4)), keras.Input((1, 1, 5))
    model = draw_weights(keras.Model([x, code], modulate(x, code)))
    random = np.random.default_rng(3)
    features = random.normal(size=(2, 2, 3, 4)).astype("float32")
    codes = random.normal(size=(2, 1, 1, 5)).astype("float32")
    scale, shift = (
        np.asarray(
            codes @ ops.convert_to_numpy(d.kernel) + ops.convert_to_numpy(d.bias)
        )
        for d in layers_of(model, layers.Dense)
    )
    expected = (1 + scale) * features + shift
    np.testing.assert_allclose(
        predict(model, [features, codes]), expected, rtol=1e-5, atol=1e-6
    )


def test_each_block_is_modulated_and_an_untrained_one_changes_nothing():
    fresh = build_unet((4, 6, 2), (4, 6), 1, modulated=True)
    block_inputs = [layer.input for layer in layers_of(fresh, layers.Multiply)]
    assert [x.shape[-1] for x, _ in block_inputs] == [4, 6, 4]
    for (_, scale), dense in zip(
        block_inputs, layers_of(fresh, layers.Dense)[2::2], strict=True
    ):
        assert scale is dense.output and not any(w.any() for w in dense.get_weights())


def test_places_look_at_each_other_at_the_two_lowest_resolutions():
    unet = build_unet((8, 12, 1), (4, 6, 6), 2, self_attention=True)
    looking = [x.output.shape for x in layers_of(unet, SelfAttention)]
    low, lowest = [(None, 4, 6, 6)] * 2, [(None, 2, 3, 6)] * 2
    assert looking == [*low, *lowest, *low]
    assert not layers_of(build_unet((8, 12, 1), (4, 6, 6), 2), SelfAttention)


def test_patches_are_squares_of_pixels_and_come_back():
    pictures = keras.Input((4, 6, 2))
    patches = to_patches(pictures, 2)
    model = keras.Model(pictures, [patches, from_patches(patches, 2)])
    x = np.random.default_rng(0).normal(size=(3, 4, 6, 2)).astype("float32")
    found, back = (ops.convert_to_numpy(each) for each in model(x))
    assert found.shape == (3, 2, 3, 8)
    for row, column in np.ndindex(2, 3):
        square = x[:, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
        np.testing.assert_array_equal(found[:, row, column], square.reshape(3, -1))
    np.testing.assert_array_equal(back, x)


def test_net_of_patches_is_the_net_of_smaller_maps():
    unet = build_unet((4, 8, 2), (4, 6), 1, patch_size=2)
    inner = build_unet((2, 4, 8), (4, 6), 1)
    inputs = noisy_inputs(unet, 1)
    assert not predict(unet, inputs).any()  # untrained
    inner.set_weights(draw_weights(unet).get_weights())
    patches = keras.Model(unet.inputs, [to_patches(unet.inputs[0], 2), unet.inputs[1]])
    pictures = keras.Input((2, 4, 8))
    back = keras.Model(pictures, from_patches(pictures, 2))
    there = predict(back, inner(patches(inputs), training=False))
    np.testing.assert_allclose(predict(unet, inputs), there, atol=1e-5)


def test_group_normalisation_is_each_picture_s_own():
    unet = draw_weights(build_unet((4, 6, 2), (4, 6), 1, normalization="group"))
    inputs = noisy_inputs(unet, 3)
    together = ops.convert_to_numpy(unet(inputs, training=True))
    for i in range(3):
        alone = unet([x[i : i + 1] for x in inputs], training=False)
        np.testing.assert_allclose(together[i], alone[0], atol=1e-5)
    x = np.random.default_rng(0).normal(2.0, 3.0, (2, 3, 4, 6)).astype("float32")
    axes = (1, 2, 3)
    expected = (x - x.mean(axes, keepdims=True)) / x.std(axes, keepdims=True)
    found = ops.convert_to_numpy(NORMALIZATIONS["group"]()(x))
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_sinusoidal_embedding_is_its_formula():
    rates = np.array([0.0, 0.02, 0.25, 1.0], "float32").reshape(4, 1, 1, 1)
    layer = SinusoidalEmbedding(6, max_frequency=16.0)
    angles = 2 * np.pi * rates * np.array([1.0, 4.0, 16.0])
    expected = np.concatenate([np.sin(angles), np.cos(angles)], axis=-1)
    np.testing.assert_allclose(ops.convert_to_numpy(layer(rates)), expected, atol=2e-5)
    again = SinusoidalEmbedding.from_config(layer.get_config())
    assert (again.dim, again.max_frequency) == (6, 16.0)
    assert layer.compute_output_shape(rates.shape) == (4, 1, 1, 6)


def test_sinusoidal_embedding_keeps_its_digits_in_half_precision():
    rates = np.array([0.97, 0.98], "float32").reshape(2, 1, 1, 1)
    exact = ops.convert_to_numpy(SinusoidalEmbedding(8)(rates))
    half = SinusoidalEmbedding(8, dtype="mixed_bfloat16")(rates)
    np.testing.assert_array_equal(ops.convert_to_numpy(half), exact)


@pytest.mark.parametrize("dim", [3, 0, 2, 2.5])
def test_sinusoidal_embedding_of_a_bad_length_is_one_sentence(dim):
    with pytest.raises(ValueError, match=f"dim must be an even .* got {dim}"):
        SinusoidalEmbedding(dim)


@pytest.mark.parametrize(
    "arguments, said",
    [
        ({"image_shape": (10, 8, 1)}, "divisible by 4 .*; got \\(10, 8, 1\\)"),
        ({"image_shape": (8, 10, 1)}, "divisible by 4 .*; got \\(8, 10, 1\\)"),
        ({"image_shape": (8, 8)}, "image_shape must be three positive integers"),
        ({"widths": ()}, "widths must be positive integers; got \\(\\)"),
        ({"widths": (4, 0, 4)}, "widths must be positive .* got \\(4, 0, 4\\)"),
        ({"widths": 4}, "widths must be a list of positive integers.* got 4"),
        ({"block_depth": 0}, "block_depth must be a positive integer; got 0"),
        ({"text_shape": (2, 3, 4)}, "text_shape must be .* got \\(2, 3, 4\\)"),
        ({"text_shape": 16}, "text_shape must be .* got 16"),
        ({"negative": True}, "negative=True needs a text_shape"),
        ({"num_classes": 0}, "num_classes must be a positive integer; got 0"),
        (
            {"num_classes": 2, "text_shape": (3,)},
            r"num_classes needs a network without a text; got text_shape=\(3,\)",
        ),
        ({"patch_size": 0}, "patch_size must be a positive integer; got 0"),
        ({"patch_size": 4}, "divisible by 16 .*; got \\(8, 8, 1\\)"),
        ({"normalization": "layer"}, "normalization must be batch or group; .*'layer'"),
    ],
)
def test_sizes_that_do_not_fit_are_one_sentence(arguments, said):
    arguments = {"image_shape": (8, 8, 1), "widths": (4, 4, 4), **arguments}
    with pytest.raises(ValueError, match=said) as error:
        build_unet(**arguments)
    assert "\n" not in str(error.value)


# Shape of the text, negative prompts, modulation and what recipes have beside it.
TEXTS = {
    "maps": ((5,), False, False),
    "maps-": ((5,), True, False),
    "tokens": ((3, 5), False, False),
    "tokens-": ((3, 5), True, False),
    "maps-modulated": ((5,), False, True),
    "tokens-modulated": ((3, 5), True, True),
}


@pytest.fixture(scope="module", params=TEXTS.values(), ids=TEXTS)
def text_unet(request):
    """A U-Net for each way of seeing texts, with random weights."""
    text_shape, negative, modern = request.param
    normalization = "group" if modern else "batch"
    options = (text_shape, negative, modern, modern, normalization)
    unet = build_unet((4, 6, 2), (4, 6), 1, *options)
    return draw_weights(unet)


def test_net_sees_each_of_its_texts(text_unet):
    inputs = noisy_inputs(text_unet)
    before = predict(text_unet, inputs)
    for number in range(2, len(inputs)):
        changed = [array.copy() for array in inputs]
        changed[number][1] *= -1  # the second example's text only
        change = np.abs(predict(text_unet, changed) - before).max(axis=(1, 2, 3))
        assert change[0] < 1e-5 < 1e-3 < change[1]


def test_positive_and_negative_text_have_different_places(text_unet):
    inputs = noisy_inputs(text_unet)
    if len(inputs) == 4:
        swapped = [*inputs[:2], inputs[3], inputs[2]]
        change = predict(text_unet, swapped) - predict(text_unet, inputs)
        assert np.abs(change).max() > 1e-3
    names = ["noisy_images", "noise_rates", "text_embeddings", "negative_embeddings"]
    assert [x.name for x in text_unet.inputs] == names[: len(inputs)]


def test_text_nets_start_at_zero_and_draw_without_a_text(text_unet):
    inputs = noisy_inputs(text_unet)
    fresh = keras.models.clone_model(text_unet)
    assert not predict(fresh, inputs).any()
    null = [*inputs[:2], *map(np.zeros_like, inputs[2:])]
    assert np.isfinite(predict(text_unet, null)).all()


def test_gradient_reaches_every_weight(text_unet):
    model = keras.models.clone_model(text_unet)
    draw_weights(model, seed=2)
    before = [ops.convert_to_numpy(w) for w in model.trainable_variables]
    model.compile(keras.optimizers.SGD(1.0), loss="mse")
    inputs = noisy_inputs(model, 4)
    inputs[2:] = [text - 0.5 for text in inputs[2:]]
    model.train_on_batch(inputs, np.ones_like(inputs[0]))
    stuck = [
        w.path
        for w, old in zip(model.trainable_variables, before, strict=True)
        # The bias of the keys adds the same to all scores: softmax never sees it.
        if "key/bias" not in w.path
        and np.abs(ops.convert_to_numpy(w) - old).max() < 1e-7
    ]
    assert stuck == []


@pytest.fixture(scope="module")
def attention():
    """Attention of 6 channels to tokens of 5 dimensions, with random weights."""
    layer = TextAttention(num_heads=2)
    layer.build((None, 2, 3, 6), (None, 4, 5))
    return draw_weights(layer, scale=0.7)


def attend(layer, x, tokens):
    return ops.convert_to_numpy(layer(x.astype("float32"), tokens.astype("float32")))


@pytest.fixture
def sight():
    """A feature map, and three tokens followed by one of padding."""
    random = np.random.default_rng(3)
    tokens = random.normal(size=(2, 4, 5))
    tokens[:, 3] = 0
    return random.normal(size=(2, 2, 3, 6)), tokens


def attention_by_hand(layer, x, tokens=None):
    """Softmax of scaled products, one example, one place and one head at a time."""
    weights = [ops.convert_to_numpy(w).astype("float64") for w in layer.weights]
    (positions,) = [w for w in weights if w.shape == (1, *x.shape[1:])]
    part = layer.attention
    (q, bq), (k, bk), (v, bv), (o, bo) = (
        [ops.convert_to_numpy(w).astype("float64") for w in dense.weights]
        for dense in (part.query_dense, part.key_dense, part.value_dense)
        + (part.output_dense,)
    )
    scale, centre = map(ops.convert_to_numpy, layer.normalization.weights)
    x = x + positions
    mean, variance = x.mean(axis=-1, keepdims=True), x.var(axis=-1, keepdims=True)
    places = (x - mean) / np.sqrt(variance + 1e-3) * scale + centre
    found = np.zeros_like(x)
    for b, row, column in np.ndindex(x.shape[:3]):
        place, seen = places[b, row, column], places[b].reshape(-1, x.shape[-1])
        if tokens is not None:
            (null,) = [w for w in weights if w.shape == (1, 1, 5)]
            seen = np.stack([null[0, 0], *(t for t in tokens[b] if t.any())])
        for head in range(layer.num_heads):
            query = place @ q[:, head] + bq[head]
            keys = seen @ k[:, head] + bk[head]
            scores = np.exp(keys @ query / np.sqrt(len(query)))
            values = seen @ v[:, head] + bv[head]
            found[b, row, column] += (scores / scores.sum()) @ values @ o[head]
        found[b, row, column] += bo
    return x + found


def test_attention_is_the_formula(attention, sight):
    x, tokens = sight
    tokens[1, 1:] = 0  # one example has one token
    expected = attention_by_hand(attention, x, tokens)
    np.testing.assert_allclose(attend(attention, x, tokens), expected, atol=2e-5)


def test_self_attention_is_the_formula(sight):
    x, _ = sight
    layer = SelfAttention(num_heads=2)
    layer.build(x.shape)
    draw_weights(layer, scale=0.7)
    found = ops.convert_to_numpy(layer(x.astype("float32")))
    np.testing.assert_allclose(found, attention_by_hand(layer, x), atol=2e-5)


def test_attention_ignores_padding_exactly(attention, sight):
    x, tokens = sight
    padded = attend(attention, x, np.pad(tokens, ((0, 0), (0, 5), (0, 0))))
    bare = attend(attention, x, tokens[:, :3])
    np.testing.assert_allclose(padded, bare, atol=1e-6)
    tokens[:, 3] = 1e-3  # no padding any more
    assert np.abs(attend(attention, x, tokens) - bare).max() > 1e-3


def test_attention_without_tokens_sees_the_null_token(attention, sight):
    x, tokens = sight
    nothing = attend(attention, x, np.zeros_like(tokens))
    expected = attention_by_hand(attention, x, np.zeros_like(tokens))
    np.testing.assert_allclose(nothing, expected, atol=2e-5)
    assert np.abs(nothing - x).max() > 1e-2


@pytest.mark.parametrize("kind", [SelfAttention, TextAttention])
def test_attention_survives_its_config(kind):
    assert kind.from_config(kind(2).get_config()).num_heads == 2


@pytest.mark.parametrize("kind", [SelfAttention, TextAttention])
@pytest.mark.parametrize("num_heads", [0, 1.5])
def test_no_heads_are_one_sentence(kind, num_heads):
    with pytest.raises(ValueError, match="num_heads must be a positive integer; got"):
        kind(num_heads)
