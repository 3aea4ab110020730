"""`flowers()`: drawn, captioned flowers, made rather than fetched.

Some combinations of petal colour, petal number and background are never drawn
unless asked for, so that a prompt nobody has seen is a test. See `is_held_out`.
"""

import operator

import numpy as np

from keras_gen.data.captions import ATTRIBUTES, caption, negative_caption
from keras_gen.data.flower_drawing import NUM_DRAWS, draw
from keras_gen.data.pictures import Pictures

CHUNK_PIXELS = 2**14  # so few that the planes stay in the processor's cache
NUM_COLOURS = len(ATTRIBUTES["petal_colour"])


def flowers(
    num: int, image_size: int = 32, seed: int = 0, held_out: bool = False
) -> Pictures:
    """Draw flowers, each with its attributes, captions and class label.

    Picture `i` depends on `seed`, `held_out` and `i` only: a larger `num` appends
    pictures, and another `image_size` shows the same flowers at that size. The same
    arguments give the same pixels on every machine.

    Args:
        num: Number of pictures, 0 or more.
        image_size: Height and width in pixels, at least 16.
        seed: 0 or more; another seed gives other flowers.
        held_out: Draw only the combinations for which `is_held_out` is true; they
            are never drawn otherwise.

    Returns:
        `Pictures` with RGB images, `captions` and `negative_captions` (what the
        picture does not show), `attributes` (indices into `ATTRIBUTES[name]`), and
        the petal colour as class label.

    Raises:
        ValueError: If `num`, `image_size` or `seed` is not such an integer.

    Example:

    >>> pictures = flowers(2, image_size=32, seed=1)
    >>> pictures.images.shape
    (2, 32, 32, 3)
    >>> pictures.class_names[pictures.labels[0]] in pictures.captions[0]
    True
    """
    num, image_size, seed = _check(num, image_size, seed)
    attributes = _choose(num, seed, held_out)
    each = _one_by_one(attributes)
    words, wrong_words = _stream(seed, held_out, 2), _stream(seed, held_out, 3)
    return Pictures(
        images=_paint(num, image_size, seed, held_out)[0],
        labels=attributes["petal_colour"],
        captions=[caption(one, words) for one in each],
        attributes=attributes,
        class_names=ATTRIBUTES["petal_colour"],
        negative_captions=[negative_caption(one, wrong_words) for one in each],
    )


def flower_captions(attributes, seed: int = 0, complete: bool = False) -> list[str]:
    """Describe flowers once more: other words, and other things left out.

    Args:
        attributes: As `flowers(...).attributes`.
        seed: 0 or more; another seed chooses other words.
        complete: Leave nothing out.

    Returns:
        A caption for each flower.

    Raises:
        ValueError: If `seed` is not such an integer.

    Example:

    >>> pictures = flowers(2, seed=1)
    >>> len(flower_captions(pictures.attributes, seed=1))
    2
    """
    words = _stream(_check(0, 16, seed)[2], False, 4)
    return [caption(one, words, complete) for one in _one_by_one(attributes)]


def similar_attributes(num: int, seed: int = 0, group: int = 8) -> dict:
    """Draw the attributes of flowers that are hard to tell apart.

    They come in groups, side by side, in which two attributes vary and all others are
    the same: whoever finds one by its caption must heed every word. None of them
    `is_held_out`.

    Args:
        num: Number of flowers, 0 or more.
        seed: 0 or more.
        group: Flowers in a group.

    Returns:
        Attributes as those of `flowers`.

    Raises:
        ValueError: If `num` or `seed` is not such an integer.

    Example:

    >>> attributes = similar_attributes(8)
    >>> sum(len(set(values.tolist())) > 1 for values in attributes.values()) <= 2
    True
    """
    num, _, seed = _check(num, 16, seed)
    rng, groups = _stream(seed, False, 5), -(-num // group)
    varies = rng.random((groups, len(ATTRIBUTES))).argsort(axis=1) < 2
    attributes = {}
    for (name, values), varied in zip(ATTRIBUTES.items(), varies.T, strict=True):
        chosen = (rng.random((groups, group)) * len(values)).astype("int64")
        same = np.broadcast_to(chosen[:, :1], chosen.shape)
        attributes[name] = np.where(varied[:, None], chosen, same).reshape(-1)[:num]
    which = [attributes[n] for n in ("petal_colour", "petal_number", "background")]
    attributes["petal_colour"] = (which[0] + is_held_out(*which)) % NUM_COLOURS
    return attributes


def flower_masks(
    num: int, image_size: int = 32, seed: int = 0, held_out: bool = False
) -> np.ndarray:
    """Return where the blossoms of `flowers` (same arguments) are.

    Args:
        num: Number of pictures, 0 or more.
        image_size: Height and width in pixels, at least 16.
        seed: 0 or more.
        held_out: As in `flowers`.

    Returns:
        uint8 `(num, image_size, image_size, 1)`: 255 on petals and centre, 0 on
        stem, leaf and background, between on an edge.

    Raises:
        ValueError: If `num`, `image_size` or `seed` is not such an integer.

    Example:

    >>> flower_masks(2, image_size=16).shape
    (2, 16, 16, 1)
    """
    num, image_size, seed = _check(num, image_size, seed)
    return _paint(num, image_size, seed, held_out)[1]


def is_held_out(petal_colour, petal_number, background):
    """Say whether a combination of attributes is kept from training.

    The rule is a Latin square: for each petal number and background exactly one of
    the ten colours is held out. So it is a tenth of all combinations, three of each
    colour, and every pair of these attributes is still drawn for training.

    Args:
        petal_colour: Index, or integer array of indices, into the colours.
        petal_number: The same into the petal numbers.
        background: The same into the backgrounds.

    Returns:
        A boolean, or a boolean array.

    Example:

    >>> [c for c in range(10) if is_held_out(c, petal_number=1, background=5)]
    [3]
    """
    return (petal_colour + 2 * petal_number + background) % NUM_COLOURS == 0


def _one_by_one(attributes):
    rows = zip(*(values.tolist() for values in attributes.values()), strict=True)
    return [dict(zip(attributes, row, strict=True)) for row in rows]


def _choose(num, seed, held_out):
    """Draw the attributes: uniform over the combinations that are allowed."""
    chance = _stream(seed, held_out, 0).random((num, len(ATTRIBUTES))).T
    attributes = {
        name: (row * len(values)).astype("int64")
        for (name, values), row in zip(ATTRIBUTES.items(), chance, strict=True)
    }
    # The one colour that `is_held_out` names, or any of the others.
    colour = -2 * attributes["petal_number"] - attributes["background"]
    if not held_out:
        colour = colour + 1 + (chance[0] * (NUM_COLOURS - 1)).astype("int64")
    attributes["petal_colour"] = colour % NUM_COLOURS
    return attributes


def _paint(num, image_size, seed, held_out):
    attributes = _choose(num, seed, held_out)
    rng = _stream(seed, held_out, 1)
    images = np.empty((num, image_size, image_size, 3), "uint8")
    masks = np.empty((num, image_size, image_size, 1), "uint8")
    step = max(1, CHUNK_PIXELS // image_size**2)
    for start in range(0, num, step):
        part = slice(start, min(num, start + step))
        some = {name: values[part] for name, values in attributes.items()}
        chance = rng.random((part.stop - start, NUM_DRAWS)).astype("float32")
        images[part], masks[part] = draw(some, chance, image_size)
    return images, masks


def _stream(seed, held_out, purpose):
    """Return one of the independent random streams; its rows are the pictures."""
    return np.random.Generator(np.random.PCG64([int(bool(held_out)), purpose, seed]))


def _check(num, image_size, seed):
    checked = []
    rules = (("num", num, 0), ("image_size", image_size, 16), ("seed", seed, 0))
    for name, value, least in rules:
        try:
            number = operator.index(value)
        except TypeError:
            number = least - 1
        if isinstance(value, bool) or number < least:
            raise ValueError(
                f"{name} must be an integer of at least {least}; got {value!r}."
            )
        checked.append(number)
    return checked
