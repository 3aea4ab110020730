# right answer: scale_output
# style: keras.ops, half added before the cut

from keras import ops


def scale_output(x):
    x = ops.clip(ops.convert_to_tensor(x), -1.0, 1.0)
    return ops.cast(ops.floor(127.5 * x + 127.5 + 0.5), "uint8")
