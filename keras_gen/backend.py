"""The only file that knows which backend runs.

Everything else is written with `keras.ops`, `keras.random` and `keras.layers`.
What Keras has no word for, and this project needs, has one short function here.
"""

import contextlib
import functools

import keras
from keras import ops


def _let_epochs_end():
    """Has TensorFlow's input pipelines not tune themselves, unless one asks for it.

    The thread that tunes can miss its signal to stop (TensorFlow 2.21); a pass of `fit`
    or `predict` then ends with a wait until it wakes by itself: up to as long again as
    the pass took, a minute at most.  `benchmarks/waits.py` says what that is worth.
    """
    import tensorflow as tf

    untuned = tf.data.Options()
    untuned.autotune.enabled = False
    iterate = tf.data.Dataset.__iter__

    @functools.wraps(iterate)
    def without_tuning(dataset):
        chosen = dataset.options().autotune.enabled is not None
        return iterate(dataset if chosen else dataset.with_options(untuned))

    tf.data.Dataset.__iter__ = without_tuning


if keras.backend.backend() == "tensorflow":
    _let_epochs_end()


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


@contextlib.contextmanager
def quick_compilation():
    """While the block runs, JAX compiles sooner what will run a few times only.

    Most of the time of compiling goes into making the program fast.
    """
    if keras.backend.backend() != "jax":
        yield
        return
    import jax

    name = "jax_disable_most_optimizations"
    before = jax.config.read(name)
    jax.config.update(name, True)
    try:
        yield
    finally:
        jax.config.update(name, before)


def gradient(function, x):
    """The gradient of a scalar function; it can itself be derived, in weights too.

    Keras derives a loss in the weights and has no word for this: a penalty on the slope
    of a network in its inputs needs it.

    Args:
        function: from a tensor like `x` to a scalar.  It must not write variables, so
            it calls networks by `stateless_call`.
        x: tensor of floats.

    Returns:
        A tensor, shaped as `x`.

    Example:

    >>> float(gradient(lambda x: x**3, ops.convert_to_tensor(2.0)))
    12.0
    """
    if keras.backend.backend() == "jax":
        import jax

        return jax.grad(function)(x)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(x)
            value = function(x)
        return tape.gradient(value, x)
    if keras.backend.backend() == "torch":
        import torch

        with torch.enable_grad():
            x = x.detach().requires_grad_(True)
            return torch.autograd.grad(function(x), x, create_graph=True)[0]
    return _refuse("Gradients in an input", "JAX, TensorFlow and PyTorch")


def conv_transpose(x, kernel, strides):
    """`keras.ops.conv_transpose` with padding "same", quick to train on JAX too.

    On a CPU, XLA takes 30 times as long for the kernel's gradient as for the same sum,
    written as the gradient of the strided convolution that this one mirrors.

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


def add_bias(x, bias):
    """Adds a number to each channel, quick to train on TensorFlow.

    On a CPU, TensorFlow makes its own gradient of a bias a part of the kernel's, which
    then takes longer, by more than the bias's takes alone.

    Args:
        x: `(..., channels)`.
        bias: `(channels,)`.

    Returns:
        A tensor, shaped as `x`.
    """
    if keras.backend.backend() != "tensorflow":
        return x + bias
    import tensorflow as tf

    places = tuple(range(len(x.shape) - 1))

    @tf.custom_gradient
    def add(x, bias):
        return tf.nn.bias_add(x, bias), lambda dy: (dy, tf.reduce_sum(dy, places))

    return add(x, tf.convert_to_tensor(ops.convert_to_tensor(bias)))


def swish(x):
    """`keras.ops.silu`, whose gradient passes over the maps less often on TensorFlow.

    TensorFlow's own takes six passes; this one three and, for the slope's first part,
    `dy * sigmoid(x)`, the kernel that TensorFlow has for the slope of softplus.

    Args:
        x: tensor of floats.

    Returns:
        `x * sigmoid(x)`, shaped as `x`.

    Example:

    >>> float(swish(ops.convert_to_tensor(0.0)))
    0.0

    Reference:
        Ramachandran et al. 2017, https://arxiv.org/abs/1710.05941; the slope is
        `sigmoid(x) + swish(x) * (1 - sigmoid(x))`.
    """
    if keras.backend.backend() != "tensorflow":
        return ops.silu(x)
    import tensorflow as tf

    @tf.custom_gradient
    def quick(x):
        y = tf.nn.silu(x)

        def gradient(dy):
            part = tf.raw_ops.SoftplusGrad(gradients=dy, features=x)
            return part + y * (dy - part)

        return y, gradient

    return quick(x)


def slices_are_slow():
    """Tells whether the gradient of a slice costs more than a small convolution.

    On TensorFlow it is a pass over all of what was sliced, for each slice.
    """
    return keras.backend.backend() == "tensorflow"


def normalize_batch(x, scale, offset, epsilon):
    """Normalises each channel of a feature map by the mean and variance of the batch.

    TensorFlow's fused kernel passes over the maps less often than Keras's own sums;
    `benchmarks/training.py --ablate` says what that is worth.

    Args:
        x: `(batch, height, width, channels)`.
        scale: `(channels,)`, or None for 1.
        offset: `(channels,)`, or None for 0.
        epsilon: added to the variance.

    Returns:
        `(normalised, mean, variance)`, the last two `(channels,)` and float32.
    """
    channels = x.shape[-1]
    scale = ops.ones(channels) if scale is None else ops.cast(scale, "float32")
    offset = ops.zeros(channels) if offset is None else ops.cast(offset, "float32")
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        given = {"x": x, "scale": scale, "offset": offset, "mean": [], "variance": []}
        normalised, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            **given, epsilon=epsilon, is_training=True
        )
        # That variance is the unbiased one.
        count = tf.cast(tf.size(x) // channels, "float32")
        return normalised, mean, variance * (1 - 1 / count)
    x = ops.cast(x, "float32")
    mean, variance = ops.moments(x, (0, 1, 2))
    normalised = ops.batch_normalization(x, mean, variance, -1, offset, scale, epsilon)
    return normalised, mean, variance


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


# ------------------------------------------- several devices, several processes


def batch_mean(losses):
    """Averages over the batch, so that devices which share one agree on its loss.

    TensorFlow adds up what the devices found, each in its share of the batch, so each
    gives its part of the mean, as Keras's own losses do.  JAX sees the whole batch.

    Args:
        losses: tensor of floats, of any shape.

    Returns:
        A scalar: the mean, or, on one of n devices of TensorFlow, the mean over n.

    Example:

    >>> float(batch_mean(ops.convert_to_tensor([1.0, 3.0])))
    2.0
    """
    mean = ops.mean(losses)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        mean = mean / tf.distribute.get_strategy().num_replicas_in_sync
    return mean


def make_cpu_devices(num):
    """Splits the processor into devices, to try there what needs several.

    Args:
        num: how many; must be asked before the backend computes anything.

    Raises:
        ValueError: if it is too late, or the backend has no such devices.
    """
    try:
        if keras.backend.backend() == "jax":
            import jax

            jax.config.update("jax_platforms", "cpu")
            jax.config.update("jax_num_cpu_devices", num)
            return
        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            tf.config.set_visible_devices([], "GPU")
            tf.config.set_logical_device_configuration(
                tf.config.list_physical_devices("CPU")[0],
                [tf.config.LogicalDeviceConfiguration()] * num,
            )
            return
    except RuntimeError as error:
        raise ValueError(
            f"devices cpu:{num} must be asked for before the backend starts."
        ) from error
    _refuse("cpu:N devices", "JAX and TensorFlow")


def connect(coordinator, processes, process):
    """Makes this process one of several that compute together.

    Must come before any computation.  It waits for the other processes.

    Args:
        coordinator: `"HOST:PORT"` of process 0; None, as the rest may be, takes what
            SLURM, Open MPI or Kubernetes says.
        processes: how many there are.
        process: which of them this one is, from 0.

    Returns:
        `(process, processes)`.

    Raises:
        ValueError: on another backend than JAX, or if nothing says where the others
            are.
    """
    if keras.backend.backend() != "jax":
        _refuse("Several processes", "JAX")
    import jax

    try:
        jax.distributed.initialize(coordinator, processes, process)
    except ValueError as error:
        raise ValueError(
            "coordinator auto found no SLURM, Open MPI or Kubernetes to ask: give "
            f"HOST:PORT, processes and process ({error})."
        ) from error
    return jax.process_index(), jax.process_count()


def local_device_counts():
    """Counts the devices of the kind to train on, in each process.

    Returns:
        A list with one number a process.
    """
    if keras.backend.backend() == "jax":
        import jax

        return [len(jax.local_devices(i)) for i in range(jax.process_count())]
    if keras.backend.backend() == "tensorflow":
        return [len(_best_devices())]
    return [1]


def _best_devices():
    import tensorflow as tf

    gpus = tf.config.list_logical_devices("GPU")
    return [d.name for d in gpus or tf.config.list_logical_devices("CPU")]


def data_parallel(devices):
    """Prepares training by devices that hold the same weights and share each batch.

    Args:
        devices: how many in each process.

    Returns:
        Two functions that make contexts: the model is built in the first, and `fit`
        is called in the second.

    Raises:
        ValueError: on a backend that cannot.

    Reference:
        https://keras.io/guides/distribution/ (JAX);
        https://www.tensorflow.org/guide/distributed_training (TensorFlow).
    """
    if keras.backend.backend() == "jax":
        import jax

        each = [jax.local_devices(i)[:devices] for i in range(jax.process_count())]
        chosen = [f"{one.platform}:{one.id}" for of in each for one in of]
        # Each process gives its own share of a batch already.
        how = {"devices": chosen, "auto_shard_dataset": False}
        parallel = keras.distribution.DataParallel(**how)
        return parallel.scope, parallel.scope
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        strategy = tf.distribute.MirroredStrategy(_best_devices()[:devices])
        # `fit` knows the strategy of its model; no callback could leave the scope.
        return strategy.scope, contextlib.nullcontext
    return _refuse("Several devices", "JAX and TensorFlow")


def assign_each(model, variable, value):
    """Assigns a variable, with a value for each device where devices have copies.

    Args:
        model: the model it belongs to.
        variable: a Keras variable.
        value: function from the number of a device, from 0, to its value.  On one
            device, and on JAX, where all devices compute as one, number 0's counts.
    """
    if copies(model) == 1:
        variable.assign(value(0))
        return
    import tensorflow as tf

    def assign():
        context = tf.distribute.get_replica_context()
        variable.assign(value(int(context.replica_id_in_sync_group)))

    model.distribute_strategy.run(assign)


def copies(model) -> int:
    """How many devices have copies of a model's weights; on JAX all compute as one.

    Example:

    >>> copies(keras.Sequential())
    1
    """
    strategy = getattr(model, "distribute_strategy", None)
    return 1 if strategy is None else strategy.num_replicas_in_sync


def _refuse(what, where):
    raise ValueError(
        f"{what} can be used on {where} only; the backend is "
        f"{keras.backend.backend()}: set KERAS_BACKEND."
    )
