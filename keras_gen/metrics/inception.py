"""What Inception-v3 knows of a picture: the features of the FID.

The weights are those of `keras.applications`, trained on ImageNet, which are downloaded
once.  Published FIDs are of another training of the same network, so that these numbers
can be compared among each other, and with published ones only roughly.

Synopsis:

>>> from keras_gen.data import flowers
>>> pictures = flowers(100).images
>>> inception_features(pictures).shape  # doctest: +SKIP
(100, 2048)
"""

import functools

import keras

SIZE = 299  # what the network was trained on


def inception_features(images, weights="imagenet", batch_size=32):
    """Gives the 2,048 features before Inception-v3's last layer, averaged over places.

    Args:
        images: uint8 `(n, height, width, 3)`, or 1 channel, which is taken three
            times; enlarged to 299 x 299.
        weights: `"imagenet"`, a file, or None for a network without training.
        batch_size: pictures a step.

    Returns:
        float32 array `(n, 2048)`.

    Raises:
        ValueError: for other shapes.
        FileNotFoundError: if the weights can be had neither here nor from the network.

    Reference:
        Szegedy et al. 2015, https://arxiv.org/abs/1512.00567 (the network);
        Heusel et al. 2017, https://arxiv.org/abs/1706.08500 (its use).
    """
    shape = tuple(getattr(images, "shape", ()))
    if len(shape) != 4 or shape[-1] not in (1, 3):
        raise ValueError(
            f"images must have the shape (n, height, width, 1 or 3); got {shape}."
        )
    network = _network(weights, shape[1:])
    return network.predict(images, batch_size=batch_size, verbose=0)


@functools.lru_cache(2)
def _network(weights, image_shape):
    from keras import layers
    from keras.applications import inception_v3

    try:
        inception = inception_v3.InceptionV3(
            include_top=False, weights=weights, pooling="avg"
        )
    except Exception as error:  # of the network: each backend and system has its own
        raise FileNotFoundError(
            "The weights of Inception-v3 can't be had: "
            f"{' '.join(str(error).split())[:200]}"
        ) from error
    images = keras.Input(image_shape)
    x = layers.Resizing(SIZE, SIZE)(images)
    if image_shape[-1] == 1:
        x = layers.Concatenate()([x, x, x])
    x = layers.Rescaling(1 / 127.5, offset=-1.0)(x)
    return keras.Model(images, inception(x))
