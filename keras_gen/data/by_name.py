"""Data sets by name, as the command line and the recipes call them."""

from keras_gen.data.digits import digits
from keras_gen.data.downloads import cifar10, fashion_mnist, mnist, oxford_flowers
from keras_gen.data.flowers import flowers
from keras_gen.data.folder import folder

CAPTIONED = "flowers, oxford_flowers, or a folder with captions"
IMAGE_SIZES = {"flowers": 32, "digits": 28, "mnist": 28, "fashion_mnist": 28}
IMAGE_SIZES |= {"cifar10": 32, "oxford_flowers": 64}
FOLDER_IMAGE_SIZE = 64


def default_image_size(name):
    """Tells the height and width that pictures have unless another is asked for.

    Args:
        name: as for `load_data`.

    Example:

    >>> default_image_size("digits"), default_image_size("my/holiday/pictures")
    (28, 64)
    """
    return IMAGE_SIZES.get(name, FOLDER_IMAGE_SIZE)


def load_data(name, image_size=None, num_pictures=20_000, seed=0, captions="auto"):
    """Loads training and test pictures by name.

    Args:
        name: `digits`, `flowers`, `mnist`, `fashion_mnist`, `cifar10`,
            `oxford_flowers`, or the path of a folder of pictures.
        image_size: height and width, for data that can be had in any size.
        num_pictures: how many flowers are drawn for training.
        seed: of the drawn flowers, and of a folder's split.
        captions: `"required"` where a text model needs them.

    Returns:
        `(train, test)`, each `Pictures` or a `Folder`.

    Raises:
        ValueError: if the data set has no captions or no such size, or the folder no
            pictures.
        NotADirectoryError: if there is neither a data set nor a folder of that name.
    """
    size = image_size or default_image_size(name)
    if name == "flowers":
        return (
            flowers(num_pictures, size, seed=seed),
            flowers(max(num_pictures // 20, 100), size, seed=seed + 1_000_003),
        )
    if name == "oxford_flowers":
        train, _, test = oxford_flowers(size)
        return train, test
    loaders = {f.__name__: f for f in (digits, mnist, fashion_mnist, cifar10)}
    if name in loaders:
        _check_fixed(name, size, captions)
        return loaders[name]()
    try:
        pictures = folder(name, size, captions=captions)
    except NotADirectoryError as error:
        raise NotADirectoryError(
            f"{error} (Data sets by name: {', '.join(IMAGE_SIZES)}.)"
        ) from None
    return pictures.split(0.9, seed=seed)


def _check_fixed(name, image_size, captions):
    if image_size != IMAGE_SIZES[name]:
        raise ValueError(
            f"The pictures of {name} have a height and width of {IMAGE_SIZES[name]}, "
            f"and no other image size can be had; got {image_size}."
        )
    if captions == "required":
        raise ValueError(f"{name} has no captions; what has is {CAPTIONED}.")
