"""Data sets by name, as the command line and the recipes call them."""

from keras_gen.data.digits import digits
from keras_gen.data.downloads import cifar10, fashion_mnist, mnist, oxford_flowers
from keras_gen.data.flowers import flowers
from keras_gen.data.folder import folder


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
    """
    if name == "flowers":
        size = image_size or 32
        return (
            flowers(num_pictures, size, seed=seed),
            flowers(max(num_pictures // 20, 100), size, seed=seed + 1_000_003),
        )
    if name == "oxford_flowers":
        train, validation, test = oxford_flowers(image_size or 64)
        return train, test
    loaders = {f.__name__: f for f in (digits, mnist, fashion_mnist, cifar10)}
    if name in loaders:
        return loaders[name]()
    try:
        pictures = folder(name, image_size or 64, captions=captions)
    except (FileNotFoundError, NotADirectoryError) as error:
        known = ", ".join(("flowers", "oxford_flowers", *loaders))
        raise type(error)(f"{error} (Data sets by name: {known}.)") from None
    return pictures.split(0.9, seed=seed)
