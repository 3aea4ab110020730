"""The language of the drawn flowers: attributes into English, and what is not there.

Every sentence is made from the tables below, so its truth can be checked, and
`words()` can list every word that a text model will ever meet here.
"""

import itertools
import re
from collections.abc import Mapping

import numpy as np

ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "petal_colour": (
        "red",
        "orange",
        "yellow",
        "white",
        "pink",
        "magenta",
        "purple",
        "lilac",
        "blue",
        "turquoise",
    ),
    "petal_number": ("three", "four", "five", "six", "eight"),
    "petal_shape": ("round", "pointed", "heart-shaped"),
    "centre_colour": ("yellow", "brown", "green", "white"),
    "background": ("meadow", "sky", "night", "sunset", "sand", "stone"),
    "size": ("small", "medium", "large"),
    "position": ("centre", "left", "right", "top", "bottom"),
}

# For each value the ways to say it; the first is the canonical one. Values that
# are not listed are said by their own name.
PHRASES = {
    "petal_shape": {
        "round": ("round", "rounded"),
        "pointed": ("pointed", "sharp"),
        "heart-shaped": ("heart-shaped", "notched"),
    },
    "background": {
        "meadow": ("on a green background", "in a green meadow", "in the grass"),
        "sky": (
            "on a light blue background",
            "under a clear sky",
            "against the blue sky",
        ),
        "night": ("on a dark background", "against the night sky", "under the stars"),
        "sunset": ("at sunset", "against the evening sky", "in the evening light"),
        "sand": ("on a sandy background", "on the beach", "in the sand"),
        "stone": ("on a grey background", "on grey stone", "in front of a stone wall"),
    },
    "size": {
        "small": ("small", "little", "tiny"),
        "medium": ("medium-sized",),
        "large": ("large", "big"),
    },
    "position": {
        "centre": ("in the middle", "in the middle of the picture"),
        "left": ("on the left", "on the left side"),
        "right": ("on the right", "on the right side"),
        "top": ("at the top", "near the top"),
        "bottom": ("at the bottom", "near the bottom"),
    },
}
CANONICAL = (
    "a {size} flower with {number} {shape} {colour} petals and a {centre} centre, "
    "{position}, {background}"
)
# Each has room for everything. A slot that is left out is empty; `_tidy` mends the
# spaces, commas and articles.
TEMPLATES = (
    CANONICAL,
    "a {size} flower {position} with {number} {shape} {colour} petals {around}, "
    "{background}",
    "{number} {shape} {colour} petals {around}, {size}, {position}, {background}",
    "a {size} {colour} flower with {number} {shape} petals {around}, {position}, "
    "{background}",
    "a picture of a {size} {colour} flower {position}, {number} {shape} petals "
    "{and_core}, {background}",
    "{background}, a {size} flower {position} with {number} {shape} {colour} petals "
    "{around}",
    "a {size} {colour} blossom {position}, {number} {shape} petals, {core}, "
    "{background}",
    "{size} {colour} flower, {number} {shape} petals, {core}, {position}, {background}",
    "this {size} {colour} flower {position} has {number} {shape} petals {and_core}, "
    "{background}",
    "{background}, there is a {size} {colour} flower {position} with {number} {shape} "
    "petals {and_core}",
    "{core} and {number} {shape} {colour} petals, {size}, {position}, {background}",
    "one {size} flower {position}, its {number} petals are {colour} {and_shape}, "
    "{core}, {background}",
)
NEGATIVES = {
    "petal_colour": "{} petals",
    "petal_number": "{} petals",
    "petal_shape": "{} petals",
    "centre_colour": "a {} centre",
    "background": "{}",
    "size": "a {} flower",
    "position": "a flower {}",
}
# How often a caption mentions each attribute (the petal colour: always).
MENTIONED = {
    "petal_number": 0.85,
    "petal_shape": 0.8,
    "centre_colour": 0.8,
    "background": 0.85,
    "size": 0.6,
    "position": 0.6,
}


def caption(
    attributes: Mapping[str, int], rng: np.random.Generator, complete: bool = False
) -> str:
    """Describe a flower in one of many true ways.

    Args:
        attributes: An index into `ATTRIBUTES[name]` for each attribute name.
        rng: Chooses the template, the synonyms and what is left out. It is always
            advanced by the same number of draws.
        complete: Leave nothing out.

    Returns:
        A caption; everything it says is true, but it need not say everything.

    Example:

    >>> rose = dict.fromkeys(ATTRIBUTES, 0)
    >>> caption(rose, np.random.Generator(np.random.PCG64(9)))
    'three red petals, small, in a green meadow'
    """
    draws = iter(rng.random(1 + 2 * len(ATTRIBUTES)).tolist())
    template = TEMPLATES[int(next(draws) * len(TEMPLATES))]
    said = {}
    for name in ATTRIBUTES:
        mention, synonym = next(draws), next(draws)
        phrase = _say(name, attributes[name], synonym)
        mentioned = complete or mention < MENTIONED.get(name, 1.0)
        said[name] = phrase if mentioned else ""
    return _fill(template, said)


def canonical_caption(attributes: Mapping[str, int]) -> str:
    """Describe a flower completely, always in the same words.

    Args:
        attributes: An index into `ATTRIBUTES[name]` for each attribute name.

    Returns:
        The caption that names every attribute, for testing prompt fidelity.

    Example:

    >>> canonical_caption(dict.fromkeys(ATTRIBUTES, 1))
    'a medium-sized flower with four pointed orange petals and a brown \
centre, on the left, on a light blue background'
    """
    said = {name: _say(name, index) for name, index in attributes.items()}
    return _fill(CANONICAL, said)


def negative_caption(attributes: Mapping[str, int], rng: np.random.Generator) -> str:
    """Name one to three things that the picture does *not* show.

    Args:
        attributes: An index into `ATTRIBUTES[name]` for each attribute name.
        rng: Chooses which; always advanced by the same number of draws.

    Returns:
        A phrase of which no part is true of the picture, to be used as the
        negative prompt of a (picture, prompt, negative prompt) triple.

    Example:

    >>> rose = dict.fromkeys(ATTRIBUTES, 0)
    >>> negative_caption(rose, np.random.Generator(np.random.PCG64(10)))
    'a large flower, blue petals, four petals'
    """
    draws = rng.random(1 + 3 * len(ATTRIBUTES)).tolist()
    rank, other, synonym = draws[1::3], draws[2::3], draws[3::3]
    chosen = sorted(range(len(rank)), key=rank.__getitem__)[: 1 + int(3 * draws[0])]
    names = tuple(ATTRIBUTES)
    parts = []
    for i in chosen:
        name, num_values = names[i], len(ATTRIBUTES[names[i]])
        wrong = attributes[name] + 1 + int(other[i] * (num_values - 1))
        phrase = _say(name, wrong % num_values, synonym[i])
        parts.append(_tidy(NEGATIVES[name].format(phrase)))
    return ", ".join(parts)


def words() -> tuple[str, ...]:
    """Return every word that captions and negative captions can contain, sorted.

    Example:

    >>> "petals" in words(), "bicycle" in words()
    (True, False)
    """
    phrases = [
        phrase
        for name, values in ATTRIBUTES.items()
        for value in values
        for phrase in PHRASES.get(name, {}).get(value, (value,))
    ]
    joints = ("around an a and with centre",)
    texts = itertools.chain(TEMPLATES, NEGATIVES.values(), phrases, joints)
    # Slots are cut out; what is left between them are words.
    text = re.sub(r"\{\w*\}", " ", " ".join(texts))
    return tuple(sorted(set(re.findall(r"[a-z]+(?:-[a-z]+)*", text))))


def _say(name, index, synonym=0.0):
    value = ATTRIBUTES[name][index]
    ways = PHRASES.get(name, {}).get(value, (value,))
    return ways[int(synonym * len(ways))]


def _fill(template, said):
    centre, shape = said["centre_colour"], said["petal_shape"]
    if not centre:
        template = template.replace(" and a {centre} centre", "")
    core = f"a {centre} centre" if centre else ""
    return _tidy(
        template.format(
            size=said["size"],
            number=said["petal_number"],
            shape=shape,
            and_shape=shape and f"and {shape}",
            colour=said["petal_colour"],
            centre=centre,
            core=core,
            and_core=core and f"and {core}",
            around=core and f"around {core}",
            position=said["position"],
            background=said["background"],
        )
    )


def _tidy(text):
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r"( ?,)+", ",", text)
    text = re.sub(r"^[ ,]*(and )?|[ ,]+$", "", text)
    return re.sub(r"\ba (?=[aeiou])", "an ", text)
