"""The only file that knows which backend runs.

Everything else is written with `keras.ops`, `keras.random` and `keras.layers`.
What Keras has no word for, and this project needs, has one short function here.
"""

import functools

import keras
from keras import ops


def compile(function):
    """Compiles a stateless function of tensors, once for each shape of its arguments.

    The function must not read or write variables: hand their values in as
    arguments (`Layer.stateless_call` does the rest).  Numbers that change from call
    to call must come in as tensors; a Python number is a constant of the program
    and a new one compiles a new program.

    Args:
        function: callable on tensors and nested lists, tuples or dicts of tensors.

    Returns:
        A callable with the same signature.

    Example:

    >>> from keras import ops
    >>> double = compile(lambda x: 2.0 * x)
    >>> float(double(ops.convert_to_tensor(3.0)))
    6.0
    """
    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(function)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.function(function, autograph=False)
    if keras.backend.backend() == "torch":
        import torch

        return torch.no_grad()(function)
    return function


def conv_transpose(x, kernel, strides):
    """`keras.ops.conv_transpose` with padding "same", quick to train on JAX too.

    On a CPU, XLA takes 30 times as long for the kernel's gradient as JAX derives it as
    for the same sum written as the gradient of the strided convolution that this one
    mirrors.

    Args:
        x: `(batch, height, width, channels)`.
        kernel: `(size, size, filters, channels)`.
        strides: how many times height and width grow.

    Returns:
        `(batch, strides * height, strides * width, filters)`.
    """
    if keras.backend.backend() == "jax":
        # JAX's custom rules do not know Keras's variables.
        x, kernel = ops.convert_to_tensor(x), ops.convert_to_tensor(kernel)
        return _mirrored_convolution(strides)(x, kernel)
    return ops.conv_transpose(x, kernel, strides, padding="same")


@functools.cache
def _mirrored_convolution(strides):
    import jax

    def shrink(images, kernel):
        return ops.conv(images, kernel, strides, padding="same")

    @jax.custom_vjp
    def enlarge(x, kernel):
        return ops.conv_transpose(x, kernel, strides, padding="same")

    def forward(x, kernel):
        return enlarge(x, kernel), (x, kernel)

    def backward(saved, gradient):
        x, kernel = saved
        shrunk, pull = jax.vjp(lambda kernel: shrink(gradient, kernel), kernel)
        return shrunk, *pull(x)

    enlarge.defvjp(forward, backward)
    return enlarge


def devices():
    """Names the devices that the backend sees, for instance `["CPU:0", "GPU:0"]`."""
    if keras.backend.backend() == "jax":
        import jax

        return [f"{d.platform.upper()}:{d.id}" for d in jax.devices()]
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        names = [d.name for d in tf.config.list_logical_devices()]
        return [name.removeprefix("/device:") for name in names]
    if keras.backend.backend() == "torch":
        import torch

        gpus = [f"GPU:{i}" for i in range(torch.cuda.device_count())]
        return ["CPU:0", *gpus]
    return ["CPU:0"]
