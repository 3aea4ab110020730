"""A generator by styles: what to draw comes in at every size, chance beside it.

A mapping network turns the latent vector into a style.  The picture begins as a
learned constant, and the style says to each stage how strong and how bright each of its
channels is: low stages decide on the shape, high ones on colours and edges.  Noise, one
number a pixel, is left to what is a matter of chance.

It is trained as any generator, by `GAN` or `WassersteinGAN`.

Synopsis:

>>> from keras_gen.gans import build_style_generator, mixed_styles
>>> generator = build_style_generator((16, 16, 3), latent_dim=8, widths=(8, 16))
>>> generator.output_shape
(None, 16, 16, 3)
>>> shapes, colours = keras.random.normal((2, 8)), keras.random.normal((2, 8))
>>> mixed_styles(generator, shapes, colours, first=2).shape  # shapes in stages 0 and 1
(2, 16, 16, 3)
"""

import keras
from keras import layers, ops

from keras_gen.checks import (
    check_fraction,
    check_image_shape,
    check_positive_integers,
)
from keras_gen.gans.networks import SLOPE, check_widths, enlarge
from keras_gen.quick_layers import PointwiseConv2D
from keras_gen.ranges import scale_output


def build_style_generator(
    image_shape,
    latent_dim=64,
    widths=(32, 64),
    style_dim=64,
    mapping_layers=4,
    mixing=0.9,
):
    """Builds the network that draws: latent vectors -> pictures in [-1, 1].

    Args:
        image_shape: `(height, width, channels)`, both sizes divisible by
            `2 ** len(widths)`.
        latent_dim: length of the latent vector.
        widths: channels, in the discriminator's order; the generator walks them
            backwards.
        style_dim: length of the style.
        mapping_layers: of the mapping network.
        mixing: share of the pictures in training that take the styles of their later
            stages from another latent vector, so that stages do not rely on each other.

    Returns:
        A `keras.Model` to `(batch, *image_shape)`, of the layers `"mapping"`, latents
        -> a style, `"mixing"`, and `"synthesis"`, `(batch, stages, style_dim)` ->
        pictures.

    Raises:
        ValueError: if a size does not fit.

    Reference:
        Karras et al. 2018, https://arxiv.org/abs/1812.04948, figure 1b.
    """
    check_widths(widths)
    image_shape = check_image_shape(image_shape, divisible_by=2 ** len(widths))
    check_positive_integers(
        latent_dim=latent_dim, style_dim=style_dim, mapping_layers=mapping_layers
    )
    check_fraction(mixing=mixing)
    mapping = keras.Sequential(
        [keras.Input((latent_dim,)), layers.UnitNormalization()]
        # A unit vector of d numbers has a mean square of 1 / d.
        + [layers.Rescaling(latent_dim**0.5)]
        + [
            layer
            for _ in range(mapping_layers)
            for layer in (layers.Dense(style_dim, **_he()), layers.LeakyReLU(SLOPE))
        ],
        name="mapping",
    )
    synthesis = _synthesis(image_shape, widths, style_dim)
    latents = keras.Input((latent_dim,), name="latents")
    styles = StyleMixing(len(widths) + 1, mixing, name="mixing")(mapping(latents))
    return keras.Model(latents, synthesis(styles), name="generator")


def _synthesis(image_shape, widths, style_dim):
    stride = 2 ** len(widths)
    start = (image_shape[0] // stride, image_shape[1] // stride, widths[-1])
    styles = keras.Input((len(widths) + 1, style_dim), name="styles")
    first, *others = ops.unstack(styles, len(widths) + 1, axis=1)
    x = _stage(LearnedConstant(start)(styles), first)
    for width, style in zip(reversed(widths), others, strict=True):
        x = _stage(enlarge(width, **_he())(x), style)
    pictures = PointwiseConv2D(
        image_shape[-1], 1, activation="tanh", dtype="float32", name="pictures"
    )(x)
    return keras.Model(styles, pictures, name="synthesis")


def _stage(x, style):
    return StyleModulation()([layers.LeakyReLU(SLOPE)(AddNoise()(x)), style])


def _he():
    return {"kernel_initializer": "he_normal"}


def mixed_styles(generator, latents, others, first):
    """Draws with the styles of some latents in the first stages, of others in the rest.

    Args:
        generator: as `build_style_generator` made it.
        latents: `(batch, latent_dim)`: what decides on pose and shape.
        others: likewise: what decides on colours and edges.
        first: how many stages take the styles of `latents`; the first is the constant.

    Returns:
        uint8 array `(batch, height, width, channels)`.

    Reference:
        Karras et al. 2018, https://arxiv.org/abs/1812.04948, figure 3.
    """
    mapping, synthesis = (generator.get_layer(n) for n in ("mapping", "synthesis"))
    num = synthesis.inputs[0].shape[1]
    early = ops.reshape(ops.arange(num) < first, (1, num, 1))
    styles = ops.where(
        early,
        ops.expand_dims(mapping(latents), 1),
        ops.expand_dims(mapping(others), 1),
    )
    return scale_output(synthesis.predict(ops.convert_to_numpy(styles), verbose=0))


@keras.saving.register_keras_serializable(package="keras_gen")
class StyleMixing(layers.Layer):
    """Gives each stage a style; in training, later ones sometimes that of a neighbour.

    Args:
        stages: how many.
        probability: share of the pictures whose styles are mixed in training.
        seed: of which, and from where on.
        **kwargs: as for `keras.layers.Layer`.

    Call arguments:
        inputs: styles `(batch, style_dim)`.
        training: whether to mix.

    Returns:
        `(batch, stages, style_dim)`.

    Example:

    >>> StyleMixing(3, 0.9)(ops.ones((2, 4))).shape[1]
    3

    Reference:
        Karras et al. 2018, https://arxiv.org/abs/1812.04948, section 3.1.
    """

    def __init__(self, stages, probability, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.stages, self.probability, self.seed = stages, probability, seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, inputs, training=False):
        """Repeats the style, or goes over to the neighbour's."""
        styles = ops.repeat(ops.expand_dims(inputs, 1), self.stages, axis=1)
        if not training:
            return styles
        shape = (ops.shape(inputs)[0], 1, 1)
        mixes = keras.random.uniform(shape, seed=self.seed_generator) < self.probability
        crossover = keras.random.randint(
            shape, 1, self.stages, seed=self.seed_generator
        )
        stage = ops.reshape(ops.arange(self.stages), (1, self.stages, 1))
        other = ops.logical_and(mixes, stage >= crossover)
        return ops.where(other, ops.roll(styles, 1, axis=0), styles)

    def get_config(self):
        """Returns the constructor's arguments."""
        own = {
            "stages": self.stages,
            "probability": self.probability,
            "seed": self.seed,
        }
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="keras_gen")
class LearnedConstant(layers.Layer):
    """A map that is learned, the same for every picture.

    Args:
        shape: `(height, width, channels)`.
        **kwargs: as for `keras.layers.Layer`.

    Call arguments:
        inputs: anything; only how many there are is used.

    Returns:
        `(batch, height, width, channels)`.

    Example:

    >>> tuple(LearnedConstant((4, 4, 8))(ops.ones((2, 1))).shape)
    (2, 4, 4, 8)
    """

    def __init__(self, shape, **kwargs):
        super().__init__(**kwargs)
        self.shape = tuple(shape)
        self.constant = self.add_weight(
            (1, *self.shape), initializer="random_normal", name="constant"
        )
        self.built = True

    def call(self, inputs):
        """Repeats the map."""
        return ops.tile(self.constant, (ops.shape(inputs)[0], 1, 1, 1))

    def compute_output_shape(self, input_shape):
        """Tells the shape of the maps."""
        return (input_shape[0], *self.shape)

    def get_config(self):
        """Returns the constructor's arguments."""
        return {**super().get_config(), "shape": self.shape}


@keras.saving.register_keras_serializable(package="keras_gen")
class AddNoise(layers.Layer):
    """Adds one random number a pixel, in each channel with a learned strength.

    In training it is drawn anew; later it is always the same, so that a latent vector
    has one picture.

    Args:
        seed: of the noise.
        **kwargs: as for `keras.layers.Layer`.

    Call arguments:
        inputs: feature map `(batch, height, width, channels)`.
        training: whether to draw anew.

    Returns:
        A feature map of the same shape.

    Example:

    >>> tuple(AddNoise()(ops.ones((2, 4, 4, 3))).shape)
    (2, 4, 4, 3)

    Reference:
        Karras et al. 2018, https://arxiv.org/abs/1812.04948, section 2 (B in figure 1).
    """

    def __init__(self, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, input_shape):
        """Makes the strengths, which begin at 0, and the noise of later."""
        self.strength = self.add_weight(
            (input_shape[-1],), initializer="zeros", name="strength"
        )
        self.noise = self.add_weight(
            (1, *input_shape[1:3], 1),
            initializer=keras.initializers.RandomNormal(stddev=1.0, seed=self.seed),
            trainable=False,
            name="noise",
        )

    def call(self, inputs, training=False):
        """Adds the noise."""
        noise = self.noise
        if training:
            shape = (*ops.shape(inputs)[:3], 1)
            noise = keras.random.normal(
                shape, dtype=inputs.dtype, seed=self.seed_generator
            )
        return inputs + noise * self.strength

    def get_config(self):
        """Returns the constructor's arguments."""
        return {**super().get_config(), "seed": self.seed}


@keras.saving.register_keras_serializable(package="keras_gen")
class StyleModulation(layers.Layer):
    """Gives each channel the mean and the spread that a style says.

    Args:
        **kwargs: as for `keras.layers.Layer`.

    Call arguments:
        inputs: `[maps, styles]`: `(batch, height, width, channels)` and
            `(batch, style_dim)`.

    Returns:
        A feature map of the same shape.

    Example:

    >>> x = ops.reshape(ops.arange(8.0), (1, 2, 2, 2))
    >>> y = StyleModulation()([x, ops.zeros((1, 3))])  # as at first: mean 0, spread 1
    >>> [round(float(value), 2) for value in y[0, 0, :, 0]]
    [-1.34, -0.45]

    Reference:
        Karras et al. 2018, https://arxiv.org/abs/1812.04948, eq. 1.
    """

    def build(self, input_shape):
        """Makes the layer from the style to scales and offsets."""
        maps, style = input_shape
        self.normalize = layers.GroupNormalization(
            -1, center=False, scale=False, dtype=self.dtype_policy
        )
        self.normalize.build(maps)
        self.affine = layers.Dense(2 * maps[-1], dtype=self.dtype_policy)
        self.affine.build(style)

    def call(self, inputs):
        """Normalises each map, then scales and shifts it."""
        maps, style = inputs
        scale, offset = ops.split(self.affine(style)[:, None, None], 2, axis=-1)
        return self.normalize(maps) * (1.0 + scale) + offset

    def compute_output_shape(self, input_shape):
        """Tells the shape of the maps."""
        return input_shape[0]
