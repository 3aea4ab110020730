# right answer: inception_score
# style: a tiny number in the logarithms, with keras.ops

from keras import ops


def inception_score(class_probabilities):
    p = ops.convert_to_tensor(class_probabilities, dtype="float32")
    p_y = ops.mean(p, axis=0)
    kl = p * (ops.log(p + 1e-12) - ops.log(p_y + 1e-12))
    return ops.exp(ops.mean(ops.sum(kl, axis=1)))
