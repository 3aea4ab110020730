# right answer: the whole set metrics
# style: keras.ops throughout, float32 tensors

from keras import ops


def to_tensor(x):
    return ops.convert_to_tensor(x, dtype="float32")


def symmetric_root(matrix):
    values, vectors = ops.eigh(matrix)
    return ops.matmul(
        vectors * ops.sqrt(ops.maximum(values, 0.0)), ops.transpose(vectors)
    )


def frechet_distance(mean1, cov1, mean2, cov2):
    mean1, cov1, mean2, cov2 = map(to_tensor, (mean1, cov1, mean2, cov2))
    roots = ops.matmul(symmetric_root(cov1), symmetric_root(cov2))
    overlap = ops.sum(ops.svd(roots, compute_uv=False))
    means = ops.sum(ops.square(mean1 - mean2))
    distance = means + ops.trace(cov1) + ops.trace(cov2) - 2.0 * overlap
    return ops.maximum(distance, 0.0)


def inception_score(class_probabilities):
    p = to_tensor(class_probabilities)
    marginal = ops.mean(p, axis=0, keepdims=True)
    tiny = 1e-20
    ratio = ops.log(ops.maximum(p, tiny)) - ops.log(ops.maximum(marginal, tiny))
    return ops.exp(ops.mean(ops.sum(p * ratio, axis=-1)))


def pairwise(a, b):
    return ops.norm(ops.expand_dims(a, 1) - ops.expand_dims(b, 0), axis=-1)


def share_inside(points, centres, k):
    radii = ops.sort(pairwise(centres, centres), axis=1)[:, k]
    inside = ops.any(pairwise(points, centres) <= radii, axis=1)
    return ops.mean(ops.cast(inside, "float32"))


def precision_recall(real_features, fake_features, k=3):
    real, fake = to_tensor(real_features), to_tensor(fake_features)
    return share_inside(fake, real, k), share_inside(real, fake, k)


def psnr(images, reconstructions, max_value=255.0):
    error = to_tensor(images) - to_tensor(reconstructions)
    mse = ops.mean(error * error, axis=(1, 2, 3))
    return 10.0 * ops.log10(max_value**2 / mse)
