"""The only file that knows which backend runs.

Everything else is written with `keras.ops`, `keras.random` and `keras.layers`.
What Keras has no word for, and this project needs, has one short function here.
"""

import keras


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
