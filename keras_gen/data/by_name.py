"""Data sets by name, as the command line and the recipes call them."""

from keras_gen.data.digits import digits
from keras_gen.data.downloads import cifar10, fashion_mnist, mnist, oxford_flowers
from keras_gen.data.flowers import flowers
from keras_gen.data.folder import folder
from keras_gen.data.pairs import flower_pairs, folder_pairs, unpaired_folders

CAPTIONED = "flowers, oxford_flowers, or a folder with captions"
IMAGE_SIZES = {"flowers": 32, "digits": 28, "mnist": 28, "fashion_mnist": 28}
IMAGE_SIZES |= {"cifar10": 32, "oxford_flowers": 64}
PAIRS = ("flower_outlines", "flower_nights")
IMAGE_SIZES |= dict.fromkeys(PAIRS, 32)
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


def load_data(
    name,
    image_size=None,
    num_pictures=20_000,
    seed=0,
    captions="auto",
    sources="none",
):
    """Loads training and test pictures by name.

    Args:
        name: `digits`, `flowers`, `mnist`, `fashion_mnist`, `cifar10`,
            `oxford_flowers`, `flower_outlines`, `flower_nights`, or the path of a
            folder of pictures.
        image_size: height and width, for data that can be had in any size.
        num_pictures: how many flowers are drawn for training.
        seed: of the drawn flowers, and of a folder's split.
        captions: `"required"` where a text model needs them.
        sources: `"paired"` or `"unpaired"` where a model draws from another picture.

    Returns:
        `(train, test)`, each `Pictures`, a `Folder`, or `Pairs`.

    Raises:
        ValueError: if the data set has no captions or no such size, or the folder no
            pictures.
        NotADirectoryError: if there is neither a data set nor a folder of that name.
    """
    size = image_size or default_image_size(name)
    if sources != "none" or name in PAIRS:
        return _load_pairs(name, size, num_pictures, seed, sources)
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


def _load_pairs(name, size, num_pictures, seed, sources):
    if name in PAIRS:
        if sources == "none":
            raise ValueError(
                f"{name} are pairs of pictures; what learns from them is pix2pix and "
                "cyclegan."
            )
        num_test = max(num_pictures // 20, 100)
        return (
            flower_pairs(name, num_pictures, size, seed, paired=sources == "paired"),
            flower_pairs(name, num_test, size, seed + 1_000_003),
        )
    if name in IMAGE_SIZES:
        raise ValueError(
            f"{name} has no pairs of pictures; what has is {', '.join(PAIRS)}, or a "
            "folder."
        )
    load = folder_pairs if sources == "paired" else unpaired_folders
    return load(name, size).split(0.9, seed=seed)


def _check_fixed(name, image_size, captions):
    if image_size != IMAGE_SIZES[name]:
        raise ValueError(
            f"The pictures of {name} have a height and width of {IMAGE_SIZES[name]}, "
            f"and no other image size can be had; got {image_size}."
        )
    if captions == "required":
        raise ValueError(f"{name} has no captions; what has is {CAPTIONED}.")
