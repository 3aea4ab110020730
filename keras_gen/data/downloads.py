"""Public data sets, fetched once into Keras's cache: MNIST, CIFAR-10, Oxford flowers.

Where there is no network, `digits` and `flowers` are the embedded alternatives.
"""

import tarfile

import numpy as np

from keras_gen.data.decode import check_image_size, decode
from keras_gen.data.digits import DIGIT_NAMES
from keras_gen.data.oxford_names import OXFORD_NAMES, UNCOUNTABLE
from keras_gen.data.pictures import Pictures

OXFORD_URL = "https://www.robots.ox.ac.uk/~vgg/data/flowers/102/"
# The MD5 sums are Oxford's files as torchvision records them.
OXFORD_FILES = {
    "102flowers.tgz": "52808999861908f626f3c1f4e79d11fa",
    "imagelabels.mat": "e0620be6f572b9609742df49c70aed4d",
    "setid.mat": "a5357ecc9cb78c4bef273ce3793fc85c",
}
OXFORD_SPLITS = ("trnid", "valid", "tstid")
FASHION_NAMES = (
    "T-shirt/top",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)
CIFAR10_NAMES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)


def mnist() -> tuple[Pictures, Pictures]:
    """Return MNIST: 60,000 and 10,000 handwritten digits, 28 x 28, grey.

    Returns:
        `(train, test)`: `Pictures` `(num, 28, 28, 1)` with labels 0 to 9.

    Raises:
        OSError: If it can be neither downloaded nor found in Keras's cache.

    Example:

    >>> train, test = mnist()  # doctest: +SKIP
    >>> train.images.shape  # doctest: +SKIP
    (60000, 28, 28, 1)

    Reference: LeCun et al., "Gradient-based learning applied to document
    recognition", Proceedings of the IEEE, 1998.
    """
    import keras

    data = _load("MNIST", "digits()", keras.datasets.mnist.load_data)
    return tuple(_pictures(*part, DIGIT_NAMES) for part in data)


def fashion_mnist() -> tuple[Pictures, Pictures]:
    """Return Fashion-MNIST: 60,000 and 10,000 pieces of clothing, 28 x 28, grey.

    Returns:
        `(train, test)`: `Pictures` `(num, 28, 28, 1)` with labels 0 to 9.

    Raises:
        OSError: If it can be neither downloaded nor found in Keras's cache.

    Example:

    >>> train, test = fashion_mnist()  # doctest: +SKIP
    >>> train.class_names[9]  # doctest: +SKIP
    'ankle boot'

    Reference: Xiao, Rasul and Vollgraf, "Fashion-MNIST", arXiv:1708.07747, 2017.
    """
    import keras

    load = keras.datasets.fashion_mnist.load_data
    data = _load("Fashion-MNIST", "digits()", load)
    return tuple(_pictures(*part, FASHION_NAMES) for part in data)


def cifar10() -> tuple[Pictures, Pictures]:
    """Return CIFAR-10: 50,000 and 10,000 photographs, 32 x 32, colour.

    Returns:
        `(train, test)`: `Pictures` `(num, 32, 32, 3)` with labels 0 to 9.

    Raises:
        OSError: If it can be neither downloaded nor found in Keras's cache.

    Example:

    >>> train, test = cifar10()  # doctest: +SKIP
    >>> train.images.shape  # doctest: +SKIP
    (50000, 32, 32, 3)

    Reference: Krizhevsky, "Learning multiple layers of features from tiny images",
    2009.
    """
    import keras

    data = _load("CIFAR-10", "flowers()", keras.datasets.cifar10.load_data)
    return tuple(_pictures(*part, CIFAR10_NAMES) for part in data)


def oxford_flowers(
    image_size: int | tuple[int, int] = 64,
) -> tuple[Pictures, Pictures, Pictures]:
    """Return Oxford's 102 kinds of flowers, in the official three parts.

    The download has 345 MB; the photographs are cropped to the middle and resized
    while the archive is read, and nothing is unpacked to the disk.

    Args:
        image_size: Pixels of a side, or `(height, width)`.

    Returns:
        `(train, validation, test)`: 1,020, 1,020 and 6,149 `Pictures`
        `(num, height, width, 3)` with labels 0 to 101 and captions such as
        "a photo of a sword lily".

    Raises:
        OSError: If it can be neither downloaded nor found in Keras's cache.
        ValueError: On a bad `image_size`.

    Example:

    >>> train, validation, test = oxford_flowers(32)  # doctest: +SKIP
    >>> train.images.shape  # doctest: +SKIP
    (1020, 32, 32, 3)

    Reference: Nilsback and Zisserman, "Automated flower classification over a large
    number of classes", ICVGIP 2008.
    """
    size = check_image_size(image_size)
    return _load("Oxford Flowers 102", "flowers()", lambda: _oxford(size))


def _load(name, instead, load):
    """Call `load`; any failure becomes one sentence that names the alternative."""
    try:
        return load()
    # Keras raises a bare Exception without a network, and whatever the unpacking
    # raises on a damaged file.
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise OSError(
            f"{name} could not be downloaded or read ({reason}); without a network "
            f"use keras_gen.data.{instead}, which needs no download."
        ) from None


def _pictures(images, labels, class_names):
    channels = 1 if images.ndim == 3 else 3
    if images.ndim == 3:
        images = images[..., None]
    elif images.shape[-1] != channels:  # a keras.json that says "channels_first"
        images = images.transpose(0, 2, 3, 1)
    return Pictures(
        np.ascontiguousarray(images),
        labels=labels.reshape(-1).astype("int64"),
        class_names=class_names,
    )


def _oxford(image_size):
    import keras
    from scipy.io import loadmat

    paths = {
        name: keras.utils.get_file(name, OXFORD_URL + name, file_hash=md5)
        for name, md5 in OXFORD_FILES.items()
    }
    labels = loadmat(paths["imagelabels.mat"])["labels"].reshape(-1).astype("int64") - 1
    splits = loadmat(paths["setid.mat"])
    images = _read_archive(paths["102flowers.tgz"], len(labels), image_size)
    everything = Pictures(
        images,
        labels=labels,
        captions=[oxford_caption(OXFORD_NAMES[label]) for label in labels],
        class_names=OXFORD_NAMES,
    )
    return tuple(
        everything.take(splits[name].reshape(-1).astype("int64") - 1)
        for name in OXFORD_SPLITS
    )


def _read_archive(path, num, image_size):
    """Return the archive's pictures jpg/image_00001.jpg ... in the order of numbers."""
    images = np.zeros((num, *image_size, 3), "uint8")
    found = 0
    with tarfile.open(path, "r|gz") as archive:
        # Members are read where they are: a name such as ../../x can do no harm.
        for member in archive:
            if member.isfile() and member.name.endswith(".jpg"):
                number = int(member.name[-9:-4])
                images[number - 1] = decode(archive.extractfile(member), image_size, 3)
                found += 1
    if found != num:
        raise ValueError(f"{path} has {found} pictures, expected {num}")
    return images


def oxford_caption(name: str) -> str:
    """Return the caption of a kind of flower, with the right article.

    Example:

    >>> oxford_caption("sword lily"), oxford_caption("azalea")
    ('a photo of a sword lily', 'a photo of an azalea')
    """
    if name in UNCOUNTABLE:
        return f"a photo of {name}"
    return f"a photo of {'an' if name[0] in 'aeiou' else 'a'} {name}"
