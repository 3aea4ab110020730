"""Layers of Keras that are quicker on a CPU, number for number the same.

Each answers with what its parent would; only the way there is another.  A network of
them is saved and loaded as one of Keras's own.

Synopsis:

>>> from keras_gen.quick_layers import BatchNormalization
>>> BatchNormalization()(ops.ones((2, 4, 4, 3))).shape[-1]
3
"""

import keras
from keras import layers, ops

from keras_gen import backend


@keras.saving.register_keras_serializable(package="keras_gen")
class Conv2D(layers.Conv2D):
    """Keras's layer, number for number, but quick to train on TensorFlow's CPU.

    Args:
        *args: as for `keras.layers.Conv2D`.
        **kwargs: likewise.

    Call arguments:
        inputs: feature map `(batch, height, width, channels)`.

    Returns:
        A feature map `(batch, height, width, filters)`, if the padding is "same" and
        the stride 1.

    Example:

    >>> tuple(Conv2D(8, 3, padding="same")(ops.ones((2, 4, 4, 3))).shape)
    (2, 4, 4, 8)
    """

    def call(self, inputs):
        """Convolves, and adds the bias."""
        if not self.use_bias or self.data_format != "channels_last":
            return super().call(inputs)
        x = self.convolution_op(inputs, self.kernel)
        return self.activation(backend.add_bias(x, self.bias))


def pointwise_convolution(x, kernel, bias=None):
    """A 1 x 1 convolution as what it is: a matrix product at each place.

    XLA on a CPU takes 3 to 8 times as long for the gradient of the kernel if it is
    written as a convolution.

    Args:
        x: feature map `(batch, height, width, channels)`.
        kernel: `(1, 1, channels, filters)`.
        bias: `(filters,)`, or None for no bias.

    Returns:
        A feature map `(batch, height, width, filters)`.

    Reference:
        Lin et al. 2013, https://arxiv.org/abs/1312.4400, section 3.1.
    """
    places = ops.reshape(x, (-1, x.shape[-1]))
    products = ops.matmul(places, ops.reshape(kernel, kernel.shape[2:]))
    if bias is not None:
        products = backend.add_bias(products, bias)
    return ops.reshape(products, (-1, *x.shape[1:-1], kernel.shape[-1]))


@keras.saving.register_keras_serializable(package="keras_gen")
class PointwiseConv2D(layers.Conv2D):
    """Keras's layer, number for number, but quick to train on JAX's CPU too.

    Args:
        *args: as for `keras.layers.Conv2D`; the kernel's size is 1.
        **kwargs: likewise.

    Call arguments:
        inputs: feature map `(batch, height, width, channels)`.

    Returns:
        A feature map `(batch, height, width, filters)`.

    Example:

    >>> tuple(PointwiseConv2D(8, 1)(ops.ones((2, 4, 4, 3))).shape)
    (2, 4, 4, 8)
    """

    def call(self, inputs):
        """Multiplies the channels of each place by the kernel."""
        how = (self.kernel_size, self.strides, self.groups, self.data_format)
        unusual = how != ((1, 1), (1, 1), 1, "channels_last") or not self.use_bias
        if unusual or None in inputs.shape[1:]:
            return super().call(inputs)
        x = pointwise_convolution(inputs, self.kernel, self.bias)
        return self.activation(x)


def narrow_convolution(x, kernel):
    """`keras.ops.conv` with padding "same" and stride 1, quick for few filters.

    The kernels of a CPU compute many filters side by side, and for one of them they
    take as long as for sixteen.  Here all products are one matrix product, with a
    column for each place of the kernel and each filter, and what belongs to one pixel
    is added up afterwards.

    Args:
        x: `(batch, height, width, channels)`.
        kernel: `(rows, columns, channels, filters)`.

    Returns:
        `(batch, height, width, filters)`.
    """
    height, width, channels = x.shape[1:]
    rows, columns, _, filters = kernel.shape
    places = ops.reshape(x, (-1, channels))
    if backend.slices_are_slow():  # so add up by a convolution of ones and zeros
        matrix = ops.reshape(ops.transpose(kernel, (2, 0, 1, 3)), (channels, -1))
        products = ops.reshape(
            ops.matmul(places, matrix), (-1, height, width, matrix.shape[1])
        )
        ones = ops.reshape(ops.eye(rows * columns), (rows, columns, -1, 1, 1))
        ones = ops.reshape(ones * ops.eye(filters), (rows, columns, -1, filters))
        return ops.conv(products, ones, 1, padding="same")
    matrix = ops.reshape(ops.transpose(kernel, (0, 1, 3, 2)), (-1, channels))
    products = ops.reshape(
        ops.matmul(matrix, ops.transpose(places)),
        (rows, columns, filters, -1, height, width),
    )
    padding = [((size - 1) // 2, size // 2) for size in (rows, columns)]
    products = ops.pad(products, [(0, 0)] * 4 + padding)
    total = sum(
        products[i, j, :, :, i : i + height, j : j + width]
        for i in range(rows)
        for j in range(columns)
    )
    return ops.transpose(total, (1, 2, 3, 0))


@keras.saving.register_keras_serializable(package="keras_gen")
class NarrowConv2D(layers.Conv2D):
    """Keras's layer, number for number, but quick where there are few filters.

    Args:
        *args: as for `keras.layers.Conv2D`.
        **kwargs: likewise.

    Call arguments:
        inputs: feature map `(batch, height, width, channels)`.

    Returns:
        A feature map `(batch, height, width, filters)`, if the padding is "same".

    Example:

    >>> tuple(NarrowConv2D(1, 3, padding="same")(ops.ones((2, 4, 4, 8))).shape)
    (2, 4, 4, 1)
    """

    def call(self, inputs):
        """Multiplies by all places of the kernel at once, and adds up."""
        how = (self.padding, self.strides, self.dilation_rate, self.groups)
        usual = how == ("same", (1, 1), (1, 1), 1)
        exact = keras.backend.standardize_dtype(inputs.dtype) == "float32"
        known = self.data_format == "channels_last" and None not in inputs.shape[1:]
        if not (usual and exact and known):
            return super().call(inputs)
        x = narrow_convolution(inputs, self.kernel)
        return self.activation(x + self.bias if self.use_bias else x)


@keras.saving.register_keras_serializable(package="keras_gen")
class BatchNormalization(layers.BatchNormalization):
    """Keras's layer, with the fused kernel of a backend that has one, in training.

    Args:
        *args: as for `keras.layers.BatchNormalization`.
        **kwargs: likewise.

    Call arguments:
        inputs: feature map `(batch, height, width, channels)`.
        training: whether to normalise by the batch's own statistics.
        mask: as for Keras's layer.

    Returns:
        A feature map of the same shape.

    Example:

    >>> layer = BatchNormalization()
    >>> x = ops.convert_to_tensor([0.0, 2.0])[:, None, None, None]
    >>> [round(float(value), 2) for value in layer(x, training=True)[:, 0, 0, 0]]
    [-1.0, 1.0]

    Reference:
        Ioffe & Szegedy 2015, https://arxiv.org/abs/1502.03167, algorithm 1.
    """

    def call(self, inputs, training=None, mask=None):
        """Normalises each channel, and moves the moving statistics in training."""
        learns = training and self.trainable
        unusual = self.renorm or self.synchronized or mask is not None
        maps = len(inputs.shape) == 4 and self.axis in (-1, 3)
        exact = keras.backend.standardize_dtype(inputs.dtype) == "float64"
        if not learns or unusual or not maps or exact:
            return super().call(inputs, training, mask)
        outputs, mean, variance = backend.normalize_batch(
            inputs, self.gamma, self.beta, self.epsilon
        )
        for moving, value in (
            (self.moving_mean, mean),
            (self.moving_variance, variance),
        ):
            moving.assign(moving * self.momentum + value * (1.0 - self.momentum))
        return ops.cast(outputs, self.compute_dtype)


@keras.saving.register_keras_serializable(package="keras_gen")
class Conv2DTranspose(layers.Conv2DTranspose):
    """Keras's layer, number for number, but quick to train on JAX's CPU too.

    Args:
        *args: as for `keras.layers.Conv2DTranspose`.
        **kwargs: likewise.

    Call arguments:
        inputs: feature map `(batch, height, width, channels)`.

    Returns:
        A feature map `(batch, strides * height, strides * width, filters)`, if the
        padding is "same".
    """

    def call(self, inputs):
        """Lays the kernel, scaled by each pixel, over the enlarged map."""
        how = (self.padding, self.data_format, self.dilation_rate, self.output_padding)
        if how != ("same", "channels_last", (1, 1), None):
            return super().call(inputs)
        x = backend.conv_transpose(inputs, self.kernel, self.strides)
        return self.activation(x + self.bias if self.use_bias else x)


@keras.saving.register_keras_serializable(package="keras_gen")
class Activation(layers.Activation):
    """Keras's layer, number for number, but quick to train with swish on TensorFlow.

    Args:
        activation: as for `keras.layers.Activation`.
        **kwargs: likewise.

    Call arguments:
        inputs: tensor of any shape.

    Returns:
        A tensor of the same shape.

    Example:

    >>> [round(float(value), 2) for value in Activation("swish")(ops.arange(2.0))]
    [0.0, 0.73]
    """

    def call(self, inputs):
        """Applies the function to each number."""
        if self.activation is keras.activations.silu:
            return backend.swish(inputs)
        return super().call(inputs)
