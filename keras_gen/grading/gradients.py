"""Gradients of a submission's function on any backend, from one step of `fit`.

A model whose weights are the points is trained for one step of plain gradient descent
with rate 1: what its weights have moved by is the gradient.  So a function that cannot
be trained through has no gradient here either, which is the question.  The file lies
in the box too.
"""

import keras
import numpy as np
from keras import ops, tree


class _Moved(keras.Model):
    """Calls a function at points that are its weights; remembers what came."""

    def __init__(self, target, args, wrt, cotangents):
        super().__init__(name="moved")
        self.cotangents = cotangents
        self.args, self.wrt = args, [] if wrt == "weights" else wrt
        if isinstance(target, keras.Layer):
            self.part = target  # so that its weights are this model's
        self.target = lambda *values: target(*values)
        if wrt == "weights" and not self.part.built:
            self.target(*args)
        self.points = [
            self.add_weight(
                name=f"point_{i}", shape=args[i].shape, initializer=_constant(args[i])
            )
            for i in self.wrt
        ]
        self.came = [
            self.add_weight(
                name=f"came_{i}",
                shape=one.shape,
                initializer=_constant(np.zeros(one.shape, "float32")),
                trainable=False,
            )
            for i, one in enumerate(cotangents)
        ]
        self.built = True

    def call(self, x):
        values = list(self.args)
        for point, i in zip(self.points, self.wrt, strict=True):
            values[i] = ops.convert_to_tensor(point)
        return tree.flatten(self.target(*values))

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, **_):
        y_pred = [ops.convert_to_tensor(one) for one in y_pred]
        shapes = [tuple(one.shape) for one in y_pred]
        wanted = [one.shape for one in self.cotangents]
        if len(shapes) != len(wanted) or not all(map(_fits, shapes, wanted)):
            raise ValueError(f"The outputs must have shapes {wanted}; got {shapes}.")
        # Where nothing depends on the points the gradient is 0, and no error.
        loss = sum(0.0 * ops.sum(weight) for weight in self.trainable_weights)
        for came, output, cotangent in zip(
            self.came, y_pred, self.cotangents, strict=True
        ):
            output = ops.reshape(ops.cast(output, "float32"), cotangent.shape)
            came.assign(output)
            loss += ops.sum(output * cotangent)
        return loss


def _constant(value):
    return lambda shape, dtype: value


def _fits(shape, wanted):
    """Whether a shape, of which not all may be known, is this one."""
    same = (a in (None, b) for a, b in zip(shape, wanted, strict=False))
    return len(shape) == len(wanted) and all(same)


def gradients(target, args, wrt, cotangents):
    """The gradient of `sum(output * cotangent)` over all outputs.

    Args:
        target: function of the arguments, or a layer or model.
        args: arrays or tensors, and whatever else it takes.
        wrt: which arguments, by their numbers; or `"weights"`, the layer's own, which
            are as before afterwards.
        cotangents: float32 array for each output, in the order in which they are
            flattened.

    Returns:
        `(outputs, gradients)`, lists of NumPy arrays.

    Raises:
        ValueError: if the outputs have other shapes.

    Example:

    >>> x, ones = np.array([1.0, 3.0], "float32"), np.ones(2, "float32")
    >>> outputs, (gradient,) = gradients(lambda x: x * x, [x], [0], [ones])
    >>> gradient.tolist()
    [2.0, 6.0]
    """
    model = _Moved(target, args, wrt, cotangents)
    moved = model.part.trainable_weights if wrt == "weights" else model.points
    before = [ops.convert_to_numpy(weight) for weight in moved]
    model.compile(keras.optimizers.SGD(1.0))
    model.train_on_batch(np.zeros((1, 1), "float32"))
    after = [ops.convert_to_numpy(weight) for weight in moved]
    for weight, value in zip(moved, before, strict=True):
        weight.assign(value)
    outputs = [ops.convert_to_numpy(came) for came in model.came]
    return outputs, [a - b for a, b in zip(before, after, strict=True)]
