"""Checks of the set `vae`: encoder and decoder, of any architecture."""

import numpy as np

from keras_gen.exercises.comparing import array_of, compare, same_shape, several
from keras_gen.exercises.registry import Failed
from keras_gen.exercises.vae_sampler import STOPPED, check, learns, normal
from keras_gen.grading.student import StudentError

# One shape that no one would write down, and always ROWS or 1 in a batch: outside of a
# compiled step each new shape costs each operation a compilation.
SHAPE, LATENT_DIM = (8, 12, 2), 24
ROWS = 16
POOLED = (
    "Looks like pooling layers: strided convolutions were asked for, since a VAE must "
    "keep where things are; found {}."
)


def seen(student, model) -> tuple[list, list]:
    """What a submission says of a model: its layers, and the names of its operations.

    These are claims, and may be malformed.
    """
    told = student.describe(model)
    told = told if isinstance(told, dict) else {}
    layers = told.get("layers") if isinstance(told.get("layers"), list) else []
    layers = [one for one in layers if isinstance(one, dict)]
    names = told.get("operations")
    names = [str(one) for one in names] if isinstance(names, list) else []
    return layers, names


def is_convolution(layer) -> bool:
    """Whether a layer, as `seen` has it, is a convolution of Keras or of the student's.

    A layer of neither name, but with a kernel of four axes, counts too.
    """
    kinds = layer.get("kinds")
    kinds = kinds if isinstance(kinds, list) else []
    kernel = layer.get("kernel")
    four = isinstance(kernel, list) and len(kernel) == 4
    return four or any("Conv" in str(kind) for kind in kinds)


def steps(layer) -> int:
    """The largest stride that a layer says it has."""
    strides = layer.get("strides")
    strides = strides if isinstance(strides, list) else []
    return max([n for n in strides if isinstance(n, int)], default=1)


def randomised(student, model, rng):
    """Gives a model normal weights, which are large."""
    weights = student.weights(model)
    if not isinstance(weights, list) or not weights:
        raise Failed("The model has no weights that can be trained.")
    student.set_weights(model, [normal(rng, *array_of(w).shape) for w in weights])


# --------------------------------------------------------------------- build_encoder


def encoded(student, encoder, images):
    """`[z_mean, z_log_var]` as one array `(2, batch, LATENT_DIM)`."""
    answer = student.call(encoder, images)
    if isinstance(answer, np.ndarray):
        raise Failed(
            "Looks like the encoder of a plain autoencoder: it has one output where "
            f"two were meant; its shape is {answer.shape}.",
            "one_output",
        )
    both = several(answer, 2, "[z_mean, z_log_var]")
    shape = len(images), LATENT_DIM
    names = "z_mean", "z_log_var"
    return np.stack([same_shape(a, shape, n) for a, n in zip(both, names, strict=True)])


def takes_digits(student, encoder) -> bool:
    """Whether an encoder takes images of 28 x 28 x 1, where none were asked for."""
    try:
        student.call(encoder, np.zeros((1, 28, 28, 1), "float32"))
    except StudentError:
        return False
    return True


@check("build_encoder", 5, "Two outputs for each image, whatever its shape.")
def _shapes(student, rng):
    encoder = student.make("build_encoder", SHAPE, LATENT_DIM)
    images = rng.uniform(size=(ROWS, *SHAPE)).astype("float32")
    try:
        both = encoded(student, encoder, images)
    except StudentError as error:
        if not takes_digits(student, encoder):
            raise
        raise Failed(
            f"Looks like images of 28 x 28 x 1 whatever image_shape says. ({error})",
            "fixed_shape",
        ) from None
    if np.allclose(both[0], both[1], 1e-4, 1e-6):
        raise Failed(
            "Looks like one layer for both outputs: z_mean and z_log_var are the "
            "same numbers.",
            "one_head",
        )
    one = encoded(student, encoder, images[:1])
    compare(one, both[:, :1], "an image's outputs in a batch of 1", rtol=1e-3)


@check("build_encoder", 4, "Both outputs are linear: of any sign and size.")
def _linear(student, rng):
    # Of 24 outputs all have the same sign for all images once in 2**23.
    encoder = student.make("build_encoder", SHAPE, LATENT_DIM)
    images = normal(rng, ROWS, *SHAPE)
    # The first call builds an unbuilt one; its weights are small.
    before = encoded(student, encoder, images)
    randomised(student, encoder, rng)
    after = encoded(student, encoder, images)
    for name, small, values in zip(("z_mean", "z_log_var"), before, after, strict=True):
        if not np.all(np.isfinite(values)):
            raise Failed(f"{name} should be finite; it is not.")
        low, high = values.min(), values.max()
        if low < 0 < high and max(-low, high) > 1.5:
            continue
        slug, sentence = bounded(name, low, high, small.min())
        raise Failed(
            f"{sentence} (With large weights it is between {low:.3g} and {high:.3g}.)",
            slug,
        )


def bounded(name, low, high, lowest_at_first) -> tuple[str, str]:
    """What an output looks like that isn't linear: `(slug, sentence)`."""
    of_mean = name == "z_mean"
    if low >= 0 and high <= 1:
        return "sigmoid_mean" if of_mean else "sigmoid_log_var", (
            f"Looks like a sigmoid on {name}: it may be negative and of any size, so "
            "that output must be linear."
        )
    if low >= 0 and lowest_at_first > 0:
        return "softplus_mean" if of_mean else "softplus_variance", (
            "Looks like a softplus on z_mean: means may be negative."
            if of_mean
            else "Looks like a softplus on z_log_var: it is a logarithm and may be "
            "negative."
        )
    if low >= 0:
        return "relu_mean" if of_mean else "relu_log_var", (
            "Looks like a relu on z_mean: means may be negative."
            if of_mean
            else "Looks like a relu on z_log_var: the variance can then never be "
            "below 1."
        )
    return "", f"{name} should be linear, of any sign and size."


@check("build_encoder", 3, "The gradient of each output reaches the image.")
def _gradient(student, rng):
    encoder = student.make("build_encoder", SHAPE, LATENT_DIM)
    images = normal(rng, ROWS, *SHAPE)
    encoded(student, encoder, images)
    # One output of the first half of the batch, the other of the second.
    cotangents = normal(rng, 2, ROWS, LATENT_DIM)
    cotangents[0, ROWS // 2 :] = cotangents[1, : ROWS // 2] = 0
    _, (slope,) = learns(student, encoder, [images], list(cotangents), wrt=[0])
    halves = slope[: ROWS // 2], slope[ROWS // 2 :]
    for name, half in zip(("z_mean", "z_log_var"), halves, strict=True):
        if not np.any(half):
            raise Failed(f"{STOPPED} before {name}.", "stop_gradient")


@check("build_encoder", 2, "Strided convolutions make it smaller, no pooling layer.")
def _strides(student, rng):
    encoder = student.make("build_encoder", SHAPE, LATENT_DIM)
    student.call(encoder, np.zeros((1, *SHAPE), "float32"))
    layers, operations = seen(student, encoder)
    kinds = [str(layer.get("kind")) for layer in layers] + operations
    pools = sorted({kind for kind in kinds if "Pool" in kind})
    if pools:
        raise Failed(POOLED.format(", ".join(pools)[:200]), "pooling")
    found = [layer for layer in layers if is_convolution(layer)]
    if not found:
        raise Failed("Looks like no convolution at all: strided ones were asked for.")
    if all(steps(layer) == 1 for layer in found):
        raise Failed(
            "Looks like convolutions without strides: nothing is downsampled before "
            f"the dense layers by any of your {len(found)}.",
            "no_strides",
        )


# --------------------------------------------------------------------- build_decoder


def decoded(student, decoder, z):
    """Images of latents, of the right shape; tells known wrong ones."""
    answer = array_of(student.call(decoder, z), "the images")
    height, width, channels = SHAPE
    right, got = (len(z), *SHAPE), answer.shape
    if got == right:
        return answer
    for slug, variant, sentence in (
        (
            "one_channel",
            (len(z), height, width, 1),
            f"Looks like one channel whatever image_shape says; it says {channels}.",
        ),
        (
            "one_doubling_too_few",
            (len(z), height // 2, width // 2, channels),
            "Looks like one upsampling too few: your images are half as high and half "
            "as wide as they should be.",
        ),
        (
            "square_only",
            (len(z), height, height, channels),
            "Looks like the height used for both sides: images that are not square "
            "come out with the wrong shape.",
        ),
        (
            "square_only",
            (len(z), width, width, channels),
            "Looks like the width used for both sides: images that are not square "
            "come out with the wrong shape.",
        ),
        (
            "sides_swapped",
            (len(z), width, height, channels),
            "Looks like height and width in the other order: the height comes first.",
        ),
    ):
        if got == variant:
            raise Failed(f"{sentence} (Expected {right}; got {got}.)", slug)
    return same_shape(answer, right, "the images")


@check("build_decoder", 4, "Its images have the shape that was asked for.")
def _shapes_(student, rng):
    decoder = student.make("build_decoder", SHAPE, LATENT_DIM)
    z = normal(rng, ROWS, LATENT_DIM)
    images = decoded(student, decoder, z)
    one = decoded(student, decoder, z[:1])
    compare(one, images[:1], "the image in a batch of 1", rtol=1e-3)


@check("build_decoder", 4, "All of [0, 1] and nothing else comes out.")
def _range(student, rng):
    decoder = student.make("build_decoder", SHAPE, LATENT_DIM)
    z = normal(rng, ROWS, LATENT_DIM)
    decoded(student, decoder, z)  # an unbuilt one has weights only now
    randomised(student, decoder, rng)
    images = decoded(student, decoder, z)
    if not np.all(np.isfinite(images)):
        raise Failed("The pixels should be finite; they are not.")
    low, high = images.min(), images.max()
    if np.allclose(images.sum(axis=-1), 1, 1e-3):
        raise Failed(
            "Looks like softmax at the end: the channels of each pixel add up to 1, "
            "so no pixel can be black or white.",
            "softmax_output",
        )
    if low >= -1 and low < -1e-3 and high <= 1:
        raise Failed(
            "Looks like tanh at the end: your pixels are in [-1, 1] where [0, 1] was "
            f"meant; the darkest is {low:.3g}.",
            "tanh_output",
        )
    if low >= 0 and high > 1 + 1e-6:
        raise Failed(
            "Looks like relu at the end: it has no upper bound, and your brightest "
            f"pixel is {high:.3g}.",
            "relu_output",
        )
    if low < 0 or high > 1 + 1e-6:
        far = low if -low > high else high
        raise Failed(
            "Looks like a linear output: some of your pixels are outside [0, 1], such "
            f"as {far:.3g}.",
            "linear_output",
        )
    if low > 0.2 or high < 0.8:
        raise Failed(
            "Black and white should be in reach; with large weights your pixels stay "
            f"between {low:.3g} and {high:.3g}."
        )


@check("build_decoder", 2, "Each latent dimension matters, and has a gradient.")
def _gradient_(student, rng):
    decoder = student.make("build_decoder", SHAPE, LATENT_DIM)
    z, cotangent = 3 * normal(rng, ROWS, LATENT_DIM), normal(rng, ROWS, *SHAPE)
    decoded(student, decoder, z)
    _, (slope,) = learns(student, decoder, [z], [cotangent], wrt=[0])
    if not np.any(slope):
        raise Failed(f"{STOPPED}.", "stop_gradient")
    idle = int((~np.any(slope, axis=0)).sum())
    if idle:
        raise Failed(f"{idle} of {LATENT_DIM} latent dimensions change nothing.")


@check("build_decoder", 2, "Convolutions do the upsampling.")
def _convolutions(student, rng):
    decoder = student.make("build_decoder", SHAPE, LATENT_DIM)
    student.call(decoder, np.zeros((1, LATENT_DIM), "float32"))
    layers, _ = seen(student, decoder)
    if not any(is_convolution(layer) for layer in layers):
        raise Failed(
            "Looks like dense layers alone: upsampling by convolutions was asked for; "
            f"none of your {len(layers)} layers is one.",
            "dense_only",
        )
