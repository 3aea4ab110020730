"""`digits`: real handwriting that needs no download."""

import numpy as np

from keras_gen.data.pictures import Pictures

SIZE = 28  # as MNIST, so that every network of the lecture fits both
TEST_PICTURES = 297


def digits() -> tuple[Pictures, Pictures]:
    """Return scikit-learn's 1,797 handwritten digits, enlarged to 28 x 28.

    The originals are 8 x 8 pixels with 17 grey levels; `keras_gen.data.mnist` has
    sharper and more pictures, but has to be downloaded. The split is fixed and
    stratified: every digit has the same share in both parts.

    Returns:
        `(train, test)`: 1,500 and 297 `Pictures` `(num, 28, 28, 1)`, white ink on
        black, with labels 0 to 9.

    Example:

    >>> train, test = digits()
    >>> train.images.shape, len(test), train.class_names[:3]
    ((1500, 28, 28, 1), 297, ('zero', 'one', 'two'))

    Reference: Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits", UCI
    Machine Learning Repository, 1998 (its test part, as scikit-learn ships it).
    """
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    data = load_digits()
    pictures = Pictures(
        images=np.stack([_enlarge(image) for image in data.images]),
        labels=data.target.astype("int64"),
        class_names=DIGIT_NAMES,
    )
    train, test = train_test_split(
        np.arange(len(pictures)),
        test_size=TEST_PICTURES,
        stratify=data.target,
        random_state=0,
    )
    return pictures.take(train), pictures.take(test)


DIGIT_NAMES = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
)


def _enlarge(image):
    """Return an 8 x 8 picture with values 0 to 16 as uint8 `(28, 28, 1)`."""
    from PIL import Image

    # The ink touches the edge of the 8 x 8 frame: one black pixel all around lets
    # strokes end softly. Bicubic, not Lanczos, which leaves ghosts on the black.
    framed = np.pad(image * (255 / 16), 1).astype("float32")
    large = Image.fromarray(framed).resize((SIZE, SIZE), Image.Resampling.BICUBIC)
    return np.clip(np.rint(np.asarray(large)), 0, 255).astype("uint8")[..., None]
