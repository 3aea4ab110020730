"""The one distance between sets of pictures that the benchmarks use."""

NAME = "Fréchet distance"


def features(images):
    """What the shipped reader of flowers knows of each picture, `(n, dim)`."""
    from keras_gen import presets
    from keras_gen.metrics import reader_features

    return reader_features(presets.load("flower_reader"), images)


def to_real(num, seed=1_000_003):
    """Makes a function from pictures to their distance from real flowers.

    Args:
        num: how many real flowers; compare as many pictures with them.
        seed: of the flowers.

    Returns:
        `(distance, between)`: the function, and the distance of other real flowers.
    """
    from keras_gen.data import flowers
    from keras_gen.metrics import frechet_distance

    images = flowers(2 * num, seed=seed).images
    real, others = features(images[:num]), features(images[num:])

    def distance(drawn):
        return frechet_distance(features(drawn), real)

    return distance, frechet_distance(others, real)
