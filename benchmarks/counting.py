"""Floating-point operations of a Keras network, and how fast they can be at best.

A multiplication and an addition count as two.  Convolutions, dense layers and attention
are counted exactly, and nothing else: they are all but a few per cent of our networks.
"""

import math

from timing import Task


def flops(model):
    """Operations of a forward pass of a functional model, a picture.

    >>> import keras
    >>> inputs = keras.Input((8, 8, 3))
    >>> x = keras.layers.Conv2D(4, 3, padding="same")(inputs)
    >>> flops(keras.Model(inputs, x)) == 2 * 8 * 8 * 3 * 3 * 3 * 4
    True
    """
    return sum(flops_of_layer(layer) for layer in model.layers)


def flops_of_layer(layer):
    """Two for each weight of the kernel and each place that it is laid on."""
    if hasattr(layer, "attention"):
        return flops_of_attention(layer)
    kernel = getattr(layer, "kernel", None)
    if kernel is None:
        return 0
    transposed = "Transpose" in type(layer).__name__
    places = (layer.input if transposed else layer.output).shape[1:-1]
    return 2 * math.prod(places) * math.prod(kernel.shape)


def flops_of_attention(layer):
    """Those of a layer in which the places of a map look at each other, or at tokens.

    >>> import keras
    >>> from keras_gen.diffusion.attention import SelfAttention
    >>> inputs = keras.Input((4, 4, 8))
    >>> projections, products = 4 * 2 * 16 * 8 * 8, 2 * 2 * 16 * 16 * 8
    >>> layer = SelfAttention()
    >>> model = keras.Model(inputs, layer(inputs))
    >>> flops_of_attention(layer) == projections + products
    True
    """
    inputs = layer.input if isinstance(layer.input, list) else [layer.input]
    height, width, channels = inputs[0].shape[1:]
    places = height * width
    # The tokens of a text, and the null token.
    length = places if len(inputs) == 1 else inputs[1].shape[1] + 1
    seen = inputs[-1].shape[-1]
    heads = layer.attention.num_heads * layer.attention.key_dim
    projections = 2 * heads * (2 * places * channels + 2 * length * seen)
    return projections + 2 * 2 * places * length * heads


def note_of(networks, count):
    """Parameters of all networks, and operations, in words."""
    parameters = sum(network.count_params() for network in networks)
    return f"{parameters / 1e6:.2f} M parameters, {count / 1e9:.3f} GFLOP"


def convolutions(model, pictures, times, backward=False):
    """Task: the convolutions of a network and nothing else, each on its own.

    Args:
        model: a functional model.
        pictures: in a batch.
        times: how often.
        backward: whether their gradients are computed too.
    """
    import keras
    import numpy as np
    from keras import ops

    kinds = [x for x in model.layers if isinstance(x, keras.layers.Conv2D)]
    random = np.random.default_rng(0)

    def noise(shape):
        values = random.normal(size=(pictures, *shape[1:])).astype("float32")
        return ops.convert_to_tensor(values)

    inputs = [noise(layer.input.shape) for layer in kinds]
    outputs = [noise(layer.output.shape) for layer in kinds]
    # Copies: a step of Keras on JAX gives the arrays of its weights away.
    kernels = [
        ops.convert_to_tensor(ops.convert_to_numpy(layer.kernel).copy())
        for layer in kinds
    ]
    program = compiled(backward)

    def run():
        for _ in range(times):
            ops.convert_to_numpy(program(inputs, kernels, outputs)[-1])

    count = sum(map(flops_of_layer, kinds)) * (3 if backward else 1)
    return Task(run, pictures * times, count)


def compiled(backward):
    """A program of convolutions, with their gradients if `backward`."""
    from keras import ops

    from keras_gen import backend
    from keras_gen.quick_layers import pointwise_convolution

    def convolve(x, kernel):
        if kernel.shape[:2] == (1, 1):  # quicker as a product: the limit is the best
            return pointwise_convolution(x, kernel)
        return ops.conv(x, kernel, padding="same")

    def program(inputs, kernels, outputs):
        found = []
        for x, kernel, y in zip(inputs, kernels, outputs, strict=True):
            if backward:
                found += gradients(convolve, (x, kernel), y)
            else:
                found.append(convolve(x, kernel))
        return found

    return backend.compile(program)


def gradients(function, arguments, cotangent):
    """The result of a function, and its gradients for all arguments."""
    import keras

    if keras.backend.backend() == "jax":
        import jax

        result, pull = jax.vjp(function, *arguments)
        return [result, *pull(cotangent)]
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(arguments)
        result = function(*arguments)
    return [result, *tape.gradient(result, arguments, cotangent)]


def products(size=1024):
    """Task: products of two square matrices, of which a "picture" is one product."""
    import numpy as np
    from keras import ops

    from keras_gen import backend

    a, b = np.random.default_rng(0).normal(size=(2, size, size)).astype("float32")
    a, b = ops.convert_to_tensor(a), ops.convert_to_tensor(b)
    program = backend.compile(ops.matmul)

    def run():
        for _ in range(20):
            ops.convert_to_numpy(program(a, b))

    return Task(run, 20, 2 * size**3)
